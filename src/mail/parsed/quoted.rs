//! Quoted local parts (`"a, b"@c.d`, RFC 5322 §3.4.1), which mail-parser takes for a name or takes apart. They pass it
//! in disguise: each ASCII character of theirs as one that means nothing to it.

use std::borrow::Cow;

/// The first of the 128 characters, of plane 16's private use, that stand for ASCII.
const DISGUISE: u32 = 0x10_fe00;

/// An address field's value with its quoted local parts in disguise; as it is when there are none.
pub(super) fn hide(value: &str) -> Cow<'_, str> {
    // What brings such characters itself would come back as something else.
    if !value.contains('"') || value.chars().any(|c| disguised(c).is_some()) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['"', '(']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = from;
        // One without end is none, and a second search for its end would find none either.
        let Some(length) = end(from) else { break };
        let (token, behind) = from.split_at(length);
        let domain = behind.trim_start_matches([' ', '\t']);
        if token.starts_with('"') && domain.starts_with('@') {
            out.extend(token.chars().map(disguise));
            rest = domain;
        } else {
            out.push_str(token);
            rest = behind;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What [`hide`] disguised, as it was written.
pub(super) fn show(text: &str) -> String {
    text.chars().map(|c| disguised(c).unwrap_or(c)).collect()
}

/// Where the quoted string or comment ends that `text` begins with.
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

fn disguise(c: char) -> char {
    if c.is_ascii() { char::from_u32(DISGUISE + u32::from(c)).unwrap_or(c) } else { c }
}

fn disguised(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(DISGUISE)?;
    u8::try_from(code).ok().filter(u8::is_ascii).map(char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quoted_local_parts_are_disguised_and_all_come_back() {
        for value in [r#""a,b"@x.test"#, r#"Kim <"a\"b>"@x.test>"#, r#"("c) "a(b"@x.test, "d"@y"#] {
            let hidden = hide(value);
            assert!(!hidden.contains("a,b") && !hidden.contains("\"@"), "{hidden}");
            assert_eq!(show(&hidden), value);
        }
        for value in [r#""Doe, J" <j@d.example>"#, r#"("a"@b)"#, "\"a@b.c", "(\"a\"@b", "\"a\"@b \u{10fe41}"] {
            assert_eq!(hide(value), value);
        }
        assert_eq!(show(&hide("\"john doe\" \t@x.test")), "\"john doe\"@x.test");
    }

    #[test]
    fn the_search_for_ends_is_linear() {
        for unit in ["\"\\", "\\\"", "(", "\"a\" ", "\"a\"@", "(\"", ")("] {
            let value = unit.repeat(256 * 1024 / unit.len());
            let began = std::time::Instant::now();
            let _ = show(&hide(&value));
            assert!(began.elapsed().as_secs() < 2, "{unit}");
        }
    }
}
