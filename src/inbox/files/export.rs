//! The inbox into files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::inbox::{CapturedMessage, Inbox, MessageId, PageRequest, Query, StoreError};

use super::mbox;

/// What an export is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// A file for each message.
    #[default]
    Eml,
    /// One file, `inbox.mbox`, and `refused.mbox` when refused mail is wanted and there.
    Mbox,
    /// A Maildir: unread messages in `new`, read ones in `cur`.
    Maildir,
}

/// What is exported, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportSelection<'q> {
    pub format: ExportFormat,
    /// `None`: everything.
    pub query: Option<&'q Query>,
    /// Refused mail as well, in files that are named so: whoever imports them gets mail that was never delivered.
    pub refused: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub written: u64,
    /// Refused mail that nobody asked for.
    pub left_out: u64,
    /// Sentences, one for each message that could not be read.
    pub damaged: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Messages read from the inbox at once.
const PAGE: u64 = 200;

/// Writes messages as received into `folder`, which is made when missing, oldest first, so that an import keeps their
/// order. Existing files are never overwritten. Messages that cannot be read are left out and reported.
///
/// # Errors
/// At the first file that cannot be written.
pub async fn export(inbox: &Inbox, folder: &Path, wanted: ExportSelection<'_>) -> Result<Exported, ExportError> {
    let mut target = ExportTarget::open(folder, wanted.format)?;
    let (ids, left_out) = chosen(inbox, wanted).await?;
    let mut exported = Exported { left_out, ..Exported::default() };
    for id in ids.into_iter().rev() {
        match inbox.message(id).await {
            Ok(Some(message)) => {
                target.write(&message)?;
                exported.written += 1;
            }
            // One that was deleted since is not missed.
            Ok(None) => {}
            Err(error @ StoreError::Damaged(_)) => exported.damaged.push(format!("{id}: {error}")),
            Err(error) => return Err(error.into()),
        }
    }
    target.finish()?;
    Ok(exported)
}

/// The messages to write, newest first as the inbox lists them, and how many refused ones are not among them.
async fn chosen(inbox: &Inbox, wanted: ExportSelection<'_>) -> Result<(Vec<MessageId>, u64), ExportError> {
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

struct Mbox {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Mbox {
    fn create(path: PathBuf) -> Result<Self, ExportError> {
        let file = BufWriter::new(create(&path)?);
        Ok(Mbox { path, file })
    }

    fn write(&mut self, message: &CapturedMessage) -> Result<(), ExportError> {
        let date = message.summary.created.timestamp().strftime("%a %b %e %H:%M:%S %Y").to_string();
        let done = mbox::write(&mut self.file, &separator_sender(message), &date, &message.bytes);
        done.map_err(|error| ExportError::File { path: self.path.clone(), error })
    }

    fn finish(mut self) -> Result<(), ExportError> {
        self.file.flush().map_err(|error| ExportError::File { path: self.path, error })
    }
}

/// One word, whatever the envelope held.
fn separator_sender(message: &CapturedMessage) -> String {
    let word: String = message.return_path().chars().filter(|c| c.is_ascii_graphic()).take(300).collect();
    if word.is_empty() { "MAILER-DAEMON".to_owned() } else { word }
}

fn make_folder(folder: &Path) -> Result<(), ExportError> {
    fs::create_dir_all(folder).map_err(|error| ExportError::File { path: folder.to_owned(), error })
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    create(path)?.write_all(bytes).map_err(|error| ExportError::File { path: path.to_owned(), error })
}

/// Never through a link and never over a file that is there; readable for its owner alone.
fn create(path: &Path) -> Result<File, ExportError> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.write(true).create_new(true).open(path);
    file.map_err(|error| ExportError::File { path: path.to_owned(), error })
}
