//! Decodes Johab, a Korean charset of the nineties.

/// Decodes Johab (KS X 1001 annex 3): five bits each for the initial, medial and final of a syllable. Every other
/// two-byte character (signs, Hanja, single jamo) becomes the replacement character.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first < 0x80 {
            out.push(char::from(first));
            continue;
        }
        let second = tail.first().copied().unwrap_or_default();
        rest = tail.get(1..).unwrap_or_default();
        out.push(syllable(u16::from_be_bytes([first, second])).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    out
}

fn syllable(code: u16) -> Option<char> {
    let bits = |shift: u16| u32::from(code >> shift & 0x1f);
    let initial = bits(10).checked_sub(2).filter(|n| *n <= 18)?;
    let medial = match bits(5) {
        n @ 3..=7 => n - 3,
        n @ 10..=15 => n - 5,
        n @ 18..=23 => n - 7,
        n @ 26..=29 => n - 9,
        _ => return None,
    };
    let last = match bits(0) {
        n @ 1..=17 => n - 1,
        n @ 19..=29 => n - 2,
        _ => return None,
    };
    char::from_u32(0xac00 + (initial * 21 + medial) * 28 + last)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn syllables_are_composed_of_three_parts() {
        assert_eq!(decode(b"\xb4\x65\x91\x77\xd0\x61\xad\x41\xb6\x61 a"), "안녕하세요 a");
        assert_eq!(decode(b"\xd9\x31\xb4"), "\u{fffd}\u{fffd}");
    }
}
