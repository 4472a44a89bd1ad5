//! Splits a multipart at its boundary (RFC 2046 §5.1.1).

use std::ops::Range;

/// Maximum number of leaves that are listed. The others are only in the raw message.
pub(super) const MAX_PARTS: usize = 500;

/// The bytes of one part, with its header.
pub(super) type Section = Range<usize>;

/// The result of [`split`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sections {
    /// Empty if the boundary does not occur. At most one more than [`MAX_PARTS`].
    pub sections: Vec<Section>,
    /// False without the closing boundary.
    pub is_closed: bool,
    /// True if more parts follow the closing boundary.
    pub is_repeated: bool,
}

/// The ranges of `body` between the lines of `boundary`. A part without an end extends to the end of `body`. One
/// that has neither end nor content is no part: it is the closing boundary without its dashes. A body that is the closing
/// boundary alone has one empty part.
pub(super) fn split(bytes: &[u8], body: Range<usize>, boundary: &[u8]) -> Sections {
    let mut found = Sections::default();
    if boundary.is_empty() {
        return found;
    }
    let delimiter = [b"--", boundary].concat();
    let slice = bytes.get(body.clone()).unwrap_or_default();
    let mut open: Option<usize> = None;
    for at in memchr::memmem::find_iter(slice, &delimiter) {
        let is_line_start = at == 0 || slice.get(at - 1) == Some(&b'\n');
        let after = slice.get(at + delimiter.len()..).unwrap_or_default();
        let Some(end) = is_line_start.then(|| delimiter_end(after)).flatten() else { continue };
        if let Some(start) = open.take() {
            found.sections.push(body.start + start..body.start + before_line_end(slice, at).max(start));
        }
        // Stops one past the limit, so that the caller sees that there are more.
        if found.sections.len() > MAX_PARTS {
            found.is_closed = true;
            return found;
        }
        if !end.closes {
            found.is_repeated |= found.is_closed;
            open = Some(at + delimiter.len() + end.length);
        }
        found.is_closed |= end.closes;
    }
    // What was opened after the closing boundary needs another one.
    found.is_closed &= open.is_none();
    let rest = open.and_then(|start| slice.get(start..).map(|rest| (start, rest)));
    if let Some((start, rest)) = rest
        && (!rest.trim_ascii().is_empty() || found.sections.is_empty())
    {
        found.sections.push(body.start + start..body.end);
    }
    if found.sections.is_empty() && found.is_closed && is_closing_line(slice, &delimiter) {
        found.sections.push(body.end..body.end);
    }
    found
}

/// True if `slice` holds nothing but the closing boundary.
fn is_closing_line(slice: &[u8], delimiter: &[u8]) -> bool {
    slice.trim_ascii().strip_suffix(b"--").is_some_and(|line| line == delimiter)
}

struct DelimiterEnd {
    /// Bytes after the boundary, up to and including the line end.
    length: usize,
    closes: bool,
}

/// Reads the rest of a delimiter line: blanks, perhaps after `--`. `None` if the line only starts like a delimiter.
fn delimiter_end(after: &[u8]) -> Option<DelimiterEnd> {
    let length = memchr::memchr(b'\n', after).map_or(after.len(), |n| n + 1);
    let line = after.get(..length).unwrap_or_default();
    let closing = line.strip_prefix(b"--");
    let is_blank = closing.unwrap_or(line).iter().all(u8::is_ascii_whitespace);
    is_blank.then_some(DelimiterEnd { length, closes: closing.is_some() })
}

/// The end of the content before a delimiter. The line end belongs to the delimiter (RFC 2046 §5.1.1).
fn before_line_end(slice: &[u8], at: usize) -> usize {
    let mut content = slice.get(..at).unwrap_or_default();
    content = content.strip_suffix(b"\n").unwrap_or(content);
    while let [before @ .., b'\r'] = content {
        content = before;
    }
    content.len()
}

/// The boundary that a multipart without one seems to have: that of its first line with two dashes, if it comes again.
pub(super) fn guess(body: &[u8]) -> Option<&[u8]> {
    let start = if body.starts_with(b"--") { 0 } else { memchr::memmem::find(body, b"\n--")? + 1 };
    let line = body.get(start + 2..)?.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    // RFC 2046 allows 70 characters. One more dash alone is a line drawn in the text.
    let is_boundary = (1..=70).contains(&line.len()) && line.iter().any(u8::is_ascii_alphanumeric);
    let again = memchr::memmem::find(body.get(start + 2 + line.len()..)?, &[b"\n--", line].concat());
    (is_boundary && again.is_some()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, boundary: &str) -> (Vec<String>, bool, bool) {
        let found = split(text.as_bytes(), 0..text.len(), boundary.as_bytes());
        (found.sections.into_iter().map(|range| text[range].to_owned()).collect(), found.is_closed, found.is_repeated)
    }

    #[test]
    fn only_whole_lines_are_boundaries() {
        for (text, parts, is_closed, is_repeated) in [
            ("x\r\n--b\r\none\r\n--b \t\r\ntwo\n--b--\r\nend", vec!["one", "two"], true, false),
            ("--b\none\n--b--2\n--bc\n x--b\n--b--", vec!["one\n--b--2\n--bc\n x--b"], true, false),
            ("--b\none\n--b\n\n", vec!["one"], false, false),
            ("--b\none\n--b\ntwo", vec!["one", "two"], false, false),
            ("--b\none\n--b--\nx\n--b\ntwo\n--b--\n", vec!["one", "two"], true, true),
            ("--b\none\r\r\n--b--\r\r\n", vec!["one"], true, false),
            ("--b\n", vec![""], false, false),
            ("--b--", vec![""], true, false),
            ("\r\n--b-- \r\n\r\n", vec![""], true, false),
            ("text\r\n--b--\r\n", vec![], true, false),
            ("none", vec![], false, false),
        ] {
            let parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
            assert_eq!(read(text, "b"), (parts, is_closed, is_repeated), "{text:?}");
        }
        assert_eq!(read("----\n", ""), (vec![], false, false));
    }

    #[test]
    fn a_missing_boundary_is_guessed_from_lines_with_dashes() {
        let found = |text: &'static str| guess(text.as_bytes()).map(|name| std::str::from_utf8(name).unwrap());
        assert_eq!(found("preamble\r\n--=_x\r\n\r\none\r\n--=_x--\r\n"), Some("=_x"));
        assert_eq!(found("--a\nb\n--c\n"), None);
        assert_eq!(found("-- \nsignature\n-- \n"), None);
        assert_eq!(found("hello"), None);
    }
}
