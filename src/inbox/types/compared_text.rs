//! The text that searches compare: what they ignore in queries and in messages.

use unicode_normalization::UnicodeNormalization as _;

use crate::mail::has_no_width;

/// Returns true for characters that are replaced with a blank in cleaned values and in the text they are compared with.
pub fn is_punctuation(c: char) -> bool {
    matches!(c, '>' | '<' | '"' | ',' | ';' | '(' | ')')
}

/// The text as it is compared: composed (NFC), since macOS decomposes characters, without the soft hyphens and characters
/// of no width that newsletters put into words, and in lower case.
pub fn as_compared(text: &str) -> String {
    text.chars().filter(|c| !has_no_width(*c)).nfc().collect::<String>().to_lowercase()
}
