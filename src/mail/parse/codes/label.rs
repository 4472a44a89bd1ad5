//! Reads the words beside a number: some make the number a code, others make it something else.

use super::number::{Candidate, Shape, cjk};
use super::vocabulary::{
    ANNOUNCING, CJK_NAMES, CJK_OTHERS, CJK_UNITS, CLEAR, COPULAS, ENDERS, NAMES, NUMBERS, OWNERS, POINTERS, REFERENCES,
    UNITS, contains_entry, entries,
};

/// Bytes of a line that are searched for an announcing word.
const MAX_LINE: usize = 2_000;
/// Bytes of the text directly beside a number that are read.
pub(super) const REACH: usize = 200;
/// Words before or after a number that may belong to its label.
const NEAR: usize = 6;

/// True if the line has a word for a code.
pub(super) fn announces(line: &str) -> bool {
    let line = line.get(..super::floor(line, MAX_LINE)).unwrap_or_default().to_lowercase();
    entries(ANNOUNCING).any(|word| line.contains(word)) || line.contains("confirmation number")
}

/// A candidate and its position among the words of its line.
pub(super) struct CodePosition<'t> {
    pub words: &'t [&'t str],
    /// The words of the line above, if the candidate is alone on its line.
    pub above: &'t [&'t str],
    pub at: usize,
    pub candidate: &'t Candidate<'t>,
}

impl CodePosition<'_> {
    pub(super) fn is_alone(&self) -> bool {
        self.words.len() == 1
    }

    /// The words before the candidate, nearest first.
    fn before(&self) -> impl Iterator<Item = &str> {
        let own = Some(self.candidate.before).filter(|own| !own.is_empty());
        let line = self.words.get(..self.at).unwrap_or_default().iter().rev().copied();
        let words = own.into_iter().chain(line).chain(self.above.iter().rev().copied());
        words.take(NEAR).map(|word| word.get(super::ceil(word, REACH)..).unwrap_or_default())
    }

    /// The text after the candidate: the rest of its own word, and the next words.
    fn behind(&self) -> (&str, impl Iterator<Item = &str>) {
        let short = |word: &'_ str| super::floor(word, REACH);
        let own = self.candidate.after;
        let words = self.words.get(self.at + self.candidate.words..).unwrap_or_default();
        let words = words.iter().take(NEAR + 2).map(move |word| word.get(..short(word)).unwrap_or_default());
        (own.get(..short(own)).unwrap_or_default(), words)
    }

    /// True if the number identifies something else: `Order 998877`, `주문번호: 998877`, `고객123456`, `123456원`.
    pub(super) fn is_reference(&self) -> bool {
        let glued = self.candidate.before.ends_with(cjk);
        if glued && !announces(self.before().next().unwrap_or_default()) || starts_with_unit(self.behind().0) {
            return true;
        }
        let (mut numbered, mut passed) = (false, false);
        for word in self.before() {
            let (stem, ends) = (stem(word), word.ends_with(ENDERS));
            if !ends && (stem.is_empty() || contains_entry(COPULAS, &stem)) {
                continue;
            }
            if contains_entry(NUMBERS, &stem) {
                (numbered, passed) = (true, true);
            } else if !ends && contains_entry(NAMES, &stem) {
                passed = true;
            } else {
                // On the line above, "confirm your order:" announces a code, "order number:" does not.
                let owner = if self.is_alone() { owns_number(&stem, numbered) } else { owns(&stem, numbered) };
                return owner && !ends && !(passed && word.ends_with(POINTERS));
            }
        }
        false
    }

    /// True if the number counts something, or if another number follows.
    pub(super) fn has_unit(&self) -> bool {
        let (own, mut words) = self.behind();
        let next = words.next().map(stem).unwrap_or_default();
        starts_with_unit(own)
            || contains_entry(UNITS, &next)
            || starts_with_unit(&next)
            || next.starts_with(|c: char| c.is_ascii_digit())
    }

    /// True if a word for a code stands directly before or after it: `Your PIN is 0042`, `0042 is your PIN`.
    pub(super) fn is_labelled(&self) -> bool {
        self.is_named_before() || self.is_named_behind()
    }

    fn is_named_before(&self) -> bool {
        let (mut linked, mut pointed) = (false, false);
        let mut words = self.before();
        while let Some(word) = words.next() {
            if word.ends_with(ENDERS) {
                return false;
            }
            let stem = stem(word);
            pointed |= word.ends_with(POINTERS) || stem.is_empty();
            if stem.is_empty() || contains_entry(COPULAS, &stem) {
                linked = true;
                continue;
            }
            let named = is_name(&stem, words.next().map(self::stem).as_deref(), linked || pointed);
            return match self.candidate.shape {
                Shape::Mixed => self.is_mixed_code(named, pointed, linked, &stem),
                _ => named,
            };
        }
        false
    }

    /// True if a mixed candidate is a code. Ordinary words with a digit follow "code" too: `Your code is python3`.
    fn is_mixed_code(&self, named: bool, pointed: bool, linked: bool, label: &str) -> bool {
        let code = self.candidate.code.as_bytes();
        if !code.iter().any(u8::is_ascii_lowercase) {
            let other = entries(NAMES).chain(entries(CJK_NAMES)).any(|name| bare(label).ends_with(name));
            return named && (pointed || linked) || pointed && !other && announces(label);
        }
        let turns = code.windows(2).filter(|two| matches!(two, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()));
        named && (pointed || linked && turns.count() > 1)
    }

    fn is_named_behind(&self) -> bool {
        let code = &self.candidate.code;
        let year = code.len() == 4 && (code.starts_with("19") || code.starts_with("20"));
        let (own, mut words) = self.behind();
        if year || own.contains(ENDERS) || self.candidate.shape == Shape::Mixed {
            return false;
        }
        let next = words.next().unwrap_or_default().to_lowercase();
        if own.starts_with(cjk) {
            let copula = entries(COPULAS).any(|copula| own.starts_with(copula));
            return copula && entries(CJK_NAMES).any(|name| own.contains(name) || next.starts_with(name));
        }
        if !contains_entry(COPULAS, &next) || !words.next().is_some_and(|word| ["your", "the"].contains(&&*stem(word)))
        {
            return false;
        }
        let mut prior = String::new();
        for word in words {
            let stem = stem(word);
            if contains_entry(NAMES, &stem) {
                return is_name(&stem, Some(&prior), true);
            }
            if word.ends_with(ENDERS) {
                return false;
            }
            prior = stem;
        }
        false
    }
}

/// The word in lower case without punctuation around it; of several joined words, the last.
fn stem(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.rsplit(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default().to_lowercase()
}

/// The word without the particle or copula attached to it.
fn bare(stem: &str) -> &str {
    ["은", "는", "이", "가", "は", "が", "为", "是"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem)
}

fn starts_with_unit(behind: &str) -> bool {
    entries(CJK_UNITS).any(|unit| behind.starts_with(unit))
}

/// True if a number after `stem` belongs to it; `numbered` if "number" stands between.
fn owns(stem: &str, numbered: bool) -> bool {
    is_one_of(REFERENCES, bare(stem)) || owns_number(stem, numbered)
}

/// The same, but "number" must stand between, or at the end of `stem`.
fn owns_number(stem: &str, numbered: bool) -> bool {
    let bare = bare(stem);
    let base =
        entries(NUMBERS).chain(["코드", "コード"]).find_map(|end| bare.strip_suffix(end).filter(|b| b.ends_with(cjk)));
    let owner = base.or(numbered.then_some(bare));
    owner.is_some_and(|base| is_one_of(REFERENCES, base) || is_one_of(OWNERS, base))
}

/// True if `list` has `word`. In scripts without blanks, it may be the end of a longer word.
fn is_one_of(list: &'static str, word: &str) -> bool {
    contains_entry(list, word) || word.ends_with(cjk) && entries(list).any(|end| word.ends_with(end))
}

/// True if `stem` is a word for a code; `linked` if something between them links it to the number.
fn is_name(stem: &str, prior: Option<&str>, linked: bool) -> bool {
    let (prior, bare) = (prior.unwrap_or_default(), bare(stem));
    if bare.ends_with(cjk) {
        let named = entries(CJK_NAMES).any(|name| bare.ends_with(name)) || bare == "번호" && prior.ends_with("인증");
        let mut others = entries(CJK_OTHERS).chain(entries(REFERENCES));
        return named && !others.any(|word| bare.contains(word) || prior.ends_with(word));
    }
    let named = match bare {
        "number" => ["confirmation", "verification", "security", "pin"].contains(&prior),
        "password" => ["one-time", "time", "onetime"].contains(&prior),
        name => contains_entry(NAMES, name),
    };
    named && (linked || contains_entry(CLEAR, bare)) && !contains_entry(REFERENCES, prior)
}
