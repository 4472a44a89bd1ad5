//! The text that searches compare: what they ignore in queries and in messages.

use unicode_normalization::UnicodeNormalization as _;

/// Returns true for characters that are replaced with a blank in cleaned values and in the text they are compared with.
pub fn is_punctuation(c: char) -> bool {
    matches!(c, '>' | '<' | '"' | ',' | ';' | '(' | ')')
}

/// The text as it is compared: composed (NFC), since macOS decomposes characters, without the soft hyphens and characters
/// of no width that newsletters put into words, and in lower case.
pub fn as_compared(text: &str) -> String {
    let is_invisible = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    text.nfc().filter(|c| !is_invisible(*c)).collect::<String>().to_lowercase()
}
