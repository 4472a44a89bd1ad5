//! The format of uuencode (POSIX), older than MIME: as an encoding of a part, and within a plain text.

use std::ops::Range;

/// A file within a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UuencodedFile {
    /// From the line `begin` up to and including the line `end`; up to the end of the text if that line is missing.
    pub range: Range<usize>,
    /// As written, in the charset of the text.
    pub name: Vec<u8>,
    /// True if the line `end` is there.
    pub is_closed: bool,
}

/// Files of one text past this many stay text.
const MAX_FILES: usize = 50;

/// The files within a text, in order. What only looks like a file is none: every line of it must have the length that it
/// states.
pub(super) fn files(text: &[u8]) -> Vec<UuencodedFile> {
    let mut found: Vec<UuencodedFile> = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, b"begin ") {
        let is_line_start = at == 0 || text.get(at - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
        if !is_line_start || at < from || found.len() >= MAX_FILES {
            continue;
        }
        if let Some(file) = file_at(text, at) {
            from = file.range.end;
            found.push(file);
        }
    }
    found
}

/// The file whose line `begin` starts at `start`.
fn file_at(text: &[u8], start: usize) -> Option<UuencodedFile> {
    let mut lines = text.get(start..)?.split_inclusive(|byte| *byte == b'\n');
    let begin = lines.next()?;
    let name = name(begin)?;
    let mut at = start + begin.len();
    let mut has_data = false;
    for line in lines {
        at += line.len();
        let content = line.trim_ascii_end();
        if content == b"end" {
            return Some(UuencodedFile { range: start..at, name, is_closed: true });
        }
        if !is_data(content) {
            // The last line may be cut.
            let is_cut = at == text.len() && !line.ends_with(b"\n") && content.iter().all(is_digit);
            return (is_cut && has_data).then_some(UuencodedFile { range: start..at, name, is_closed: false });
        }
        has_data |= !content.is_empty();
    }
    has_data.then_some(UuencodedFile { range: start..text.len(), name, is_closed: false })
}

/// The name in `begin 644 name`.
fn name(line: &[u8]) -> Option<Vec<u8>> {
    let mode_and_name = line.trim_ascii_end().strip_prefix(b"begin ")?;
    let digits = mode_and_name.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (mode, name) = mode_and_name.split_at(digits);
    let name = name.strip_prefix(b" ").map(<[u8]>::trim_ascii).filter(|name| !name.is_empty())?;
    (3..=4).contains(&mode.len()).then(|| name.to_owned())
}

/// True if a line holds as many characters as its first one says. Blanks at the end may be missing, and a checksum may
/// follow.
fn is_data(line: &[u8]) -> bool {
    let Some((length, digits)) = line.split_first() else { return true };
    let expected = length_of(*length).div_ceil(3) * 4;
    is_digit(length)
        && digits.iter().all(is_digit)
        && digits.len() <= expected + 1
        && (expected == 0) <= digits.is_empty()
}

fn is_digit(byte: &u8) -> bool {
    (0x20..=0x60).contains(byte)
}

fn length_of(first: u8) -> usize {
    usize::from(first.wrapping_sub(0x20) & 0x3f)
}

/// Decodes the lines between `begin` and `end`; the flag is true if one of the two is missing. A body without `begin` is
/// kept.
pub(super) fn decode(body: &[u8]) -> (Vec<u8>, bool) {
    let mut lines = body.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii_end);
    if !lines.any(|line| line.starts_with(b"begin ")) {
        return (body.to_vec(), true);
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    for line in lines {
        if line == b"end" {
            return (out, false);
        }
        // Lines of zero bytes may be written as blanks, and those are cut in transit.
        let Some((length, text)) = line.split_first() else { continue };
        let end = out.len() + length_of(*length);
        for group in text.chunks(4) {
            let value = |at: usize| u32::from(group.get(at).map_or(0, |byte| byte.wrapping_sub(0x20) & 0x3f));
            let word = value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
            out.extend_from_slice(word.to_be_bytes().get(1..).unwrap_or_default());
        }
        out.truncate(end);
    }
    (out, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_between_begin_and_end_is_decoded() {
        assert_eq!(decode(b"begin 644 x.txt\r\n%:&5L;&\\\r\n`\r\nend\r\nfooter"), (b"hello".to_vec(), false));
        assert_eq!(decode(b"begin 644 x.txt\r%:&5L;&\\\r`\rend\r"), (b"hello".to_vec(), false));
        assert_eq!(decode(b"plain"), (b"plain".to_vec(), true));
        assert_eq!(decode(b"begin 644 x\n%:&5L"), (b"hel".to_vec(), true));
    }

    #[test]
    fn files_within_a_text_are_found_with_their_names() {
        let text = b"Hello\nbegin 644 a b.txt\n%:&5L;&\\\n`\nend\nbye\r\nbegin 0755 x\r\n%:&5L;&\\ \r\n \r\nend";
        let found = files(text);
        let names: Vec<_> = found.iter().map(|file| (file.name.as_slice(), file.is_closed)).collect();
        assert_eq!(names, [(&b"a b.txt"[..], true), (b"x", true)]);
        let contents: Vec<_> = found.iter().map(|file| decode(&text[file.range.clone()]).0).collect();
        assert_eq!(contents, [b"hello", b"hello"]);
        assert!(text[found[0].range.clone()].ends_with(b"end\n"));
        let cut = files(b"begin 644 x\n%:&5L;&\\\nM:&5L");
        assert_eq!((cut.len(), cut[0].is_closed), (1, false));
    }

    #[test]
    fn words_that_only_look_like_a_file_stay_text() {
        for text in [
            "begin 644 x",
            "begin 644 x\n",
            "begin now please\nend\n",
            "begin 644\n%:&5L;&\\\nend\n",
            "begin 999 x\n%:&5L;&\\\nend\n",
            "begin 644 x\nwe go on in lower case\nend\n",
            "begin 644 x\nWE SHOUT\n\nend of it\n",
            "we begin 644 x\n%:&5L;&\\\nend\n",
        ] {
            assert_eq!(files(text.as_bytes()), [], "{text:?}");
        }
    }

    #[test]
    fn the_search_for_files_is_linear_and_limited() {
        for unit in ["begin 644 x\n", "begin 644 x\n%:&5L;&\\\n", "begin 644 x\nend\n", "begin "] {
            let text = unit.repeat(4 * 1024 * 1024 / unit.len());
            let began = std::time::Instant::now();
            assert!(files(text.as_bytes()).len() <= MAX_FILES);
            assert!(began.elapsed().as_secs() < 10, "{unit}");
        }
    }
}
