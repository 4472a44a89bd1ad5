//! Aligns a message's recipient headers with its envelope, since Gmail delivers to the addresses in the headers.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::mail::parse::{FieldEdit, ParsedHeader, edit_header};
use crate::mail::{Address, Message};
use crate::transport::interface::{Failure, FailureKind};

/// The longest header line written here, in bytes (RFC 5322 §2.1.1 recommends 78).
const MAX_LINE: usize = 76;

/// Returns the bytes to upload: the message, preceded by a Bcc field with the envelope recipients that no header names.
/// Gmail delivers to Bcc and removes the field from the delivered message; the copy in "Sent" shows it.
///
/// A header may name an address outside the envelope, for example when a captured message is released to another
/// address, or when some recipients have already received it. Gmail would send to that address too. In this case the
/// recipient fields are renamed to `X-Original-To` and `X-Original-Cc`, and Bcc lists the whole envelope. The same holds
/// for a header whose lines or addresses Gmail may read in another way than we do.
///
/// # Errors
/// Permanent when there is no recipient.
pub(super) fn align_headers(mail: &Message) -> Result<Cow<'_, [u8]>, Failure> {
    let envelope = &mail.envelope.to;
    if envelope.is_empty() {
        return Err(Failure::new(FailureKind::Permanent, "message without recipients"));
    }
    let wanted: HashSet<String> = envelope.iter().map(Address::canonical).collect();
    let Some(named) = header_recipients(mail).filter(|named| named.all.is_subset(&wanted)) else {
        let all = bcc(&envelope.iter().collect::<Vec<_>>());
        return Ok(Cow::Owned(edit_header(&mail.bytes, &all, set_aside)));
    };
    let hidden: Vec<&Address> = envelope.iter().filter(|a| !named.delivered.contains(&a.canonical())).collect();
    if hidden.is_empty() {
        return Ok(Cow::Borrowed(&mail.bytes));
    }
    Ok(Cow::Owned([bcc(&hidden).as_bytes(), &mail.bytes].concat()))
}

/// The recipient addresses in a message's headers, in canonical form.
#[derive(Default)]
struct HeaderRecipients {
    /// Addresses in To, Cc and Bcc, which Gmail delivers to.
    delivered: HashSet<String>,
    /// `delivered`, and the addresses in Resent-To, Resent-Cc and Resent-Bcc, whose effect Gmail does not document.
    all: HashSet<String>,
}

/// Reads the recipient headers; `None` if they can be read in more than one way, or if one holds an invalid address.
fn header_recipients(mail: &Message) -> Option<HeaderRecipients> {
    let header = ParsedHeader::read(&mail.bytes);
    if !header.is_clean() {
        return None;
    }
    let mut named = HeaderRecipients::default();
    for field in ["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"] {
        for contact in header.unambiguous_contacts(field)? {
            let address = Address::parse(&contact.address).ok()?.canonical();
            if !field.starts_with("Resent-") {
                named.delivered.insert(address.clone());
            }
            named.all.insert(address);
        }
    }
    Some(named)
}

/// Renames To, Cc, Resent-To and Resent-Cc, and removes Bcc and Resent-Bcc.
fn set_aside(name: &str) -> FieldEdit {
    match name {
        "Bcc" | "Resent-Bcc" => FieldEdit::Remove,
        "To" | "Cc" | "Resent-To" | "Resent-Cc" => FieldEdit::Prefix("X-Original-"),
        _ => FieldEdit::Keep,
    }
}

fn bcc(hidden: &[&Address]) -> String {
    let mut field = "Bcc:".to_owned();
    let mut line = field.len();
    for (n, address) in hidden.iter().enumerate() {
        let comma = if n + 1 < hidden.len() { "," } else { "" };
        let text = format!(" {address}{comma}");
        if line + text.len() > MAX_LINE && line > "Bcc:".len() {
            field.push_str("\r\n");
            line = 0;
        }
        line += text.len();
        field.push_str(&text);
    }
    field.push_str("\r\n");
    field
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;
    use crate::mail::Envelope;

    fn mail(envelope: &[&str], headers: &str) -> Message {
        let to = envelope.iter().map(|a| Address::parse(a).unwrap()).collect();
        Message {
            id: "id".to_owned(),
            purpose: None,
            envelope: Envelope { from: None, to },
            message_id: "m@example.com".to_owned(),
            bytes: format!("{headers}\r\n\r\nbody\r\n").into_bytes(),
        }
    }

    fn upload(envelope: &[&str], headers: &str) -> Result<String, Failure> {
        align_headers(&mail(envelope, headers)).map(|b| String::from_utf8(b.into_owned()).unwrap())
    }

    #[test]
    fn a_message_whose_headers_match_its_envelope_is_not_changed() {
        let headers = "To: Kim <KIM@example.com>,\r\n \"B, C\" <b@example.com>\r\nCc: c@example.com";
        let sent = upload(&["kim@example.com", "b@example.com", "c@example.com"], headers).unwrap();
        assert!(sent.starts_with("To: "), "{sent}");
    }

    #[test]
    fn recipients_that_no_header_names_are_added_as_bcc() {
        let many: Vec<String> = (0..20).map(|n| format!("somebody-{n}@example.com")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let sent = upload(&many, "To: undisclosed-recipients:;\r\nSubject: s").unwrap();
        assert!(sent.lines().all(|line| line.len() <= 78), "{sent}");
        let parsed = MessageParser::default().parse(sent.as_bytes()).unwrap();
        assert_eq!(parsed.bcc().unwrap().iter().count(), 20);
        assert_eq!(parsed.subject(), Some("s"));
    }

    #[test]
    fn an_address_outside_the_envelope_receives_nothing() {
        for headers in [
            "To: a@example.com, outside@example.com",
            "To: a@example.com\r\nBcc: x@example.com,\r\n outside@example.com",
            "To: a@example.com\r\nTo: outside@example.com",
            "TO : friends: a@example.com, outside@example.com;",
            "Cc: not an address at all @@",
            "To: a@example.com\r\nResent-To: outside@example.com",
            "To: a@example.com,\r\noutside@example.com\r\nDate: x",
            "To: a@example.com outside@example.com",
            "To: outside@example.com <a@example.com>",
            "Odd line\r\nTo: a@example.com",
        ] {
            let sent = upload(&["a@example.com", "b@example.com"], &format!("Subject: s\r\n{headers}")).unwrap();
            assert!(sent.starts_with("Bcc: a@example.com, b@example.com\r\nSubject: s\r\n"), "{sent}");
            assert!(sent.ends_with("\r\n\r\nbody\r\n"), "{sent}");
            let parsed = MessageParser::default().parse(sent.as_bytes()).unwrap();
            assert!(parsed.to().is_none() && parsed.cc().is_none(), "{sent}");
            assert!(!headers.contains("Bcc") || !sent.contains("outside"), "{sent}");
        }
        let original = upload(&["a@example.com"], "To: a@example.com,\r\n outside@example.com").unwrap();
        assert!(original.contains("X-Original-To: a@example.com,\r\n outside@example.com\r\n"), "{original}");
        assert_eq!(upload(&[], "Subject: s").unwrap_err().class, FailureKind::Permanent);
    }
}
