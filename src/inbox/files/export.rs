//! Export of messages to files.

use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::inbox::handle::Inbox;
use crate::inbox::types::{CapturedMessage, MessageId, PageRequest, Query, StoreError};
use crate::private_files;

use super::mbox;

/// The file format of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// One file for each message.
    #[default]
    Eml,
    /// One file, `inbox.mbox`, and `refused.mbox` if refused messages are selected and exist.
    Mbox,
    /// A Maildir: unread messages in `new`, read ones in `cur`.
    Maildir,
}

/// The messages to export, and the format.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportSelection<'q> {
    pub format: ExportFormat,
    /// Exports matching messages only; `None` for all.
    pub query: Option<&'q Query>,
    /// Includes refused messages. Their file names say so, because these messages were never accepted.
    pub refused: bool,
}

/// The result of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Number of messages written.
    pub written: u64,
    /// Number of refused messages that were not selected.
    pub left_out: u64,
    /// One line of text for each message that cannot be read: its id and the error.
    pub damaged: Vec<String>,
}

/// An error of [`export`].
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("{0} exists and is not overwritten; choose an empty folder")]
    Exists(PathBuf),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Number of list entries read at once.
const PAGE: u64 = 200;

/// Writes messages as received to `folder`, which is created if missing. Messages are written oldest first, so that an
/// import keeps their order. Existing files are not overwritten. Messages that cannot be read are skipped and reported.
/// `progress` gets the number of messages that are done, and of all. If the future is dropped, every file is complete:
/// an mbox file appears at the end.
///
/// # Errors
/// A file cannot be written; the export stops there. Or the database fails.
pub async fn export(
    inbox: &Inbox,
    folder: &Path,
    wanted: ExportSelection<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Exported, ExportError> {
    let mut target = ExportTarget::open(folder, wanted.format)?;
    let (ids, left_out) = select_messages(inbox, wanted).await?;
    let mut exported = Exported { left_out, ..Exported::default() };
    let total = ids.len() as u64;
    for (done, id) in (0..).zip(ids.into_iter().rev()) {
        progress(done, total);
        match inbox.message(id).await {
            Ok(Some(message)) => {
                target.write(&message)?;
                exported.written += 1;
            }
            // The message has been deleted since.
            Ok(None) => {}
            Err(error @ StoreError::Damaged(_)) => exported.damaged.push(format!("{id}: {error}")),
            Err(error) => return Err(error.into()),
        }
    }
    target.finish()?;
    Ok(exported)
}

/// Returns the selected messages, newest first, and the number of refused messages that were left out.
async fn select_messages(inbox: &Inbox, wanted: ExportSelection<'_>) -> Result<(Vec<MessageId>, u64), ExportError> {
    let mut window = PageRequest { limit: Some(PAGE), ..PageRequest::default() };
    let (mut ids, mut left_out) = (Vec::new(), 0);
    loop {
        let page = match wanted.query {
            None => inbox.list(&window).await?,
            Some(query) => inbox.search(query, &window).await?.messages,
        };
        let Some(last) = page.last() else { return Ok((ids, left_out)) };
        window.older_than = Some(last.id);
        for summary in &page {
            if wanted.refused || summary.refusal.is_none() {
                ids.push(summary.id);
            } else {
                left_out += 1;
            }
        }
    }
}

enum ExportTarget {
    Eml(PathBuf),
    Mbox { folder: PathBuf, arrived: Mbox, refused: Option<Mbox> },
    Maildir(PathBuf),
}

impl ExportTarget {
    fn open(folder: &Path, format: ExportFormat) -> Result<Self, ExportError> {
        make_folder(folder)?;
        let folder = folder.to_owned();
        Ok(match format {
            ExportFormat::Eml => ExportTarget::Eml(folder),
            ExportFormat::Mbox => {
                ExportTarget::Mbox { arrived: Mbox::create(folder.join("inbox.mbox"))?, refused: None, folder }
            }
            ExportFormat::Maildir => {
                ["tmp", "new", "cur"].iter().try_for_each(|name| make_folder(&folder.join(name)))?;
                ExportTarget::Maildir(folder)
            }
        })
    }

    fn write(&mut self, message: &CapturedMessage) -> Result<(), ExportError> {
        let CapturedMessage { summary, bytes, .. } = message;
        let name = format!("{}{}", summary.id, if summary.refusal.is_some() { "-refused" } else { "" });
        match self {
            ExportTarget::Eml(folder) => write_file(&folder.join(format!("{name}.eml")), bytes),
            ExportTarget::Maildir(folder) => {
                let name = if summary.read { format!("cur/{name}:2,S") } else { format!("new/{name}") };
                write_file(&folder.join(name), bytes)
            }
            ExportTarget::Mbox { arrived, .. } if summary.refusal.is_none() => arrived.write(message),
            ExportTarget::Mbox { refused: Some(refused), .. } => refused.write(message),
            ExportTarget::Mbox { refused, folder, .. } => {
                refused.insert(Mbox::create(folder.join("refused.mbox"))?).write(message)
            }
        }
    }

    fn finish(self) -> Result<(), ExportError> {
        match self {
            ExportTarget::Mbox { arrived, refused, .. } => {
                arrived.finish()?;
                refused.map_or(Ok(()), Mbox::finish)
            }
            ExportTarget::Eml(_) | ExportTarget::Maildir(_) => Ok(()),
        }
    }
}

/// An mbox file that appears when it is complete. It is removed if it is dropped before.
struct Mbox {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Mbox {
    fn create(path: PathBuf) -> Result<Self, ExportError> {
        if path.symlink_metadata().is_ok() {
            return Err(ExportError::Exists(path));
        }
        let file = private_files::create_temporary(&path, b"").map_err(|error| ExportError::creating(&path, error))?;
        Ok(Mbox { path, file: BufWriter::new(file) })
    }

    fn write(&mut self, message: &CapturedMessage) -> Result<(), ExportError> {
        append_to_mbox(&mut self.file, message).map_err(|error| ExportError::File { path: self.path.clone(), error })
    }

    fn finish(self) -> Result<(), ExportError> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error);
        let placed = file.and_then(|file| file.persist_noclobber(&self.path).map_err(|error| error.error));
        placed.map(drop).map_err(|error| ExportError::creating(&self.path, error))
    }
}

/// Appends a message as received to an mbox file.
///
/// # Errors
/// `out` cannot be written.
pub fn append_to_mbox(out: &mut impl io::Write, message: &CapturedMessage) -> io::Result<()> {
    let date = message.summary.created.timestamp().strftime("%a %b %e %H:%M:%S %Y").to_string();
    mbox::write(out, &separator_sender(message), &date, &message.bytes)
}

/// Returns the sender for the separator line, without white space.
fn separator_sender(message: &CapturedMessage) -> String {
    let word: String = message.return_path().chars().filter(|c| c.is_ascii_graphic()).take(300).collect();
    if word.is_empty() { "MAILER-DAEMON".to_owned() } else { word }
}

fn make_folder(folder: &Path) -> Result<(), ExportError> {
    fs::create_dir_all(folder).map_err(|error| ExportError::File { path: folder.to_owned(), error })
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    private_files::write_new(path, bytes).map_err(|error| ExportError::creating(path, error))
}

impl ExportError {
    fn creating(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => ExportError::Exists(path.to_owned()),
            _ => ExportError::File { path: path.to_owned(), error },
        }
    }
}
