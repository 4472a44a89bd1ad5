//! Masks quoted local parts (`"a, b"@c.d`, RFC 5322 §3.4.1), which mail-parser reads as a name or splits. Before
//! parsing, a private-use character replaces each of their ASCII characters; afterwards they are restored.

use std::borrow::Cow;

/// The first of the 128 characters, in the private use area of plane 16, that stand for ASCII.
const MASK_START: u32 = 0x10_fe00;

/// An address field with its quoted local parts masked; unchanged if it has none.
pub(super) fn mask(value: &str) -> Cow<'_, str> {
    // A value that already has such characters would be restored to something else.
    if !value.contains('"') || value.chars().any(|c| unmasked_char(c).is_some()) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['"', '(']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = from;
        // An unclosed string or comment stays as it is. A second search for its end would fail too.
        let Some(length) = end(from) else { break };
        let (token, behind) = from.split_at(length);
        let domain = behind.trim_start_matches([' ', '\t']);
        if token.starts_with('"') && domain.starts_with('@') {
            out.extend(token.chars().map(mask_char));
            rest = domain;
        } else {
            out.push_str(token);
            rest = behind;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The text before [`mask`].
pub(super) fn unmask(text: &str) -> String {
    text.chars().map(|c| unmasked_char(c).unwrap_or(c)).collect()
}

/// The end of the quoted string or comment at the beginning of `text`; `None` if it is not closed.
fn end(text: &str) -> Option<usize> {
    let quoted = text.starts_with('"');
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if quoted && at > 0 => return Some(at + 1),
            b'(' if !quoted => depth += 1,
            b')' if !quoted && depth == 1 => return Some(at + 1),
            b')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

fn mask_char(c: char) -> char {
    if c.is_ascii() { char::from_u32(MASK_START + u32::from(c)).unwrap_or(c) } else { c }
}

fn unmasked_char(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(MASK_START)?;
    u8::try_from(code).ok().filter(u8::is_ascii).map(char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quoted_local_parts_are_masked_and_all_are_restored() {
        for value in [r#""a,b"@x.test"#, r#"Kim <"a\"b>"@x.test>"#, r#"("c) "a(b"@x.test, "d"@y"#] {
            let masked = mask(value);
            assert!(!masked.contains("a,b") && !masked.contains("\"@"), "{masked}");
            assert_eq!(unmask(&masked), value);
        }
        for value in [r#""Doe, J" <j@d.example>"#, r#"("a"@b)"#, "\"a@b.c", "(\"a\"@b", "\"a\"@b \u{10fe41}"] {
            assert_eq!(mask(value), value);
        }
        assert_eq!(unmask(&mask("\"john doe\" \t@x.test")), "\"john doe\"@x.test");
    }

    #[test]
    fn the_search_for_ends_is_linear() {
        for unit in ["\"\\", "\\\"", "(", "\"a\" ", "\"a\"@", "(\"", ")("] {
            let value = unit.repeat(256 * 1024 / unit.len());
            let began = std::time::Instant::now();
            let _ = unmask(&mask(&value));
            assert!(began.elapsed().as_secs() < 2, "{unit}");
        }
    }
}
