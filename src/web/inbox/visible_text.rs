//! Text by outsiders with its invisible controls made visible, so that it cannot change the direction of other text or
//! look like something else.

/// `text` with each control as its name in brackets: `⟨RLO⟩`, `⟨U+0007⟩`.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut out, c));
    out
}

fn push_visible(out: &mut String, c: char) {
    match name(c) {
        Some(name) => out.extend(["⟨", name, "⟩"]),
        None if c.is_control() => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
        None => out.push(c),
    }
}

/// The lines of `text` with each control as its name in brackets, except tabs and the ends of lines. Characters without
/// width stay, since they only say where a line may break.
pub fn visible_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{200b}' | '\u{feff}' => out.push(c),
            _ => push_visible(&mut out, c),
        }
    }
    out
}

/// At most `limit` characters of `text`, with its controls visible.
pub fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", visible(text.get(..end).unwrap_or_default())),
        None => visible(text),
    }
}

/// The abbreviation of a control of bidirectional text (UAX #9 §2), or of a character without width.
const fn name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{61c}' => "ALM",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{202a}' => "LRE",
        '\u{202b}' => "RLE",
        '\u{202c}' => "PDF",
        '\u{202d}' => "LRO",
        '\u{202e}' => "RLO",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        '\u{200b}' => "ZWSP",
        '\u{feff}' => "ZWNBSP",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_by_name_and_text_stays() {
        assert_eq!(visible("a\u{202e}b\u{2066}c\u{7}"), "a⟨RLO⟩b⟨LRI⟩c⟨U+0007⟩");
        for text in ["김철수", "שלום", "👩‍💻", "می‌خواهم", ""] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn lines_keep_their_ends_and_tabs() {
        assert_eq!(visible_lines("a\u{202e}b\r\n\tc\u{7}\u{200b}\u{2069}"), "a⟨RLO⟩b\r\n\tc⟨U+0007⟩\u{200b}⟨PDI⟩");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(shortened("한글입니다", 2), "한글…");
        assert_eq!(shortened("a\u{202e}b", 5), "a⟨RLO⟩b");
    }
}
