//! Guesses a charset from the bytes alone: UTF-8, or what chardetng takes them for.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    EUC_KR, Encoding, ISO_2022_JP, ISO_8859_7, UTF_8, WINDOWS_874, WINDOWS_1253, WINDOWS_1255, WINDOWS_1256,
    WINDOWS_1258,
};

use super::iso2022;

/// Bytes that the detector reads, at 0.2 µs each: a message may have 500 texts without a charset.
const MAX_GUESS: usize = 4 * 1024;

/// The encoding that fits best.
pub fn guess(bytes: &[u8]) -> &'static Encoding {
    if is_utf8(bytes) {
        return if iso2022::has_escape(bytes) { ISO_2022_JP } else { UTF_8 };
    }
    let first = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or_default();
    let rest = bytes.get(first.saturating_sub(16)..).unwrap_or_default();
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(rest.get(..MAX_GUESS).unwrap_or(rest), true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // Two Korean syllables pass for a word in a rarer script.
    let is_rare = [WINDOWS_1253, WINDOWS_1255, WINDOWS_1256, WINDOWS_1258, WINDOWS_874, ISO_8859_7].contains(&guess);
    if is_rare && is_hangul(bytes) { EUC_KR } else { guess }
}

/// True if the bytes beyond ASCII are the two-byte syllables of KS X 1001.
fn is_hangul(bytes: &[u8]) -> bool {
    let words = bytes.split(u8::is_ascii).filter(|word| !word.is_empty());
    let is_syllable = |pair: &[u8]| matches!(pair, [0xb0..=0xc8, 0xa1..=0xfe]);
    words.into_iter().all(|word| word.chunks(2).all(is_syllable))
}

/// True if `bytes` are UTF-8. They may end within a character, unless it is the only one beyond ASCII.
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && has_character(bytes),
    }
}

/// True if `bytes` hold a character of UTF-8 beyond ASCII.
pub(super) fn has_character(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}
