//! Finds the id in Gmail's response to a sent message. A response with an id confirms the delivery, even if the rest of
//! it is malformed: a retry would send a second copy.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Deserializer, Value};

use crate::transport::interface::{Failure, FailureKind};

/// The maximum size of a response in bytes; real responses are shorter than 2,000 bytes.
pub(super) const MAX_ANSWER: usize = 512 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The message id. Parsing stops at the id: the rest of the response may be malformed or missing.
pub(super) fn message_id(response: &[u8]) -> Option<String> {
    let response = response.strip_prefix(BYTE_ORDER_MARK).unwrap_or(response);
    let mut found = None;
    // An error after the id is irrelevant.
    let _ = Deserializer::from_slice(response).deserialize_map(Finder(&mut found));
    found
}

/// The failure for a response without an id.
pub(super) fn unconfirmed(how: &str) -> Failure {
    let mut failure =
        Failure::new(FailureKind::Ambiguous, format!("Gmail replied 200 {how}; the message may have been sent"));
    failure.code = Some(200);
    failure
}

struct Finder<'a>(&'a mut Option<String>);

impl<'de> Visitor<'de> for Finder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key != "id" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let id = match map.next_value::<Value>()? {
                Value::String(id) => id,
                Value::Number(id) => id.to_string(),
                _ => continue,
            };
            if !id.trim().is_empty() {
                *self.0 = Some(id);
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Responses with an id, including unusual ones that Gmail or a proxy may send.
    pub const WITH_ID: [&str; 12] = [
        r#"{"id":"19a1","threadId":"19a1","labelIds":["SENT"]}"#,
        r#"{"id":"19a1","historyId":"184467440737095516150"}"#,
        r#"{"historyId":184467440737095516150,"id":"19a1"}"#,
        r#"{"labelIds":"SENT","id":"19a1"}"#,
        r#"{"sizeEstimate":"1024","id":"19a1"}"#,
        r#"{"internalDate":1795232040123,"id":"19a1"}"#,
        r#"{"sizeEstimate":1e999,"payload":[[{"id":"other"}]],"id":"19a1"}"#,
        r#"{"payload":{"id":"other"},"raw":"%%","new":null,"id":"19a1"}"#,
        "\u{feff}{\"id\":\"19a1\"}",
        "{\"id\":\"19a1\"}\r\n\u{0}<!-- proxy -->",
        r#"{"id":"19a1","thread"#,
        r#"  {"id" : "19a1" , "labelIds":[}"#,
    ];

    #[test]
    fn an_id_is_found_in_unusual_and_malformed_responses() {
        for body in WITH_ID {
            assert_eq!(message_id(body.as_bytes()).as_deref(), Some("19a1"), "{body}");
        }
        assert_eq!(message_id(b"{\"snippet\":\"\xff\xfe\",\"id\":\"19a1\"}").as_deref(), Some("19a1"));
        assert_eq!(message_id(br#"{"id":7}"#).as_deref(), Some("7"));
    }

    #[test]
    fn responses_without_an_id_have_none() {
        for body in ["", "{}", "<html>", r#"{"id":""}"#, r#"{"id":null}"#, r#"{"id":"19a"#, r#"["id","19a1"]"#, "null"]
        {
            assert_eq!(message_id(body.as_bytes()), None, "{body}");
        }
        assert_eq!(message_id(r#"{"message":{"id":"19a1"}}"#.as_bytes()), None);
    }
}
