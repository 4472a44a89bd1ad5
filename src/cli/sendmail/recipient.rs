//! Reads addresses from arguments and header fields for the envelope.

use crate::mail::parse::{Contact, ParsedMessage};

/// An address, or the text that was found in its place.
pub type Recipient = Result<String, String>;

/// The addresses in one argument: `a@x.test`, `Kim <kim@x.test>`, or several separated by commas.
pub fn parse_list(argument: &str) -> Vec<Recipient> {
    let mut found = Vec::new();
    let mut current = String::new();
    let (mut quoted, mut escaped, mut angle, mut closed, mut start) = (false, false, false, false, 0);
    for (at, c) in argument.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            // The text before it is a display name.
            '<' if !quoted && !closed => {
                current.clear();
                angle = true;
                continue;
            }
            '>' if !quoted && angle => (angle, closed) = (false, true),
            ',' if !quoted && !angle => {
                found.push((std::mem::take(&mut current), argument.get(start..at)));
                (closed, start) = (false, at + 1);
                continue;
            }
            _ => {}
        }
        if !closed {
            current.push(c);
        }
    }
    found.push((current, argument.get(start..)));
    found.iter().filter_map(|(address, written)| entry(address.trim(), written.unwrap_or_default().trim())).collect()
}

/// Reads the text between two commas; `None` if it is blank or a group without members.
fn entry(address: &str, written: &str) -> Option<Recipient> {
    let empty_group = written.ends_with(":;") && !written.contains(['"', '<', '@']);
    match (address, written) {
        (_, "") => None,
        _ if empty_group => None,
        ("", written) => Some(Err(written.to_owned())),
        (address, _) => Some(Ok(qualified(address))),
    }
}

/// The envelope sender for an argument; empty for the null sender `<>`.
pub fn sender(given: &str) -> String {
    match parse_list(given).as_slice() {
        [] => String::new(),
        [Ok(address)] => address.clone(),
        [Err(written)] if written.ends_with("<>") => String::new(),
        // The server will refuse it.
        _ => given.trim().to_owned(),
    }
}

/// The recipients in the header: Resent-To, Resent-Cc and Resent-Bcc if present (RFC 5322 §3.6.6), otherwise To, Cc and
/// Bcc.
pub fn header_recipients(message: &ParsedMessage) -> Vec<Recipient> {
    const RESENT: [&str; 3] = ["Resent-To", "Resent-Cc", "Resent-Bcc"];
    let resent = message.headers.iter().any(|field| RESENT.contains(&field.name.as_str()));
    let fields = if resent { RESENT } else { ["To", "Cc", "Bcc"] };
    let values = message.headers.iter().filter(|field| fields.contains(&field.name.as_str()));
    let packed: String = values.flat_map(|field| [field.value.as_str(), ","]).collect::<String>();
    let packed = packed.replace([' ', '\t', '"'], "");
    fields.iter().flat_map(|name| message.contacts(name)).map(|contact| envelope_address(&contact, &packed)).collect()
}

/// The parser reads both a single word (`To: root`) and a name before empty brackets (`Kim <>`) as a name without an
/// address. `packed`, the fields without blanks, shows which one it is.
fn envelope_address(contact: &Contact, packed: &str) -> Recipient {
    let bracketed = |name: &str| {
        let mut entries = packed.split([',', ';', ':']);
        entries.any(|entry| entry.strip_prefix(name).is_some_and(|rest| rest.starts_with('<')))
    };
    let local = |name: &str| {
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control()) && !bracketed(name)
    };
    match contact.address.as_str() {
        "" if local(&contact.name) => Ok(qualified(&contact.name)),
        "" => Err(contact.name.clone()),
        address if address.contains(char::is_control) => Err(address.to_owned()),
        address => Ok(qualified(address.trim_matches(['<', '>']))),
    }
}

/// Adds `@localhost` to a name without a domain.
fn qualified(address: &str) -> String {
    if address.contains('@') { address.to_owned() } else { format!("{address}@localhost") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_one_address_or_a_list_with_or_without_names() {
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
            (" , undisclosed-recipients:;", vec![]),
        ] {
            assert_eq!(
                parse_list(argument),
                addresses.into_iter().map(|a| Ok(a.to_owned())).collect::<Vec<_>>(),
                "{argument}"
            );
        }
    }

    #[test]
    fn text_without_an_address_is_returned_as_written() {
        assert_eq!(parse_list("Kim <>, a@x.test,<>"), [Err("Kim <>".into()), Ok("a@x.test".into()), Err("<>".into())]);
        assert_eq!(parse_list("bad<"), [Err("bad<".into())]);
    }

    #[test]
    fn the_sender_is_one_address_or_empty() {
        assert_eq!(sender("Kim <kim@x.test>"), "kim@x.test");
        assert_eq!(sender("kim"), "kim@localhost");
        assert_eq!((sender("<>"), sender(" ")), (String::new(), String::new()));
        assert_eq!((sender("Kim <>"), sender("bad<")), (String::new(), "bad<".into()));
        assert_eq!(sender("a@x.test,b@x.test"), "a@x.test,b@x.test");
    }
}
