//! UTF-7 (RFC 2152).

/// Decodes UTF-7. What is no base64 of UTF-16 is kept, or becomes U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'+', rest) {
        let (plain, shifted) = rest.split_at(at);
        out.push_str(&String::from_utf8_lossy(plain));
        let shifted = shifted.get(1..).unwrap_or_default();
        let length = shifted.iter().take_while(|byte| value(**byte).is_some()).count();
        let (run, behind) = shifted.split_at(length);
        // A hyphen ends the run and is no text; any other character is.
        let hyphen = behind.strip_prefix(b"-");
        match (run.is_empty(), hyphen) {
            (true, _) => out.push('+'),
            (false, _) => out.extend(char::decode_utf16(units(run)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))),
        }
        rest = hyphen.unwrap_or(behind);
    }
    out.push_str(&String::from_utf8_lossy(rest));
    out
}

/// The UTF-16 of a run of base64. Bits that fill no unit are padding.
fn units(run: &[u8]) -> impl Iterator<Item = u16> {
    let (mut bits, mut count) = (0_u32, 0);
    run.iter().filter_map(|byte| value(*byte)).filter_map(move |six| {
        bits = bits << 6 | six;
        count += 6;
        (count >= 16).then(|| {
            count -= 16;
            let unit = bits >> count;
            bits &= (1 << count) - 1;
            u16::try_from(unit).unwrap_or(0xfffd)
        })
    })
}

fn value(byte: u8) -> Option<u32> {
    let six = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(six))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_a_hyphen_or_before_any_other_character() {
        for (bytes, text) in [
            ("caf+AOk-", "café"),
            ("Hi Mom +Jjo-!", "Hi Mom ☺!"),
            ("+ZeVnLIqe and more", "日本語 and more"),
            ("+ZeVnLIqe- and", "日本語 and"),
            ("+ZeVnLIqe--x", "日本語-x"),
            ("1 +- 1 = 2 +-", "1 + 1 = 2 +"),
            ("a + b", "a + b"),
            ("+2D3eAA-", "😀"),
            ("+AOk\r\n+AOk-", "é\r\né"),
            ("A+ImIDkQ.", "A≢Α."),
            ("+2D0-x", "\u{fffd}x"),
            ("end +", "end +"),
            ("+A", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(decode(bytes.as_bytes()), text, "{bytes}");
        }
    }
}
