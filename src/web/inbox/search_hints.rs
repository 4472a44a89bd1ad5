//! Words of a search that look like a filter but are none. They are searched as text, and the page says so.

/// The filters of the search language (`crate::inbox::Query`).
const FILTERS: [&str; 20] = [
    "to",
    "from",
    "cc",
    "bcc",
    "reply-to",
    "addressed",
    "subject",
    "message-id",
    "header",
    "link",
    "code",
    "tag",
    "is",
    "has",
    "before",
    "after",
    "larger",
    "smaller",
    "mailbox",
    "alike",
];
/// Names before a colon that are no filter and need no hint: URLs and times.
const OTHERS: [&str; 4] = ["http", "https", "mailto", "tel"];
/// Operators of other search languages. Here all words must be found, and `-` excludes one.
const OPERATORS: [&str; 3] = ["OR", "AND", "NOT"];
/// Longest name that is taken for a filter.
const MAX_NAME: usize = 20;
/// Smallest likeness of a suggestion.
const LIKENESS: f64 = 0.75;
/// Hints for one search.
const MAX_HINTS: usize = 5;

/// A word that is searched as text, and the filter that was perhaps meant.
pub struct SearchHint {
    pub word: String,
    pub meant: Option<&'static str>,
}

pub fn search_hints(q: &str) -> Vec<SearchHint> {
    let mut quoted = false;
    let words = q.split(|c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    });
    words.filter_map(hint).take(MAX_HINTS).collect()
}

fn hint(word: &str) -> Option<SearchHint> {
    if OPERATORS.contains(&word) {
        return Some(SearchHint { word: word.to_owned(), meant: None });
    }
    let (name, value) = word.trim_start_matches(['-', '!']).split_once(':')?;
    let name = name.to_ascii_lowercase();
    let is_name = (2..=MAX_NAME).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if !is_name || value.starts_with("//") || FILTERS.iter().chain(&OTHERS).any(|known| *known == name) {
        return None;
    }
    let likeness = |filter: &&str| strsim::jaro_winkler(filter, &name);
    let nearest = FILTERS.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let meant = nearest.filter(|filter| likeness(filter) >= LIKENESS);
    Some(SearchHint { word: word.chars().take(60).collect(), meant })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_filter_is_named_with_the_nearest_one() {
        let found = |q: &str| search_hints(q).into_iter().map(|hint| (hint.word, hint.meant)).collect::<Vec<_>>();
        assert_eq!(found("a OR \"b OR c\" or d"), [("OR".to_owned(), None)]);
        assert_eq!(found("form:a x"), [("form:a".to_owned(), Some("from"))]);
        assert_eq!(
            found("-subjet:\"a b\" qqq:1"),
            [("-subjet:\"a b\"".to_owned(), Some("subject")), ("qqq:1".to_owned(), None)]
        );
        for fine in ["from:a", "https://a.test", "12:30", "\"a foo:b\"", "a:b", ""] {
            assert!(found(fine).is_empty(), "{fine}");
        }
        assert_eq!(found(&"foo:bar ".repeat(50)).len(), MAX_HINTS);
    }
}
