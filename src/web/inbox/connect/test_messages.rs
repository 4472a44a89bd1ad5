//! Messages that show what the inbox can do.

use crate::clock::Time;
use crate::inbox::{IncomingMessage, MessageSource};

/// The kinds, as the form names them.
pub const KINDS: [&str; 3] = ["text", "newsletter", "broken"];

const TEXT: &str = include_str!("test_messages/text.eml");
const NEWSLETTER: &str = include_str!("test_messages/newsletter.eml");
/// A message with faults that real programs make: no boundary, a wrong charset, an undecodable part.
const BROKEN: &str = include_str!("test_messages/broken.eml");

/// A message of one kind; `None` if there is no such kind.
pub fn message(kind: &str, now: Time) -> Option<IncomingMessage> {
    let text = match kind {
        "text" => TEXT,
        "newsletter" => NEWSLETTER,
        "broken" => BROKEN,
        _ => return None,
    };
    let bytes = text.replace("{date}", &now.rfc5322()).replace('\n', "\r\n").into_bytes();
    // An address of its own, so that no waiting test takes it for its message.
    Some(IncomingMessage {
        envelope_from: "inbox@gatepost.test".to_owned(),
        envelope_to: vec!["test@inbox.example".to_owned()],
        bytes,
        source: MessageSource::Api,
        ..IncomingMessage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::ParsedMessage;

    #[test]
    fn each_test_message_is_what_its_name_says() {
        let read = |kind: &str| ParsedMessage::read(&message(kind, Time::from_millis(0)).unwrap().bytes);
        let [text, newsletter, broken] = KINDS.map(read);
        assert!(text.html.is_empty() && text.warnings.is_empty() && text.text.contains("arrived"), "{text:?}");
        assert_eq!((newsletter.codes(), newsletter.links().len()), (vec!["482913".to_owned()], 2));
        assert!(newsletter.warnings.is_empty() && !newsletter.html.is_empty(), "{:?}", newsletter.warnings);
        assert!(broken.warnings.len() > 1, "{:?}", broken.warnings);
        assert!(message("other", Time::from_millis(0)).is_none());
    }
}
