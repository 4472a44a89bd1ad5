//! Text for places that hold one line, such as header values and file names, and characters that nobody sees.

/// `text` as a header value: control characters, line ends of any kind and bidi overrides become spaces. Trimmed.
pub(crate) fn one_line(text: &str) -> String {
    visible(text).trim().to_owned()
}

/// The first `most` characters of `text`, as [`one_line`].
pub(crate) fn short_line(text: &str, most: usize) -> String {
    one_line(&text.chars().take(most).collect::<String>())
}

/// `text` with a space in place of each control character, among them the line ends.
pub(crate) fn without_controls(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The same as [`one_line`], but not trimmed.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if is_override(c) { ' ' } else { c }).collect()
}

/// True for characters that end a line or change the direction of the text around them.
fn is_override(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True for characters that nobody sees and that make a name look like another: those of [`visible`], marks of direction
/// and blanks without width. Joiners stay, since scripts and emoji need them.
pub(super) fn is_invisible(c: char) -> bool {
    is_override(c)
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// True for characters without width that running text may hold anywhere: soft hyphens, joiners, marks of direction, and
/// the fillers that push text out of a preview line. Snippets, codes and searches leave them out. [`is_invisible`] is
/// about names instead: joiners stay there, and what ends a line counts.
pub(crate) fn has_no_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
}
