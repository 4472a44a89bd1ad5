//! Raw header fields: split, unfolded, with one spelling of each name. Other modules interpret the values.
//!
//! Odd lines do not end the header, as in enmime and mailparser: they are skipped, or continue the field before them,
//! as long as a well-known field follows or the header's empty line comes next.

use std::borrow::Cow;
use std::ops::Range;

use super::charset;
use super::encoded_word;
use super::warning::{WarningCode, WarningList};

mod line;

#[cfg(test)]
mod tests;

pub(super) use line::Line;
use line::{LineKind, Lookahead};

/// A header field. Messages repeat and misspell fields, so fields stay a list in the order received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Upper case at the start and after `-`, otherwise lower case: `Message-Id`, `Mime-Version`.
    pub name: String,
    /// Unfolded, otherwise unchanged (not RFC 2047-decoded). Bytes that are not UTF-8 are decoded.
    pub value: String,
    /// Its lines in the bytes that were split.
    pub(super) lines: Range<usize>,
}

/// Fields of one header block past this many are ignored.
pub(super) const MAX_HEADERS: usize = 1_000;
/// Bytes of one header block past this many are ignored.
pub(super) const MAX_HEADER_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of one header field past this many are ignored.
pub(super) const MAX_FIELD: usize = 256 * 1024;

/// The header fields of a message or part.
#[derive(Debug, Default)]
pub(super) struct HeaderBlock {
    pub fields: Vec<Header>,
    /// Where the empty line starts; without one, where the body starts.
    pub end: usize,
    /// Where the body starts.
    pub body: usize,
    /// Fields whose bytes are not UTF-8, by their index.
    raw: Vec<(usize, Vec<u8>)>,
}

impl HeaderBlock {
    /// Splits `bytes`. `part` is the id of the part that they are, `None` for a message.
    pub(super) fn split(bytes: &[u8], part: Option<&str>, warnings: &mut WarningList) -> Self {
        let block = HeaderBlock { end: bytes.len(), body: bytes.len(), ..HeaderBlock::default() };
        let mut splitter =
            Splitter { bytes, part, warnings, block, size: 0, open: false, after_blank: false, ahead: None };
        splitter.run();
        splitter.block
    }

    /// The value of the first field of that name.
    pub(super) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str()).unwrap_or_default()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// True if [`HeaderBlock::decode_raw`] has something to do.
    pub(super) fn has_raw(&self) -> bool {
        !self.raw.is_empty()
    }

    /// Decodes the fields that are not UTF-8: in `charset` if there is one, else in the charset that fits best.
    pub(super) fn decode_raw(&mut self, charset: &str, part: Option<&str>, warnings: &mut WarningList) {
        if self.raw.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        let raw: Vec<(usize, Cow<'_, [u8]>)> =
            raw.iter().map(|(index, bytes)| (*index, encoded_word::escape_raw(bytes))).collect();
        let all: Vec<u8> = raw.iter().flat_map(|(_, bytes)| bytes.iter()).copied().collect();
        let charset = if charset.is_empty() { charset::guess(&all).name() } else { charset };
        for (index, bytes) in raw {
            let Some(field) = self.fields.get_mut(index) else { continue };
            field.value = charset::decode_unmarked(charset, &bytes).text.trim().to_owned();
            warnings.add(WarningCode::HeaderNotEncoded, part.unwrap_or(&field.name));
        }
    }
}

struct Splitter<'x> {
    bytes: &'x [u8],
    part: Option<&'x str>,
    warnings: &'x mut WarningList,
    block: HeaderBlock,
    /// Bytes of all values.
    size: usize,
    /// True while an indented line continues the last field.
    open: bool,
    /// True after a line of blanks.
    after_blank: bool,
    ahead: Option<Lookahead>,
}

impl Splitter<'_> {
    fn run(&mut self) {
        let mut at = if self.part.is_none() { self.first_line() } else { 0 };
        while let Some(line) = Line::at(self.bytes, at) {
            if line.text.is_empty() {
                (self.block.end, self.block.body) = (at, line.next);
                return;
            }
            if !self.read(&line) {
                self.warn(WarningCode::NoBlankLine);
                // Without any field, everything is body.
                let body = if self.block.fields.is_empty() { 0 } else { at };
                (self.block.end, self.block.body) = (body, body);
                return;
            }
            at = line.next;
        }
    }

    /// The start of the first line that is not blank, if that line is a field; else the beginning.
    fn first_line(&mut self) -> usize {
        let start = if self.bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut at = start;
        while let Some(line) = Line::at(self.bytes, at).filter(|line| line.text.trim_ascii().is_empty()) {
            at = line.next;
        }
        // More than one field, since a body may begin with words that look like a field.
        let is_field = |line: Line<'_>| line.is_known_field() || line.is_mbox();
        let follows =
            || Line::at(self.bytes, at).is_some_and(is_field) && Lookahead::from(self.bytes, at).last_field > at;
        let at = if at > start && !follows() { start } else { at };
        if at > 0 {
            self.warn(WarningCode::LineBeforeHeader);
        }
        at
    }

    /// Reads a line that is not empty. False if the body starts with it.
    fn read(&mut self, line: &Line<'_>) -> bool {
        let after_blank = std::mem::take(&mut self.after_blank);
        match line.kind() {
            LineKind::Blank => self.after_blank = true,
            LineKind::Indented if self.block.fields.is_empty() => return self.indented_first(line),
            LineKind::Indented => self.continuation(line),
            LineKind::Field { colon } => self.field(line, colon),
            LineKind::Mbox if self.block.fields.is_empty() => self.warn(WarningCode::LineBeforeHeader),
            LineKind::Mbox | LineKind::Odd => return self.odd(line, after_blank),
        }
        true
    }

    fn indented_first(&mut self, line: &Line<'_>) -> bool {
        let inner = Line { text: line.text.trim_ascii_start(), ..*line };
        let LineKind::Field { colon } = inner.kind() else { return self.odd(line, false) };
        self.field(&inner, colon);
        self.warn(WarningCode::IndentedField);
        true
    }

    /// Reads a line that is neither a field nor indented.
    fn odd(&mut self, line: &Line<'_>, after_blank: bool) -> bool {
        let (bytes, start) = (self.bytes, line.start);
        let ahead = self.ahead.get_or_insert_with(|| Lookahead::from(bytes, start));
        let (field_follows, is_last) = (ahead.last_field > start, ahead.blank == Some(line.next));
        let is_first = self.block.fields.is_empty();
        if is_first && field_follows && self.part.is_none() {
            self.warn(WarningCode::LineBeforeHeader);
            return true;
        }
        if is_first || after_blank || self.is_boundary(line) || !(field_follows || is_last) {
            return false;
        }
        match line.malformed_name() {
            Some(colon) if field_follows => self.field(line, colon),
            None if line.is_quoted_mbox() || line.text.starts_with(b":") => self.open = false,
            _ => {
                self.open = true;
                self.continuation(line);
                let name = self.block.fields.last().map(|field| field.name.clone()).unwrap_or_default();
                self.warnings.add(WarningCode::LineNotIndented, self.part.unwrap_or(&name));
                return true;
            }
        }
        self.warn(WarningCode::LineWithoutField);
        true
    }

    /// True if the line is a boundary of this block's own multipart.
    fn is_boundary(&self, line: &Line<'_>) -> bool {
        let name = line.text.strip_prefix(b"--").map(<[u8]>::trim_ascii_end).filter(|name| !name.is_empty());
        let kind = self.block.value("Content-Type").as_bytes();
        name.is_some_and(|name| memchr::memmem::find(kind, name).is_some())
    }

    fn field(&mut self, line: &Line<'_>, colon: usize) {
        self.open = self.block.fields.len() < MAX_HEADERS && self.size < MAX_HEADER_BYTES;
        if !self.open {
            return self.warn(WarningCode::HeaderCut);
        }
        let (name, value) = line.text.split_at(colon);
        let name = line::canonical_name(name.trim_ascii());
        self.block.fields.push(Header { name, value: String::new(), lines: line.start..line.next });
        self.append(value.get(1..).unwrap_or_default());
    }

    fn continuation(&mut self, line: &Line<'_>) {
        if self.open {
            if let Some(field) = self.block.fields.last_mut() {
                field.lines.end = line.next;
            }
            self.append(line.text);
        }
    }

    /// Appends to the last field, after one blank.
    fn append(&mut self, bytes: &[u8]) {
        let Some(field) = self.block.fields.last_mut() else { return };
        let trimmed = bytes.trim_ascii();
        let free = MAX_FIELD.saturating_sub(field.value.len());
        let piece = line::cut(trimmed, free);
        let index = self.block.fields.len() - 1;
        let Some(field) = self.block.fields.last_mut() else { return };
        if piece.len() < trimmed.len() {
            self.warnings.add(WarningCode::FieldCut, self.part.unwrap_or(&field.name));
        }
        if piece.is_empty() {
            return;
        }
        if !field.value.is_empty() {
            field.value.push(' ');
        }
        self.size += piece.len();
        let raw = self.block.raw.last_mut().filter(|(at, _)| *at == index);
        match std::str::from_utf8(piece) {
            // An escape starts a Japanese or Korean character set of seven bits.
            Ok(text) if raw.is_none() && memchr::memchr(0x1b, piece).is_none() => field.value.push_str(text),
            _ => {
                if let Some((_, raw)) = raw {
                    raw.push(b' ');
                    raw.extend_from_slice(piece);
                } else {
                    self.block.raw.push((index, [field.value.as_bytes(), piece].concat()));
                }
                field.value.push_str(&String::from_utf8_lossy(piece));
            }
        }
    }

    fn warn(&mut self, code: WarningCode) {
        self.warnings.add(code, self.part.unwrap_or("header"));
    }
}

/// The id of a Message-ID or Content-ID (RFC 5322 §3.6.4): without brackets, and without the comments around them.
pub(super) fn bare_id(value: &str) -> &str {
    let value = value.trim_start();
    let value = value.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(value, |(_, behind)| behind);
    let inner = value.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(value, |(id, _)| id);
    inner.trim_matches(|c: char| c == '<' || c == '>' || c.is_whitespace())
}
