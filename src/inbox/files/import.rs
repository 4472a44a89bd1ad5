//! Files into the inbox.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use futures::StreamExt as _;
use tokio::sync::mpsc;

use crate::inbox::{Inbox, IncomingMessage, MessageSource, Selection, StoreError};

use super::from_line::is_separator;
use super::mbox::{self, MailboxFormat};

/// Messages read ahead of the store.
const AHEAD: usize = 16;
/// Messages that are being stored at once, so that they share commits.
const AT_ONCE: usize = 64;

/// What became of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub stored: u64,
    /// Sentences, one for each file or message that was left out.
    pub skipped: Vec<String>,
}

/// What the reading thread hands on.
enum ImportItem {
    Message { bytes: Vec<u8>, read: bool },
    Skipped(String),
}

/// Stores every message of `paths`: eml and mbox files, Maildirs, and folders of eml files. What cannot be read or
/// is too large is left out and reported.
///
/// # Errors
/// When the inbox cannot take any more; what was stored stays.
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
    // Its panic is the only way it could fail; then what it had not read is missing, and that must be said.
    if reading.await.is_err() {
        imported.skipped.push("reading stopped early".to_owned());
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
        // A pipe or a device may never end.
        Ok(_) => Err(io::Error::other("it is neither a file nor a folder")),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        skip(path, &error.to_string(), to);
    }
}

fn skip(path: &Path, why: &str, to: &Sender) {
    // Nobody listens any more when storing has failed; the caller says so.
    let _ = to.blocking_send(ImportItem::Skipped(format!("{}: {why}", path.display())));
}

/// A folder's eml files and, if it is a Maildir, the messages of its `new` and `cur`. Links and other folders inside
/// are passed over.
fn read_folder(folder: &Path, limit: usize, to: &Sender) -> io::Result<()> {
    let mut files = files(folder, is_eml)?;
    for part in ["new", "cur"].map(|name| folder.join(name)) {
        if part.is_dir() {
            files.extend(self::files(&part, |_| true)?);
        }
    }
    if files.is_empty() {
        skip(folder, "no mail is there: it holds no .eml file, and no Maildir's messages in new or cur", to);
    }
    // Names begin with the time in a Maildir.
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
    // Some programs leave an mbox's separator in front of a single message.
    if is_eml(path) {
        return read_message(path, limit, to);
    }
    match mbox::kind(&mut BufReader::new(File::open(path)?))? {
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
        skip(path, "it is too large", to);
        return Ok(());
    }
    let bytes = without_separator(bytes);
    if bytes.is_empty() {
        skip(path, "it is empty", to);
        return Ok(());
    }
    let _ = to.blocking_send(ImportItem::Message { bytes, read: is_seen(path) });
    Ok(())
}

/// An mbox's separator was never a part of the message.
fn without_separator(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
    if bytes.get(..end).is_some_and(is_separator) {
        bytes.drain(..end);
    }
    bytes
}

/// Maildir's flags stand behind `:2,`; S is "seen".
fn is_seen(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy());
    name.is_some_and(|n| n.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S')))
}
