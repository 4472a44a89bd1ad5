//! The words that say what a number is. The table of them is vocabulary.txt.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a word says about the number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordClass {
    /// Something else that has a number, or a code that is not for a login: an order, a postal or promotion code.
    Other,
    /// As [`WordClass::Other`], for what has a code that a person uses too: a discount.
    Offer,
    /// Something that is numbered, if its number follows directly: a line, a page.
    Counter,
    /// Has a number too, but "verify your account:" does not name it.
    Owner,
    /// As [`WordClass::Owner`], but a code of it is no one-time code: a member.
    Member,
    /// As [`WordClass::Member`], for what has a code but no number that is known by it: a store, a product.
    Coded,
    /// A one-time code.
    Code,
    /// A password. It is a code if a [`WordClass::Check`] stands before it, or a [`WordClass::Qualifier`] beside it.
    Secret,
    /// "Number": a code after a [`WordClass::Check`], something else after any other noun.
    Number,
    /// Verification: announces a code.
    Check,
    /// As [`WordClass::Check`], but its number is that of a [`WordClass::Confirmation`].
    Confirm,
    /// "Confirmation number" in one word: of a purchase, or a code.
    Confirmation,
    /// What a person does with a code; announces one on the same line.
    Action,
    /// What a person does with other things too; announces what follows it directly.
    Use,
    /// Makes a password a code.
    Qualifier,
    /// Says whose the code is.
    Possessive,
    /// An article or a joint within a noun: no noun of its own.
    Filler,
    /// Joins a label and its number.
    Link,
    /// A currency, before or behind its amount.
    Currency,
    /// What a number counts.
    Unit,
}

/// One block per language; the beginning of the file explains it.
const LANGUAGES: &str = include_str!("vocabulary.txt");

impl WordClass {
    /// The number of classes. `Unit` is the last.
    const COUNT: usize = WordClass::Unit as usize + 1;

    /// True for what has a number that is no one-time code.
    pub(super) fn has_number(self) -> bool {
        use WordClass::{Confirmation, Member, Number, Offer, Other, Owner};
        matches!(self, Other | Offer | Owner | Member | Number | Confirmation)
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "other" => WordClass::Other,
            "offer" => WordClass::Offer,
            "counter" => WordClass::Counter,
            "owner" => WordClass::Owner,
            "member" => WordClass::Member,
            "coded" => WordClass::Coded,
            "code" => WordClass::Code,
            "secret" => WordClass::Secret,
            "number" => WordClass::Number,
            "check" => WordClass::Check,
            "confirm" => WordClass::Confirm,
            "confirmation" => WordClass::Confirmation,
            "action" => WordClass::Action,
            "use" => WordClass::Use,
            "qualifier" => WordClass::Qualifier,
            "possessive" => WordClass::Possessive,
            "filler" => WordClass::Filler,
            "link" => WordClass::Link,
            "currency" => WordClass::Currency,
            "unit" => WordClass::Unit,
            _ => return None,
        })
    }
}

#[derive(Default)]
struct VocabularyIndex {
    exact: HashMap<&'static str, WordClass>,
    /// By their first character, in the order of the table.
    prefixes: HashMap<char, Vec<(&'static str, WordClass)>>,
    /// By their last character.
    suffixes: HashMap<char, Vec<(&'static str, WordClass)>>,
    /// Words of scripts without blanks, by their first character.
    anywhere: HashMap<char, Vec<(&'static str, WordClass)>>,
    /// Those that join a label and its number.
    links: Vec<&'static str>,
}

static INDEX: LazyLock<VocabularyIndex> = LazyLock::new(|| VocabularyIndex::new(WordClass::named));
/// The words of each topic. Most of them have a class in [`INDEX`] too.
static TOPICS: LazyLock<[VocabularyIndex; 4]> = LazyLock::new(|| {
    Topic::NAMES.map(|topic| VocabularyIndex::new(|name| (name == topic).then_some(WordClass::Other)))
});

/// What a message or a part of it may be about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Topic {
    /// A booking, a payment.
    Purchase,
    /// A payment by card.
    Card,
    /// The permission for a payment. Its code stands on the receipt.
    Approval,
    /// Something that failed. A code with it says why.
    Failure,
}

impl Topic {
    /// The names of their rows, in the order of the topics.
    pub(super) const NAMES: [&str; 4] = ["purchase", "card", "approval", "failure"];

    /// True if a word in lower case is about the topic.
    pub(super) fn has(self, word: &str) -> bool {
        TOPICS.get(self as usize).is_some_and(|index| {
            index.exact.contains_key(word)
                || index.prefix(word).or(index.suffix(word).map(|(_, class)| class)).is_some()
                || index.parts(word).next().is_some()
        })
    }
}

impl VocabularyIndex {
    /// The rows to whose names `class_of` gives a class.
    fn new(class_of: impl Fn(&str) -> Option<WordClass>) -> Self {
        let mut index = VocabularyIndex::default();
        let rows = LANGUAGES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
        for (class, words) in rows.filter_map(|(name, words)| Some((class_of(name)?, words))) {
            for word in words.split_whitespace() {
                index.insert(word, class);
            }
        }
        index
    }

    fn insert(&mut self, word: &'static str, class: WordClass) {
        match (word.strip_suffix('*'), word.strip_prefix('*')) {
            (Some(start), _) => {
                let first = start.chars().next().unwrap_or_default();
                self.prefixes.entry(first).or_default().push((start, class));
            }
            (_, Some(end)) => {
                let last = end.chars().next_back().unwrap_or_default();
                self.suffixes.entry(last).or_default().push((end, class));
            }
            _ if word.contains(has_no_blanks) => {
                let first = word.chars().next().unwrap_or_default();
                self.anywhere.entry(first).or_default().push((word, class));
                self.links.extend((class == WordClass::Link).then_some(word));
            }
            _ => drop(self.exact.entry(word).or_insert(class)),
        }
    }

    /// The first of the `word*` that match.
    fn prefix(&self, word: &str) -> Option<WordClass> {
        let first = word.chars().next()?;
        self.prefixes.get(&first)?.iter().find(|(start, _)| word.starts_with(start)).map(|(_, class)| *class)
    }

    /// The words of scripts without blanks in a word, with their classes and where they begin.
    fn parts<'s>(&'s self, word: &'s str) -> impl Iterator<Item = (usize, WordClass)> + 's {
        word.char_indices().flat_map(move |(at, first)| {
            let rest = word.get(at..).unwrap_or_default();
            let words = self.anywhere.get(&first).into_iter().flatten();
            words.filter(move |(part, _)| rest.starts_with(part)).map(move |(_, class)| (at, *class))
        })
    }

    /// The first of the `*word` that match.
    fn suffix(&self, word: &str) -> Option<(&'static str, WordClass)> {
        let last = word.chars().next_back()?;
        self.suffixes.get(&last)?.iter().find(|(end, _)| word.ends_with(end)).copied()
    }
}

/// The class of a word in lower case.
pub(super) fn class(word: &str) -> Option<WordClass> {
    if word.contains(has_no_blanks) {
        return class_within(word);
    }
    let index = &*INDEX;
    if let Some(class) = index.exact.get(word) {
        return Some(*class);
    }
    // `Bestellnummer` names what it numbers.
    let noun = index.suffix(word).map(|(end, class)| match class {
        WordClass::Number if word.len() > end.len() => WordClass::Other,
        class => class,
    });
    match (index.prefix(word), noun) {
        (Some(WordClass::Confirm), Some(WordClass::Other)) => Some(WordClass::Confirmation),
        // `Sicherheitscode` is a code, and `Sicherheitsnummer` too.
        (Some(WordClass::Check | WordClass::Action | WordClass::Use), Some(WordClass::Code | WordClass::Other))
        | (Some(WordClass::Confirm | WordClass::Owner), Some(WordClass::Code)) => Some(WordClass::Code),
        (Some(WordClass::Owner | WordClass::Member | WordClass::Coded), Some(_)) => Some(WordClass::Other),
        (prefix, noun) => prefix.or(noun),
    }
}

/// The class of a word in a script without blanks, which may join several nouns: `주문번호는`, `認証コードは`.
fn class_within(word: &str) -> Option<WordClass> {
    // Where the first word of each class begins.
    let mut found = [None; WordClass::COUNT];
    for (at, class) in INDEX.parts(word) {
        if let Some(first) = found.get_mut(class as usize) {
            first.get_or_insert(at);
        }
    }
    let found = |class: WordClass| found.get(class as usize).copied().flatten();
    let (number, suffix) = (found(WordClass::Number), INDEX.suffix(word).map(|(_, class)| class));
    match () {
        () if found(WordClass::Other).or(found(WordClass::Offer)).is_some() => Some(WordClass::Other),
        () if found(WordClass::Confirmation).is_some() => Some(WordClass::Confirmation),
        () if found(WordClass::Code).is_some_and(|at| is_compound_of_other(word, at)) => Some(WordClass::Other),
        () if found(WordClass::Code).is_some() => Some(WordClass::Code),
        () if found(WordClass::Secret).or(number).is_some() && found(WordClass::Check).is_some() => {
            Some(WordClass::Code)
        }
        () if number.is_some() && found(WordClass::Confirm).is_some() => Some(WordClass::Confirmation),
        () if found(WordClass::Secret).is_some() && found(WordClass::Confirm).is_some() => Some(WordClass::Code),
        () if found(WordClass::Secret).is_some() => Some(WordClass::Secret),
        () if number.is_some_and(|at| at > 0) => Some(WordClass::Other),
        () if number.is_some() => Some(WordClass::Number),
        () if suffix.is_some() => suffix,
        () if found(WordClass::Check).is_some() => Some(WordClass::Check),
        () if found(WordClass::Confirm).is_some() => Some(WordClass::Confirm),
        () => found(WordClass::Action).map(|_| WordClass::Action),
    }
}

/// True for a Korean compound whose noun for a code begins at `at`, unless the words before it are those of a login:
/// `부서코드`, but `인증코드`. Which other things have codes is no list that ends.
fn is_compound_of_other(word: &str, at: usize) -> bool {
    use WordClass::{Action, Check, Code, Confirm, Qualifier, Secret};
    let (start, noun) = word.split_at_checked(at).unwrap_or_default();
    let is_login = |class: WordClass| matches!(class, Action | Check | Code | Confirm | Qualifier | Secret);
    let names_login = || INDEX.parts(start).any(|(_, class)| is_login(class));
    noun.starts_with("코드") && !start.is_empty() && !start.ends_with('의') && !names_login()
}

/// True if a word in lower case names a verification, also as a part: `인증코드`, `sicherheitscode`.
pub(super) fn names_check(word: &str) -> bool {
    let is_check = |class: &WordClass| matches!(class, WordClass::Check | WordClass::Confirm | WordClass::Action);
    let index = &*INDEX;
    index.prefix(word).is_some_and(|class| is_check(&class)) || index.parts(word).any(|(_, class)| is_check(&class))
}

/// True if a text directly behind a number says that what follows belongs to it: `55443322의 인증번호`.
pub(super) fn starts_with_genitive(text: &str) -> bool {
    ["의", "님의", "の", "様の", "さんの", "的", "號的", "号的"].iter().any(|end| text.starts_with(end))
}

/// True if a text directly behind a number starts with a unit of a script without blanks: `원`, `分`.
pub(super) fn starts_with_unit(text: &str) -> bool {
    let Some(first) = text.chars().next().filter(|first| has_no_blanks(*first)) else { return false };
    let is_unit = |(unit, class): &(&str, WordClass)| *class == WordClass::Unit && text.starts_with(unit);
    INDEX.anywhere.get(&first).into_iter().flatten().any(is_unit)
}

/// True if a word of a script without blanks ends with a word that joins a label and its number: `번호는`.
pub(super) fn ends_with_link(word: &str) -> bool {
    word.ends_with(has_no_blanks) && INDEX.links.iter().any(|link| word.ends_with(link))
}

/// True for characters of scripts that put no blanks between a word and its particle, or between any words.
pub(super) fn has_no_blanks(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests;
