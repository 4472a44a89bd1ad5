//! `gatepost inbox …`: lists, imports, exports and deletes captured messages.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::inbox::files::{self, ExportError};
use crate::inbox::{Inbox, PageRequest, Query, Selection, StoreError, Summary};

use super::progress::{Progress, ProgressUnit};
use super::signals::Interruption;

#[derive(Debug, Subcommand)]
pub enum InboxCommand {
    /// List captured messages, newest first
    List(InboxListArgs),
    /// Import messages from eml, emlx and mbox files, Maildirs and folders of these
    Import(ImportArgs),
    /// Export captured messages to a folder, oldest first; existing files are not overwritten
    Export(ExportArgs),
    /// Delete all captured messages
    Clear,
}

impl InboxCommand {
    /// True if a signal lets the command end by itself, since it writes files or messages one by one.
    pub fn is_long(&self) -> bool {
        matches!(self, InboxCommand::Import(_) | InboxCommand::Export(_))
    }
}

#[derive(Debug, Args)]
pub struct InboxListArgs {
    /// Only messages that match, in the syntax of the search box: to:kim subject:"reset" is:unread
    #[arg(long)]
    query: Option<String>,
    /// The most messages to list; 0 for all
    #[arg(long, default_value_t = 50)]
    limit: u64,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Store each message as received at its Date instead of now
    #[arg(long)]
    use_dates: bool,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    folder: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    format: FormatArg,
    /// Only messages that match
    #[arg(long)]
    query: Option<String>,
    /// Also export refused messages, to files with "refused" in their names
    #[arg(long)]
    refused: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum FormatArg {
    #[default]
    Eml,
    Mbox,
    Maildir,
}

#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("export stopped: {0}")]
    Export(#[from] ExportError),
    /// What was done before the signal stays.
    #[error("interrupted; {0}")]
    Interrupted(String),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
    /// The only file or message that was not imported, and the reason.
    #[error("{0}")]
    LeftOut(String),
    #[error("not understood in the query: {0}")]
    Query(String),
    #[error("{0} files or messages were left out (see above)")]
    Skipped(usize),
}

/// The most characters of a refusal in the list; `--json` prints the whole text.
const MAX_REASON: usize = 50;

/// Runs a subcommand. It prints its result to `out`, and to `errors` what it skipped.
///
/// # Errors
/// When the subcommand failed. The message is one line for standard error.
pub async fn run(
    command: InboxCommand,
    inbox: &Inbox,
    interruption: &Interruption,
    out: &mut impl Write,
    errors: &mut impl Write,
) -> Result<(), InboxError> {
    match command {
        InboxCommand::List(list) => print_list(list, inbox, out).await,
        InboxCommand::Import(args) => import(args, inbox, interruption, out, errors).await,
        InboxCommand::Export(export) => write(&export, inbox, interruption, out, errors).await,
        InboxCommand::Clear => {
            let deleted = inbox.delete(&Selection::All).await?;
            Ok(writeln!(out, "deleted {deleted} messages")?)
        }
    }
}

async fn import(
    args: ImportArgs,
    inbox: &Inbox,
    interruption: &Interruption,
    out: &mut impl Write,
    errors: &mut impl Write,
) -> Result<(), InboxError> {
    let mut progress = Progress::new("importing", ProgressUnit::Bytes, files::total_size(&args.files));
    let stop = interruption.occurred();
    let imported = files::import(inbox, args.files, args.use_dates, stop, |bytes| progress.add(bytes)).await;
    drop(progress);
    let imported = imported?;
    if interruption.is_set() {
        return Err(InboxError::Interrupted(format!("{} messages were imported", imported.stored)));
    }
    writeln!(out, "imported {} messages", imported.stored)?;
    report(&imported.skipped, errors)
}

/// Names what was left out; an error when there is anything, since the copy is incomplete then.
fn report(skipped: &[String], errors: &mut impl Write) -> Result<(), InboxError> {
    match skipped {
        [] => Ok(()),
        [why] => Err(InboxError::LeftOut(printable(why))),
        many => {
            many.iter().try_for_each(|why| writeln!(errors, "{}", printable(why)))?;
            Err(InboxError::Skipped(many.len()))
        }
    }
}

async fn write(
    export: &ExportArgs,
    inbox: &Inbox,
    interruption: &Interruption,
    out: &mut impl Write,
    errors: &mut impl Write,
) -> Result<(), InboxError> {
    let query = query(export.query.as_deref())?;
    let wanted =
        files::ExportSelection { format: export.format.into(), query: query.as_ref(), refused: export.refused };
    let mut progress = Progress::new("exporting", ProgressUnit::Messages, 0);
    let mut written = 0;
    let work = files::export(inbox, &export.folder, wanted, |done, all| {
        written = done;
        progress.set(done, all);
    });
    let exported = interruption.unless_set(work).await;
    drop(progress);
    let exported = exported.ok_or_else(|| InboxError::Interrupted(interrupted_export(export.format, written)))??;
    writeln!(out, "exported {} messages to {}", exported.written, export.folder.display())?;
    if exported.left_out > 0 {
        writeln!(errors, "skipped {} refused messages; --refused exports them too", exported.left_out)?;
    }
    report(&exported.damaged, errors)
}

/// What is left of an export after a signal.
fn interrupted_export(format: FormatArg, written: u64) -> String {
    match format {
        FormatArg::Eml | FormatArg::Maildir => format!("{written} messages were exported"),
        FormatArg::Mbox => "nothing was exported".to_owned(),
    }
}

/// Parses a query; `None` for blank text. A query with an ignored term would select other messages than it says.
fn query(text: Option<&str>) -> Result<Option<Query>, InboxError> {
    let query = text.and_then(|text| Query::parse(text, &TimeZone::system()));
    match query.as_ref().map(Query::ignored_terms) {
        None | Some([]) => Ok(query),
        Some(terms) => Err(InboxError::Query(printable(&terms.join(" ")))),
    }
}

impl From<FormatArg> for files::ExportFormat {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Eml => files::ExportFormat::Eml,
            FormatArg::Mbox => files::ExportFormat::Mbox,
            FormatArg::Maildir => files::ExportFormat::Maildir,
        }
    }
}

/// A message in the JSON output.
#[derive(Serialize)]
struct ListLine<'m> {
    id: String,
    created_at: String,
    from: &'m str,
    to: Vec<&'m str>,
    subject: &'m str,
    size: u64,
    read: bool,
    attachments: u64,
    tags: &'m [String],
    purpose: Option<&'m str>,
    refusal: Option<&'m str>,
}

impl<'m> ListLine<'m> {
    fn new(summary: &'m Summary) -> Self {
        ListLine {
            id: summary.id.to_string(),
            created_at: summary.created.rfc3339(),
            from: &summary.from.address,
            to: summary.to.iter().map(|c| c.address.as_str()).collect(),
            subject: &summary.subject,
            size: summary.size,
            read: summary.read,
            attachments: summary.attachments,
            tags: &summary.tags,
            purpose: summary.purpose.as_deref(),
            refusal: summary.refusal.as_deref(),
        }
    }
}

async fn print_list(list: InboxListArgs, inbox: &Inbox, out: &mut impl Write) -> Result<(), InboxError> {
    let window = PageRequest { limit: (list.limit > 0).then_some(list.limit), ..PageRequest::default() };
    let messages = match query(list.query.as_deref())? {
        None => inbox.list(&window).await?,
        Some(query) => inbox.search(&query, &window).await?.messages,
    };
    let lines: Vec<ListLine<'_>> = messages.iter().map(ListLine::new).collect();
    if list.json {
        serde_json::to_writer(&mut *out, &lines).map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    for line in lines {
        let to = line.to.join(", ");
        let mark = if line.read { ' ' } else { '*' };
        // The mark precedes the subject, since a subject could contain the same text.
        let refused = line.refusal.map(|reason| format!("[refused: {}]  ", shortened(reason))).unwrap_or_default();
        let text = format!("{} {mark} {} {} -> {to}  {refused}{}", line.id, line.created_at, line.from, line.subject);
        writeln!(out, "{}", printable(&text))?;
    }
    Ok(())
}

/// Cuts a refusal to [`MAX_REASON`] characters.
fn shortened(reason: &str) -> String {
    match reason.char_indices().nth(MAX_REASON) {
        Some((end, _)) => format!("{}…", reason.get(..end).unwrap_or_default().trim_end()),
        None => reason.to_owned(),
    }
}

/// Replaces control characters, so that a message cannot move the terminal's cursor or set its title.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
