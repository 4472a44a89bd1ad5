//! A text term of a search.

use super::search_text::{FIELDS, PARTS};

/// A term to search for: one word or a phrase, in some of the fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SearchTerm {
    pub words: Vec<String>,
    /// For each field, whether it is searched.
    fields: [bool; FIELDS],
}

impl SearchTerm {
    /// A run of whitespace counts as one space. A text without a word is a term that any word of the fields matches.
    pub fn new(text: &str, fields: impl IntoIterator<Item = usize>) -> Self {
        let mut chosen = [false; FIELDS];
        fields.into_iter().filter_map(|n| chosen.get_mut(n).map(|slot| *slot = true)).count();
        SearchTerm { words: text.split_whitespace().map(str::to_owned).collect(), fields: chosen }
    }

    /// The longest word of the term.
    pub fn longest(&self) -> &str {
        self.words.iter().max_by_key(|word| word.len()).map_or("", String::as_str)
    }

    /// Bytes of heap memory in use.
    pub fn weight(&self) -> usize {
        self.words.iter().map(|word| word.len() + size_of::<String>()).sum()
    }

    /// True if one of the searched fields contains the term. In `fields`, each run of whitespace must be one space.
    pub fn is_in(&self, fields: &[&str; FIELDS]) -> bool {
        if self.words.is_empty() {
            return self.fields.iter().zip(fields).any(|(chosen, field)| *chosen && !field.trim().is_empty());
        }
        let text = self.words.join(" ");
        self.fields.iter().zip(fields).any(|(chosen, field)| *chosen && field.contains(&text))
    }

    /// The indices of the [`PARTS`] that must be searched.
    pub fn parts(&self) -> impl Iterator<Item = usize> + '_ {
        (0..PARTS.len()).filter(|part| self.fields_of(*part).iter().any(|chosen| *chosen))
    }

    pub fn fields_of(&self, part: usize) -> &[bool] {
        PARTS.get(part).and_then(|range| self.fields.get(range.clone())).unwrap_or_default()
    }
}
