//! Import of messages from files.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use futures::StreamExt as _;
use tokio::sync::mpsc;

use crate::inbox::{Inbox, IncomingMessage, MessageSource, Selection, StoreError};

use super::from_line::is_separator;
use super::mbox::{self, MailboxFormat};

/// Maximum number of messages that are read before they are stored.
const AHEAD: usize = 16;
/// Maximum number of messages stored concurrently, so that they share commits.
const AT_ONCE: usize = 64;

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Number of messages stored.
    pub stored: u64,
    /// One line of text for each file or message that was skipped: its path and the reason.
    pub skipped: Vec<String>,
}

/// A result of the reading thread.
enum ImportItem {
    Message { bytes: Vec<u8>, read: bool },
    Skipped(String),
}

/// Stores every message of `paths`: eml and mbox files, Maildirs, and folders of eml files. Messages that cannot be
/// read or are too large are skipped and reported.
///
/// # Errors
/// The inbox cannot store a message. Messages that were stored before stay.
pub async fn import(inbox: &Inbox, paths: Vec<PathBuf>) -> Result<Imported, StoreError> {
    let limit = usize::try_from(inbox.settings().max_message_size).unwrap_or(usize::MAX);
    let (sender, receiver) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking(move || paths.iter().for_each(|path| read_path(path, limit, &sender)));
    let items = futures::stream::unfold(receiver, async |mut r| r.recv().await.map(|item| (item, r)));
    let mut stored = Box::pin(items.map(|item| store(inbox, item)).buffered(AT_ONCE));
    let mut imported = Imported::default();
    while let Some(outcome) = stored.next().await {
        match outcome? {
            None => imported.stored += 1,
            Some(skipped) => imported.skipped.push(skipped),
        }
    }
    drop(stored);
    // The task fails only if it panics. Then some messages may be missing, which must be reported.
    if reading.await.is_err() {
        imported.skipped.push("internal error while reading; not all messages were imported".to_owned());
    }
    Ok(imported)
}

async fn store(inbox: &Inbox, item: ImportItem) -> Result<Option<String>, StoreError> {
    let (bytes, read) = match item {
        ImportItem::Skipped(why) => return Ok(Some(why)),
        ImportItem::Message { bytes, read } => (bytes, read),
    };
    let id =
        inbox.store(IncomingMessage { bytes, source: MessageSource::Import, ..IncomingMessage::default() }).await?;
    if read {
        inbox.set_read(&Selection::Ids(vec![id]), true).await?;
    }
    Ok(None)
}

type Sender = mpsc::Sender<ImportItem>;

fn read_path(path: &Path, limit: usize, to: &Sender) {
    let done = match fs::metadata(path) {
        Ok(kind) if kind.is_dir() => read_folder(path, limit, to),
        Ok(kind) if kind.is_file() => read_file(path, limit, to),
        // Reading a pipe or a device may never end.
        Ok(_) => Err(io::Error::other("not a regular file or folder")),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        skip(path, &error.to_string(), to);
    }
}

fn skip(path: &Path, why: &str, to: &Sender) {
    // The channel is closed if storing has failed; `import` returns that error.
    let _ = to.blocking_send(ImportItem::Skipped(format!("{}: {why}", path.display())));
}

/// Reads the eml files of a folder and, if it is a Maildir, the messages in `new` and `cur`. Symbolic links and other
/// folders inside are ignored.
fn read_folder(folder: &Path, limit: usize, to: &Sender) -> io::Result<()> {
    let mut files = files(folder, is_eml)?;
    for part in ["new", "cur"].map(|name| folder.join(name)) {
        if part.is_dir() {
            files.extend(self::files(&part, |_| true)?);
        }
    }
    if files.is_empty() {
        skip(folder, "no messages found: the folder has no .eml files and no Maildir messages in new or cur", to);
    }
    // File names of a Maildir start with the time of delivery.
    files.sort_unstable_by(|a, b| a.file_name().cmp(&b.file_name()));
    for file in files.iter().filter(|_| !to.is_closed()) {
        if let Err(error) = read_message(file, limit, to) {
            skip(file, &error.to_string(), to);
        }
    }
    Ok(())
}

fn files(folder: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && wanted(&entry.path()) {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn is_eml(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml"))
}

fn read_file(path: &Path, limit: usize, to: &Sender) -> io::Result<()> {
    // Some programs write an mbox separator at the start of an eml file.
    if is_eml(path) {
        return read_message(path, limit, to);
    }
    match mbox::detect_format(&mut BufReader::new(File::open(path)?))? {
        MailboxFormat::Mbox => read_mbox(path, limit, to),
        MailboxFormat::Empty => Ok(()),
        MailboxFormat::Other => read_message(path, limit, to),
    }
}

fn read_mbox(path: &Path, limit: usize, to: &Sender) -> io::Result<()> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut number = 0_u64;
    mbox::read(&mut reader, limit, |entry| {
        number += 1;
        let item = match entry {
            mbox::MboxEntry::Message(bytes) => ImportItem::Message { bytes, read: false },
            mbox::MboxEntry::TooLarge => {
                ImportItem::Skipped(format!("{}: message {number} is too large", path.display()))
            }
        };
        to.blocking_send(item).is_ok()
    })
}

fn read_message(path: &Path, limit: usize, to: &Sender) -> io::Result<()> {
    let most = if limit == 0 { u64::MAX } else { u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1) };
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    if limit > 0 && bytes.len() > limit {
        skip(path, "the message is too large", to);
        return Ok(());
    }
    let bytes = without_separator(bytes);
    if bytes.is_empty() {
        skip(path, "the file is empty", to);
        return Ok(());
    }
    let _ = to.blocking_send(ImportItem::Message { bytes, read: is_seen(path) });
    Ok(())
}

/// Removes an mbox separator at the start, which is not part of the message.
fn without_separator(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
    if bytes.get(..end).is_some_and(is_separator) {
        bytes.drain(..end);
    }
    bytes
}

/// Returns true if a Maildir file name has the flag S (seen). Flags follow `:2,`.
fn is_seen(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy());
    name.is_some_and(|n| n.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S')))
}
