//! The MIME tree (RFC 2046) as a flat list of leaves with Mailpit's part ids. Depth and number of parts are limited,
//! because a message of one megabyte can claim a million parts.

use std::ops::Range;

use super::header::{self, Header};
use super::part::MessagePart;

/// Maximum number of leaves that are listed. The others are only in the raw message.
pub(super) const MAX_PARTS: usize = 500;
/// Maximum depth of nested multiparts.
pub(super) const MAX_DEPTH: usize = 16;

/// A defect of a message, or a limit that it exceeds; shown next to the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseWarning {
    /// More than 1,000 header fields, or more than 256 KiB of them, in one block.
    TooManyHeaders,
    /// A line among the header fields that is not a header field.
    BrokenHeader,
    /// More than 500 parts.
    TooManyParts,
    /// Multiparts nested deeper than 16.
    TooDeep,
    /// A multipart without a boundary, or one whose boundary does not occur.
    NoBoundary,
    /// A part whose base64 or quoted-printable does not decode cleanly.
    BrokenEncoding,
    /// The parser itself failed; only the raw bytes are reliable.
    Unreadable,
}

impl ParseWarning {
    /// The sentence that the page shows.
    pub fn sentence(self) -> &'static str {
        match self {
            ParseWarning::TooManyHeaders => {
                "The header is longer than 1,000 fields or 256 KiB. Only the raw message shows the rest."
            }
            ParseWarning::BrokenHeader => "A line in the header is not a valid header field.",
            ParseWarning::TooManyParts => "The message has more than 500 parts. Only the raw message shows the rest.",
            ParseWarning::TooDeep => {
                "Parts are nested more than 16 levels deep. Only the raw message shows the inner ones."
            }
            ParseWarning::NoBoundary => "The boundary of a multipart section is missing.",
            ParseWarning::BrokenEncoding => "The transfer encoding of a part is invalid.",
            ParseWarning::Unreadable => "The message cannot be parsed. Only its raw bytes are shown.",
        }
    }
}

/// The result of [`walk`].
pub(super) struct Structure {
    pub headers: Vec<Header>,
    /// Leaves in depth-first order.
    pub parts: Vec<MessagePart>,
    /// True if the whole message is one `multipart/alternative`.
    pub alternative: bool,
    pub flaws: Vec<ParseWarning>,
}

pub(super) fn walk(bytes: &[u8]) -> Structure {
    let mut flaws = Vec::new();
    let (headers, body) = header::split(bytes, &mut flaws);
    let root = MessagePart::read(&headers, body..bytes.len());
    let alternative = root.content_type == "multipart/alternative";
    let mut walker = Walker { bytes, parts: Vec::new(), flaws };
    walker.visit(root, "", 0);
    Structure { headers, parts: walker.parts, alternative, flaws: walker.flaws }
}

struct Walker<'x> {
    bytes: &'x [u8],
    parts: Vec<MessagePart>,
    flaws: Vec<ParseWarning>,
}

impl Walker<'_> {
    fn visit(&mut self, mut part: MessagePart, id: &str, depth: usize) {
        if part.is_multipart() {
            match self.children(&part, depth) {
                Ok(children) => return self.descend(&children, id, depth),
                // A multipart that cannot be split is shown as text.
                Err(flaw) => {
                    self.warn(flaw);
                    part.content_type = "text/plain".to_owned();
                }
            }
        }
        part.id = if id.is_empty() { "0".to_owned() } else { id.to_owned() };
        self.parts.push(part);
    }

    fn descend(&mut self, children: &[Range<usize>], id: &str, depth: usize) {
        for (n, range) in children.iter().enumerate() {
            if self.parts.len() >= MAX_PARTS {
                return self.warn(ParseWarning::TooManyParts);
            }
            let slice = self.bytes.get(range.clone()).unwrap_or_default();
            let (headers, body) = header::split(slice, &mut self.flaws);
            let part = MessagePart::read(&headers, range.start + body..range.end);
            let number = n + 1;
            let id = if id.is_empty() { number.to_string() } else { format!("{id}.{number}") };
            self.visit(part, &id, depth + 1);
        }
    }

    fn children(&self, part: &MessagePart, depth: usize) -> Result<Vec<Range<usize>>, ParseWarning> {
        if depth >= MAX_DEPTH {
            return Err(ParseWarning::TooDeep);
        }
        let boundary = part.boundary.as_deref().filter(|b| !b.is_empty()).ok_or(ParseWarning::NoBoundary)?;
        let found = split(self.bytes, part.body.clone(), boundary.as_bytes());
        if found.is_empty() { Err(ParseWarning::NoBoundary) } else { Ok(found) }
    }

    fn warn(&mut self, flaw: ParseWarning) {
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }
}

/// The ranges between delimiter lines. An unclosed last part extends to the end.
fn split(bytes: &[u8], body: Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let delimiter = [b"--", boundary].concat();
    let slice = bytes.get(body.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    for at in memchr::memmem::find_iter(slice, &delimiter) {
        let line_start = at == 0 || slice.get(at - 1) == Some(&b'\n');
        let after = slice.get(at + delimiter.len()..).unwrap_or_default();
        let Some(end) = line_start.then(|| delimiter_end(after)).flatten() else { continue };
        if let Some(start) = open.take() {
            found.push(body.start + start..body.start + before_newline(slice, at).max(start));
        }
        // Stops one past the limit, so that the caller sees that there are more.
        if end.closes || found.len() > MAX_PARTS {
            return found;
        }
        open = Some(at + delimiter.len() + end.len);
    }
    if let Some(start) = open {
        found.push(body.start + start..body.end.max(body.start + start));
    }
    found
}

struct DelimiterEnd {
    /// Bytes after the boundary, up to and including the line end.
    len: usize,
    closes: bool,
}

/// Reads the rest of a delimiter line: blanks or `--`. `None` if the line only starts like a delimiter.
fn delimiter_end(after: &[u8]) -> Option<DelimiterEnd> {
    if after.starts_with(b"--") {
        return Some(DelimiterEnd { len: 2, closes: true });
    }
    let len = memchr::memchr(b'\n', after).map_or(after.len(), |n| n + 1);
    let blank = after.get(..len).unwrap_or_default().iter().all(u8::is_ascii_whitespace);
    blank.then_some(DelimiterEnd { len, closes: false })
}

/// The end of the content before a delimiter. The line end belongs to the delimiter (RFC 2046 §5.1.1).
fn before_newline(slice: &[u8], at: usize) -> usize {
    let Some(lf) = at.checked_sub(1) else { return 0 };
    match lf.checked_sub(1) {
        Some(cr) if slice.get(cr) == Some(&b'\r') => cr,
        _ => lf,
    }
}
