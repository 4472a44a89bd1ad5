//! UTF-16 and UTF-32. A byte order mark decides, then the charset's name, then the position of the zero bytes.

/// The order of the bytes, most significant last or first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// What a byte order mark says about the text behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrderMark {
    Utf8,
    Utf16,
    Utf32,
}

/// The byte order mark with which `bytes` begin.
pub(super) fn byte_order_mark(bytes: &[u8]) -> Option<ByteOrderMark> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some(ByteOrderMark::Utf8),
        // In UTF-16 this would be a text that begins with a zero character.
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] if bytes.len().is_multiple_of(4) => Some(ByteOrderMark::Utf32),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(ByteOrderMark::Utf16),
        _ => None,
    }
}

/// The order that a name such as `utf16be` states.
pub(super) fn order(key: &str) -> Option<ByteOrder> {
    match key {
        key if key.ends_with("be") || key == "cp1201" || key == "unicodebig" || key == "unicodefffe" => {
            Some(ByteOrder::Big)
        }
        key if key.ends_with("le") || key == "cp1200" || key == "unicodelittle" => Some(ByteOrder::Little),
        _ => None,
    }
}

pub(super) fn is_utf32(key: &str) -> bool {
    ["utf32", "utf32le", "utf32be", "ucs4", "ucs4le", "ucs4be", "iso10646ucs4", "csucs4", "cp12000", "cp12001"]
        .contains(&key)
}

pub(super) fn utf16(bytes: &[u8], stated: Option<ByteOrder>) -> String {
    let (bytes, order) = match bytes {
        [0xfe, 0xff, rest @ ..] => (rest, ByteOrder::Big),
        [0xff, 0xfe, rest @ ..] => (rest, ByteOrder::Little),
        _ => (bytes, stated.unwrap_or_else(|| likely_order::<2>(bytes))),
    };
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| match order {
        ByteOrder::Little => u16::from_le_bytes(*unit),
        ByteOrder::Big => u16::from_be_bytes(*unit),
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

pub(super) fn utf32(bytes: &[u8], stated: Option<ByteOrder>) -> String {
    let (bytes, order) = match bytes {
        [0, 0, 0xfe, 0xff, rest @ ..] => (rest, ByteOrder::Big),
        [0xff, 0xfe, 0, 0, rest @ ..] => (rest, ByteOrder::Little),
        _ => (bytes, stated.unwrap_or_else(|| likely_order::<4>(bytes))),
    };
    let codes = bytes.as_chunks::<4>().0.iter().map(|code| match order {
        ByteOrder::Little => u32::from_le_bytes(*code),
        ByteOrder::Big => u32::from_be_bytes(*code),
    });
    codes.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The order of units of `N` bytes: in most scripts the high byte of a blank or a sign is zero.
fn likely_order<const N: usize>(bytes: &[u8]) -> ByteOrder {
    let zeros = |at: usize| bytes.iter().skip(at).step_by(N).take(1_000).filter(|byte| **byte == 0).count();
    if zeros(0) > zeros(N - 1) { ByteOrder::Big } else { ByteOrder::Little }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_bytes_is_found() {
        for (bytes, key) in [
            (&b"\xfe\xff\0h\0i"[..], "utf16"),
            (b"\xff\xfeh\0i\0", "utf16be"),
            (b"\0h\0i", "utf16"),
            (b"h\0i\0", "utf16"),
            (b"\0h\0i", "utf16be"),
        ] {
            assert_eq!(utf16(bytes, order(key)), "hi", "{}", bytes.escape_ascii());
        }
        for (bytes, key) in [
            (&b"\0\0\xfe\xff\0\0\0h\0\0\0i"[..], "utf32"),
            (b"h\0\0\0i\0\0\0", "utf32"),
            (b"\0\0\0h\0\0\0i", "utf32"),
            (b"\0\0\0h\0\0\0i", "utf32be"),
        ] {
            assert_eq!(utf32(bytes, order(key)), "hi", "{}", bytes.escape_ascii());
        }
        assert_eq!((utf16(b"h", None), utf32(b"\xff\xff\xff\xff", None).as_str()), (String::new(), "\u{fffd}"));
    }
}
