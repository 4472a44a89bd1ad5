//! Encoded words (RFC 2047): text in another charset within a header field. Words are also decoded where the RFC does
//! not allow them, within quotes and without blanks around them, as most readers do.

use std::borrow::Cow;

use super::charset;
use super::encoding::{Encoding, base64};

/// An encoded word: `=?charset?encoding?text?=`.
#[derive(Clone, Copy)]
pub(super) struct EncodedWord<'v> {
    /// Bytes of the whole word.
    pub length: usize,
    charset: &'v str,
    is_base64: bool,
    text: &'v str,
}

/// Maximum length of the name of a charset.
const MAX_CHARSET: usize = 80;

impl<'v> EncodedWord<'v> {
    /// The word with which `value` begins.
    pub(super) fn at(value: &'v str) -> Option<Self> {
        let (charset, is_base64, start) = prefix(value.as_bytes())?;
        let end = start + text_length(value.as_bytes().get(start..)?)?;
        let charset = value.get(2..2 + charset)?;
        // RFC 2231 §5: a language may follow the charset.
        let charset = charset.split('*').next().unwrap_or_default();
        Some(EncodedWord { length: end + 2, charset, is_base64, text: value.get(start..end)? })
    }

    fn bytes(&self, flawed: &mut bool) -> Vec<u8> {
        decoded_text(self.text, self.is_base64, flawed)
    }
}

/// Reads `=?charset?encoding?`: the length of the charset, whether the encoding is base64, and the start of the text.
fn prefix(value: &[u8]) -> Option<(usize, bool, usize)> {
    let inner = value.strip_prefix(b"=?")?;
    let charset = inner.iter().take(MAX_CHARSET).position(|b| *b == b'?').filter(|length| *length > 0)?;
    if !inner.get(..charset)?.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    match inner.get(charset + 1..charset + 3)? {
        [b'b' | b'B', b'?'] => Some((charset, true, charset + 5)),
        [b'q' | b'Q', b'?'] => Some((charset, false, charset + 5)),
        _ => None,
    }
}

/// The length of the text before `?=`. `None` if another word starts first.
fn text_length(text: &[u8]) -> Option<usize> {
    for at in memchr::memchr_iter(b'?', text) {
        if text.get(at + 1) == Some(&b'=') {
            return Some(at);
        }
        if at > 0 && text.get(at - 1) == Some(&b'=') {
            return None;
        }
    }
    None
}

/// `value` with its encoded words decoded. Sets `flawed` if a word had to be repaired.
pub(super) fn decode<'v>(value: &'v str, flawed: &mut bool) -> Cow<'v, str> {
    // Most values have no encoded word. To look for one character takes a fraction of the time.
    if !value.contains('?') {
        return Cow::Borrowed(value);
    }
    let mut out = String::new();
    let mut words: Vec<EncodedWord<'v>> = Vec::new();
    // Text up to `copied` is in `out`, or in `words`.
    let (mut copied, mut from) = (0, 0);
    while let Some(at) = value.get(from..).and_then(|rest| rest.find("=?")).map(|at| from + at) {
        let Some(word) = value.get(at..).and_then(EncodedWord::at) else {
            from = at + 2;
            continue;
        };
        let between = value.get(copied..at).unwrap_or_default();
        // Blanks between two words do not count (RFC 2047 §6.2).
        if words.is_empty() || !between.trim_ascii().is_empty() {
            decode_words(&words, &mut out, flawed);
            words.clear();
            out.push_str(between);
        }
        words.push(word);
        copied = at + word.length;
        from = copied;
    }
    if copied == 0 {
        return Cow::Borrowed(value);
    }
    decode_words(&words, &mut out, flawed);
    out.push_str(value.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn decode_words(words: &[EncodedWord<'_>], out: &mut String, flawed: &mut bool) {
    for same in words.chunk_by(|a, b| a.charset.eq_ignore_ascii_case(b.charset)) {
        out.push_str(&decode_same_charset(same, flawed));
    }
}

/// Decodes neighbours together, since programs split characters, and even single escapes, over two words.
fn decode_same_charset(words: &[EncodedWord<'_>], flawed: &mut bool) -> String {
    let charset = words.first().map_or("", |word| word.charset);
    let mut is_flawed = false;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.bytes(&mut is_flawed)).collect();
    let whole = charset::decode_unmarked(charset, &bytes);
    *flawed |= is_flawed || whole.flaw.is_some();
    let splits_character =
        || words.iter().any(|word| charset::decode_unmarked(charset, &word.bytes(&mut false)).flaw.is_some());
    if words.len() == 1 || whole.flaw.is_none() && !is_flawed {
        *flawed |= words.len() > 1 && splits_character();
        return whole.text;
    }
    let mut joined = Vec::new();
    let mut is_joined_flawed = false;
    for same in words.chunk_by(|a, b| a.is_base64 == b.is_base64) {
        let text: String = same.iter().map(|word| word.text).collect();
        joined.extend(decoded_text(&text, same.first().is_some_and(|word| word.is_base64), &mut is_joined_flawed));
    }
    let joined = charset::decode_unmarked(charset, &joined);
    if joined.flaw.is_none() && (whole.flaw.is_some() || !is_joined_flawed) { joined.text } else { whole.text }
}

fn decoded_text(text: &str, is_base64: bool, flawed: &mut bool) -> Vec<u8> {
    if is_base64 {
        let (bytes, is_damaged) = base64(text.as_bytes());
        *flawed |= is_damaged;
        return bytes;
    }
    let spaced = if text.contains('_') { Cow::Owned(text.replace('_', " ")) } else { Cow::Borrowed(text) };
    Encoding::QuotedPrintable.decode(spaced.as_bytes())
}

/// Header text with the bytes above ASCII within encoded words escaped, so that they are read in the word's charset.
pub(super) fn escape_raw(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut copied = 0;
    for at in memchr::memmem::find_iter(bytes, b"=?") {
        let Some(rest) = bytes.get(at..).filter(|_| at >= copied) else { continue };
        let Some((_, false, start)) = prefix(rest) else { continue };
        let Some(length) = rest.get(start..).and_then(text_length) else { continue };
        let text = rest.get(start..start + length).unwrap_or_default();
        out.extend_from_slice(bytes.get(copied..at + start).unwrap_or_default());
        for byte in text {
            match byte {
                0x80.. => out.extend_from_slice(format!("={byte:02X}").as_bytes()),
                byte => out.push(*byte),
            }
        }
        copied = at + start + length;
    }
    if copied == 0 {
        return Cow::Borrowed(bytes);
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> (String, bool) {
        let mut flawed = false;
        let text = decode(value, &mut flawed).into_owned();
        (text, flawed)
    }

    #[test]
    fn blanks_between_words_are_dropped_and_other_blanks_stay() {
        for (value, text) in [
            ("plain = text?", "plain = text?"),
            ("=?utf-8?Q?caf=C3=A9?= =?utf-8?Q?_ole?= and more", "café ole and more"),
            ("(=?utf-8?Q?caf=C3=A9?=) [=?UTF-8?B?67O06rOg?=] \"=?utf-8?q?caf=C3=A9?=\"", "(café) [보고] \"café\""),
            ("a=?utf-8?Q?b?=c  =?utf-8?Q?d?=  e", "abc  d  e"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            ("=?euc-kr?B?vsiz5w==?= =?utf-8?B?7JWI64WV?=", "안녕안녕"),
            ("=?utf-8*ko?Q?what??= =?utf-8?Q?_a b?=", "what? a b"),
            ("=?utf-8?Q??= x", " x"),
            ("=?cp949?q?=be=c8_x?=", "안 x"),
        ] {
            assert_eq!(read(value), (text.to_owned(), false), "{value}");
        }
    }

    #[test]
    fn words_that_split_a_character_an_escape_or_a_group_of_base64_are_joined() {
        for (value, text) in [
            ("=?UTF-8?Q?caf=C3?= =?utf-8?Q?=A9_noir?=", "café noir"),
            ("=?utf-8?Q?caf=C3=?= =?utf-8?Q?A9?=", "café"),
            ("=?utf-8?B?Y2Fmw6?= =?utf-8?B?kgbm9pcg==?=", "café noir"),
            ("=?utf-8?b?Y2Fmw6k?=", "café"),
            ("=?utf-8?b?Y2Fmw6k?= =?utf-8?b?IG5vaXI?=", "café noir"),
            ("=?utf-8?B?Y2Fmww==?= =?utf-8?Q?=A9?=", "café"),
            ("=?euc-kr?B?vg==?= =?euc-kr?B?yLPn?=", "안녕"),
        ] {
            assert_eq!(read(value), (text.to_owned(), true), "{value}");
        }
    }

    #[test]
    fn an_unknown_charset_is_guessed_and_malformed_words_are_kept() {
        assert_eq!(read("=?x-nobody?Q?caf=C3=A9?="), ("café".to_owned(), true));
        assert_eq!(read("=?x-nobody?Q?caf=E9?="), ("café".to_owned(), true));
        for odd in ["=?cp949?B?", "=?cp949?X?a?=", "=?", "=??=", "=??Q?a?=", "=?utf 8?Q?a?=", "=?utf-8?Q?a"] {
            assert_eq!(read(odd), (odd.to_owned(), false), "{odd}");
        }
        // The first word is not closed.
        assert_eq!(read("=?utf-8?Q?a <b@c>, =?utf-8?Q?d?=").0, "=?utf-8?Q?a <b@c>, d");
    }

    #[test]
    fn raw_bytes_within_a_word_are_in_its_charset() {
        let raw = b"\xa4 =?euc-kr?Q?\xbe\xc8=B3=E7?= \xa4";
        assert_eq!(escape_raw(raw).as_ref(), b"\xa4 =?euc-kr?Q?=BE=C8=B3=E7?= \xa4");
        assert_eq!(read("=?utf-8?Q?caf\u{e9}?="), ("café".to_owned(), false));
    }

    #[test]
    fn the_time_is_linear() {
        for unit in ["=?utf-8?Q?", "=?utf-8?Q?a?=", "=?", "=?utf-8?B?YQ?= ", "=?utf-8?Q?=C3?= "] {
            let value = unit.repeat(256 * 1024 / unit.len());
            let began = std::time::Instant::now();
            let _ = (read(&value), escape_raw(value.as_bytes()).len());
            assert!(began.elapsed().as_secs() < 5, "{unit}");
        }
        let long = format!("=?utf-8?Q?{}?=", "=C3=A9".repeat(12_000));
        assert_eq!(read(&long), ("é".repeat(12_000), false));
    }
}
