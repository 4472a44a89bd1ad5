//! Parses reverse-paths and forward-paths (RFC 5321 §4.1.2), the text between the angle brackets of MAIL and RCPT.
//! smtp-proto drops quotes and does not distinguish `<>` from `<postmaster>`, so this module cuts the path out of the
//! line, checks it, and keeps it as written.

/// Longest path that is parsed, in bytes. The reply to a longer one is about its length, not its syntax.
pub(super) const MAX_PATH: usize = 1024;

/// Cuts the path out of `argument`, the text after `FROM:` or `TO:`. Returns the text inside the brackets and the text
/// after them. One space before the bracket is accepted, since many clients send one.
pub(super) fn cut(argument: &str) -> Option<(&str, &str)> {
    let inner = argument.strip_prefix(' ').unwrap_or(argument).strip_prefix('<')?;
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some((inner.get(..at)?, inner.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// The mailbox of a path, without the source route (`@a,@b:user@c`) that RFC 5321 appendix C says to ignore. `None` if
/// the mailbox is invalid. `postmaster` without a domain is valid (§4.1.1.3).
pub fn mailbox(path: &str) -> Option<&str> {
    let mailbox = match path.strip_prefix('@') {
        Some(_) => path.split_once(':')?.1,
        None => path,
    };
    if mailbox.eq_ignore_ascii_case("postmaster") {
        return Some(mailbox);
    }
    let (local, domain) = mailbox.rsplit_once('@')?;
    (mailbox.len() <= 254 && is_local(local) && is_domain(domain)).then_some(mailbox)
}

fn is_local(local: &str) -> bool {
    match local.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(is_quoted),
        None => local.split('.').all(|part| !part.is_empty() && part.chars().all(is_atext)),
    }
}

fn is_quoted(text: &str) -> bool {
    let mut escaped = false;
    for c in text.chars() {
        match c {
            c if c.is_control() => return false,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    !escaped
}

/// True for names that occur in development, not only registered ones: `localhost`, `my_service`, `[127.0.0.1]`.
fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        return !literal.is_empty() && literal.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-".contains(&b));
    }
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    domain.strip_suffix('.').unwrap_or(domain).split('.').all(label)
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_at_the_first_bracket_outside_quotes() {
        assert_eq!(cut("<a@b.c> SIZE=1"), Some(("a@b.c", " SIZE=1")));
        assert_eq!(cut(" <>"), Some(("", "")));
        assert_eq!(cut(r#"<"a>\">"@b.c>"#), Some((r#""a>\">"@b.c"#, "")));
        for broken in ["a@b.c", "  <a@b.c>", "<a@b.c", r#"<"a@b.c>"#, ""] {
            assert_eq!(cut(broken), None, "{broken}");
        }
    }

    #[test]
    fn mailboxes_are_returned_as_written() {
        for (path, expected) in [
            ("a.b+tag@Example.COM", "a.b+tag@Example.COM"),
            ("@relay.example,@other.example:a@b.c", "a@b.c"),
            (r#""a b\"@"@b.c"#, r#""a b\"@"@b.c"#),
            ("Postmaster", "Postmaster"),
            ("a@[IPv6:::1]", "a@[IPv6:::1]"),
            ("길동@한국.example", "길동@한국.example"),
            ("root@my_service", "root@my_service"),
        ] {
            assert_eq!(mailbox(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn malformed_and_ambiguous_mailboxes_are_rejected() {
        for path in [
            "",
            "a",
            "a@",
            "@b.c",
            "a b@c.d",
            ".a@b.c",
            "a..b@c.d",
            "a@b c",
            "a@@b",
            "a@b..c",
            "a@[]",
            "a@[x y]",
            "a@b>c",
            "<a@b.c",
            "a,b@c.d",
            "\"a@b.c",
            "\"a\"b\"@c.d",
            "\"a\\\"@c.d",
            "a\u{85}@b.c",
            "a\u{2028}b@c.d",
            "@a@b.c",
        ] {
            assert_eq!(mailbox(path), None, "{path:?}");
        }
    }
}
