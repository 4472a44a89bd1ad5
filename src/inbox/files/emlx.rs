//! Reads the emlx files of Apple Mail: the size of the message on a line, the message, and a property list.

use std::io::{self, BufRead, Read as _};

/// Maximum bytes of the line with the size.
const MAX_LINE: u64 = 32;
/// Maximum bytes of the property list.
const MAX_LIST: u64 = 64 * 1024;
/// The bit of `flags` that marks a read message.
const READ: u64 = 1;

/// The message of an emlx file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EmlxMessage {
    pub bytes: Vec<u8>,
    pub read: bool,
}

/// Reads the message; `None` if it is larger than `limit` bytes, which is unlimited if it is 0.
///
/// # Errors
/// The file is not an emlx file or it is incomplete.
pub(super) fn read(file: &mut impl BufRead, limit: usize) -> io::Result<Option<EmlxMessage>> {
    let mut line = Vec::new();
    file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    let size = std::str::from_utf8(&line).ok().and_then(|line| line.trim().parse::<u64>().ok());
    let size = size.ok_or_else(|| io::Error::other("the first line is not the size of the message"))?;
    if limit > 0 && size > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.by_ref().take(size).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or_default() < size {
        return Err(io::Error::other("the file ends within the message"));
    }
    let mut list = Vec::new();
    file.take(MAX_LIST).read_to_end(&mut list)?;
    Ok(Some(EmlxMessage { bytes, read: flags(&String::from_utf8_lossy(&list)) & READ != 0 }))
}

/// The `flags` of the property list.
fn flags(list: &str) -> u64 {
    let value = list.split_once("<key>flags</key>").map_or("", |(_, rest)| rest.trim_start());
    let number = value.strip_prefix("<integer>").and_then(|rest| rest.split('<').next());
    number.and_then(|number| number.trim().parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emlx(text: &str, limit: usize) -> io::Result<Option<EmlxMessage>> {
        read(&mut text.as_bytes(), limit)
    }

    #[test]
    fn the_message_is_followed_by_a_list_with_its_read_state() {
        let list = |flags: u64| {
            format!("<?xml version=\"1.0\"?><plist><dict><key>flags</key>\n\t<integer>{flags}</integer></dict></plist>")
        };
        for (flags, read) in [(8_590_195_713, true), (8_590_195_712, false)] {
            let found = emlx(&format!("14        \nSubject: x\n\nhi{}", list(flags)), 0).unwrap();
            assert_eq!(found, Some(EmlxMessage { bytes: b"Subject: x\n\nhi".to_vec(), read }));
        }
        assert_eq!(emlx("2\nhi", 2).unwrap(), Some(EmlxMessage { bytes: b"hi".to_vec(), read: false }));
    }

    #[test]
    fn a_file_without_its_size_or_its_end_is_an_error_and_a_large_message_is_not_read() {
        assert_eq!(emlx("3\nhi!", 2).unwrap(), None);
        assert!(emlx("3\nhi", 0).unwrap_err().to_string().contains("ends within"));
        for text in ["", "Subject: x\n", "-1\nx", "99999999999999999999\nx"] {
            assert!(emlx(text, 0).is_err(), "{text}");
        }
    }
}
