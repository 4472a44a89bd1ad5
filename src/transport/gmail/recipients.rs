//! Gmail reads the recipients from the headers, not from an envelope: here the two are brought together.

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::{Addr, HeaderName, MessageParser};

use crate::mail::{Address, Mail};
use crate::transport::{Class, Failure};

/// Longest header line that is written here (RFC 5322 §2.1.1 recommends 78).
const MAX_LINE: usize = 76;

/// The bytes to upload: the mail's own, and before them a Bcc field for those of the envelope whom no header names.
/// Gmail delivers to Bcc and strips it from what it delivers; the sender's own "Sent" copy shows it.
///
/// # Errors
/// Permanent when a header names somebody outside the envelope: Gmail would send to him too.
pub(super) fn addressed(mail: &Mail) -> Result<Cow<'_, [u8]>, Failure> {
    let named = named(mail)?;
    let envelope: HashSet<String> = mail.envelope.to.iter().map(Address::canonical).collect();
    if envelope.is_empty() {
        return Err(Failure::new(Class::Permanent, "this mail has no recipient"));
    }
    let strangers = named.iter().filter(|address| !envelope.contains(*address)).count();
    if strangers > 0 {
        return Err(Failure::new(
            Class::Permanent,
            format!(
                "Gmail sends to everybody its To, Cc and Bcc fields name, and {strangers} of them are no recipients of this \
                 mail; send it through smtp"
            ),
        ));
    }
    let hidden: Vec<&Address> = mail.envelope.to.iter().filter(|a| !named.contains(&a.canonical())).collect();
    if hidden.is_empty() {
        return Ok(Cow::Borrowed(&mail.bytes));
    }
    let mut bytes = bcc(&hidden).into_bytes();
    bytes.extend_from_slice(&mail.bytes);
    Ok(Cow::Owned(bytes))
}

/// Everybody in To, Cc and Bcc, however often the fields occur.
fn named(mail: &Mail) -> Result<HashSet<String>, Failure> {
    let unreadable = || Failure::new(Class::Permanent, "the mail's headers cannot be read");
    let parsed = MessageParser::default().parse_headers(&mail.bytes).ok_or_else(unreadable)?;
    let recipients = parsed
        .headers()
        .iter()
        .filter(|header| matches!(header.name, HeaderName::To | HeaderName::Cc | HeaderName::Bcc))
        .filter_map(|header| header.value.as_address());
    recipients.flat_map(|list| list.iter()).map(canonical).collect()
}

fn canonical(addr: &Addr<'_>) -> Result<String, Failure> {
    let text = addr.address.as_deref().unwrap_or_default();
    let unreadable = |_| Failure::new(Class::Permanent, "a To, Cc or Bcc field holds something that is no address");
    Address::parse(text).map(|a| a.canonical()).map_err(unreadable)
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
            "To: a@example.com\r\nBcc: stranger@example.com",
            "To: a@example.com\r\nTo: stranger@example.com",
            "To: friends: a@example.com, stranger@example.com;",
            "To: not an address at all @@",
        ] {
            let failure = upload(&["a@example.com"], headers).unwrap_err();
            assert_eq!(failure.class, Class::Permanent, "{headers}: {failure}");
            assert!(!failure.reason.contains("stranger"), "{failure}");
        }
        assert_eq!(upload(&[], "Subject: s").unwrap_err().class, Class::Permanent);
    }
}
