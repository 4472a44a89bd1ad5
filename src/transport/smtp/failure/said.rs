//! A reply without what it repeats. Anyone can choose an address (`relay@…`, `5.7.1@…`) or a name in a message that a
//! server then repeats, so nothing in them may affect the mail of others.

use crate::mail::parse::ParsedMessage;
use crate::mail::{Address, Message};

use super::super::reply::SmtpReply;

/// Replaces text that was removed; no phrase of the table contains it.
const CUT: char = '\u{1a}';
/// What precedes the quoted reply of another server (Postfix's address verification, Exim's callout): the recipient's
/// domain may have chosen that text.
const QUOTES: [&str; 3] = [" said: ", "response: ", "responded: "];

/// What a server knows of a message, and so may repeat in a reply.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::transport::smtp) struct Repeatable<'a> {
    /// The envelope.
    pub message: Option<&'a Message>,
    /// The server has the content too.
    pub with_content: bool,
}

pub(super) struct OwnText {
    pub code: u16,
    /// Zeros if absent, or if an address or the content contains the same digits.
    pub enhanced: [u16; 3],
    /// In lower case, without any address, local part or domain.
    text: String,
    /// The alphanumeric characters of each address and of the content: a phrase that occurs here too is ignored, however
    /// it was repeated.
    known: Vec<String>,
}

impl OwnText {
    pub fn new(reply: &SmtpReply, repeatable: Repeatable<'_>) -> Self {
        let envelope = repeatable.message.map(|message| &message.envelope);
        let addresses = envelope.into_iter().flat_map(|envelope| envelope.to.iter().chain(&envelope.from));
        let spellings: Vec<String> = addresses.flat_map(spellings).collect();
        let content = repeatable.message.filter(|_| repeatable.with_content).map(content).unwrap_or_default();
        let [a, b, c] = reply.enhanced;
        let status = format!("{a}.{b}.{c}");
        let repeated = spellings.iter().chain([&content]).any(|known| known.contains(&status));
        let mut text = without_quote(&unescaped(&reply.text.to_lowercase())).to_owned();
        for spelling in &spellings {
            text = cut(&text, spelling);
        }
        OwnText {
            code: reply.code,
            enhanced: if repeated { [0; 3] } else { reply.enhanced },
            text,
            known: spellings.iter().chain([&content]).map(|known| alphanumeric(known)).collect(),
        }
    }

    /// True if the reply contains this phrase (in lower case), and neither the addresses nor the content do.
    pub fn has(&self, phrase: &str) -> bool {
        let wanted = alphanumeric(phrase);
        self.text.contains(phrase) && !self.known.iter().any(|known| known.contains(&wanted))
    }
}

/// The forms in which servers repeat an address, in lower case, the longest first: the address, its domain, its local
/// part and the local part up to the `+`. The domain is in its ASCII form and in Unicode.
fn spellings(address: &Address) -> Vec<String> {
    let local = unescaped(&address.local().to_lowercase());
    let domain = address.domain().to_owned();
    let (unicode, _) = idna::domain_to_unicode(&domain);
    let user = local.split(['+', '%']).next().unwrap_or_default().to_owned();
    let mut all = vec![format!("{local}@{domain}"), format!("{local}@{unicode}"), domain, unicode, local, user];
    all.retain(|spelling| !spelling.is_empty());
    all.dedup();
    all
}

/// The fields and the text of a message, decoded and in lower case.
fn content(message: &Message) -> String {
    let parsed = ParsedMessage::parse_header_and_prefix(&message.bytes);
    let fields = parsed.headers.iter().map(|header| ParsedMessage::decoded(&header.value));
    let files = parsed.parts.iter().map(|part| part.file_name.clone());
    let texts = [parsed.text.clone(), parsed.html.clone()];
    fields.chain(files).chain(texts).collect::<Vec<_>>().join("\n").to_lowercase()
}

/// Removes backslashes and quotes, and decodes percent escapes and the `+XX` of RFC 3461 §4 if they stand for printable
/// ASCII.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let hex = after.get(..2).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii_graphic);
        match byte.filter(|_| c == '%' || c == '+') {
            Some(byte) => {
                out.push(char::from(byte.to_ascii_lowercase()));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.extend(Some(c).filter(|c| !matches!(c, '\\' | '"')));
                rest = after;
            }
        }
    }
    out
}

/// The reply up to the quoted reply of another server.
fn without_quote(text: &str) -> &str {
    let end = QUOTES.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// Replaces `what` in `text` by [`CUT`], except inside a longer word.
fn cut(text: &str, what: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(what) {
        let (before, found) = rest.split_at(at);
        let after = found.get(what.len()..).unwrap_or_default();
        let inside = before.chars().next_back().is_some_and(char::is_alphanumeric)
            || after.chars().next().is_some_and(char::is_alphanumeric);
        out.push_str(before);
        if inside {
            out.push_str(what);
        } else {
            out.push(CUT);
        }
        rest = after;
    }
    out + rest
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::smtp::tests::server::mail;

    fn said(text: &str, address: &str) -> OwnText {
        let reply = SmtpReply::new(format!("{text}\r\n").as_bytes());
        let message = mail(&[address]);
        OwnText::new(&reply, Repeatable { message: Some(&message), with_content: false })
    }

    #[test]
    fn phrases_in_a_repeated_address_are_ignored() {
        for (address, text, phrase) in [
            ("relay@nowhere.test", "550 <relay@nowhere.test>: no such user", "relay"),
            ("relay@nowhere.test", "550 <RELAY@NoWhere.Test>: no such user", "relay"),
            ("relay@nowhere.test", "550 user 'relay' of nowhere.test is unknown", "relay"),
            ("relay@nowhere.test", "550 \"relay\"@nowhere.test is unknown", "relay"),
            ("relay@nowhere.test", "550 relay\\@nowhere.test is unknown", "relay"),
            ("relay@nowhere.test", "550 relay%40nowhere.test is unknown", "relay"),
            ("relay@nowhere.test", "550 relay+40nowhere.test is unknown", "relay"),
            ("%72elay@nowhere.test", "550 relay@nowhere.test is unknown", "relay"),
            ("re+6cay@nowhere.test", "550 relay@nowhere.test is unknown", "relay"),
            ("relay+tag@nowhere.test", "550 user relay is unknown", "relay"),
            ("user@blocked.test", "550 domain blocked.test does not exist", "blocked"),
            ("user@blocked.test", "550 blocked[.]test does not exist", "blocked"),
            ("user@sub.relay.test", "550 relay.test does not exist", "relay"),
            ("authentication.required@x.test", "550 authentication.required is unknown", "authenticat"),
            ("authentication.required@x.test", "550 authentication required is unknown", "authenticat"),
            ("authentication.required@x.test", "550 authenticatio... is unknown", "authenticat"),
            ("client.host@x.test", "550 client host is unknown", "client host"),
            ("sender.address@x.test", "550 sender address <sender.address>", "sender address"),
            ("host@x.test", "550 unknown client host", "client host"),
            ("user@차단.test", "550 차단.test does not exist", "차단"),
            ("길동.relay@x.test", "550 길동.RELAY@x.test", "relay"),
        ] {
            assert!(!said(text, address).has(phrase), "{address}: {text}");
        }
    }

    #[test]
    fn phrases_beside_a_repeated_address_are_found() {
        for (address, text, phrase) in [
            ("kim@nowhere.test", "554 5.7.1 <kim@nowhere.test>: Relay access denied", "relay"),
            ("a@b.test", "554 relay not permitted", "relay"),
            ("e@x.test", "554 Client host [192.0.2.1] blocked using zen.test", "client host"),
            ("relay@nowhere.test", "550 <relay@nowhere.test>: relay not permitted", "not permitted"),
        ] {
            assert!(said(text, address).has(phrase), "{address}: {text}");
        }
    }

    #[test]
    fn a_status_code_in_an_address_and_the_quoted_reply_of_another_server_are_ignored() {
        assert_eq!(said("550 5.7.1 is no user here", "5.7.1@x.test").enhanced, [0; 3]);
        assert_eq!(said("550 5.7.1 no", "kim@x.test").enhanced, [5, 7, 1]);
        let quoting = "550 <kim@x.test>: Recipient address rejected: undeliverable: host mx.x.test said: 554 relay";
        assert!(!said(quoting, "kim@x.test").has("relay"));
    }

    #[test]
    fn phrases_and_status_codes_of_the_content_are_ignored_after_the_content() {
        let mut message = mail(&["kim@x.test"]);
        message.bytes = "Subject: =?utf-8?q?Hello_Client_Host?=\r\nContent-Type: text/plain; charset=utf-8\r\n\
                         Content-Transfer-Encoding: quoted-printable\r\n\r\nHello =\r\nyo=75r ip, 5.7.26\r\n"
            .into();
        let reply = SmtpReply::new(b"550 5.7.26 rejected: Hello client-host, your IP; see blacklist\r\n");
        let after = OwnText::new(&reply, Repeatable { message: Some(&message), with_content: true });
        assert_eq!(after.enhanced, [0; 3]);
        assert!(!after.has("your ip") && !after.has("client-host") && after.has("blacklist"));
        let before = OwnText::new(&reply, Repeatable { message: Some(&message), with_content: false });
        assert!(before.has("your ip") && before.enhanced == [5, 7, 26], "the server does not have the content yet");
    }
}
