//! Reads the messages of files and folders, one after the other. Runs on a thread of its own.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::clock::Time;

use super::file_kind::{EXAMINED, FileKind, without_mark};
use super::folder::{self, has_extension};
use super::from_line::is_separator;
use super::{emlx, mbox};

/// Maximum depth of folders inside a folder.
const MAX_DEPTH: usize = 32;

/// A message of a file.
pub(super) struct FileMessage {
    pub bytes: Vec<u8>,
    /// True if the file says that the message has been read.
    pub read: bool,
}

/// The files to read.
#[derive(Clone, Debug, Default)]
pub struct FileSelection {
    pub paths: Vec<PathBuf>,
    /// Maximum bytes of a message; 0 for no limit.
    pub limit: usize,
    /// Files that were last changed earlier are left out.
    pub modified_after: Option<Time>,
}

/// Sends the messages of the scanned files to a channel.
pub(super) struct FileScanner {
    /// Maximum bytes of a message; 0 for no limit.
    limit: usize,
    modified_after: Option<Time>,
    to: mpsc::Sender<FileMessage>,
    /// One line of text for each file or message that was skipped: its path and the reason.
    skipped: Vec<String>,
}

impl FileScanner {
    /// Scans `paths` in order. Returns the reasons for what was skipped. Ends early if the channel is closed.
    pub(super) fn scan(selection: &FileSelection, to: mpsc::Sender<FileMessage>) -> Vec<String> {
        let FileSelection { paths, limit, modified_after } = selection;
        let mut scanner = FileScanner { limit: *limit, modified_after: *modified_after, to, skipped: Vec::new() };
        for path in paths {
            let done = match fs::metadata(path) {
                Ok(kind) if kind.is_dir() => scanner.read_root(path),
                Ok(kind) if kind.is_file() => scanner.read_file(path, true).map(|_| ()),
                // Reading a pipe or a device may never end.
                Ok(_) => Err(io::Error::other("not a regular file or folder")),
                Err(error) => Err(error),
            };
            scanner.skip_failed(path, done);
        }
        scanner.skipped
    }

    fn skip(&mut self, path: &Path, why: &str) {
        self.skipped.push(format!("{}: {why}", path.display()));
    }

    fn skip_failed(&mut self, path: &Path, done: io::Result<()>) {
        if let Err(error) = done {
            self.skip(path, &error.to_string());
        }
    }

    fn send(&self, bytes: Vec<u8>, read: bool) -> bool {
        // The channel is closed if storing has failed; the import returns that error.
        self.to.blocking_send(FileMessage { bytes, read }).is_ok()
    }

    fn read_root(&mut self, path: &Path) -> io::Result<()> {
        if self.read_folder(path, 0)? == 0 {
            self.skip(
                path,
                "no messages found: expected .eml, .emlx and mbox files, or Maildir messages in new or cur",
            );
        }
        Ok(())
    }

    /// Reads a folder and the folders inside it. Returns the number of files with messages.
    fn read_folder(&mut self, path: &Path, depth: usize) -> io::Result<usize> {
        if depth > MAX_DEPTH {
            return Err(io::Error::other("too many folders inside each other"));
        }
        let content = folder::list(path)?;
        let mut found = 0;
        for file in content.files {
            if self.to.is_closed() {
                break;
            }
            match self.read_file(&file.path, file.certain) {
                Ok(is_mail) => found += usize::from(is_mail),
                Err(error) => {
                    self.skip(&file.path, &error.to_string());
                    found += 1;
                }
            }
        }
        for folder in content.folders {
            match self.read_folder(&folder, depth + 1) {
                Ok(inside) => found += inside,
                Err(error) => self.skip(&folder, &error.to_string()),
            }
        }
        Ok(found)
    }

    /// Reads a file if it is `certain` to hold messages or an mbox file. Returns true if it was read.
    fn read_file(&mut self, path: &Path, certain: bool) -> io::Result<bool> {
        if self.modified_after.is_some_and(|oldest| is_older(path, oldest)) {
            // It counts as a file with messages, so that its folder does not look empty.
            return Ok(true);
        }
        let (kind, mut file) = open(path)?;
        let is_eml = has_extension(path, "eml");
        match kind {
            // Some programs write an mbox separator at the start of an eml file.
            FileKind::Mbox if !is_eml => self.read_mbox(path, &mut file)?,
            _ if !certain => return Ok(false),
            FileKind::Other(what) => self.skip(path, &format!("{what}, not a message")),
            _ if has_extension(path, "emlx") => self.read_emlx(path, &mut file)?,
            FileKind::Empty if is_eml => self.skip(path, "the file is empty"),
            FileKind::Empty => {}
            FileKind::Text if !is_eml => self.skip(path, "text without a header field, not a message"),
            FileKind::Text | FileKind::Message | FileKind::Mbox => self.read_message(path, &mut file)?,
        }
        Ok(true)
    }

    fn read_mbox(&mut self, path: &Path, file: &mut impl BufRead) -> io::Result<()> {
        if without_mark(file.fill_buf()?).len() < file.fill_buf()?.len() {
            file.consume(3);
        }
        let (mut number, limit) = (0_u64, self.limit);
        mbox::read(file, limit, |entry| {
            number += 1;
            match entry {
                mbox::MboxEntry::Message(bytes) => self.send(bytes, false),
                mbox::MboxEntry::TooLarge => {
                    self.skip(path, &format!("message {number} is too large"));
                    true
                }
            }
        })
    }

    fn read_emlx(&mut self, path: &Path, file: &mut impl BufRead) -> io::Result<()> {
        match emlx::read(file, self.limit)? {
            Some(message) => drop(self.send(message.bytes, message.read)),
            None => self.skip(path, TOO_LARGE),
        }
        Ok(())
    }

    fn read_message(&mut self, path: &Path, file: &mut impl Read) -> io::Result<()> {
        let most = if self.limit == 0 { u64::MAX } else { (self.limit as u64).saturating_add(1) };
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        if self.limit > 0 && bytes.len() > self.limit {
            self.skip(path, TOO_LARGE);
            return Ok(());
        }
        let bytes = without_separator(bytes);
        if bytes.is_empty() {
            self.skip(path, "the file is empty");
            return Ok(());
        }
        self.send(bytes, is_seen(path));
        Ok(())
    }
}

/// True if the file was last changed before `oldest`.
fn is_older(path: &Path, oldest: Time) -> bool {
    fs::metadata(path).ok().and_then(|metadata| Time::of_file(&metadata)).is_some_and(|changed| changed < oldest)
}

/// The bytes of all files in `paths`, for the progress.
pub fn total_size(paths: &[PathBuf]) -> u64 {
    paths.iter().map(|path| size_below(path, 0)).sum()
}

fn size_below(path: &Path, depth: usize) -> u64 {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(metadata) if metadata.is_dir() && depth <= MAX_DEPTH => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| size_below(&entry.path(), depth + 1)).sum()
        }
        Ok(_) | Err(_) => 0,
    }
}

const TOO_LARGE: &str = "the message is too large";

/// Opens a file and recognizes its content. In a file without a single LF, each CR is read as LF: the file was written
/// where CR alone ends a line, and no mail program reads such lines.
fn open(path: &Path) -> io::Result<(FileKind, BufReader<Box<dyn Read>>)> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    file.by_ref().take(EXAMINED as u64).read_to_end(&mut start)?;
    let kind = FileKind::of(&start);
    let has_only_cr = start.contains(&b'\r') && !start.contains(&b'\n');
    let whole = Cursor::new(start).chain(file);
    let reader: Box<dyn Read> = if has_only_cr { Box::new(CrReader(whole)) } else { Box::new(whole) };
    Ok((kind, BufReader::with_capacity(EXAMINED, reader)))
}

/// Reads CR as LF.
struct CrReader<R>(R);

impl<R: Read> Read for CrReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        for byte in buffer.iter_mut().take(length).filter(|byte| **byte == b'\r') {
            *byte = b'\n';
        }
        Ok(length)
    }
}

/// Removes an mbox separator at the start, which is not part of the message.
fn without_separator(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
    if bytes.get(..end).is_some_and(|line| is_separator(without_mark(line))) {
        bytes.drain(..end);
    }
    bytes
}

/// Returns true if a Maildir file name has the flag S (seen). Flags follow `:2,`.
fn is_seen(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy());
    name.is_some_and(|n| n.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S')))
}
