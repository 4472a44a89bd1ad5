//! What a server says by itself: its reply without what it repeats of the mail's addresses. Anybody can choose an
//! address (`relay@…`, `5.7.1@…`) and have a server repeat it, so that nothing in it may decide on other people's mail.

use crate::mail::Address;

use super::super::wire::Reply;

/// Stands where something was cut out; in no phrase that is looked for.
const CUT: char = '\u{1a}';
/// What begins the words of a further server (Postfix's address verification, Exim's callout): the recipient's own
/// domain may have chosen them.
const QUOTES: [&str; 3] = [" said: ", "response: ", "responded: "];

pub(super) struct Said {
    pub code: u16,
    /// Zeros when there is none, or when an address holds the same digits.
    pub enhanced: [u16; 3],
    /// In lower case, without any address, local part or domain.
    words: String,
    /// Letters and digits of each address: a phrase that stands here too is no evidence, however it was repeated.
    addresses: Vec<String>,
}

impl Said {
    pub fn new(reply: &Reply, addresses: &[&Address]) -> Self {
        let spellings: Vec<String> = addresses.iter().flat_map(|address| spellings(address)).collect();
        let [a, b, c] = reply.enhanced;
        let repeated = spellings.iter().any(|spelling| spelling.contains(&format!("{a}.{b}.{c}")));
        let mut words = own(&unescaped(&reply.words.to_lowercase())).to_owned();
        for spelling in &spellings {
            words = cut(&words, spelling);
        }
        Said {
            code: reply.code,
            enhanced: if repeated { [0; 3] } else { reply.enhanced },
            words,
            addresses: spellings.iter().map(|spelling| squeezed(spelling)).collect(),
        }
    }

    /// Whether the server uses this phrase (in lower case) of its own accord.
    pub fn has(&self, phrase: &str) -> bool {
        let wanted = squeezed(phrase);
        self.words.contains(phrase) && !self.addresses.iter().any(|address| address.contains(&wanted))
    }
}

/// The forms in which servers repeat an address, in lower case, the longest first: whole, domain, local part and what
/// stands before its `+`; the domain as it is sent and in Unicode.
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

/// Text without backslashes and quotes, and with percent escapes and the `+XX` of RFC 3461 §4 as what they stand for,
/// as far as that is ASCII that can be seen.
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

/// The words up to those that are quoted from a further server.
fn own(words: &str) -> &str {
    let end = QUOTES.iter().filter_map(|mark| words.find(mark)).min().unwrap_or(words.len());
    words.get(..end).unwrap_or(words)
}

/// `words` without `what`, where it is not a piece of a longer word.
fn cut(words: &str, what: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
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

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str, address: &str) -> Said {
        let reply = Reply::new(format!("{words}\r\n").into_bytes());
        Said::new(&reply, &[&Address::parse(address).unwrap()])
    }

    #[test]
    fn no_phrase_is_found_in_a_repeated_address_however_it_is_repeated() {
        for (address, words, phrase) in [
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
            assert!(!said(words, address).has(phrase), "{address}: {words}");
        }
    }

    #[test]
    fn what_the_server_says_beside_the_address_is_found() {
        for (address, words, phrase) in [
            ("kim@nowhere.test", "554 5.7.1 <kim@nowhere.test>: Relay access denied", "relay"),
            ("a@b.test", "554 relay not permitted", "relay"),
            ("e@x.test", "554 Client host [192.0.2.1] blocked using zen.test", "client host"),
            ("relay@nowhere.test", "550 <relay@nowhere.test>: relay not permitted", "not permitted"),
        ] {
            assert!(said(words, address).has(phrase), "{address}: {words}");
        }
    }

    #[test]
    fn an_enhanced_status_is_not_read_from_an_address_and_words_not_from_a_further_server() {
        assert_eq!(said("550 5.7.1 is no user here", "5.7.1@x.test").enhanced, [0; 3]);
        assert_eq!(said("550 5.7.1 no", "kim@x.test").enhanced, [5, 7, 1]);
        let quoting = "550 <kim@x.test>: Recipient address rejected: undeliverable: host mx.x.test said: 554 relay";
        assert!(!said(quoting, "kim@x.test").has("relay"));
    }
}
