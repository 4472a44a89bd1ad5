//! Addresses as arguments and header fields name them, and what of them stands in the envelope.

use crate::mail::parsed::{Contact, Parsed};

/// Who is named: an address, or what is written in the place of one.
pub type Named = Result<String, String>;

/// The addresses of one argument: `a@x.test`, `Kim <kim@x.test>`, or several with commas between them.
pub fn listed(argument: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut current = String::new();
    let (mut quoted, mut escaped, mut angle, mut closed, mut start) = (false, false, false, false, 0);
    for (at, c) in argument.char_indices() {
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

/// Between two commas may stand nothing, or a group without members.
fn entry(address: &str, written: &str) -> Option<Named> {
    let empty_group = written.ends_with(":;") && !written.contains(['"', '<', '@']);
    match (address, written) {
        (_, "") => None,
        _ if empty_group => None,
        ("", written) => Some(Err(written.to_owned())),
        (address, _) => Some(Ok(qualified(address))),
    }
}

/// The envelope sender that was asked for; `<>` is nobody.
pub fn sender(given: &str) -> String {
    match listed(given).as_slice() {
        [] => String::new(),
        [Ok(address)] => address.clone(),
        [Err(written)] if written.ends_with("<>") => String::new(),
        // For the server to refuse.
        _ => given.trim().to_owned(),
    }
}

/// Whom the header names: To, Cc and Bcc, or, when a letter is sent once more, those it is sent on to (RFC 5322
/// §3.6.6).
pub fn named(letter: &Parsed) -> Vec<Named> {
    const RESENT: [&str; 3] = ["Resent-To", "Resent-Cc", "Resent-Bcc"];
    let resent = letter.headers.iter().any(|field| RESENT.contains(&field.name.as_str()));
    let fields = if resent { RESENT } else { ["To", "Cc", "Bcc"] };
    let values = letter.headers.iter().filter(|field| fields.contains(&field.name.as_str()));
    let packed: String = values.flat_map(|field| [field.value.as_str(), ","]).collect::<String>();
    let packed = packed.replace([' ', '\t', '"'], "");
    fields.iter().flat_map(|name| letter.contacts(name)).map(|contact| addressed(&contact, &packed)).collect()
}

/// A lone word in an address field (`To: root`) is read as a name without address, and so is a name before empty
/// brackets (`Kim <>`): `packed`, the fields without blanks, tells them apart.
fn addressed(contact: &Contact, packed: &str) -> Named {
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
            (" , undisclosed-recipients:;", vec![]),
        ] {
            assert_eq!(
                listed(argument),
                addresses.into_iter().map(|a| Ok(a.to_owned())).collect::<Vec<_>>(),
                "{argument}"
            );
        }
    }

    #[test]
    fn what_names_no_mailbox_is_shown_as_it_is_written() {
        assert_eq!(listed("Kim <>, a@x.test,<>"), [Err("Kim <>".into()), Ok("a@x.test".into()), Err("<>".into())]);
        assert_eq!(listed("bad<"), [Err("bad<".into())]);
    }

    #[test]
    fn the_sender_is_one_address_or_nobody() {
        assert_eq!(sender("Kim <kim@x.test>"), "kim@x.test");
        assert_eq!(sender("kim"), "kim@localhost");
        assert_eq!((sender("<>"), sender(" ")), (String::new(), String::new()));
        assert_eq!((sender("Kim <>"), sender("bad<")), (String::new(), "bad<".into()));
        assert_eq!(sender("a@x.test,b@x.test"), "a@x.test,b@x.test");
    }
}
