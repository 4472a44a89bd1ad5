//! A text term of a search.

use super::search_text::{FIELDS, LINE, PARTS};

/// A term to search for: one word or a phrase, in some of the fields or in some lines of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SearchTerm {
    pub words: Vec<String>,
    /// For each field, whether it is searched.
    fields: [bool; FIELDS],
    /// The first word of the lines that are searched, such as `subject:`; without it all text is searched.
    line_name: Option<String>,
}

impl SearchTerm {
    /// A run of whitespace counts as one space. A text without a word is a term that any word of the fields matches.
    pub fn new(text: &str, fields: impl IntoIterator<Item = usize>) -> Self {
        let mut chosen = [false; FIELDS];
        fields.into_iter().filter_map(|n| chosen.get_mut(n).map(|slot| *slot = true)).count();
        SearchTerm { words: text.split_whitespace().map(str::to_owned).collect(), fields: chosen, line_name: None }
    }

    /// Searches only lines with this first word, and in them only the text behind it. `name` is one word that ends with
    /// a colon and has no other.
    pub fn in_lines_named(self, name: &str) -> Self {
        SearchTerm { line_name: Some(name.to_owned()), ..self }
    }

    /// The first word of the lines that are searched, if the term does not search all text.
    pub fn line_name(&self) -> Option<&str> {
        self.line_name.as_deref()
    }

    /// The longest word that a matching message contains.
    pub fn longest(&self) -> &str {
        self.words.iter().chain(&self.line_name).max_by_key(|word| word.len()).map_or("", String::as_str)
    }

    /// Bytes of heap memory in use.
    pub fn weight(&self) -> usize {
        self.words.iter().chain(&self.line_name).map(|word| word.len() + size_of::<String>()).sum()
    }

    /// True if one of the searched fields contains the term. In `fields`, each run of whitespace must be one space.
    pub fn is_in(&self, fields: &[&str; FIELDS]) -> bool {
        let text = self.words.join(" ");
        let holds = |part: &str| if text.is_empty() { !part.trim().is_empty() } else { part.contains(&text) };
        self.fields.iter().zip(fields).filter(|(chosen, _)| **chosen).any(|(_, field)| match &self.line_name {
            Some(name) => line_values(field, name).any(holds),
            None => holds(field),
        })
    }

    /// The indices of the [`PARTS`] that must be searched.
    pub fn parts(&self) -> impl Iterator<Item = usize> + '_ {
        (0..PARTS.len()).filter(|part| self.fields_of(*part).iter().any(|chosen| *chosen))
    }

    pub fn fields_of(&self, part: usize) -> &[bool] {
        PARTS.get(part).and_then(|range| self.fields.get(range.clone())).unwrap_or_default()
    }
}

/// The texts of the lines whose first word is `name`, without that word. In `field`, words are separated by one blank.
fn line_values<'t>(field: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    field.match_indices(name).filter_map(move |(at, name)| {
        let (before, rest) = (field.get(..at)?, field.get(at + name.len()..)?);
        let mut words = before.rsplit(' ');
        let starts_line = words.next() == Some("") && matches!(words.next(), None | Some("" | LINE));
        (starts_line && (rest.is_empty() || rest.starts_with(' '))).then(|| before_line_word(rest))
    })
}

/// The text before the first word [`LINE`].
fn before_line_word(text: &str) -> &str {
    let parts = |at: usize| Some((text.get(..at)?, text.get(at + LINE.len()..)?));
    let is_word =
        |(before, after): &(&str, &str)| before.ends_with(' ') && (after.is_empty() || after.starts_with(' '));
    text.match_indices(LINE).filter_map(|(at, _)| parts(at)).find(is_word).map_or(text, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(header: &str, name: &str, text: &str) -> bool {
        let mut fields = [""; FIELDS];
        fields[8] = header;
        SearchTerm::new(text, [8]).in_lines_named(name).is_in(&fields)
    }

    #[test]
    fn a_line_is_searched_from_its_name_to_its_end() {
        let header = " to: kim lee \u{1e} list-to: a to: b \u{1e} cc: \u{1e} x: big \u{1e}big world\u{1e} end \u{1e}";
        for (name, text) in
            [("to:", "kim"), ("to:", "im  le"), ("list-to:", "to: b"), ("x:", "g \u{1e}big w"), ("x:", "end")]
        {
            assert!(is_found(header, name, text), "{name} {text}");
        }
        for (name, text) in [
            ("to:", "a"),
            ("to:", "b"),
            ("to:", "to:"),
            ("to:", "lee \u{1e} list-to: a"),
            ("to:", "\u{1e}"),
            ("cc:", "x"),
            ("cc:", ""),
            ("kim:", "lee"),
            ("x:", "kim"),
        ] {
            assert!(!is_found(header, name, text), "{name} {text}");
        }
        assert!(is_found("to: kim", "to:", "kim") && is_found("to: kim", "to:", "") && !is_found("to:", "to:", "kim"));
    }
}
