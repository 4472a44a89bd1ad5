//! The names of tags.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Maximum characters of a name.
const MAX_NAME: usize = 100;
/// Maximum tags of one message.
const MAX_TAGS: usize = 50;

/// A name as Mailpit cleans it, but in any script: alphabetic characters, accents, digits and `- _ . @`, separated by
/// single spaces. `None` if nothing is left.
pub fn clean(name: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_alphanumeric() || is_combining_mark(c) || "-_.@".contains(c);
    let spaced: String = name.nfc().map(|c| if is_allowed(c) { c } else { ' ' }).collect();
    let clean: String = spaced.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_NAME).collect();
    let clean = clean.trim_end().to_owned();
    (!clean.is_empty()).then_some(clean)
}

/// The text by which tags are compared: the cleaned name in lower case; empty if it is no name.
pub fn key(name: &str) -> String {
    clean(name).unwrap_or_default().to_lowercase()
}

/// The cleaned names, sorted, without duplicates; case is ignored.
pub fn cleaned(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found: Vec<(String, String)> = Vec::new();
    for name in names.into_iter().filter_map(|n| clean(&n)) {
        let key = key(&name);
        if found.len() < MAX_TAGS && found.iter().all(|(known, _)| *known != key) {
            found.push((key, name));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_as_mailpit_does_but_in_any_script() {
        assert_eq!(clean("  a  b/c<d>_e.f@g-h "), Some("a b c d _e.f@g-h".into()));
        for name in ["빨강", "été", "Łódź", "срочно", "हिन्दी", "ด่วน", "عاجل", "緊急 1"]
        {
            assert_eq!(clean(name).as_deref(), Some(name));
        }
        assert_eq!(clean("e\u{301}te\u{301}"), Some("été".into()));
        for invalid in ["", " ", "!!", "🎉", "<>", "\u{202e}"] {
            assert_eq!(clean(invalid), None, "{invalid}");
        }
        assert_eq!(clean(&"빨".repeat(500)).unwrap().chars().count(), 100);
        let names = ["b", "A", "B", "", "ÉTÉ", "été"].map(str::to_owned);
        assert_eq!(cleaned(names), ["A", "b", "ÉTÉ"]);
    }
}
