//! Addresses as arguments and header fields name them, and what of them stands in the envelope.

use crate::mail::parsed::{Contact, Parsed};

/// The addresses of one argument: `a@x.test`, `Kim <kim@x.test>`, or several with commas between them.
pub fn listed(argument: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current = String::new();
    let (mut quoted, mut escaped, mut angle, mut closed) = (false, false, false, false);
    for c in argument.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            // What stood before it is a name.
            '<' if !quoted && !closed => {
                current.clear();
                angle = true;
                continue;
            }
            '>' if !quoted && angle => (angle, closed) = (false, true),
            ',' if !quoted && !angle => {
                found.push(std::mem::take(&mut current));
                closed = false;
                continue;
            }
            _ => {}
        }
        if !closed {
            current.push(c);
        }
    }
    found.push(current);
    found.iter().map(|address| address.trim()).filter(|address| !address.is_empty()).map(qualified).collect()
}

/// The envelope sender that was asked for; `<>` is nobody.
pub fn sender(given: &str) -> String {
    let mut listed = listed(given);
    match listed.len() {
        0 => String::new(),
        1 => listed.remove(0),
        // For the server to refuse.
        _ => given.trim().to_owned(),
    }
}

/// Whom the header names: To, Cc and Bcc, or, when a letter is sent once more, those it is sent on to (RFC 5322
/// §3.6.6).
pub fn named(letter: &Parsed) -> Vec<String> {
    const RESENT: [&str; 3] = ["Resent-To", "Resent-Cc", "Resent-Bcc"];
    let resent = letter.headers.iter().any(|field| RESENT.contains(&field.name.as_str()));
    let fields = if resent { RESENT } else { ["To", "Cc", "Bcc"] };
    fields.iter().flat_map(|name| letter.contacts(name)).filter_map(|contact| addressed(&contact)).collect()
}

/// A lone word in an address field (`To: root`) is read as a name without address.
fn addressed(contact: &Contact) -> Option<String> {
    let local = |name: &str| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control());
    match contact.address.as_str() {
        "" => Some(contact.name.as_str()).filter(|name| local(name)).map(qualified),
        address => Some(qualified(address.trim_matches(['<', '>']))),
    }
}

/// A bare name is somebody on this machine.
fn qualified(address: &str) -> String {
    if address.contains('@') { address.to_owned() } else { format!("{address}@localhost") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_an_address_with_or_without_a_name_or_a_list() {
        for (argument, addresses) in [
            ("a@x.test", vec!["a@x.test"]),
            ("root", vec!["root@localhost"]),
            ("a@x.test, b@x.test,,root", vec!["a@x.test", "b@x.test", "root@localhost"]),
            ("Kim <kim@x.test>", vec!["kim@x.test"]),
            ("\"Doe, J <j>\" <j@x.test> (J), <k@x.test>", vec!["j@x.test", "k@x.test"]),
            ("\"a,b\"@x.test", vec!["\"a,b\"@x.test"]),
            ("<\"a>\\\",b\"@x.test>", vec!["\"a>\\\",b\"@x.test"]),
            ("<a@x.test", vec!["a@x.test"]),
            ("not an@address", vec!["not an@address"]),
            (" , <>", vec![]),
        ] {
            assert_eq!(listed(argument), addresses, "{argument}");
        }
    }

    #[test]
    fn the_sender_is_one_address_or_nobody() {
        assert_eq!(sender("Kim <kim@x.test>"), "kim@x.test");
        assert_eq!(sender("kim"), "kim@localhost");
        assert_eq!((sender("<>"), sender(" ")), (String::new(), String::new()));
        assert_eq!(sender("a@x.test,b@x.test"), "a@x.test,b@x.test");
    }
}
