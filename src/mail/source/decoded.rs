//! The source of a message with its encodings removed: header fields unfolded and decoded where that says something
//! else, texts in UTF-8, and other contents named by type and size.

use crate::mail::parse::{PartNode, part_tree, sent_fields};

/// The decoded source.
#[derive(Clone, Debug, Default)]
pub struct DecodedSource {
    pub text: String,
    /// The line on which the first HTML begins, from 1.
    pub html_line: Option<usize>,
}

/// Decodes the source of a message.
pub fn decode_source(bytes: &[u8]) -> DecodedSource {
    let mut decoded = DecodedSource { text: String::with_capacity(bytes.len()), html_line: None };
    let mut copied = 0;
    for node in part_tree(bytes) {
        decoded.copy(bytes, copied, node.header.start);
        decoded.header(bytes, &node);
        copied = node.header.end;
        if !node.is_container {
            decoded.content(bytes, &node);
            copied = node.part.body.end.max(copied);
        }
    }
    decoded.copy(bytes, copied, bytes.len());
    decoded
}

impl DecodedSource {
    fn copy(&mut self, bytes: &[u8], from: usize, to: usize) {
        self.text.push_str(&String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()));
    }

    fn header(&mut self, bytes: &[u8], node: &PartNode) {
        let header = bytes.get(node.header.clone()).unwrap_or_default();
        let mut copied = 0;
        for field in sent_fields(header) {
            let Some(decoded) = field.decoded else { continue };
            self.copy(header, copied, field.range.start);
            self.text.push_str(&format!("{}: {}\r\n", field.name, decoded.replace(['\r', '\n'], " ")));
            copied = field.range.end;
        }
        self.copy(header, copied, header.len());
    }

    fn content(&mut self, bytes: &[u8], node: &PartNode) {
        let kind = &node.part.content_type;
        if !kind.starts_with("text/") {
            let size = node.part.decoded(bytes).len();
            self.text.push_str(&format!("[{kind}, {size} B]"));
            return;
        }
        if node.part.is_html() && self.html_line.is_none() {
            self.html_line = Some(memchr::memchr_iter(b'\n', self.text.as_bytes()).count() + 1);
        }
        self.text.push_str(&node.text(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_texts_are_decoded_and_other_contents_are_named() {
        let message = "Subject: =?utf-8?b?7JWI64WV?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
                       Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p class=3D\"x\">=\r\n\
                       y</p>\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";
        let decoded = decode_source(message.as_bytes());
        assert!(decoded.text.starts_with("Subject: 안녕\r\nContent-Type: multipart/mixed"), "{}", decoded.text);
        assert!(decoded.text.contains("\r\n\r\n<p class=\"x\">y</p>\r\n--b\r\n"), "{}", decoded.text);
        assert!(decoded.text.ends_with("\r\n\r\n[image/png, 3 B]\r\n--b--\r\n"), "{}", decoded.text);
        let line = decoded.text.lines().nth(decoded.html_line.unwrap() - 1).unwrap();
        assert_eq!(line, "<p class=\"x\">y</p>");
    }

    #[test]
    fn a_message_without_parts_is_one_text() {
        let decoded = decode_source(b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n");
        assert!(decoded.text.ends_with("\r\n\r\nhello"), "{}", decoded.text);
        assert_eq!(decode_source(b"").text, "");
    }
}
