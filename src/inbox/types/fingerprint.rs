//! Numbers that stand for texts of a message: its sender, its mailboxes and its template. The narrow table `messages`
//! holds them, so that messages are counted without reading a summary.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use crate::mail::parse::ParsedMessage;

/// Bytes of a number in the column `mailboxes`.
const WIDTH: usize = 6;
/// The bits of a number. At 100,000 different texts, two of them share a number with a probability of 0.002 %.
const MASK: u64 = (1 << (8 * WIDTH)) - 1;
/// Maximum number of mailboxes of one message that are counted: the recipients that a session may name at most.
const MAX_MAILBOXES: usize = 1_000;
/// Minimum length of a word of hexadecimal digits that counts as a number, such as the beginning of a commit's id.
const MIN_HEX: usize = 7;
/// Maximum bytes of a subject that are compared.
const MAX_SUBJECT: usize = 500;

/// Stands for the template of a message. Messages of one template have the same `X-Template` field or, without one, the
/// same sender and a subject that differs in numbers, addresses and quoted names only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateKey(pub(in crate::inbox) i64);

/// The text is not a template key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a template key")]
pub struct TemplateKeyError;

impl fmt::Display for TemplateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

impl FromStr for TemplateKey {
    type Err = TemplateKeyError;

    fn from_str(text: &str) -> Result<Self, TemplateKeyError> {
        let is_key = text.len() == 2 * WIDTH && text.bytes().all(|b| b.is_ascii_hexdigit());
        i64::from_str_radix(text, 16).ok().filter(|_| is_key).map(TemplateKey).ok_or(TemplateKeyError)
    }
}

/// The numbers of one message.
#[derive(Clone, Debug, Default)]
pub struct Fingerprints {
    pub sender: i64,
    pub template: i64,
    /// See [`mailboxes`].
    pub mailboxes: Vec<u8>,
}

impl Fingerprints {
    /// Computes the numbers of a message. Without an envelope, the address fields name its mailboxes.
    pub(in crate::inbox) fn of(parsed: &ParsedMessage, envelope_to: &[String]) -> Self {
        let sender = address(&parsed.from.address);
        let mailboxes = if envelope_to.is_empty() {
            let named = parsed.to.iter().chain(&parsed.cc).chain(&parsed.bcc);
            distinct_mailboxes(named.map(|contact| contact.address.as_str()))
        } else {
            distinct_mailboxes(envelope_to.iter().map(String::as_str))
        };
        let template = match parsed.header("X-Template").map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => hash([b'x'].into_iter().chain(name.bytes().take(MAX_SUBJECT))),
            None => {
                let subject = without_variables(cut(&parsed.subject, MAX_SUBJECT));
                hash(sender.to_be_bytes().into_iter().chain(subject.bytes()))
            }
        };
        Fingerprints { sender, template, mailboxes }
    }

    /// True if the address with these bytes is a mailbox of the message.
    pub(in crate::inbox) fn has_mailbox(&self, bytes: &[u8]) -> bool {
        self.mailboxes.chunks(WIDTH).any(|known| known == bytes)
    }
}

/// The numbers of the first [`MAX_MAILBOXES`] different addresses, in their order.
fn distinct_mailboxes<'a>(addresses: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut known = HashSet::new();
    let numbers = addresses.filter(|text| !text.is_empty()).map(mailbox);
    numbers.filter(|number| known.insert(*number)).take(MAX_MAILBOXES).flatten().collect()
}

/// The number of an address; upper and lower case are the same.
pub fn address(text: &str) -> i64 {
    let text = text.trim();
    match text.is_ascii() {
        true => hash(text.bytes().map(|b| b.to_ascii_lowercase())),
        false => hash(text.to_lowercase().bytes()),
    }
}

/// The bytes of an address in the column `mailboxes`.
pub fn mailbox(text: &str) -> [u8; WIDTH] {
    let [_, _, bytes @ ..] = address(text).to_be_bytes();
    bytes
}

/// The numbers in the column `mailboxes`.
pub fn mailboxes(column: &[u8]) -> impl Iterator<Item = i64> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
    column.chunks_exact(WIDTH).map(number)
}

/// FNV-1a, folded to 48 bits. A collision, also a provoked one, only makes a count wrong.
pub fn hash(bytes: impl Iterator<Item = u8>) -> i64 {
    let full = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    i64::try_from((full >> 48 ^ full) & MASK).unwrap_or_default()
}

/// The text with a mark in place of each number, address, web address and quoted name.
pub fn without_variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut closing = None;
    for word in text.split_whitespace() {
        if let Some(end) = closing {
            // Inside quotes, everything is one name.
            closing = (!word.contains(end)).then_some(end);
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        closing = push_word(&mut out, word);
    }
    out
}

/// Appends a word. Returns the mark that ends a quotation which the word begins.
fn push_word(out: &mut String, word: &str) -> Option<char> {
    const QUOTES: [(char, char); 8] =
        [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('‘', '’'), ('「', '」'), ('『', '』'), ('\'', '\'')];
    let bare = word.trim_start_matches(['(', '[', '<']);
    if let Some((open, end)) = QUOTES.into_iter().find(|(open, _)| bare.starts_with(*open)) {
        out.push('"');
        let rest = bare.strip_prefix(open).unwrap_or_default();
        return (!rest.contains(end)).then_some(end);
    }
    if word.contains('@') || word.contains("://") {
        out.push('@');
        return None;
    }
    let pieces = word.split_inclusive(|c: char| !c.is_alphanumeric());
    for piece in pieces {
        let end = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        if is_number(end) {
            out.push('0');
            out.push_str(piece.get(end.len()..).unwrap_or_default());
            continue;
        }
        let mut in_digits = false;
        for c in piece.chars() {
            if !c.is_numeric() {
                out.push(c);
            } else if !in_digits {
                out.push('0');
            }
            in_digits = c.is_numeric();
        }
    }
    None
}

/// True for hexadecimal digits with at least one decimal digit.
fn is_number(piece: &str) -> bool {
    piece.len() >= MIN_HEX && piece.bytes().all(|b| b.is_ascii_hexdigit()) && piece.bytes().any(|b| b.is_ascii_digit())
}

/// At most `limit` bytes of `text`, cut at a character.
fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(header: &str, envelope_to: &[&str]) -> Fingerprints {
        let parsed = ParsedMessage::parse_header_and_prefix(format!("{header}\r\n\r\nbody").as_bytes());
        Fingerprints::of(&parsed, &envelope_to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn subjects_that_differ_in_numbers_and_names_have_one_template() {
        let template = |from: &str, subject: &str| key(&format!("From: {from}\r\nSubject: {subject}"), &[]).template;
        for (one, other) in [
            ("Order 482913 is on its way", "Order 7 is on its way"),
            ("Your code: 123-456", "Your code: 99-1"),
            ("Build 3f2a9c1 failed", "Build 0badc0de1 failed"),
            ("Welcome, kim@example.com!", "Welcome, lee@example.org!"),
            ("\"Kim Min\" invites you", "\"Lee\" invites you"),
            ("„Kim Min“ lädt ein", "„Lee“ lädt ein"),
            ("주문 1234번이 발송되었습니다", "주문 5번이 발송되었습니다"),
            ("See https://a.test/x/1", "See http://b.test"),
        ] {
            assert_eq!(template("a@b.c", one), template("A@B.C", other), "{one}");
        }
        for (one, other) in [("Order 1 shipped", "Order 1 cancelled"), ("Facade built", "Decade built"), ("", "x")] {
            assert_ne!(template("a@b.c", one), template("a@b.c", other), "{one}");
        }
        assert_ne!(template("a@b.c", "Hello"), template("d@b.c", "Hello"));
    }

    #[test]
    fn the_field_of_the_sender_names_the_template() {
        let template = |header: &str| key(header, &[]).template;
        let named = template("From: a@b.c\r\nSubject: one\r\nX-Template: welcome");
        assert_eq!(named, template("From: d@e.f\r\nSubject: two\r\nX-Template:  welcome "));
        assert_ne!(named, template("From: a@b.c\r\nSubject: one\r\nX-Template: goodbye"));
        let shown = TemplateKey(named).to_string();
        assert_eq!(shown.parse(), Ok(TemplateKey(named)));
        for bad in ["", "1", "00000000000g", "+00000000001", "0000000000000"] {
            assert_eq!(bad.parse::<TemplateKey>(), Err(TemplateKeyError), "{bad}");
        }
    }

    #[test]
    fn mailboxes_are_the_recipients_of_the_envelope_or_of_the_fields() {
        let found = |prints: &Fingerprints| mailboxes(&prints.mailboxes).collect::<Vec<_>>();
        let sent = key("From: a@b.c\r\nTo: X <x@b.c>, y@b.c", &["Y@b.c", "z@b.c", "y@B.C"]);
        assert_eq!(found(&sent), [address("y@b.c"), address("z@b.c")]);
        assert_eq!(found(&key("To: X <x@b.c>, y@b.c", &[])), [address("x@b.c"), address("y@b.c")]);
        assert!(found(&key("From: a@b.c", &[])).is_empty());
        for (sent, counted) in [(MAX_MAILBOXES, MAX_MAILBOXES), (2 * MAX_MAILBOXES, MAX_MAILBOXES)] {
            let many: Vec<String> = (0..sent).flat_map(|n| [format!("u{n}@b.c"), format!("U{n}@b.c")]).collect();
            let prints = key("", &many.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found(&prints).len(), counted);
            assert!(prints.has_mailbox(&mailbox("u999@b.c")) && !prints.has_mailbox(&mailbox("u1000@b.c")));
        }
    }
}
