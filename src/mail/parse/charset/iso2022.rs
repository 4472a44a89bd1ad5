//! The charsets of seven bits that switch between character sets: ISO-2022-JP with its variants (RFC 1468, RFC 1554),
//! ISO-2022-KR (RFC 1557), ISO-2022-CN (RFC 1922) and HZ (RFC 1843). One decoder reads all escapes.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_7, WINDOWS_1252};

/// A character set that an escape selects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CharacterSet {
    Ascii,
    /// ASCII with a yen sign and an overline.
    JisRoman,
    HalfWidthKatakana,
    /// JIS X 0208; the decoder also knows the rows of NEC and IBM.
    Jis208,
    Jis212,
    Gb2312,
    Ksc5601,
    /// A set of two bytes that no decoder knows.
    Unknown,
    /// The upper halves of ISO 8859, for the single shift.
    Latin1,
    Greek,
}

/// The escapes, and what they select: the set in use, the set behind shift-out, or the set of the single shift.
const ESCAPES: &[(&[u8], Slot, CharacterSet)] = &[
    (b"(B", Slot::Now, CharacterSet::Ascii),
    (b"(J", Slot::Now, CharacterSet::JisRoman),
    (b"(H", Slot::Now, CharacterSet::JisRoman),
    (b"(I", Slot::Now, CharacterSet::HalfWidthKatakana),
    (b"$@", Slot::Now, CharacterSet::Jis208),
    (b"$B", Slot::Now, CharacterSet::Jis208),
    (b"$(@", Slot::Now, CharacterSet::Jis208),
    (b"$(B", Slot::Now, CharacterSet::Jis208),
    (b"$(O", Slot::Now, CharacterSet::Jis208),
    (b"$(Q", Slot::Now, CharacterSet::Jis208),
    (b"$(D", Slot::Now, CharacterSet::Jis212),
    (b"$A", Slot::Now, CharacterSet::Gb2312),
    (b"$(A", Slot::Now, CharacterSet::Gb2312),
    (b"$(C", Slot::Now, CharacterSet::Ksc5601),
    (b"$(P", Slot::Now, CharacterSet::Unknown),
    (b"$)A", Slot::Shifted, CharacterSet::Gb2312),
    (b"$)C", Slot::Shifted, CharacterSet::Ksc5601),
    (b"$)G", Slot::Shifted, CharacterSet::Unknown),
    (b"$)E", Slot::Shifted, CharacterSet::Unknown),
    (b"$*H", Slot::Single, CharacterSet::Unknown),
    (b".A", Slot::Single, CharacterSet::Latin1),
    (b".F", Slot::Single, CharacterSet::Greek),
];

#[derive(Clone, Copy)]
enum Slot {
    Now,
    Shifted,
    Single,
}

/// True if `bytes` have an escape to a character set of two bytes.
pub(super) fn has_escape(bytes: &[u8]) -> bool {
    let mut escapes = memchr::memchr_iter(0x1b, bytes);
    escapes.any(|at| bytes.get(at + 1..).is_some_and(|rest| escape(rest).is_some_and(|(length, ..)| length > 1)))
}

fn escape(rest: &[u8]) -> Option<(usize, Slot, CharacterSet)> {
    let found = ESCAPES.iter().find(|(name, ..)| rest.starts_with(name));
    found.map(|(name, slot, set)| (name.len(), *slot, *set))
}

/// Decodes any of the ISO-2022 charsets. A line end returns to ASCII.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let (mut now, mut shifted, mut single) = (CharacterSet::Ascii, CharacterSet::Ksc5601, CharacterSet::Latin1);
    let mut is_shifted = false;
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        if first == 0x1b
            && let Some((length, slot, set)) = escape(tail)
        {
            match slot {
                Slot::Now => now = set,
                Slot::Shifted => shifted = set,
                Slot::Single => single = set,
            }
            rest = tail.get(length..).unwrap_or_default();
            continue;
        }
        if let (0x1b, [b'N', code, behind @ ..]) = (first, tail) {
            add(&mut out, single, &[*code]);
            rest = behind;
            continue;
        }
        match first {
            0x0e | 0x0f => is_shifted = first == 0x0e,
            b'\r' | b'\n' => (now, is_shifted) = (CharacterSet::Ascii, false),
            _ => {}
        }
        let end = rest.iter().position(|b| *b < 0x20).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end.max(1));
        match first {
            0x0e | 0x0f => {}
            0..0x20 => out.push(char::from(first)),
            _ => add(&mut out, if is_shifted { shifted } else { now }, run),
        }
        rest = behind;
    }
    out
}

fn add(out: &mut String, set: CharacterSet, run: &[u8]) {
    match set {
        CharacterSet::Ascii => out.push_str(&String::from_utf8_lossy(run)),
        CharacterSet::JisRoman => out.extend(run.iter().map(|byte| match byte {
            b'\\' => '\u{a5}',
            b'~' => '\u{203e}',
            byte => char::from(*byte),
        })),
        CharacterSet::HalfWidthKatakana => out.extend(run.iter().map(|byte| match byte {
            0x21..=0x5f => char::from_u32(0xff61 + u32::from(byte - 0x21)).unwrap_or(char::REPLACEMENT_CHARACTER),
            byte => char::from(*byte),
        })),
        CharacterSet::Jis208 => add_pairs(out, EUC_JP, b"", run),
        CharacterSet::Jis212 => add_pairs(out, EUC_JP, b"\x8f", run),
        CharacterSet::Gb2312 => add_pairs(out, GBK, b"", run),
        CharacterSet::Ksc5601 => add_pairs(out, EUC_KR, b"", run),
        CharacterSet::Unknown => out.extend(run.chunks(2).map(|_| char::REPLACEMENT_CHARACTER)),
        CharacterSet::Latin1 => add_pairs(out, WINDOWS_1252, b"", run),
        CharacterSet::Greek => add_pairs(out, ISO_8859_7, b"", run),
    }
}

/// Adds a run whose eighth bits are missing. Blanks between the characters stay.
fn add_pairs(out: &mut String, encoding: &'static Encoding, before: &[u8], run: &[u8]) {
    let mut eight = Vec::with_capacity(run.len() * 2);
    let mut rest = run;
    while let Some((&first, tail)) = rest.split_first() {
        match (first, tail) {
            (b' ', _) => {
                eight.push(first);
                rest = tail;
            }
            (_, [second, behind @ ..]) => {
                eight.extend_from_slice(before);
                eight.extend([first | 0x80, second | 0x80]);
                rest = behind;
            }
            _ => {
                eight.push(first | 0x80);
                rest = tail;
            }
        }
    }
    out.push_str(&encoding.decode_without_bom_handling(&eight).0);
}

/// Decodes HZ: Chinese between `~{` and `~}`, and `~~` for a tilde.
pub(super) fn decode_hz(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut set = CharacterSet::Ascii;
    let mut rest = bytes;
    while !rest.is_empty() {
        let at = memchr::memchr2(b'~', b'\n', rest).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(at);
        add(&mut out, set, run);
        rest = behind.get(2..).unwrap_or_default();
        match behind {
            [b'~', b'{', ..] => set = CharacterSet::Gb2312,
            [b'~', b'}', ..] => set = CharacterSet::Ascii,
            [b'~', b'~', ..] => out.push('~'),
            [b'~', b'\n', ..] | [] => {}
            [first, tail @ ..] => {
                set = if *first == b'\n' { CharacterSet::Ascii } else { set };
                out.push(char::from(*first));
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_selects_its_set() {
        for (bytes, text) in [
            (&b"\x1b$B$[$2\x1b(B a"[..], "ほげ a"),
            (b"\x1b$@F|K\\8l\x1b(J\\~\x1b(B", "日本語¥‾"),
            (b"\x1b(I1234\x1b(B", "ｱｲｳｴ"),
            (b"\x1b$(D0!\x1b(B", "丂"),
            (b"\x1b$B-!\x1b(B", "①"),
            (b"\x1b$ADc:C\x1b(B", "你好"),
            (b"\x1b$(C>H3g\x1b(B", "안녕"),
            (b"\x1b.Acaf\x1bNi \x1b.F\x1bNa", "café α"),
            (b"\x1b$)C\x0e>H3gGO<<?d\x0f a", "안녕하세요 a"),
            (b"\x1b$)Ca \x0e>H\nb>H\x0f \x0e>H", "a 안\nb>H 안"),
            (b"\x1b$)A\x0eDc:C\x0f", "你好"),
            (b"\x1b$B$[\r\nplain", "ほ\r\nplain"),
            (b"\x1b[0m", "\x1b[0m"),
        ] {
            assert_eq!(decode(bytes), text, "{}", bytes.escape_ascii());
        }
        assert!(has_escape(b"a \x1b$B$[") && has_escape(b"\x1b$)C") && !has_escape(b"\x1b[0m \x1b"));
    }

    #[test]
    fn hz_switches_with_tildes() {
        assert_eq!(decode_hz(b"a ~{Dc:C~} b~~ ~\nc ~{Dc\nd ~"), "a 你好 b~ c 你\nd ~");
    }
}
