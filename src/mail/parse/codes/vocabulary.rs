//! The words that say what a number is. The table of them is vocabulary.txt.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a word says about the number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordClass {
    /// Something else that has a number, or a code that is not for a login: an order, a postal or promotion code.
    Other,
    /// Has a number too, but "verify your account:" does not name it.
    Owner,
    /// A one-time code.
    Code,
    /// A password. It is a code if a [`WordClass::Check`] stands before it.
    Secret,
    /// "Number": a code after a [`WordClass::Check`], something else after any other noun.
    Number,
    /// Verification: announces a code.
    Check,
    /// What a person does with a code; announces one on the same line.
    Action,
    /// Makes a password a code.
    Qualifier,
    /// Joins a label and its number.
    Link,
    /// What a number counts.
    Unit,
}

/// One block per language; the beginning of the file explains it.
const LANGUAGES: &str = include_str!("vocabulary.txt");

/// Words between a noun and its number that are no nouns.
const FILLERS: &str = " your the a an this that my our new ihr ihre votre su tu sua il ваш ваша twój kamu anda bạn ";

impl WordClass {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "other" => WordClass::Other,
            "owner" => WordClass::Owner,
            "code" => WordClass::Code,
            "secret" => WordClass::Secret,
            "number" => WordClass::Number,
            "check" => WordClass::Check,
            "action" => WordClass::Action,
            "qualifier" => WordClass::Qualifier,
            "link" => WordClass::Link,
            "unit" => WordClass::Unit,
            _ => return None,
        })
    }
}

struct VocabularyIndex {
    exact: HashMap<&'static str, WordClass>,
    prefixes: Vec<(&'static str, WordClass)>,
    suffixes: Vec<(&'static str, WordClass)>,
    /// Words of scripts without blanks.
    anywhere: Vec<(&'static str, WordClass)>,
}

static INDEX: LazyLock<VocabularyIndex> = LazyLock::new(|| {
    let mut index = VocabularyIndex { exact: HashMap::new(), prefixes: vec![], suffixes: vec![], anywhere: vec![] };
    let rows = LANGUAGES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    for (class, words) in rows.filter_map(|(name, words)| Some((WordClass::named(name)?, words))) {
        for word in words.split_whitespace() {
            match (word.strip_suffix('*'), word.strip_prefix('*')) {
                (Some(start), _) => index.prefixes.push((start, class)),
                (_, Some(end)) => index.suffixes.push((end, class)),
                _ if word.contains(has_no_blanks) => index.anywhere.push((word, class)),
                _ => drop(index.exact.entry(word).or_insert(class)),
            }
        }
    }
    index
});

/// The class of a word in lower case.
pub(super) fn class(word: &str) -> Option<WordClass> {
    if word.contains(has_no_blanks) {
        return class_within(word);
    }
    let index = &*INDEX;
    let known = index.exact.get(word).copied();
    let known = known.or_else(|| index.prefixes.iter().find(|(start, _)| word.starts_with(start)).map(|(_, c)| *c));
    known.or_else(|| {
        let (end, class) = index.suffixes.iter().find(|(end, _)| word.ends_with(end))?;
        // `Bestellnummer` names what it numbers.
        Some(if *class == WordClass::Number && word.len() > end.len() { WordClass::Other } else { *class })
    })
}

/// The class of a word in a script without blanks, which may join several nouns: `주문번호는`, `認証コードは`.
fn class_within(word: &str) -> Option<WordClass> {
    let found = |class| INDEX.anywhere.iter().filter(move |(_, c)| *c == class).find_map(|(part, _)| word.find(part));
    let number = found(WordClass::Number);
    match () {
        () if found(WordClass::Other).is_some() => Some(WordClass::Other),
        () if found(WordClass::Code).is_some() => Some(WordClass::Code),
        () if found(WordClass::Secret).or(number).is_some() && found(WordClass::Check).is_some() => {
            Some(WordClass::Code)
        }
        () if found(WordClass::Secret).is_some() => Some(WordClass::Secret),
        () if number.is_some_and(|at| at > 0) => Some(WordClass::Other),
        () if number.is_some() => Some(WordClass::Number),
        () if found(WordClass::Check).is_some() => Some(WordClass::Check),
        () => found(WordClass::Action).map(|_| WordClass::Action),
    }
}

/// True if a text directly behind a number starts with a unit of a script without blanks: `원`, `分`.
pub(super) fn starts_with_unit(text: &str) -> bool {
    INDEX.anywhere.iter().any(|(unit, class)| *class == WordClass::Unit && text.starts_with(unit))
}

/// True if a word of a script without blanks ends with a word that joins a label and its number: `번호는`.
pub(super) fn ends_with_link(word: &str) -> bool {
    INDEX.anywhere.iter().any(|(link, class)| *class == WordClass::Link && word.ends_with(link))
}

pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.split(' ').any(|filler| filler == word)
}

/// True for characters of scripts that put no blanks between a word and its particle, or between any words.
pub(super) fn has_no_blanks(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_has_a_class_and_every_word_is_in_lower_case() {
        for line in LANGUAGES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (name, words) = line.split_once(' ').unwrap();
            assert!(WordClass::named(name).is_some(), "{line}");
            assert_eq!(words, words.to_lowercase());
        }
    }
}
