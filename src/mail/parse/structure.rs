//! The MIME tree (RFC 2046) as a flat list of leaves with Mailpit's part ids. Depth and number of parts are limited,
//! because a message of one megabyte can claim a million parts.

use super::boundary::{self, MAX_PARTS, Section};
use super::header::{Header, HeaderBlock};
use super::part::MessagePart;
use super::warning::{WarningCode, WarningList};

/// Maximum depth of nested multiparts.
pub(super) const MAX_DEPTH: usize = 32;

/// The id of a message without parts.
const ROOT: &str = "0";

/// The result of [`walk`].
pub(super) struct Structure {
    pub headers: Vec<Header>,
    /// Leaves in depth-first order.
    pub parts: Vec<MessagePart>,
}

pub(super) fn walk(bytes: &[u8], warnings: &mut WarningList) -> Structure {
    let mut header = HeaderBlock::split(bytes, None, warnings);
    let mut root = MessagePart::read(&header, ROOT, "text/plain", warnings);
    // A multipart may name its charset further down.
    if header.has_raw() && !(root.is_multipart() && root.charset.is_empty()) {
        header.decode_raw(&root.charset, None, warnings);
        root = MessagePart::read(&header, ROOT, "text/plain", warnings);
    }
    root.body = header.body..bytes.len();
    let mut walker = Walker { bytes, parts: Vec::new(), charset: root.charset.clone(), warnings };
    walker.visit(root, 0);
    let Walker { mut parts, charset, .. } = walker;
    header.decode_raw(&charset, None, warnings);
    finish(&mut parts);
    Structure { headers: header.fields, parts }
}

/// Chooses an HTML if all are named, keeps files behind an HTML from being its text, and names the parts.
fn finish(parts: &mut [MessagePart]) {
    if !parts.iter().any(|part| part.is_html() && part.is_body)
        && let Some(html) = parts.iter_mut().find(|part| part.is_html() && !part.is_attached())
    {
        html.is_body = true;
    }
    let has_text = parts.iter().any(|part| part.is_body && part.is_text() && !part.has_name);
    if !has_text && let Some(html) = parts.iter().position(|part| part.is_body && part.is_html()) {
        let files = parts.iter_mut().skip(html).filter(|part| !part.is_html() && (part.has_name || part.is_report()));
        files.for_each(|part| part.is_body = false);
    }
    parts.iter_mut().for_each(MessagePart::set_file_name);
}

struct Walker<'x> {
    bytes: &'x [u8],
    parts: Vec<MessagePart>,
    /// The first charset that the message states; empty without one.
    charset: String,
    warnings: &'x mut WarningList,
}

impl Walker<'_> {
    fn visit(&mut self, mut part: MessagePart, depth: usize) {
        if part.is_multipart() {
            match self.sections(&part, depth) {
                Some(sections) => return self.descend(&part, &sections, depth),
                // A multipart that cannot be split is shown as text.
                None => part.content_type = "text/plain".to_owned(),
            }
        }
        if self.charset.is_empty() {
            self.charset.clone_from(&part.charset);
        }
        let is_text = part.is_text() || part.is_report() || part.is_html() && !part.has_name;
        part.is_body = is_text && !part.is_attached();
        self.parts.push(part);
    }

    fn descend(&mut self, parent: &MessagePart, sections: &[Section], depth: usize) {
        let default_type = if parent.content_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let mut choice = Choice::among(parent);
        for (n, section) in sections.iter().enumerate() {
            if self.parts.len() >= MAX_PARTS {
                return self.warnings.add(WarningCode::TooManyParts, &parent.id);
            }
            let number = n + 1;
            let id = if parent.id == ROOT { number.to_string() } else { format!("{}.{number}", parent.id) };
            let slice = self.bytes.get(section.clone()).unwrap_or_default();
            let mut header = HeaderBlock::split(slice, Some(&id), self.warnings);
            let mut part = MessagePart::read(&header, &id, default_type, self.warnings);
            if header.has_raw() {
                let charset = if part.charset.is_empty() { &self.charset } else { &part.charset };
                header.decode_raw(charset, Some(&id), self.warnings);
                part = MessagePart::read(&header, &id, default_type, self.warnings);
            }
            part.body = section.start + header.body..section.end;
            let first = self.parts.len();
            self.visit(part, depth + 1);
            choice.narrow(self.parts.get_mut(first..).unwrap_or_default());
        }
    }

    /// The sections of a multipart; `None` if it cannot be split.
    fn sections(&mut self, part: &MessagePart, depth: usize) -> Option<Vec<Section>> {
        if depth >= MAX_DEPTH {
            self.warnings.add(WarningCode::TooDeep, &part.id);
            return None;
        }
        let stated = part.boundary.trim_end();
        let mut found = boundary::split(self.bytes, part.body.clone(), stated.as_bytes());
        // `boundary=b (a comment)` (RFC 2045 §5.1), unless the boundary does look so.
        if let (true, Some((token, _))) = (found.sections.is_empty(), stated.split_once('(')) {
            found = boundary::split(self.bytes, part.body.clone(), token.trim_end().as_bytes());
        }
        if found.sections.is_empty() {
            self.warnings.add(WarningCode::NoBoundary, &part.id);
            let guess = boundary::guess(self.bytes.get(part.body.clone()).unwrap_or_default())?;
            found = boundary::split(self.bytes, part.body.clone(), guess);
        }
        self.warnings.extend((!found.is_closed).then_some(WarningCode::BoundaryNotClosed), &part.id);
        self.warnings.extend(found.is_repeated.then_some(WarningCode::BoundaryRepeated), &part.id);
        Some(found.sections)
    }
}

/// Which bodies of a multipart's parts are shown.
struct Choice {
    one_text: bool,
    one_html: bool,
    has_text: bool,
    has_html: bool,
}

impl Choice {
    /// Of an alternative, the first text and the first HTML are shown. The further HTML of a `multipart/related` belongs
    /// to the first.
    fn among(parent: &MessagePart) -> Self {
        let one_text = parent.content_type == "multipart/alternative";
        let one_html = one_text || parent.content_type == "multipart/related";
        Choice { one_text, one_html, has_text: false, has_html: false }
    }

    /// Excludes what earlier parts have given. `leaves` are those of the next part.
    fn narrow(&mut self, leaves: &mut [MessagePart]) {
        let (mut has_text, mut has_html) = (self.has_text, self.has_html);
        for leaf in leaves.iter_mut().filter(|leaf| leaf.is_body) {
            if leaf.is_html() {
                leaf.is_body = !(self.one_html && self.has_html);
                has_html = true;
            } else {
                leaf.is_body = !(self.one_text && self.has_text);
                has_text = true;
            }
        }
        (self.has_text, self.has_html) = (has_text, has_html);
    }
}
