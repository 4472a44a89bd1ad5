//! Aligns a message's recipient headers with its envelope, since Gmail delivers to the addresses in the headers.

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::{HeaderName, MessageParser};

use crate::mail::{Address, Message};
use crate::transport::{Failure, FailureKind};

/// The longest header line written here, in bytes (RFC 5322 §2.1.1 recommends 78).
const MAX_LINE: usize = 76;

/// Returns the bytes to upload: the message, preceded by a Bcc field with the envelope recipients that no header names.
/// Gmail delivers to Bcc and removes the field from the delivered message; the copy in "Sent" shows it.
///
/// A header may name an address outside the envelope, for example when a captured message is released to another
/// address, or when some recipients have already received it. Gmail would send to that address too. In this case the
/// recipient fields are renamed to `X-Original-To` and `X-Original-Cc`, and Bcc lists the whole envelope.
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
        return Ok(Cow::Owned(
            [bcc(&envelope.iter().collect::<Vec<_>>()).into_bytes(), rewrite_headers(&mail.bytes)].concat(),
        ));
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

/// Reads the recipient headers; `None` if a field holds an invalid address.
fn header_recipients(mail: &Message) -> Option<HeaderRecipients> {
    use HeaderName::{Bcc, Cc, ResentBcc, ResentCc, ResentTo, To};
    let parsed = MessageParser::default().parse_headers(&mail.bytes)?;
    let mut named = HeaderRecipients::default();
    for header in parsed.headers() {
        let delivers = matches!(header.name, To | Cc | Bcc);
        if !delivers && !matches!(header.name, ResentTo | ResentCc | ResentBcc) {
            continue;
        }
        for addr in header.value.as_address().into_iter().flat_map(|list| list.iter()) {
            let address = Address::parse(addr.address.as_deref()?).ok()?.canonical();
            if delivers {
                named.delivered.insert(address.clone());
            }
            named.all.insert(address);
        }
    }
    Some(named)
}

/// Renames To, Cc, Resent-To and Resent-Cc, and removes Bcc and Resent-Bcc; every other byte stays.
fn rewrite_headers(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut rest = bytes;
    let mut dropping = false;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        if line.trim_ascii().is_empty() {
            break;
        }
        rest = after;
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if !dropping {
                out.extend_from_slice(line);
            }
            continue;
        }
        let name = line.split(|b| *b == b':').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        dropping = matches!(name.as_slice(), b"bcc" | b"resent-bcc");
        if matches!(name.as_slice(), b"to" | b"cc" | b"resent-to" | b"resent-cc") {
            out.extend_from_slice(b"X-Original-");
        }
        if !dropping {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(rest);
    out
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
