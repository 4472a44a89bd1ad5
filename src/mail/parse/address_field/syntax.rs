//! Whether an address follows RFC 5322 §3.4.1, with the characters beyond ASCII of RFC 6532.

/// True for `local@domain` without blanks and comments. The local part is a dot-atom or a quoted string, the domain is
/// labels or a literal.
pub(super) fn is_well_formed(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_quoted = local.len() >= 2 && local.starts_with('"');
    let is_local = if is_quoted { is_quoted_string(local) } else { is_dot_atom(local, is_atom_character) };
    is_local && (is_literal(domain) || is_dot_atom(domain, is_label_character))
}

/// True for an address of the sender's own machine, such as `root`.
pub(super) fn is_local_address(address: &str) -> bool {
    is_dot_atom(address, is_atom_character)
}

fn is_dot_atom(text: &str, fits: fn(char) -> bool) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(fits))
}

fn is_quoted_string(text: &str) -> bool {
    let mut is_escaped = false;
    let mut inner = text.char_indices().skip(1);
    let end = inner.find(|(_, c)| {
        let ends = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.is_some_and(|(at, _)| at + 1 == text.len()) && !text.contains(char::is_control)
}

fn is_literal(domain: &str) -> bool {
    let inner = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(|c| matches!(c, '[' | ']' | '\\') || !is_visible(c)))
}

/// True for `atext`.
fn is_atom_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii() && is_visible(c)
}

fn is_label_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_' || !c.is_ascii() && is_visible(c)
}

fn is_visible(c: char) -> bool {
    !c.is_control() && !c.is_whitespace() && !crate::mail::one_line::is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_atoms_quoted_strings_and_literals_are_well_formed() {
        for address in [
            "a@b.test",
            "a.b+c@x-y.test",
            "\"john doe\"@x.test",
            "\"a\\\"b@c\"@x.test",
            "\"\"@x.test",
            "a@localhost",
            "a@my_host",
            "a@[127.0.0.1]",
            "a@[IPv6:2001:db8::1]",
            "김@한국.kr",
            "!#$%&'*+-/=?^_`{|}~@x.test",
        ] {
            assert!(is_well_formed(address), "{address}");
        }
        for address in [
            "",
            "a",
            "a@",
            "@b.test",
            "a@b@c.test",
            "a b@x.test",
            "a@x test",
            "Foo at x.test",
            ".a@x.test",
            "a.@x.test",
            "a..b@x.test",
            "a@x..test",
            "a@x.test.",
            "a@.test",
            "a@x,test",
            "a@x!y.test",
            "\"a@x.test",
            "\"a\"b@x.test",
            "\"@x.test",
            "a@[127.0.0.1",
            "a@[]",
            "a(b)@x.test",
            "a\u{202e}b@x.test",
            "mailto:a@x.test",
            "<a@x.test",
        ] {
            assert!(!is_well_formed(address), "{address}");
        }
    }
}
