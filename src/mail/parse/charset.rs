//! Decodes charsets: mail-parser's decoders, plus what Korean programs send: the names cp949, ms949 and uhc, the
//! seven-bit ISO-2022-KR (RFC 1557) and Johab.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::decoders::charsets::map::charset_decoder;

use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};

use super::encoding::Encoding;

/// Other names of Windows code page 949, which the decoder for EUC-KR reads.
const UNIFIED_HANGUL: [&str; 6] = ["cp949", "ms949", "uhc", "x-windows-949", "949", "euckr"];

/// Maximum number of bytes of an encoded word that are read; RFC 2047 §2 allows 75.
const MAX_WORD: usize = 2 * 1024;

/// `bytes` as text; `None` if the charset is unknown.
pub(super) fn decode(charset: &str, bytes: &[u8]) -> Option<String> {
    let name = charset.trim().to_ascii_lowercase();
    let decoder = korean(&name).or_else(|| charset_decoder(name.as_bytes()))?;
    Some(decoder(bytes))
}

/// Names of the seven-bit charset. Programs also use them for other charsets.
const ASCII: [&str; 5] = ["us-ascii", "ascii", "csascii", "iso646-us", "ansi_x3.4-1968"];

pub(super) fn is_ascii(charset: &str) -> bool {
    ASCII.iter().any(|name| charset.trim().eq_ignore_ascii_case(name))
}

/// True if `bytes`, which may end within a character, are UTF-8.
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Bytes at the beginning of HTML in which a charset may be declared, as in browsers.
const PRESCAN: usize = 1_024;

/// The charset that the HTML declares: in `<meta charset=…>`, or in a `<meta>` with a Content-Type.
pub(super) fn of_html(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..PRESCAN).unwrap_or(bytes));
    let mut meta = MetaCharset(None);
    visit(&head, &mut meta);
    // A declaration that is readable as single bytes cannot be in UTF-16.
    meta.0.filter(|name| !name.is_empty() && !name.to_ascii_lowercase().starts_with("utf-16"))
}

/// The first charset that a `<meta>` declares.
struct MetaCharset(Option<String>);

impl HtmlVisitor for MetaCharset {
    fn start_tag(&mut self, tag: &Tag) {
        if self.0.is_none() && tag.name() == "meta" {
            self.0 = tag.attribute("charset").or_else(|| of_content_type(tag));
        }
    }
}

fn of_content_type(meta: &Tag) -> Option<String> {
    meta.attribute("http-equiv").filter(|name| name.eq_ignore_ascii_case("content-type"))?;
    let content = meta.attribute("content")?.to_ascii_lowercase();
    let (_, name) = content.split_once("charset=")?;
    name.split([';', ' ']).next().map(|name| name.trim_matches(['"', '\'']).to_owned())
}

/// The decoders that mail-parser lacks, or does not know by that name.
fn korean(name: &str) -> Option<fn(&[u8]) -> String> {
    match name {
        "iso-2022-kr" | "csiso2022kr" => Some(|bytes| euc_kr(&eight_bits(bytes))),
        "johab" | "cp1361" | "ms1361" => Some(johab),
        name => UNIFIED_HANGUL.contains(&name).then_some(euc_kr),
    }
}

fn euc_kr(bytes: &[u8]) -> String {
    charset_decoder(b"euc-kr").map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |decode| decode(bytes))
}

/// Converts ISO-2022-KR to EUC-KR: sets the eighth bit between shift-out and shift-in, or the end of the line.
fn eight_bits(bytes: &[u8]) -> Vec<u8> {
    const DESIGNATOR: &[u8] = b"\x1b$)C";
    let mut out = Vec::with_capacity(bytes.len());
    let (mut rest, mut shifted) = (bytes, false);
    while let Some((&byte, tail)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(DESIGNATOR) {
            rest = behind;
            continue;
        }
        rest = tail;
        match byte {
            0x0e => shifted = true,
            0x0f => shifted = false,
            b'\n' => {
                shifted = false;
                out.push(byte);
            }
            0x21..=0x7e if shifted => out.push(byte | 0x80),
            _ => out.push(byte),
        }
    }
    out
}

/// Decodes Johab (KS X 1001 annex 3): five bits each for the initial, medial and final of a syllable. Every other
/// two-byte character (signs, Hanja, single jamo) becomes the replacement character.
fn johab(bytes: &[u8]) -> String {
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

/// A header value whose encoded words (RFC 2047) have charsets that mail-parser reads.
pub(super) fn readable(value: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((at, word)) = next_word(rest) {
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push_str(&word.readable().unwrap_or_else(|| word.whole.to_owned()));
        rest = rest.get(at + word.whole.len()..).unwrap_or_default();
    }
    if out.is_empty() {
        return Cow::Borrowed(value);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// An encoded word: `=?charset?encoding?text?=`.
struct EncodedWord<'v> {
    whole: &'v str,
    charset: &'v str,
    encoding: &'v str,
    text: &'v str,
}

fn next_word(value: &str) -> Option<(usize, EncodedWord<'_>)> {
    let mut from = 0;
    loop {
        let at = from + value.get(from..)?.find("=?")?;
        let inner = value.get(at + 2..)?;
        let end = (0..=inner.len().min(MAX_WORD)).rev().find(|end| inner.is_char_boundary(*end)).unwrap_or(0);
        let inner = inner.get(..end)?;
        let mut parts = inner.splitn(3, '?');
        if let (Some(charset), Some(encoding), Some(tail)) = (parts.next(), parts.next(), parts.next())
            && let Some((text, _)) = tail.split_once("?=")
        {
            let length = 2 + charset.len() + 1 + encoding.len() + 1 + text.len() + 2;
            let whole = value.get(at..at + length)?;
            return Some((at, EncodedWord { whole, charset, encoding, text }));
        }
        from = at + 2;
    }
}

impl EncodedWord<'_> {
    /// The word in UTF-8, if only our decoders read its charset.
    fn readable(&self) -> Option<String> {
        // RFC 2231 §5: a language may follow the charset.
        let charset = self.charset.split('*').next().unwrap_or_default();
        let decoder = korean(&charset.to_ascii_lowercase())?;
        let bytes = match self.encoding {
            "B" | "b" => Encoding::Base64.decode(self.text.as_bytes()),
            "Q" | "q" => Encoding::QuotedPrintable.decode(self.text.replace('_', " ").as_bytes()),
            _ => return None,
        };
        Some(format!("=?utf-8?B?{}?=", STANDARD.encode(decoder(&bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_charsets_are_read_under_all_their_names() {
        let hello = "안녕하세요";
        for (charset, bytes) in [
            ("euc-kr", &b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4"[..]),
            ("CP949", b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4"),
            ("ms949", b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4"),
            ("uhc", b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4"),
            ("ISO-2022-KR", b"\x1b$)C\x0e>H3gGO<<?d\x0f"),
            ("johab", b"\xb4\x65\x91\x77\xd0\x61\xad\x41\xb6\x61"),
        ] {
            let read = decode(charset, bytes).unwrap();
            assert_eq!(read, hello, "{charset}");
            let word = format!("a =?{charset}?B?{}?= b", STANDARD.encode(bytes));
            let utf8 = format!("a =?utf-8?B?{}?= b", STANDARD.encode(&read));
            let expected = if charset == "euc-kr" { word.clone() } else { utf8 };
            assert_eq!(readable(&word), expected, "{charset}");
        }
        assert_eq!(decode("x-nobody", b"x"), None);
    }

    #[test]
    fn a_charset_is_found_only_near_the_beginning_of_html() {
        let named = |html: &str| of_html(html.as_bytes());
        assert_eq!(named("<html><head><META charset=\"euc-kr\">").as_deref(), Some("euc-kr"));
        let equiv = "<meta name=x><meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'>";
        assert_eq!(named(equiv).as_deref(), Some("shift_jis"));
        assert_eq!(named("<meta charset=utf-16><meta charset=euc-kr>"), None);
        assert_eq!(named("<!-- <meta charset=euc-kr> --><p>charset=euc-kr"), None);
        assert_eq!(named(&format!("{}<meta charset=euc-kr>", " ".repeat(PRESCAN))), None);
    }

    #[test]
    fn a_shift_ends_with_the_line_and_malformed_words_do_not_panic() {
        assert_eq!(decode("iso-2022-kr", b"\x1b$)Ca \x0e>H\nb>H\x0f \x0e>").unwrap().get(..6), Some("a 안\n"));
        for odd in
            ["=?cp949?B?", "=?cp949?X?a?=", "=?=?cp949?Q?=be=c8?=", "=?", "=??=", "=?cp949?Q?=be=c8?==?cp949?Q?x?="]
        {
            let _ = readable(odd);
        }
        assert_eq!(readable("=?cp949?q?=be=c8_x?="), "=?utf-8?B?7JWIIHg=?=");
    }
}
