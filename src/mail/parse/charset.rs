//! Decodes charsets: those of the WHATWG by encoding_rs, and those that mail uses besides. A charset that contradicts
//! the bytes is replaced, text with a byte order mark is in the charset of the mark, and text without a charset is read as
//! UTF-8 or as what chardetng takes it for.

use encoding_rs::{
    Encoding, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_10, ISO_8859_13, ISO_8859_15, ISO_8859_16, REPLACEMENT,
    UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257, X_USER_DEFINED,
};

use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};

use super::warning::WarningCode;

mod codepage;
mod guess;
mod iso2022;
mod johab;
mod names;
#[cfg(test)]
mod tests;
mod utf7;
mod wide;

pub(super) use guess::guess;
use guess::{is_evident_utf8, is_utf8};
use wide::{ByteOrder, ByteOrderMark};

/// Decoded text, and why it may not be what the sender wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DecodedText {
    pub text: String,
    pub flaw: Option<WarningCode>,
}

/// How a charset is decoded.
enum Decoder {
    Whatwg(&'static Encoding),
    /// A charset of seven bits, which contradicts bytes of eight.
    SevenBit(fn(&[u8]) -> String),
    Johab,
    Utf16(Option<ByteOrder>),
    Utf32(Option<ByteOrder>),
    /// The upper half of a code page of DOS.
    CodePage(Vec<char>),
    /// ASCII, or a name that stands for any charset (RFC 1428).
    Unstated,
}

impl Decoder {
    /// The decoder for a charset; `None` if its name is unknown.
    fn named(name: &str) -> Option<Self> {
        let name = name.trim_matches(|c: char| c.is_whitespace() || "\"';".contains(c));
        let key = names::key(name);
        match key.as_str() {
            key if names::is_unstated(key) => Some(Decoder::Unstated),
            "hz" | "hzgb2312" => Some(Decoder::SevenBit(iso2022::decode_hz)),
            "utf7" | "unicode11utf7" | "unicode20utf7" | "xunicode20utf7" | "csutf7" => {
                Some(Decoder::SevenBit(utf7::decode))
            }
            key if key.contains("iso2022") || ["cp50220", "cp50221", "cp50222"].contains(&key) => {
                Some(Decoder::SevenBit(iso2022::decode))
            }
            "johab" | "cp1361" | "ms1361" => Some(Decoder::Johab),
            key if wide::is_utf32(key) => Some(Decoder::Utf32(wide::order(key))),
            key => Decoder::eight_bit(name, key),
        }
    }

    fn eight_bit(name: &str, key: &str) -> Option<Self> {
        let alias = names::alias(key);
        let encoding = Encoding::for_label(alias.unwrap_or(name).as_bytes());
        let encoding = encoding.or_else(|| Encoding::for_label(key.as_bytes()));
        let iso = || Encoding::for_label(format!("iso{key}").as_bytes()).filter(|_| key.starts_with("8859"));
        let encoding = encoding.or_else(iso);
        match encoding.filter(|encoding| *encoding != REPLACEMENT && *encoding != X_USER_DEFINED) {
            Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Some(Decoder::Utf16(wide::order(key))),
            Some(encoding) => Some(Decoder::Whatwg(encoding)),
            None => codepage::table(key).map(Decoder::CodePage),
        }
    }
}

/// A body as text in `charset`, which may be empty.
pub(super) fn decode(charset: &str, bytes: &[u8]) -> DecodedText {
    match wide::byte_order_mark(bytes) {
        Some(mark) => marked(mark, charset, bytes),
        None => decode_unmarked(charset, bytes),
    }
}

/// A text of the header in `charset`, which may be empty. Such a text has no mark of UTF-16: `ÿþ` is two characters.
/// Only a charset that needs a mark may have one.
pub(super) fn decode_unmarked(charset: &str, bytes: &[u8]) -> DecodedText {
    if charset.eq_ignore_ascii_case("utf-8") {
        return whatwg(UTF_8, bytes);
    }
    if charset.is_empty() {
        return unstated(bytes, WarningCode::CharsetMissing);
    }
    let replaced = |code| DecodedText { flaw: Some(code), ..unstated(bytes, code) };
    match Decoder::named(charset) {
        None => replaced(WarningCode::CharsetUnknown),
        Some(Decoder::Unstated) if bytes.is_ascii() => unstated(bytes, WarningCode::CharsetWrong),
        Some(Decoder::Unstated) => replaced(WarningCode::CharsetWrong),
        Some(Decoder::SevenBit(_)) if !bytes.is_ascii() => replaced(WarningCode::CharsetWrong),
        Some(Decoder::Utf16(_) | Decoder::Utf32(_)) if is_utf8(bytes) && memchr::memchr(0, bytes).is_none() => {
            replaced(WarningCode::CharsetWrong)
        }
        Some(Decoder::CodePage(_)) if is_evident_utf8(bytes, ENOUGH_CHARACTERS) => replaced(WarningCode::CharsetWrong),
        Some(Decoder::SevenBit(decode)) => DecodedText { text: decode(bytes), flaw: None },
        Some(Decoder::Johab) => with_damage(johab::decode(bytes)),
        Some(Decoder::Utf16(order)) => with_damage(wide::utf16(bytes, order)),
        Some(Decoder::Utf32(order)) => with_damage(wide::utf32(bytes, order)),
        Some(Decoder::CodePage(table)) => with_damage(codepage::decode(&table, bytes)),
        Some(Decoder::Whatwg(encoding)) => whatwg(encoding, bytes),
    }
}

/// Text with a byte order mark, which comes before any charset, as in browsers.
fn marked(mark: ByteOrderMark, charset: &str, bytes: &[u8]) -> DecodedText {
    let DecodedText { text, flaw } = match mark {
        ByteOrderMark::Utf8 => whatwg(UTF_8, bytes),
        ByteOrderMark::Utf16 => with_damage(wide::utf16(bytes, None)),
        ByteOrderMark::Utf32 => with_damage(wide::utf32(bytes, None)),
    };
    let contradiction = match (Decoder::named(charset), mark) {
        _ if charset.is_empty() => (mark != ByteOrderMark::Utf8).then_some(WarningCode::CharsetMissing),
        (None, _) => Some(WarningCode::CharsetUnknown),
        (Some(Decoder::Whatwg(encoding)), ByteOrderMark::Utf8) if encoding == UTF_8 => None,
        (Some(Decoder::Utf16(_)), ByteOrderMark::Utf16) | (Some(Decoder::Utf32(_)), ByteOrderMark::Utf32) => None,
        _ => Some(WarningCode::CharsetWrong),
    };
    DecodedText { text, flaw: contradiction.or(flaw) }
}

/// Text in no known charset. `flaw` is reported if the charset had to be guessed.
fn unstated(bytes: &[u8], flaw: WarningCode) -> DecodedText {
    if bytes.is_ascii() && !iso2022::has_escape(bytes) {
        return DecodedText { text: String::from_utf8_lossy(bytes).into_owned(), flaw: None };
    }
    if is_utf8(bytes) && !iso2022::has_escape(bytes) {
        return DecodedText { text: utf8(bytes), flaw: None };
    }
    if bytes.is_ascii() {
        return DecodedText { text: iso2022::decode(bytes), flaw: Some(flaw) };
    }
    let encoding = guess(bytes);
    let text = if encoding == UTF_8 { utf8(bytes) } else { encoding.decode_without_bom_handling(bytes).0.into_owned() };
    DecodedText { text, flaw: Some(flaw) }
}

fn whatwg(encoding: &'static Encoding, bytes: &[u8]) -> DecodedText {
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(_) => DecodedText { text: utf8(bytes), flaw: None },
            // Cut within a character.
            Err(_) if is_utf8(bytes) => with_damage(utf8(bytes)),
            Err(_) => {
                DecodedText { flaw: Some(WarningCode::CharsetWrong), ..unstated(bytes, WarningCode::CharsetWrong) }
            }
        };
    }
    let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
    let is_utf8_text = match encoding {
        _ if text.is_ascii() => false,
        // Chinese and Japanese decoders accept most bytes, so that UTF-8 passes for rare characters.
        _ if !encoding.is_single_byte() => is_utf8(bytes) && (has_errors || three_byte_characters(bytes) > 2),
        _ if LATIN.contains(&encoding) => is_evident_utf8(bytes, ENOUGH_IN_LATIN),
        _ => is_evident_utf8(bytes, ENOUGH_CHARACTERS),
    };
    if is_utf8_text {
        return DecodedText { text: utf8(bytes), flaw: Some(WarningCode::CharsetWrong) };
    }
    DecodedText { text: text.into_owned(), flaw: has_errors.then_some(WarningCode::CharsetWrong) }
}

/// Charsets in which a text that is UTF-8 would be accented characters with signs behind them: `Ã¼`.
const LATIN: [&Encoding; 11] = [
    WINDOWS_1252,
    WINDOWS_1250,
    WINDOWS_1254,
    WINDOWS_1257,
    ISO_8859_2,
    ISO_8859_3,
    ISO_8859_4,
    ISO_8859_10,
    ISO_8859_13,
    ISO_8859_15,
    ISO_8859_16,
];
/// How many characters of UTF-8 prove it, where one of three bytes counts as two. In charsets other than the Latin ones,
/// words may be UTF-8 by chance: `её` in KOI8-R, a Thai word of three characters.
const ENOUGH_IN_LATIN: usize = 2;
const ENOUGH_CHARACTERS: usize = 8;

fn three_byte_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (0xe0..0xf0).contains(*byte)).take(3).count()
}

/// Text in which the replacement character shows damage.
fn with_damage(text: String) -> DecodedText {
    let flaw = text.contains(char::REPLACEMENT_CHARACTER).then_some(WarningCode::CharsetWrong);
    DecodedText { text, flaw }
}

/// UTF-8 without its byte order mark.
fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned()
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
