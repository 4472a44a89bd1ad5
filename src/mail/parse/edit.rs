//! Reads and edits a header alone, for those who send a message on. What they see is what [`super::ParsedMessage`]
//! sees.

use super::address_field;
use super::contact::Contact;
use super::header::HeaderBlock;
use super::header::Line;
use super::line_ends;
use super::warning::{ParseWarning, WarningCode, WarningList};

/// The header of a message.
#[derive(Debug)]
pub struct ParsedHeader {
    block: HeaderBlock,
    warnings: Vec<ParseWarning>,
}

impl ParsedHeader {
    pub fn read(bytes: &[u8]) -> Self {
        let mut warnings = WarningList::default();
        let with_lf = line_ends::with_lf(bytes);
        warnings.extend(with_lf.as_ref().map(|_| WarningCode::LineEnds), "header");
        let mut block = HeaderBlock::split(with_lf.as_deref().unwrap_or(bytes), None, &mut warnings);
        block.decode_raw("", None, &mut WarningList::default());
        ParsedHeader { block, warnings: warnings.into_vec() }
    }

    /// True if every reader splits the header into the same fields.
    pub fn is_clean(&self) -> bool {
        self.warnings.is_empty()
    }

    /// The mailboxes of all fields of that name. `None` if other readers may see other mailboxes.
    pub fn unambiguous_contacts(&self, name: &str) -> Option<Vec<Contact>> {
        let list = address_field::read_fields(&self.block.fields, name);
        let is_unambiguous = matches!(list.flaw, None | Some(WarningCode::EncodedWord));
        is_unambiguous.then_some(list.contacts)
    }
}

/// What [`edit_header`] does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldEdit {
    Keep,
    Remove,
    /// Adds this before the name.
    Prefix(&'static str),
}

/// The message with `added` before its header, and with its fields edited. `edit` gets the name of each field in its
/// canonical spelling, `Message-Id`. Lines that are part of no field are left out, and continuations are indented, so
/// that every reader sees the fields that we see. The body stays as it is, unless the lines of the header end in CR alone:
/// then all of them get an LF, since servers know no such lines.
pub fn edit_header(bytes: &[u8], added: &str, edit: impl Fn(&str) -> FieldEdit) -> Vec<u8> {
    let with_lf = line_ends::with_lf(bytes);
    let bytes = with_lf.as_deref().unwrap_or(bytes);
    let block = HeaderBlock::split(bytes, None, &mut WarningList::default());
    let mut out = Vec::with_capacity(bytes.len() + added.len() + 64);
    out.extend_from_slice(added.as_bytes());
    for field in &block.fields {
        match edit(&field.name) {
            FieldEdit::Remove => continue,
            FieldEdit::Keep => {}
            FieldEdit::Prefix(prefix) => out.extend_from_slice(prefix.as_bytes()),
        }
        let lines = bytes.get(..field.lines.end).unwrap_or_default();
        let mut at = field.lines.start;
        while let Some(line) = Line::at(lines, at) {
            let raw = lines.get(at..line.next).unwrap_or_default();
            let is_first = at == field.lines.start;
            at = line.next;
            if raw.trim_ascii().is_empty() {
                continue;
            }
            match (is_first, raw.starts_with(b" ") || raw.starts_with(b"\t")) {
                (true, true) => out.extend_from_slice(raw.trim_ascii_start()),
                (false, false) => out.extend_from_slice(&[b" ", raw].concat()),
                _ => out.extend_from_slice(raw),
            }
        }
    }
    // The empty line, which may be missing.
    let rest = bytes.get(block.end..).unwrap_or_default();
    if block.body == block.end && !rest.is_empty() {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(message: &str) -> String {
        let edit = |name: &str| match name {
            "Bcc" => FieldEdit::Remove,
            "To" => FieldEdit::Prefix("X-Original-"),
            _ => FieldEdit::Keep,
        };
        String::from_utf8(edit_header(message.as_bytes(), "A: b\r\n", edit)).unwrap()
    }

    #[test]
    fn fields_are_removed_and_renamed_and_every_other_byte_stays() {
        assert_eq!(
            edited("From: a\r\nBCC: x,\r\n\ty\r\nTO : z,\r\n  w\r\n\r\nTo: body\r\n"),
            "A: b\r\nFrom: a\r\nX-Original-TO : z,\r\n  w\r\n\r\nTo: body\r\n"
        );
        assert_eq!(edited("\r\nTo: body"), "A: b\r\n\r\nTo: body");
        assert_eq!(edited("just text"), "A: b\r\n\r\njust text");
        assert_eq!(edited("Subject: x\r\n"), "A: b\r\nSubject: x\r\n");
        assert_eq!(edited("From: a\rTo: b\rBcc: c\r\rbody\r"), "A: b\r\nFrom: a\nX-Original-To: b\n\nbody\n");
        assert!(!ParsedHeader::read(b"To: b\rBcc: c\r\r").is_clean());
    }

    #[test]
    fn odd_lines_hide_no_recipient() {
        assert_eq!(
            edited("\u{feff} To: x\r\njunk\r\nBcc: y\r\nz\r\n>From q\r\n w\r\nSubject: s\r\n\r\nbody"),
            "A: b\r\nX-Original-To: x\r\n junk\r\nSubject: s\r\n\r\nbody"
        );
    }
}
