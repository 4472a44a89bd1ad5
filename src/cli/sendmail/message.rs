//! Builds a message from standard input: normalizes line ends, adds missing header fields as a mail server does, and
//! determines the envelope.

use std::collections::HashSet;

use crate::clock::Time;
use crate::mail::from_header_unchecked;
use crate::mail::parse::ParsedMessage;

use super::arguments::Arguments;
use super::recipient;

/// A message and its envelope.
#[derive(Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    pub from: String,
    pub to: Vec<String>,
    /// Recipients that are not addresses, as written. The message is sent to the others.
    pub invalid_recipients: Vec<String>,
    /// The message with CR LF line ends, before dot-stuffing.
    pub bytes: Vec<u8>,
}

/// Defaults that depend on the time and the machine.
pub struct SenderDefaults {
    /// `user@host`, for messages without a sender.
    pub sender: String,
    pub now: Time,
    /// A unique Message-ID, without angle brackets.
    pub message_id: String,
}

/// Why the message cannot be sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("no recipient; name one, or put To, Cc or Bcc in the message")]
    NoRecipient,
    #[error("no recipient is an email address: {0}")]
    Unreadable(String),
    /// A line end in an argument could start a header field or an SMTP command.
    #[error("{0} contains a line end or another control character: {1:?}")]
    Control(&'static str, String),
}

impl OutgoingMessage {
    /// Builds the message from `input`.
    ///
    /// # Errors
    /// When there is no valid recipient, or an argument contains a control character.
    pub fn new(input: &[u8], arguments: &Arguments, defaults: &SenderDefaults) -> Result<Self, MessageError> {
        check(arguments)?;
        let text = lines(input, arguments.ignore_dots);
        let (fields, body) = split(&text);
        let parsed = ParsedMessage::read(&[fields.concat(), b"\r\n".to_vec()].concat());
        let mut named: Vec<_> = arguments.recipients.iter().flat_map(|list| recipient::parse_list(list)).collect();
        // As in the sendmail of Mailpit and MailHog, whose callers often omit -t.
        if arguments.from_headers || arguments.recipients.is_empty() {
            named.extend(recipient::header_recipients(&parsed));
        }
        let (mut to, mut unreadable, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for named in named {
            match named {
                Ok(address) if seen.insert(address.to_lowercase()) => to.push(address),
                Ok(_) => {}
                Err(text) => unreadable.push(text),
            }
        }
        if to.is_empty() {
            return Err(if unreadable.is_empty() {
                MessageError::NoRecipient
            } else {
                MessageError::Unreadable(unreadable.join(", "))
            });
        }
        let from = arguments.sender.as_deref().map_or_else(|| defaults.sender.clone(), recipient::sender);
        let bytes = [head(&fields, &from, arguments, defaults), body.to_vec()].concat();
        Ok(OutgoingMessage { from, to, invalid_recipients: unreadable, bytes })
    }
}

/// Rejects control characters. Removing them instead would give another address than the intended one.
fn check(arguments: &Arguments) -> Result<(), MessageError> {
    let given = arguments.sender.iter().map(|text| ("the sender", text));
    let given = given.chain(arguments.name.iter().map(|text| ("the sender's name", text)));
    let mut given = given.chain(arguments.recipients.iter().map(|text| ("a recipient", text)));
    match given.find(|(_, text)| text.contains(char::is_control)) {
        Some((what, text)) => Err(MessageError::Control(what, text.clone())),
        None => Ok(()),
    }
}

/// Ends every line with CR LF. Without `-i` a line with a single dot ends the message.
fn lines(input: &[u8], ignore_dots: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(input.len() + input.len() / 32);
    for (number, line) in input.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line == b"." && !ignore_dots {
            break;
        }
        // The separator line of mbox is not a header field.
        if number == 0 && line.starts_with(b"From ") {
            continue;
        }
        text.extend_from_slice(line);
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// Splits the message into header fields, each with its folded lines, and the rest, which starts with the blank line.
/// Text that does not start with a field has an empty header.
fn split(text: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut fields: Vec<Vec<u8>> = Vec::new();
    let mut rest = text;
    while let Some(end) = memchr::memmem::find(rest, b"\r\n") {
        let (line, behind) = rest.split_at(end + 2);
        let continued = matches!(line.first(), Some(b' ' | b'\t'));
        match fields.last_mut() {
            Some(field) if continued && line != b"\r\n" => field.extend_from_slice(line),
            _ if name(line).is_some() => fields.push(line.to_vec()),
            _ => break,
        }
        rest = behind;
    }
    let body = if rest.is_empty() || rest.starts_with(b"\r\n") { rest.to_vec() } else { [b"\r\n", rest].concat() };
    (fields, body)
}

/// The field name of a header line (RFC 5322 §2.2): printable ASCII before a colon. The obsolete syntax (§4.5) allows
/// blanks before the colon.
fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}

/// The header to send: without Bcc, and with the required fields that are missing (RFC 5322 §3.6).
fn head(fields: &[Vec<u8>], from: &str, arguments: &Arguments, defaults: &SenderDefaults) -> Vec<u8> {
    let is = |field: &[u8], wanted: &str| name(field).is_some_and(|name| name.eq_ignore_ascii_case(wanted.as_bytes()));
    let missing = |name: &str| !fields.iter().any(|field| is(field, name));
    let mut head = Vec::new();
    if missing("From") {
        let from = if from.is_empty() { &defaults.sender } else { from };
        let from = match &arguments.name {
            Some(name) if !name.trim().is_empty() => from_header_unchecked(name, from),
            _ => format!("From: {from}\r\n"),
        };
        head.extend_from_slice(from.as_bytes());
    }
    if missing("Date") {
        head.extend_from_slice(format!("Date: {}\r\n", defaults.now.rfc5322()).as_bytes());
    }
    if missing("Message-ID") {
        head.extend_from_slice(format!("Message-ID: <{}>\r\n", defaults.message_id).as_bytes());
    }
    let visible = fields.iter().filter(|field| !is(field, "Bcc") && !is(field, "Resent-Bcc"));
    visible.for_each(|field| head.extend_from_slice(field));
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(input: &str, arguments: &str) -> Result<(OutgoingMessage, String), MessageError> {
        let arguments =
            Arguments::parse(arguments.split(' ').filter(|word| !word.is_empty()).map(str::to_owned)).unwrap();
        let defaults = SenderDefaults {
            sender: "me@localhost".into(),
            now: Time::from_millis(0),
            message_id: "id@localhost".into(),
        };
        let message = OutgoingMessage::new(input.as_bytes(), &arguments, &defaults)?;
        let text = String::from_utf8(message.bytes.clone()).unwrap();
        Ok((message, text))
    }

    const ADDED: &str = "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <id@localhost>\r\n";

    #[test]
    fn recipients_come_from_the_header_and_bcc_is_removed() {
        let input = "To: A <a@x.test>,\n b@x.test\nBcc: secret@x.test\nCc: A@x.test, root\nFrom: f@x.test\n\nhi\n";
        let (message, text) = message(input, "-t extra@x.test").unwrap();
        assert_eq!(message.to, ["extra@x.test", "a@x.test", "b@x.test", "root@localhost", "secret@x.test"]);
        assert_eq!(message.from, "me@localhost");
        let fields = "To: A <a@x.test>,\r\n b@x.test\r\nCc: A@x.test, root\r\nFrom: f@x.test\r\n";
        assert_eq!(text, format!("{ADDED}{fields}\r\nhi\r\n"));
    }

    #[test]
    fn without_recipient_arguments_the_header_names_the_recipients() {
        let input = "To: \"a,b\"@x.test\nBcc: secret@x.test\n\nhi\n";
        assert_eq!(message(input, "").unwrap().0.to, ["\"a,b\"@x.test", "secret@x.test"]);
        assert_eq!(message(input, "c@x.test").unwrap().0.to, ["c@x.test"]);
    }

    #[test]
    fn a_resent_message_is_sent_to_the_resent_recipients() {
        let input = "Resent-To: new@x.test\nResent-Cc: two@x.test\nResent-Bcc: blind@x.test\nTo: old@x.test\n\nhi\n";
        let (message, text) = message(input, "-t").unwrap();
        assert_eq!(message.to, ["new@x.test", "two@x.test", "blind@x.test"]);
        assert!(text.contains("To: old@x.test\r\n") && !text.contains("blind"), "{text}");
    }

    #[test]
    fn a_header_is_added_to_text_without_one() {
        let (message, text) = message("From root Thu Jan 1\njust text: really\n.\nlost\n", "-F Cron root").unwrap();
        assert_eq!(message.to, ["root@localhost"]);
        assert_eq!(text, format!("From: \"Cron\" <me@localhost>\r\n{ADDED}\r\njust text: really\r\n"));
    }

    #[test]
    fn the_name_in_an_added_from_field_is_encoded() {
        let from = |name: &str| {
            let (_, text) = message("Subject: x\n\nhi\n", &format!("-F{name} -fkim@x.test root")).unwrap();
            text.split_once("\r\n").unwrap().0.to_owned()
        };
        assert_eq!(from("김철수"), "From: =?utf-8?B?6rmA7LKg7IiY?= <kim@x.test>");
        assert_eq!(from("\"a\\"), "From: \"\\\"a\\\\\" <kim@x.test>");
    }

    #[test]
    fn with_i_a_dot_does_not_end_the_message() {
        let fields = "From: a@b\nDate: x\nMessage-ID: <y>\n\n";
        let (_, text) = message(&format!("{fields}a\r\n.\n..b\nc"), "-i -f <> r@x.test").unwrap();
        assert_eq!(text.split_once("\r\n\r\n").unwrap().1, "a\r\n.\r\n..b\r\nc\r\n");
        let (message, _) = message(fields, "-f <> r@x.test").unwrap();
        assert_eq!(message.from, "");
    }

    #[test]
    fn an_argument_with_a_control_character_is_rejected() {
        for (arguments, expected) in [
            ("-f \"a\r\nX-Evil:yes\"@x.test root", "the sender"),
            ("-F Kim\nX-Evil:yes root", "the sender's name"),
            ("root \"b\u{7f}\"@x.test", "a recipient"),
            ("root\u{85}", "a recipient"),
        ] {
            let refused = message("Subject: x\n\nhi\n", arguments).unwrap_err();
            assert!(matches!(refused, MessageError::Control(found, _) if found == expected), "{refused:?}");
            assert!(!refused.to_string().contains(char::is_control), "{refused}");
        }
    }

    #[test]
    fn a_field_name_may_be_followed_by_blanks() {
        let input = "To : a@x.test\nBcc\t: b@x.test,\n c@x.test\nFrom  :f@x.test\nNot a : field\n";
        let (message, text) = message(input, "-t").unwrap();
        assert_eq!(message.to, ["a@x.test", "b@x.test", "c@x.test"]);
        assert_eq!(text, format!("{ADDED}To : a@x.test\r\nFrom  :f@x.test\r\n\r\nNot a : field\r\n"));
    }

    #[test]
    fn recipients_without_an_address_are_listed_apart() {
        let input = "To: root, Kim <>, a@x.test\nCc: Team Lead <>\nBcc: undisclosed-recipients:;\n\nhi\n";
        let (found, _) = message(input, "-t bad<").unwrap();
        assert_eq!(found.to, ["root@localhost", "a@x.test"]);
        assert_eq!(found.invalid_recipients, ["bad<", "Kim", "Team Lead"]);
        assert_eq!(message(input, "bad<"), Err(MessageError::Unreadable("bad<".into())));
    }

    #[test]
    fn a_message_without_recipients_is_rejected() {
        assert_eq!(message("Subject: x\n\nhi\n", "-t"), Err(MessageError::NoRecipient));
        assert_eq!(message("Resent-To: \nTo: a@x.test\n\nhi\n", "-t"), Err(MessageError::NoRecipient));
        assert_eq!(message("To: a@x.test\n\nhi\n", ","), Err(MessageError::NoRecipient));
        assert_eq!(message("To: undisclosed-recipients:;\n\nhi\n", "-t"), Err(MessageError::NoRecipient));
        assert_eq!(message("", "-t"), Err(MessageError::NoRecipient));
    }
}
