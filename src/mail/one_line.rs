//! Text for places that hold one line: header values and file names.

/// `text` as a header value: control characters, line ends of any kind and bidi overrides become spaces. Trimmed.
pub(crate) fn one_line(text: &str) -> String {
    visible(text).trim().to_owned()
}

/// The same as [`one_line`], but not trimmed.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect()
}

/// True for characters that end a line or change the direction of the text around them.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
