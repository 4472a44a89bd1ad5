//! The arguments of `gatepost mail` and their dispatch.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::accounts::emails::EmailContext;
use crate::clock::Clock;
use crate::i18n::Locale;
use crate::mail::{Address, BuildError, Mailbox};
use crate::outbox::{JobState, RequeueError, TransportConfig, Worker};
use crate::random::Entropy;
use crate::site_folder::SiteError;

use super::{outbox, send};

/// The subcommands of `gatepost mail`.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send one test email at once, without the outbox, and print the receipt
    Test(TestArgs),
    /// Send one message to all recipients through the outbox, and print the receipt
    Send(SendArgs),
    /// List the outbox, newest first
    List(ListArgs),
    /// Show one message of the outbox with every attempt
    Show(ShowArgs),
    /// Retry a message that is queued or was not sent
    Requeue { id: String },
    /// Cancel a queued message
    Cancel { id: String },
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// The recipient
    pub to: Address,
    /// capture, smtp or gmail; default: the first of mail.transport
    #[arg(long, value_parser = ["capture", "smtp", "gmail"])]
    pub transport: Option<String>,
    /// A file to attach; may be repeated
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

/// What a template replaces.
const FILES: [&str; 3] = ["subject", "text", "html"];

#[derive(Debug, Args)]
pub struct SendArgs {
    /// The recipients: addresses, with or without a name: "Kim <kim@example.com>"
    #[arg(required = true)]
    pub to: Vec<Mailbox>,
    #[arg(long, required_unless_present = "template")]
    pub subject: Option<String>,
    /// A UTF-8 file with the text; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present_any = ["html", "template"])]
    pub text: Option<PathBuf>,
    /// A UTF-8 file with the same content as HTML; alone, the text is made from it
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The email in site/emails/NAME, instead of --subject, --text and --html
    #[arg(long, value_name = "NAME", conflicts_with_all = FILES)]
    pub template: Option<String>,
    /// A variable of the template; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "template", conflicts_with_all = FILES, value_parser = variable)]
    pub var: Vec<(String, String)>,
    /// The language of the template, en or ko; default: default_locale
    #[arg(long, value_name = "LANGUAGE", requires = "template", conflicts_with_all = FILES, value_parser = locale)]
    pub locale: Option<Locale>,
    /// A file to attach; may be repeated
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only messages in this state: queued, leased, sent, dead, expired or cancelled
    #[arg(long, value_parser = state)]
    pub state: Option<JobState>,
    /// The most messages to list; 0 for all
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
    /// Print a JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    pub id: String,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    let is_name = |name: &str| {
        let mut characters = name.chars();
        characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !is_name(key) {
        return Err(format!("{key:?} is not the name of a variable: expected ASCII alphanumerics and _"));
    }
    Ok((key.to_owned(), value.to_owned()))
}

fn locale(text: &str) -> Result<Locale, String> {
    let known = Locale::ALL.map(Locale::tag).join(", ");
    Locale::from_tag(text).ok_or_else(|| format!("expected one of {known}"))
}

fn state(text: &str) -> Result<JobState, String> {
    let names: Vec<_> = JobState::ALL.into_iter().map(JobState::name).collect();
    JobState::parse(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

/// Why the command failed, on one line.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("transport {0:?} is not configured; configured transports: {1}")]
    Transport(String, String),
    #[error("cannot read {}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("cannot attach {}: not a regular file", .0.display())]
    NoFile(PathBuf),
    #[error("cannot use {} as text: not UTF-8", .0.display())]
    NotText(PathBuf),
    #[error("{} is too large: {size} bytes, at most {max} per message", path.display())]
    TooLarge { path: PathBuf, size: u64, max: usize },
    #[error("{0}")]
    Message(#[from] BuildError),
    #[error(transparent)]
    Template(#[from] SiteError),
    #[error("cannot render the test email: {0}")]
    Render(#[from] askama::Error),
    #[error("transport {transport} failed: {reason}")]
    Refused { transport: &'static str, reason: String },
    #[error("not sent yet: {reason}; still in the outbox as {id}, `gatepost serve` will retry it")]
    StillQueued { id: String, reason: String },
    #[error("message {id} was not sent ({}): {reason}", state.name())]
    NotSent { id: String, state: JobState, reason: String },
    #[error("sent, but {0}")]
    InPart(String),
    #[error("{0}")]
    Requeue(#[from] RequeueError),
    #[error("cannot read the outbox: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("standard output is closed: {0}")]
    Output(#[from] std::io::Error),
}

impl MailCommand {
    /// True if the command renders an email, for which the operator may have a template.
    pub fn renders_an_email(&self) -> bool {
        match self {
            MailCommand::Test(_) => true,
            MailCommand::Send(send) => send.template.is_some(),
            _ => false,
        }
    }
}

/// What the subcommands need.
pub struct MailContext {
    /// The transports of mail.transport in order of preference, then the other configured ones.
    pub routes: Vec<TransportConfig>,
    pub worker: Worker,
    pub reply_to: Option<Mailbox>,
    /// The language, site name and URL for the test email.
    pub email_context: EmailContext,
    pub clock: Clock,
    pub entropy: Entropy,
}

impl MailContext {
    /// Closes the connections to mail servers.
    pub async fn close(&self) {
        self.worker.close().await;
        for route in &self.routes {
            route.transport.close().await;
        }
    }
}

/// Runs a subcommand; prints its result to `out`.
///
/// # Errors
/// When the subcommand failed. The message is one line for standard error.
pub async fn run(
    command: MailCommand,
    context: &MailContext,
    out: &mut (dyn Write + std::marker::Send),
) -> Result<(), MailError> {
    let outbox = context.worker.outbox();
    match command {
        MailCommand::Test(test) => send::test(&test, context, out).await,
        MailCommand::Send(message) => send::send(message, context, out).await,
        MailCommand::List(list) => outbox::list(&list, &outbox, out).await,
        MailCommand::Show(show) => outbox::show(&show, &outbox, out).await,
        MailCommand::Requeue { id } => {
            outbox.requeue(&id).await?;
            Ok(writeln!(out, "{id} queued for an immediate retry")?)
        }
        MailCommand::Cancel { id } => {
            outbox.cancel(&id).await?;
            Ok(writeln!(out, "{id} cancelled")?)
        }
    }
}
