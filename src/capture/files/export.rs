//! The inbox into files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::capture::{Captured, Inbox, Query, StoreError, Window};

use super::mbox;

/// What an export is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A file for each message.
    #[default]
    Eml,
    /// One file, `inbox.mbox`.
    Mbox,
    /// A Maildir: unread messages in `new`, read ones in `cur`.
    Maildir,
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

/// Writes every message, or those that match, as received into `folder`, which is made when missing. Existing files
/// are never overwritten; answers with the number of messages.
///
/// # Errors
/// At the first file that cannot be written.
pub async fn export(inbox: &Inbox, folder: &Path, format: Format, query: Option<&Query>) -> Result<u64, ExportError> {
    let mut target = Target::open(folder, format)?;
    let mut window = Window { limit: Some(PAGE), ..Window::default() };
    let mut written = 0;
    loop {
        let page = match query {
            None => inbox.list(&window).await?,
            Some(query) => inbox.search(query, &window).await?.messages,
        };
        let Some(last) = page.last() else { break };
        window.older_than = Some(last.id);
        for summary in &page {
            // One that was deleted since is not missed.
            if let Some(message) = inbox.message(summary.id).await? {
                target.write(&message)?;
                written += 1;
            }
        }
    }
    target.finish()?;
    Ok(written)
}

enum Target {
    Eml(PathBuf),
    Mbox(PathBuf, BufWriter<File>),
    Maildir(PathBuf),
}

impl Target {
    fn open(folder: &Path, format: Format) -> Result<Self, ExportError> {
        make_folder(folder)?;
        Ok(match format {
            Format::Eml => Target::Eml(folder.to_owned()),
            Format::Mbox => {
                let path = folder.join("inbox.mbox");
                let file = create(&path)?;
                Target::Mbox(path, BufWriter::new(file))
            }
            Format::Maildir => {
                ["tmp", "new", "cur"].iter().try_for_each(|name| make_folder(&folder.join(name)))?;
                Target::Maildir(folder.to_owned())
            }
        })
    }

    fn write(&mut self, message: &Captured) -> Result<(), ExportError> {
        let id = message.summary.id;
        match self {
            Target::Eml(folder) => write_file(&folder.join(format!("{id}.eml")), &message.bytes),
            Target::Maildir(folder) => {
                let name = if message.summary.read { format!("cur/{id}:2,S") } else { format!("new/{id}") };
                write_file(&folder.join(name), &message.bytes)
            }
            Target::Mbox(path, file) => {
                let date = message.summary.created.timestamp().strftime("%a %b %e %H:%M:%S %Y").to_string();
                let done = mbox::write(file, &separator_sender(message), &date, &message.bytes);
                done.map_err(|error| ExportError::File { path: path.clone(), error })
            }
        }
    }

    fn finish(self) -> Result<(), ExportError> {
        if let Target::Mbox(path, mut file) = self {
            file.flush().map_err(|error| ExportError::File { path, error })?;
        }
        Ok(())
    }
}

/// One word, whatever the envelope held.
fn separator_sender(message: &Captured) -> String {
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
