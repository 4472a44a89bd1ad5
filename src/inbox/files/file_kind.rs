//! Recognizes by its first bytes what a file holds.

use super::from_line::{is_field, is_separator};

/// Bytes at the start of a file that are examined.
pub(super) const EXAMINED: usize = 64 * 1024;
/// Lines of a header that are examined.
const MAX_LINES: usize = 200;

/// The content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// The first line with text is an mbox separator.
    Mbox,
    /// The file starts with a header field.
    Message,
    /// Text without a header field.
    Text,
    /// The file has no text.
    Empty,
    /// A format that is not mail, with its name and article.
    Other(&'static str),
}

/// Formats with the offset and the bytes that identify them.
const FORMATS: [(&str, usize, &[u8]); 28] = [
    ("a PDF file", 0, b"%PDF"),
    ("a zip archive or an Office document", 0, b"PK\x03\x04"),
    ("a zip archive", 0, b"PK\x05\x06"),
    ("a gzip file", 0, b"\x1f\x8b"),
    ("a bzip2 file", 0, b"BZh"),
    ("an xz file", 0, b"\xfd7zXZ\0"),
    ("a zstd file", 0, b"\x28\xb5\x2f\xfd"),
    ("a 7z archive", 0, b"7z\xbc\xaf\x27\x1c"),
    ("a rar archive", 0, b"Rar!\x1a\x07"),
    ("a tar archive", 257, b"ustar"),
    ("an Outlook message or an Office document", 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("an Outlook data file", 0, b"!BDN"),
    ("an Outlook Express mailbox", 0, b"\xcf\xad\x12\xfe"),
    ("a TNEF file (winmail.dat)", 0, b"\x78\x9f\x3e\x22"),
    ("an RTF document", 0, b"{\\rtf"),
    ("a PNG picture", 0, b"\x89PNG"),
    ("a JPEG picture", 0, b"\xff\xd8\xff"),
    ("a GIF picture", 0, b"GIF8"),
    ("a TIFF picture", 0, b"II*\0"),
    ("a TIFF picture", 0, b"MM\0*"),
    ("a WebP or RIFF file", 0, b"RIFF"),
    ("an SQLite database", 0, b"SQLite format 3\0"),
    ("a program", 0, b"\x7fELF"),
    // Byte order marks, the longer ones first.
    ("UTF-32 text", 0, b"\xff\xfe\0\0"),
    ("UTF-32 text", 0, b"\0\0\xfe\xff"),
    ("UTF-16 text", 0, b"\xff\xfe"),
    ("UTF-16 text", 0, b"\xfe\xff"),
    ("an HTML or XML page", 0, b"<"),
];

impl FileKind {
    /// Recognizes a file by its first [`EXAMINED`] bytes.
    pub(super) fn of(start: &[u8]) -> Self {
        let text = without_mark(start);
        let Some(first) = lines(text).find(|line| !line.trim_ascii().is_empty()) else { return FileKind::Empty };
        let has = |offset: usize, magic: &[u8]| {
            start.get(offset..).is_some_and(|at| at.starts_with(magic))
                || (offset == 0 && first.trim_ascii_start().starts_with(magic))
        };
        if let Some((name, ..)) = FORMATS.iter().find(|(_, offset, magic)| has(*offset, magic)) {
            return FileKind::Other(name);
        }
        match first {
            first if is_separator(first) => FileKind::Mbox,
            _ if has_field(text) => FileKind::Message,
            [0, byte, ..] | [byte, 0, ..] if byte.is_ascii_graphic() => FileKind::Other("UTF-16 text"),
            _ if text.contains(&0) => FileKind::Other("binary data"),
            _ => FileKind::Text,
        }
    }
}

/// Removes the byte order mark of UTF-8.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Returns true if a line before the first empty line is a header field. Programs write other lines in front of and
/// among the fields, which the parser reports.
fn has_field(text: &[u8]) -> bool {
    let is_blank = |line: &&[u8]| line.trim_ascii().is_empty();
    lines(text).skip_while(is_blank).take_while(|line| !is_blank(line)).take(MAX_LINES).any(is_field)
}

/// The lines of `text`, which end with LF, CR LF or CR.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').flat_map(|line| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line).split(|byte| *byte == b'\r')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_named() {
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        for (bytes, name) in [
            (&b"%PDF-1.7\nTo: a"[..], "a PDF file"),
            (b"PK\x03\x04\x14\0\x06\0word/document.xml", "a zip archive or an Office document"),
            (b"\x1f\x8b\x08\0", "a gzip file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "an Outlook message or an Office document"),
            (b"\xff\xfeF\0r\0o\0m\0:\0", "UTF-16 text"),
            (b"\xfe\xff\0F\0r\0o\0m\0:", "UTF-16 text"),
            (b"F\0r\0o\0m\0:\0 \0", "UTF-16 text"),
            (b"\0F\0r\0o\0m\0:", "UTF-16 text"),
            (b"\xff\xfe\0\0F\0\0\0", "UTF-32 text"),
            (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
            (b"\n  <!doctype html>\n<html>\nTo: a", "an HTML or XML page"),
            (b"\xef\xbb\xbf<?xml version='1.0'?>", "an HTML or XML page"),
            (b"x\x01\x02\0\0y", "binary data"),
            (&tar, "a tar archive"),
        ] {
            assert_eq!(FileKind::of(bytes), FileKind::Other(name), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn mail_is_recognized_with_any_line_end_and_behind_odd_lines() {
        for (text, expected) in [
            ("", FileKind::Empty),
            ("\n\r\n", FileKind::Empty),
            ("\u{feff}\n", FileKind::Empty),
            ("\n\nFrom - Sat Nov 21 03:34:00 2026\n", FileKind::Mbox),
            ("\u{feff}From a@b.c Sat Nov 21 03:34:00 2026\rTo: x\r", FileKind::Mbox),
            ("Subject: x\n", FileKind::Message),
            ("Subject: x\r\n\r\n", FileKind::Message),
            ("Subject: x\rTo: y\r\rz", FileKind::Message),
            ("\u{feff}Subject: x\n", FileKind::Message),
            ("   \n odd\nand odd\nSubject: x\n", FileKind::Message),
            ("From the desk of Kim: hi\n", FileKind::Text),
            ("hello\n\nSubject: x\n", FileKind::Text),
            ("https://example.com/\n", FileKind::Text),
            ("{\"a\": 1}\n", FileKind::Text),
        ] {
            assert_eq!(FileKind::of(text.as_bytes()), expected, "{text:?}");
        }
    }
}
