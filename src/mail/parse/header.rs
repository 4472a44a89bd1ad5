//! Raw header fields: split, unfolded, with one spelling of each name. Other modules interpret the values.

use std::borrow::Cow;

use super::structure::ParseWarning;

/// A header field. Messages repeat and misspell fields, so fields stay a list in the order received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Upper case at the start and after `-`, otherwise lower case: `Message-Id`, `Mime-Version`.
    pub name: String,
    /// Unfolded, otherwise unchanged (not RFC 2047-decoded). Bytes that are not UTF-8 are replaced.
    pub value: String,
}

/// Fields of one header block past this many are ignored.
pub(super) const MAX_HEADERS: usize = 1_000;
/// Bytes of one header block past this many are ignored.
pub(super) const MAX_HEADER_BYTES: usize = 256 * 1024;

/// The header fields of `bytes`, and the offset of the body.
pub(super) fn split(bytes: &[u8], flaws: &mut Vec<ParseWarning>) -> (Vec<Header>, usize) {
    let mut headers: Vec<Header> = Vec::new();
    let mut at = 0;
    let mut full = false;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = trim_end(rest.get(..end).unwrap_or_default());
        if line.is_empty() {
            return (headers, at + end);
        }
        if !full && (at + end > MAX_HEADER_BYTES || headers.len() > MAX_HEADERS) {
            flaws.push(ParseWarning::TooManyHeaders);
            full = true;
        }
        if !full && !add_line(&mut headers, line) {
            // Neither a field nor a continuation: the body starts here without a blank line.
            flaws.push(ParseWarning::BrokenHeader);
            return (headers, at);
        }
        at += end;
    }
    (headers, bytes.len())
}

fn add_line(headers: &mut Vec<Header>, line: &[u8]) -> bool {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        let Some(last) = headers.last_mut() else { return false };
        last.value.push(' ');
        last.value.push_str(text(line).trim());
        return true;
    }
    // The `From ` line of an mbox file, which some programs leave in front.
    if headers.is_empty() && line.starts_with(b"From ") {
        return true;
    }
    let Some(colon) = memchr::memchr(b':', line) else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii();
    if name.is_empty() || !name.iter().all(|b| b.is_ascii_graphic()) {
        return false;
    }
    let value = text(line.get(colon + 1..).unwrap_or_default()).trim().to_owned();
    headers.push(Header { name: canonical(name), value });
    true
}

fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// `bytes` as text. Most values are ASCII, which `from_utf8` checks faster than `from_utf8_lossy`.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn canonical(name: &[u8]) -> String {
    let mut name = name.to_ascii_lowercase();
    let mut upper = true;
    for byte in &mut name {
        if upper {
            byte.make_ascii_uppercase();
        }
        upper = *byte == b'-';
    }
    // `add_line` has checked that the name is ASCII.
    String::from_utf8(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, String)>, usize, Vec<ParseWarning>) {
        let mut flaws = Vec::new();
        let (headers, body) = split(text.as_bytes(), &mut flaws);
        (headers.into_iter().map(|h| (h.name, h.value)).collect(), body, flaws)
    }

    #[test]
    fn names_get_one_spelling_and_values_are_unfolded() {
        let (headers, body, flaws) = read("MESSAGE-ID: <a@b>\r\nx-a:  one\r\n\ttwo\r\n\r\nbody");
        assert_eq!(headers, [("Message-Id".into(), "<a@b>".into()), ("X-A".into(), "one two".into())]);
        assert_eq!((body, flaws), (38, vec![]));
    }

    #[test]
    fn a_body_without_a_blank_line_before_it_is_kept() {
        let (headers, body, flaws) = read("Subject: x\nhello there\n");
        assert_eq!((headers.len(), body, flaws), (1, 11, vec![ParseWarning::BrokenHeader]));
        assert_eq!(read("").1, 0);
    }

    #[test]
    fn header_fields_past_the_limit_are_ignored() {
        let (headers, _, flaws) = read(&"a: b\r\n".repeat(100_000));
        assert!(headers.len() <= MAX_HEADERS + 1);
        assert_eq!(flaws, [ParseWarning::TooManyHeaders]);
        let (_, body, flaws) = read(&format!("a: {}\r\n\r\nbody", "x".repeat(2_000_000)));
        assert_eq!((body, flaws), (2_000_007, vec![ParseWarning::TooManyHeaders]));
    }
}
