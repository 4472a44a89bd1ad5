//! The punctuation that searches ignore.

/// Returns true for characters that are replaced with a blank in cleaned values and in the text they are compared with.
pub fn is_punctuation(c: char) -> bool {
    matches!(c, '>' | '<' | '"' | ',' | ';' | '(' | ')')
}
