//! Reads the files that Mailpit's options name.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::secret::{Logins, LoginsError};

/// Largest file of logins or rules, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// Reads a text file of at most [`MAX_FILE`] bytes.
pub(super) fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_FILE {
        true => Err(io::Error::other(format!("larger than {MAX_FILE} bytes"))),
        false => Ok(text),
    }
}

/// The logins of a file of htpasswd: a line for each; lines that begin with `#` are comments.
pub(super) fn logins(text: &str) -> Result<Logins, LoginsError> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end);
    Logins::parse(lines.filter(|line| !line.is_empty() && !line.starts_with('#')))
}
