//! Attached messages: opens them by a path of part ids, `2~1.3`, from the outside in.

use crate::mail::parse::{ParsedMessage, part_tree};

/// Attached messages are opened to this depth.
const MAX_NESTED: usize = 8;

/// An attached message with those that contain it.
pub struct NestedMessage {
    /// The bytes of the innermost message.
    pub bytes: Vec<u8>,
    /// The path and the subject of each message, outermost first.
    pub trail: Vec<(String, String)>,
}

/// The message that `path` names within `bytes`; `None` if there is none. An empty path names `bytes` itself.
pub fn open(bytes: &[u8], path: &str) -> Option<NestedMessage> {
    let ids: Vec<&str> = path.split('~').filter(|id| !id.is_empty()).collect();
    if ids.len() > MAX_NESTED {
        return None;
    }
    let mut opened = NestedMessage { bytes: bytes.to_vec(), trail: Vec::new() };
    for (depth, id) in ids.iter().enumerate() {
        let node = part_tree(&opened.bytes).into_iter().find(|node| node.part.id == *id && node.is_message())?;
        let inner = node.part.decoded(&opened.bytes);
        let subject = ParsedMessage::parse_header_and_prefix(&inner).subject;
        opened.trail.push((ids.get(..=depth)?.join("~"), subject));
        opened.bytes = inner;
    }
    Some(opened)
}

/// True if an attached message in the message that `path` names can be opened.
pub fn may_open_in(path: &str) -> bool {
    path.split('~').filter(|id| !id.is_empty()).count() < MAX_NESTED
}

/// Splits a path into the message and the id of a part in it.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('~').unwrap_or(("", path))
}

/// The path of a part of the message that `path` names.
pub fn join(path: &str, id: &str) -> String {
    if path.is_empty() { id.to_owned() } else { format!("{path}~{id}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: &str, subject: &str) -> String {
        format!(
            "Subject: {subject}\r\nContent-Type: multipart/mixed; boundary={subject}\r\n\r\n\
             --{subject}\r\n\r\nx\r\n--{subject}\r\n\
             Content-Type: message/rfc822\r\n\r\n{inner}\r\n--{subject}--\r\n"
        )
    }

    #[test]
    fn attached_messages_open_by_their_path() {
        let message = wrapped(&wrapped("Subject: inner\r\n\r\nhello", "middle"), "outer");
        let opened = open(message.as_bytes(), "2~2").unwrap();
        assert_eq!(String::from_utf8(opened.bytes).unwrap(), "Subject: inner\r\n\r\nhello");
        let trail: Vec<_> = opened.trail.iter().map(|(path, subject)| (path.as_str(), subject.as_str())).collect();
        assert_eq!(trail, [("2", "middle"), ("2~2", "inner")]);
        for path in ["1", "2~1", "3", "x", "2~2~0"] {
            assert!(open(message.as_bytes(), path).is_none(), "{path}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let path = ["2"; MAX_NESTED + 1].join("~");
        let message =
            (0..=MAX_NESTED).fold("Subject: x\r\n\r\n".to_owned(), |inner, n| wrapped(&inner, &format!("b{n}")));
        assert!(open(message.as_bytes(), &path).is_none());
        let deepest = path.strip_suffix("~2").unwrap();
        assert!(open(message.as_bytes(), deepest).is_some());
        assert!(!may_open_in(deepest) && may_open_in(deepest.strip_suffix("~2").unwrap()) && may_open_in(""));
    }

    #[test]
    fn a_path_splits_into_message_and_part() {
        assert_eq!((split("1.2"), split("2~1~3")), (("", "1.2"), ("2~1", "3")));
        assert_eq!((join("", "1"), join("2", "1")), ("1".to_owned(), "2~1".to_owned()));
    }
}
