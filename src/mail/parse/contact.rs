//! A tolerant parser for address fields (RFC 5322 §3.4). It returns what the sender wrote, even if it is invalid.

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, HeaderValue};
use serde::{Deserialize, Serialize};

use super::{charset, mask};

/// A mailbox as a header states it; the name or the address may be empty. Serializes with Mailpit's field names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Decoded (RFC 2047).
    #[serde(rename = "Name", default)]
    pub name: String,
    #[serde(rename = "Address", default)]
    pub address: String,
}

/// Mailboxes of one field past this many are ignored.
pub(super) const MAX_CONTACTS: usize = 2_000;

impl Contact {
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Contact { name: name.into(), address: address.into() }
    }
}

/// The mailboxes of an address field. Members of groups are listed like the others.
pub(super) fn read(value: &str) -> Vec<Contact> {
    let mut found = Vec::new();
    let value = charset::readable(value);
    let line = [mask::mask(&value).as_bytes(), b"\n"].concat();
    if let HeaderValue::Address(list) = MessageStream::new(&line).parse_address() {
        found.extend(list.iter().take(MAX_CONTACTS).map(contact).filter(|c| *c != Contact::default()));
    }
    found
}

fn contact(addr: &Addr<'_>) -> Contact {
    let text = |t: &Option<std::borrow::Cow<'_, str>>| t.as_deref().unwrap_or_default().trim().to_owned();
    let (name, address) = (text(&addr.name), mask::unmask(without_route(&text(&addr.address))));
    // mail-parser reads text without @ as an address without a domain (`root`) or as a name without an address. The
    // text is kept as a person sees it.
    if address.is_empty() || address.contains('@') { Contact { name, address } } else { lone(name, address) }
}

/// `d@e.f` for `@a.b,@b.c:d@e.f`: a source route is obsolete and not part of the address (RFC 5322 §4.4).
fn without_route(address: &str) -> &str {
    let mailbox = address.strip_prefix('@').and_then(|route| route.split_once(':')).map(|(_, mailbox)| mailbox);
    mailbox.filter(|mailbox| mailbox.contains('@')).unwrap_or(address)
}

fn lone(name: String, address: String) -> Contact {
    if name.is_empty() && address.contains(' ') { Contact::new(address, "") } else { Contact { name, address } }
}

/// The value of an unstructured field, with encoded words (RFC 2047) decoded.
pub(super) fn unstructured(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_owned();
    }
    let line = [charset::readable(value).as_bytes(), b"\n"].concat();
    match MessageStream::new(&line).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_and_groups_flattened() {
        assert_eq!(
            read("=?utf-8?B?6rmA7LKg7IiY?= <kim@example.com>, \"Doe, J\" <j@d.example>, b@c.d"),
            [
                Contact::new("김철수", "kim@example.com"),
                Contact::new("Doe, J", "j@d.example"),
                Contact::new("", "b@c.d")
            ]
        );
        assert_eq!(
            read("team: a@b.c, \"B\" <b@b.c>;, d@e.f"),
            [Contact::new("", "a@b.c"), Contact::new("B", "b@b.c"), Contact::new("", "d@e.f")]
        );
        assert_eq!(read("undisclosed-recipients:;"), []);
        assert_eq!(read(""), []);
    }

    #[test]
    fn a_quoted_local_part_is_kept_and_a_source_route_is_dropped() {
        for (value, name, address) in [
            ("\"john doe\"@x.test", "", "\"john doe\"@x.test"),
            ("\"a,b\"@x.test", "", "\"a,b\"@x.test"),
            ("Kim <\"a>b\"@x.test>", "Kim", "\"a>b\"@x.test"),
            ("\"Kim, C\" <\"a\\\"b(\"@x.test>", "Kim, C", "\"a\\\"b(\"@x.test"),
            ("\"a@b\"@x.test (Kim)", "Kim", "\"a@b\"@x.test"),
            ("\"=?utf-8?Q?a?=\"@x.test", "", "\"=?utf-8?Q?a?=\"@x.test"),
            ("<@r.test:d@x.test>", "", "d@x.test"),
            ("D <@r.test,@s.test:\"d:\"@x.test>", "D", "\"d:\"@x.test"),
            ("<@r.test:d>", "", "@r.test:d"),
        ] {
            assert_eq!(read(value), [Contact::new(name, address)], "{value}");
        }
        assert_eq!(
            read("team: \"a;b\"@x.test, c@x.test;, \"D\" <d@x.test>").iter().map(|c| &*c.address).collect::<Vec<_>>(),
            ["\"a;b\"@x.test", "c@x.test", "d@x.test"]
        );
    }

    #[test]
    fn adjacent_encoded_words_of_a_subject_are_joined() {
        assert_eq!(unstructured("=?utf-8?Q?caf=C3=A9?= =?utf-8?Q?_ole?= and more"), "café ole and more");
        assert_eq!(unstructured("plain = text?"), "plain = text?");
    }
}
