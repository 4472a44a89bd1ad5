//! The files of a message: its text and its attachments.

use std::io::Read as _;
use std::path::Path;

use crate::mail::{Attachment, MAX_BYTES};

use super::error::MailError;

/// The name for standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// The text of a UTF-8 file, or of standard input for `-`.
///
/// # Errors
/// Names the file.
pub(super) fn text(path: &Path) -> Result<String, MailError> {
    let bytes = match path.to_str() {
        Some(STANDARD_INPUT) => {
            let mut bytes = Vec::new();
            let limit = MAX_BYTES as u64;
            std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
            bytes
        }
        _ => read(path)?,
    };
    let mut text = String::from_utf8(bytes).map_err(|_| MailError::NotText(path.to_owned()))?;
    // A byte order mark belongs to the file, not to the text.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

/// A regular file as an attachment.
///
/// # Errors
/// Names the file.
pub(super) fn attachment(path: &Path) -> Result<Attachment, MailError> {
    // Reading a pipe without a writer would block forever.
    let is_file = std::fs::metadata(path).map_err(|error| unreadable(path, error))?.is_file();
    if !is_file {
        return Err(MailError::NoFile(path.to_owned()));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Attachment::new(&name, read(path)?))
}

/// Reads a file for a message, unless it is larger than a message may be.
fn read(path: &Path) -> Result<Vec<u8>, MailError> {
    let size = std::fs::metadata(path).map_err(|error| unreadable(path, error))?.len();
    if size > MAX_BYTES as u64 {
        return Err(MailError::TooLarge { path: path.to_owned(), size, max: MAX_BYTES });
    }
    std::fs::read(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: std::io::Error) -> MailError {
    MailError::File { path: path.to_owned(), error }
}
