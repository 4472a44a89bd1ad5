//! The MIME tree of a message with its multiparts. The parser keeps the leaves only; a reader who looks for a fault sees
//! the containers too. The ids and limits are those of the parser.

use std::ops::Range;

use super::boundary::{self, MAX_PARTS, Section};
use super::catch_panic::catch_panic;
use super::encoded_word;
use super::header::HeaderBlock;
use super::part::MessagePart;
use super::structure::MAX_DEPTH;
use super::warning::WarningList;

/// A multipart, or a leaf.
#[derive(Clone, Debug)]
pub struct PartNode {
    /// 0 for the message itself.
    pub depth: usize,
    pub part: MessagePart,
    /// The Content-Transfer-Encoding as stated; empty if unstated.
    pub encoding: String,
    /// The byte range of its header.
    pub header: Range<usize>,
    /// True for a multipart that could be split.
    pub is_container: bool,
}

impl PartNode {
    /// The content as text, decoded from its transfer encoding and its charset.
    pub fn text(&self, message: &[u8]) -> String {
        catch_panic(|| self.part.text(message, &mut WarningList::default()))
    }

    /// True for an attached message (RFC 2046 §5.2.1).
    pub fn is_message(&self) -> bool {
        matches!(self.part.content_type.as_str(), "message/rfc822" | "message/global")
    }
}

/// The nodes in depth-first order, the message itself first.
pub fn part_tree(bytes: &[u8]) -> Vec<PartNode> {
    let mut builder = TreeBuilder { bytes, nodes: Vec::new(), leaves: 0 };
    let header = HeaderBlock::split(bytes, None, &mut WarningList::default());
    builder.visit(&header, 0, bytes.len(), "0", "text/plain", 0);
    builder.nodes
}

struct TreeBuilder<'m> {
    bytes: &'m [u8],
    nodes: Vec<PartNode>,
    leaves: usize,
}

impl TreeBuilder<'_> {
    /// Adds the part that begins at `start` with `header`, and what it contains.
    fn visit(&mut self, header: &HeaderBlock, start: usize, end: usize, id: &str, default_type: &str, depth: usize) {
        let mut part = MessagePart::read(header, id, default_type, &mut WarningList::default());
        part.body = start + header.body..end;
        let sections = if part.is_multipart() { self.sections(&part, depth) } else { Vec::new() };
        if part.is_multipart() && sections.is_empty() {
            part.content_type = "text/plain".to_owned();
        }
        if sections.is_empty() {
            part.set_file_name();
            self.leaves += 1;
        }
        let encoding = encoded_word::decode(header.value("Content-Transfer-Encoding"), &mut false).into_owned();
        let is_container = !sections.is_empty();
        let default_type = if part.content_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        self.nodes.push(PartNode { depth, part, encoding, header: start..start + header.body, is_container });
        for (n, section) in sections.into_iter().enumerate() {
            if self.leaves >= MAX_PARTS {
                return;
            }
            let number = n + 1;
            let id = if id == "0" { number.to_string() } else { format!("{id}.{number}") };
            let slice = self.bytes.get(section.clone()).unwrap_or_default();
            let header = HeaderBlock::split(slice, Some(&id), &mut WarningList::default());
            self.visit(&header, section.start, section.end, &id, default_type, depth + 1);
        }
    }

    /// The sections of a multipart; empty if it cannot be split.
    fn sections(&self, part: &MessagePart, depth: usize) -> Vec<Section> {
        if depth >= MAX_DEPTH {
            return Vec::new();
        }
        let found = boundary::split(self.bytes, part.body.clone(), part.boundary.trim_end().as_bytes());
        if !found.sections.is_empty() {
            return found.sections;
        }
        let guess = boundary::guess(self.bytes.get(part.body.clone()).unwrap_or_default());
        guess.map_or_else(Vec::new, |guess| boundary::split(self.bytes, part.body.clone(), guess).sections)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ParsedMessage;
    use super::*;

    const NESTED: &str = "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/alternative; \
                          boundary=i\r\n\r\n--i\r\n\r\ntext\r\n--i\r\nContent-Type: text/html\r\n\
                          Content-Transfer-Encoding: Quoted-Printable\r\n\r\n<b>=C3=A9</b>\r\n--i--\r\n--o\r\n\
                          Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--o--\r\n";

    #[test]
    fn the_tree_holds_the_multiparts_and_the_leaves_of_the_parser() {
        let nodes = part_tree(NESTED.as_bytes());
        let shown: Vec<_> = nodes.iter().map(|n| (n.depth, n.part.id.as_str(), n.part.content_type.as_str())).collect();
        assert_eq!(
            shown,
            [
                (0, "0", "multipart/mixed"),
                (1, "1", "multipart/alternative"),
                (2, "1.1", "text/plain"),
                (2, "1.2", "text/html"),
                (1, "2", "message/rfc822"),
            ]
        );
        assert_eq!(
            (nodes[3].encoding.as_str(), nodes[3].text(NESTED.as_bytes()).trim()),
            ("Quoted-Printable", "<b>é</b>")
        );
        assert!(nodes[4].is_message());
    }

    #[test]
    fn the_leaves_have_the_ids_and_contents_of_the_parser_up_to_its_limits() {
        let many =
            format!("Content-Type: multipart/mixed; boundary=o\r\n\r\n{}--o--\r\n", "--o\r\n\r\nx\r\n".repeat(10_000));
        let deep: String =
            (0..40).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}x\r\n\r\n--b{n}x\r\n")).collect();
        for message in [NESTED.to_owned(), many, deep, "just text".to_owned()] {
            let parsed = ParsedMessage::read(message.as_bytes());
            let nodes = part_tree(message.as_bytes());
            let leaves = nodes.iter().filter(|node| !node.is_container);
            let ids: Vec<_> = leaves.map(|node| (node.part.id.clone(), node.part.body.clone())).collect();
            let parser: Vec<_> = parsed.parts.iter().map(|part| (part.id.clone(), part.body.clone())).collect();
            assert_eq!(ids, parser);
        }
    }
}
