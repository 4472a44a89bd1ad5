//! Guesses a charset from the bytes alone: UTF-8, also if some of it is damaged, or what chardetng takes them for.

use std::ops::RangeInclusive;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, ISO_8859_7, UTF_8, WINDOWS_874, WINDOWS_1253, WINDOWS_1255,
    WINDOWS_1256, WINDOWS_1258,
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
    let sample = rest.get(..MAX_GUESS).unwrap_or(rest);
    let guess = detect(sample);
    let utf8 = Utf8Share::of(bytes);
    // Two Korean syllables pass for a word in a rarer script, or for UTF-8 with damage.
    let is_rare = [WINDOWS_1253, WINDOWS_1255, WINDOWS_1256, WINDOWS_1258, WINDOWS_874, ISO_8859_7].contains(&guess);
    if (is_rare || utf8.valid > 0 && guess.is_single_byte()) && is_hangul(bytes) {
        return EUC_KR;
    }
    let is_east_asian = [EUC_KR, EUC_JP, GBK, GB18030].contains(&guess) && is_pairs(bytes, 0xa1..=0xfe);
    if !is_east_asian && utf8.is_likelier_than(guess, sample) { UTF_8 } else { guess }
}

fn detect(sample: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// How much of a text is UTF-8. Some characters of other charsets happen to be: `C8 B3` in EUC-KR.
struct Utf8Share {
    /// Bytes of characters beyond ASCII.
    valid: usize,
    /// Bytes and beginnings of characters that are no UTF-8.
    damaged: usize,
}

impl Utf8Share {
    fn of(bytes: &[u8]) -> Self {
        let mut share = Utf8Share { valid: 0, damaged: 0 };
        for chunk in bytes.utf8_chunks() {
            share.valid += chunk.valid().bytes().filter(|byte| !byte.is_ascii()).count();
            share.damaged += usize::from(!chunk.invalid().is_empty());
        }
        share
    }

    /// True if the text is UTF-8 with damage rather than in `other`, of which it has `sample`.
    fn is_likelier_than(&self, other: &'static Encoding, sample: &[u8]) -> bool {
        if self.valid == 0 {
            return false;
        }
        // Other charsets reach this share in a few short words only.
        if 2 * self.valid >= 3 * self.damaged {
            return true;
        }
        // A charset of one byte fits any bytes, so that it proves nothing.
        let fits = !other.is_single_byte() && 8 * damage_in(other, sample) < self.damaged;
        !fits && self.valid >= self.damaged
    }
}

/// The number of places in `sample` that are not in `encoding`. The sample may end within a character.
fn damage_in(encoding: &'static Encoding, sample: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(sample.len()).unwrap_or_default());
    let _ = decoder.decode_to_string(sample, &mut text, false);
    text.matches(char::REPLACEMENT_CHARACTER).count()
}

/// True if the bytes beyond ASCII are the two-byte syllables of KS X 1001.
fn is_hangul(bytes: &[u8]) -> bool {
    is_pairs(bytes, 0xb0..=0xc8)
}

/// True if the bytes beyond ASCII are the two-byte characters of a national standard, whose first bytes are `rows`.
fn is_pairs(bytes: &[u8], rows: RangeInclusive<u8>) -> bool {
    let words = bytes.split(u8::is_ascii).filter(|word| !word.is_empty());
    let is_character = |pair: &[u8]| matches!(pair, [row, 0xa1..=0xfe] if rows.contains(row));
    words.into_iter().all(|word| word.chunks(2).all(is_character))
}

/// True if `bytes` are UTF-8. They may end within a character, unless it is the only one beyond ASCII.
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && has_character(bytes),
    }
}

/// True if `bytes` are UTF-8 and hold `enough` characters beyond ASCII, where one of three or four bytes counts as two.
/// A text in a charset of one byte practically never does.
pub(super) fn is_evident_utf8(bytes: &[u8], enough: usize) -> bool {
    if !is_utf8(bytes) {
        return false;
    }
    let weights = bytes.utf8_chunks().flat_map(|chunk| chunk.valid().chars()).map(|c| c.len_utf8().min(3) - 1);
    weights.filter(|weight| *weight > 0).take(enough).sum::<usize>() >= enough
}

/// True if `bytes` hold a character of UTF-8 beyond ASCII.
fn has_character(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}
