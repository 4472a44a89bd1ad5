//! Gmail reads the recipients from the headers, not from an envelope: here the two are brought together.

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::{HeaderName, MessageParser};

use crate::mail::{Address, Mail};
use crate::transport::{Class, Failure};

/// Longest header line that is written here (RFC 5322 §2.1.1 recommends 78).
const MAX_LINE: usize = 76;

/// The bytes to upload: the mail's own, and before them a Bcc field for those of the envelope whom no header names.
/// Gmail delivers to Bcc and strips it from what it delivers; the sender's own "Sent" copy shows it.
///
/// When a header names somebody outside the envelope (a captured mail let go to another address, the rest of a mail
/// that was taken for some of its recipients), Gmail would write to him too: then the recipient fields are set aside
/// as `X-Original-To` and `X-Original-Cc`, and the envelope goes into Bcc as a whole.
///
/// # Errors
/// Permanent when there is no recipient.
pub(super) fn addressed(mail: &Mail) -> Result<Cow<'_, [u8]>, Failure> {
    let envelope = &mail.envelope.to;
    if envelope.is_empty() {
        return Err(Failure::new(Class::Permanent, "this mail has no recipient"));
    }
    let wanted: HashSet<String> = envelope.iter().map(Address::canonical).collect();
    let Some(named) = named(mail).filter(|named| named.all.is_subset(&wanted)) else {
        return Ok(Cow::Owned(
            [bcc(&envelope.iter().collect::<Vec<_>>()).into_bytes(), set_aside(&mail.bytes)].concat(),
        ));
    };
    let hidden: Vec<&Address> = envelope.iter().filter(|a| !named.delivered.contains(&a.canonical())).collect();
    if hidden.is_empty() {
        return Ok(Cow::Borrowed(&mail.bytes));
    }
    Ok(Cow::Owned([bcc(&hidden).as_bytes(), &mail.bytes].concat()))
}

/// The addresses of a mail's headers, in canonical form.
#[derive(Default)]
struct Named {
    /// In To, Cc and Bcc: Gmail delivers to them.
    delivered: HashSet<String>,
    /// Those, and in Resent-To, -Cc and -Bcc, of which Gmail does not say what it does.
    all: HashSet<String>,
}

/// `None` when a field holds something that is no address.
fn named(mail: &Mail) -> Option<Named> {
    use HeaderName::{Bcc, Cc, ResentBcc, ResentCc, ResentTo, To};
    let parsed = MessageParser::default().parse_headers(&mail.bytes)?;
    let mut named = Named::default();
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

/// Renames To and Cc, resent or not, and takes Bcc out; every other byte stays.
fn set_aside(bytes: &[u8]) -> Vec<u8> {
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

    fn mail(envelope: &[&str], headers: &str) -> Mail {
        let to = envelope.iter().map(|a| Address::parse(a).unwrap()).collect();
        Mail {
            id: "id".to_owned(),
            purpose: None,
            envelope: Envelope { from: None, to },
            message_id: "m@example.com".to_owned(),
            bytes: format!("{headers}\r\n\r\nbody\r\n").into_bytes(),
        }
    }

    fn upload(envelope: &[&str], headers: &str) -> Result<String, Failure> {
        addressed(&mail(envelope, headers)).map(|b| String::from_utf8(b.into_owned()).unwrap())
    }

    #[test]
    fn a_mail_whose_headers_name_its_envelope_goes_as_it_is() {
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
    fn nobody_outside_the_envelope_is_written_to() {
        for headers in [
            "To: a@example.com, stranger@example.com",
            "To: a@example.com\r\nBcc: x@example.com,\r\n stranger@example.com",
            "To: a@example.com\r\nTo: stranger@example.com",
            "TO : friends: a@example.com, stranger@example.com;",
            "Cc: not an address at all @@",
            "To: a@example.com\r\nResent-To: stranger@example.com",
        ] {
            let sent = upload(&["a@example.com", "b@example.com"], &format!("Subject: s\r\n{headers}")).unwrap();
            assert!(sent.starts_with("Bcc: a@example.com, b@example.com\r\nSubject: s\r\n"), "{sent}");
            assert!(sent.ends_with("\r\n\r\nbody\r\n"), "{sent}");
            let parsed = MessageParser::default().parse(sent.as_bytes()).unwrap();
            assert!(parsed.to().is_none() && parsed.cc().is_none(), "{sent}");
            assert!(!headers.contains("Bcc") || !sent.contains("stranger"), "{sent}");
        }
        let original = upload(&["a@example.com"], "To: a@example.com,\r\n stranger@example.com").unwrap();
        assert!(original.contains("X-Original-To: a@example.com,\r\n stranger@example.com\r\n"), "{original}");
        assert_eq!(upload(&[], "Subject: s").unwrap_err().class, Class::Permanent);
    }
}
