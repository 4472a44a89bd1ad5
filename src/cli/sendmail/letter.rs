//! Standard input becomes a message: line ends, the fields a mail server adds to what programs leave out, and the
//! envelope.

use std::collections::HashSet;

use crate::clock::Time;
use crate::mail::from_header_unchecked;
use crate::mail::parsed::Parsed;

use super::arguments::Arguments;
use super::recipient;

/// What is handed over.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    pub from: String,
    pub to: Vec<String>,
    /// Recipients that name no mailbox, as they are written: the others get the letter.
    pub unreadable: Vec<String>,
    /// With CR LF, before dot-stuffing.
    pub bytes: Vec<u8>,
}

/// What belongs to the moment and the machine.
pub struct Origin {
    /// `user@host`, for letters that do not say.
    pub sender: String,
    pub now: Time,
    /// Unique, without angle brackets.
    pub message_id: String,
}

/// Why there is nothing to hand over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// Nobody is named to send it to.
    #[error("no recipient: name one, or put To, Cc or Bcc in the message")]
    NoRecipient,
    #[error("no recipient can be read as an address: {0}")]
    Unreadable(String),
    /// A line end in an argument could begin a field of the header, or an SMTP command.
    #[error("{0} holds a line end or another control character: {1:?}")]
    Control(&'static str, String),
}

impl Letter {
    /// # Errors
    /// When there is no recipient, or an argument that cannot stand in a letter.
    pub fn new(input: &[u8], arguments: &Arguments, origin: &Origin) -> Result<Self, LetterError> {
        check(arguments)?;
        let text = lines(input, arguments.ignore_dots);
        let (fields, body) = split(&text);
        let parsed = Parsed::read(&[fields.concat(), b"\r\n".to_vec()].concat());
        let mut named: Vec<_> = arguments.recipients.iter().flat_map(|list| recipient::listed(list)).collect();
        // As Mailpit's and MailHog's sendmail do, whose callers often leave -t out.
        if arguments.from_headers || arguments.recipients.is_empty() {
            named.extend(recipient::named(&parsed));
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
            let nobody = unreadable.is_empty();
            return Err(if nobody { LetterError::NoRecipient } else { LetterError::Unreadable(unreadable.join(", ")) });
        }
        let from = arguments.sender.as_deref().map_or_else(|| origin.sender.clone(), recipient::sender);
        let bytes = [head(&fields, &from, arguments, origin), body.to_vec()].concat();
        Ok(Letter { from, to, unreadable, bytes })
    }
}

/// Refused rather than mended: what remained would be another address than the one that was meant.
fn check(arguments: &Arguments) -> Result<(), LetterError> {
    let given = arguments.sender.iter().map(|text| ("the sender", text));
    let given = given.chain(arguments.name.iter().map(|text| ("the sender's name", text)));
    let mut given = given.chain(arguments.recipients.iter().map(|text| ("a recipient", text)));
    match given.find(|(_, text)| text.contains(char::is_control)) {
        Some((what, text)) => Err(LetterError::Control(what, text.clone())),
        None => Ok(()),
    }
}

/// CR LF at every line end, whatever the program wrote. Without `-i` a dot alone ends the message.
fn lines(input: &[u8], ignore_dots: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(input.len() + input.len() / 32);
    for (number, line) in input.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line == b"." && !ignore_dots {
            break;
        }
        // mbox's separator is no field.
        if number == 0 && line.starts_with(b"From ") {
            continue;
        }
        text.extend_from_slice(line);
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// The header's fields, folded lines and all, and the rest with its empty line. Text that does not begin like a
/// header has none.
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

/// RFC 5322 §2.2: printable ASCII and a colon; blanks before the colon are of old (§4.5).
fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}

/// The fields without Bcc, whose point is not to be sent, and with those that must be there (RFC 5322 §3.6).
fn head(fields: &[Vec<u8>], from: &str, arguments: &Arguments, origin: &Origin) -> Vec<u8> {
    let is = |field: &[u8], wanted: &str| name(field).is_some_and(|name| name.eq_ignore_ascii_case(wanted.as_bytes()));
    let missing = |name: &str| !fields.iter().any(|field| is(field, name));
    let mut head = Vec::new();
    if missing("From") {
        let from = if from.is_empty() { &origin.sender } else { from };
        let from = match &arguments.name {
            Some(name) if !name.trim().is_empty() => from_header_unchecked(name, from),
            _ => format!("From: {from}\r\n"),
        };
        head.extend_from_slice(from.as_bytes());
    }
    if missing("Date") {
        head.extend_from_slice(format!("Date: {}\r\n", origin.now.rfc5322()).as_bytes());
    }
    if missing("Message-ID") {
        head.extend_from_slice(format!("Message-ID: <{}>\r\n", origin.message_id).as_bytes());
    }
    let kept = fields.iter().filter(|field| !is(field, "Bcc") && !is(field, "Resent-Bcc"));
    kept.for_each(|field| head.extend_from_slice(field));
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(input: &str, arguments: &str) -> Result<(Letter, String), LetterError> {
        let arguments =
            Arguments::parse(arguments.split(' ').filter(|word| !word.is_empty()).map(str::to_owned)).unwrap();
        let origin =
            Origin { sender: "me@localhost".into(), now: Time::from_millis(0), message_id: "id@localhost".into() };
        let letter = Letter::new(input.as_bytes(), &arguments, &origin)?;
        let text = String::from_utf8(letter.bytes.clone()).unwrap();
        Ok((letter, text))
    }

    const ADDED: &str = "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <id@localhost>\r\n";

    #[test]
    fn recipients_come_from_the_header_and_bcc_goes() {
        let input = "To: A <a@x.test>,\n b@x.test\nBcc: secret@x.test\nCc: A@x.test, root\nFrom: f@x.test\n\nhi\n";
        let (letter, text) = letter(input, "-t extra@x.test").unwrap();
        assert_eq!(letter.to, ["extra@x.test", "a@x.test", "b@x.test", "root@localhost", "secret@x.test"]);
        assert_eq!(letter.from, "me@localhost");
        let fields = "To: A <a@x.test>,\r\n b@x.test\r\nCc: A@x.test, root\r\nFrom: f@x.test\r\n";
        assert_eq!(text, format!("{ADDED}{fields}\r\nhi\r\n"));
    }

    #[test]
    fn the_header_is_asked_when_no_argument_names_anybody() {
        let input = "To: \"a,b\"@x.test\nBcc: secret@x.test\n\nhi\n";
        assert_eq!(letter(input, "").unwrap().0.to, ["\"a,b\"@x.test", "secret@x.test"]);
        assert_eq!(letter(input, "c@x.test").unwrap().0.to, ["c@x.test"]);
    }

    #[test]
    fn a_letter_that_is_sent_once_more_goes_to_whom_it_is_sent_on_to() {
        let input = "Resent-To: new@x.test\nResent-Cc: two@x.test\nResent-Bcc: blind@x.test\nTo: old@x.test\n\nhi\n";
        let (letter, text) = letter(input, "-t").unwrap();
        assert_eq!(letter.to, ["new@x.test", "two@x.test", "blind@x.test"]);
        assert!(text.contains("To: old@x.test\r\n") && !text.contains("blind"), "{text}");
    }

    #[test]
    fn text_without_a_header_gets_one() {
        let (letter, text) = letter("From root Thu Jan 1\njust text: really\n.\nlost\n", "-F Cron root").unwrap();
        assert_eq!(letter.to, ["root@localhost"]);
        assert_eq!(text, format!("From: \"Cron\" <me@localhost>\r\n{ADDED}\r\njust text: really\r\n"));
    }

    #[test]
    fn the_name_of_a_from_field_is_written_in_seven_bits() {
        let from = |name: &str| {
            let (_, text) = letter("Subject: x\n\nhi\n", &format!("-F{name} -fkim@x.test root")).unwrap();
            text.split_once("\r\n").unwrap().0.to_owned()
        };
        assert_eq!(from("김철수"), "From: =?utf-8?B?6rmA7LKg7IiY?= <kim@x.test>");
        assert_eq!(from("\"a\\"), "From: \"\\\"a\\\\\" <kim@x.test>");
    }

    #[test]
    fn dots_and_line_ends_stay_text() {
        let fields = "From: a@b\nDate: x\nMessage-ID: <y>\n\n";
        let (_, text) = letter(&format!("{fields}a\r\n.\n..b\nc"), "-i -f <> r@x.test").unwrap();
        assert_eq!(text.split_once("\r\n\r\n").unwrap().1, "a\r\n.\r\n..b\r\nc\r\n");
        let (letter, _) = letter(fields, "-f <> r@x.test").unwrap();
        assert_eq!(letter.from, "");
    }

    #[test]
    fn an_argument_cannot_carry_a_line_of_its_own() {
        for (arguments, what) in [
            ("-f \"a\r\nX-Evil:yes\"@x.test root", "the sender"),
            ("-F Kim\nX-Evil:yes root", "the sender's name"),
            ("root \"b\u{7f}\"@x.test", "a recipient"),
            ("root\u{85}", "a recipient"),
        ] {
            let refused = letter("Subject: x\n\nhi\n", arguments).unwrap_err();
            assert!(matches!(refused, LetterError::Control(found, _) if found == what), "{refused:?}");
            assert!(!refused.to_string().contains(char::is_control), "{refused}");
        }
    }

    #[test]
    fn blanks_before_the_colon_leave_a_field_what_it_is() {
        let input = "To : a@x.test\nBcc\t: b@x.test,\n c@x.test\nFrom  :f@x.test\nNot a : field\n";
        let (letter, text) = letter(input, "-t").unwrap();
        assert_eq!(letter.to, ["a@x.test", "b@x.test", "c@x.test"]);
        assert_eq!(text, format!("{ADDED}To : a@x.test\r\nFrom  :f@x.test\r\n\r\nNot a : field\r\n"));
    }

    #[test]
    fn who_has_no_address_is_told_apart_from_those_who_get_the_letter() {
        let input = "To: root, Kim <>, a@x.test\nCc: Team Lead <>\nBcc: undisclosed-recipients:;\n\nhi\n";
        let (found, _) = letter(input, "-t bad<").unwrap();
        assert_eq!(found.to, ["root@localhost", "a@x.test"]);
        assert_eq!(found.unreadable, ["bad<", "Kim", "Team Lead"]);
        assert_eq!(letter(input, "bad<"), Err(LetterError::Unreadable("bad<".into())));
    }

    #[test]
    fn a_letter_to_nobody_is_refused() {
        assert_eq!(letter("Subject: x\n\nhi\n", "-t"), Err(LetterError::NoRecipient));
        assert_eq!(letter("Resent-To: \nTo: a@x.test\n\nhi\n", "-t"), Err(LetterError::NoRecipient));
        assert_eq!(letter("To: a@x.test\n\nhi\n", ","), Err(LetterError::NoRecipient));
        assert_eq!(letter("To: undisclosed-recipients:;\n\nhi\n", "-t"), Err(LetterError::NoRecipient));
        assert_eq!(letter("", "-t"), Err(LetterError::NoRecipient));
    }
}
