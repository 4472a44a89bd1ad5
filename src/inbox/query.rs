//! Mailpit's query language read into terms; what it matches is compiled elsewhere. Superset: `header:`, `link:`,
//! `code:`, `is:refused`.

use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization as _;

use crate::clock::Time;

use super::store::tags;

mod value;

/// A search, at least one term.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub(super) terms: Vec<QueryTerm>,
    /// Whether nothing of the text was passed over.
    pub(super) whole: bool,
}

/// All terms must hold; a negated one must not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QueryTerm {
    pub negated: bool,
    pub test: Criterion,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Criterion {
    /// A lower-case substring of one of these fields.
    Words {
        fields: &'static [SearchField],
        needle: String,
    },
    /// Exact name, any case.
    Tag(String),
    Read(bool),
    Tagged,
    Refused,
    Attachment,
    Inline,
    /// Received at this time or earlier.
    Before(Time),
    /// Received at this time or later.
    After(Time),
    /// More bytes than.
    Larger(i64),
    /// Fewer bytes than.
    Smaller(i64),
}

/// Parts of the search text, in this order; see [`super::segment::PARTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchField {
    Sender,
    Recipients,
    Cc,
    Bcc,
    ReplyTo,
    Subject,
    Body,
    Ident,
    Headers,
    Links,
    Codes,
}

use SearchField::{Bcc, Body, Cc, Codes, Headers, Ident, Links, Recipients, ReplyTo, Sender, Subject};

/// Where a plain word is looked for.
const ANYWHERE: &[SearchField] = &[Sender, Recipients, Cc, Bcc, ReplyTo, Subject, Body];
const ADDRESSED: &[SearchField] = &[Sender, Recipients, Cc, Bcc, ReplyTo];

/// Terms of one query that are read.
const MAX_TERMS: usize = 32;
/// Bytes of one query that are read.
const MAX_QUERY: usize = 4 * 1024;

impl Query {
    /// `None` when `text` is blank. Dates without a zone are in `zone`. Terms whose value is empty or means nothing
    /// are passed over, so a query may match everything.
    pub fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let read = text.get(..floor(text)).unwrap_or_default();
        let words = split(read);
        if words.iter().all(|w| w.trim().is_empty()) {
            return None;
        }
        let terms: Vec<QueryTerm> = words.iter().take(MAX_TERMS).filter_map(|word| term(word, zone)).collect();
        let whole = read.len() == text.len() && terms.len() == words.len();
        Some(Query { terms, whole })
    }

    /// The words of `text` that [`Query::parse`] passes over.
    pub fn ignored_terms(text: &str, zone: &TimeZone) -> Vec<String> {
        let words = split(text.get(..floor(text)).unwrap_or_default()).into_iter().enumerate();
        words.filter(|(at, word)| *at >= MAX_TERMS || term(word, zone).is_none()).map(|(_, word)| word).collect()
    }

    /// Whether every term of the text narrows the search. What is passed over finds more than was asked for, which is
    /// no harm in a list and much in a deletion.
    pub fn is_fully_understood(&self) -> bool {
        self.whole
    }

    /// Narrowed to what arrived: refused mail is kept for inspection and found by those who name it (`is:refused`).
    pub fn arrived(mut self) -> Self {
        if !self.terms.iter().any(|term| term.test == Criterion::Refused) {
            self.terms.push(QueryTerm { negated: true, test: Criterion::Refused });
        }
        self
    }
}

fn floor(text: &str) -> usize {
    (0..=text.len().min(MAX_QUERY)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// At blanks outside quotes; the quotes themselves go, there is no escape for one.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(String::new()),
            c => words.last_mut().into_iter().for_each(|w| w.push(c)),
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

fn term(word: &str, zone: &TimeZone) -> Option<QueryTerm> {
    let positive = word.strip_prefix(['-', '!']).filter(|rest| !rest.is_empty());
    let negated = positive.is_some();
    let word = positive.unwrap_or(word);
    let test = match word.split_once(':') {
        Some((prefix, value)) => prefixed(&prefix.to_ascii_lowercase(), value, word, zone)?,
        None => words(ANYWHERE, word)?,
    };
    Some(QueryTerm { negated, test })
}

fn prefixed(prefix: &str, value: &str, word: &str, zone: &TimeZone) -> Option<Criterion> {
    match prefix {
        "to" => words(&[Recipients], value),
        "from" => words(&[Sender], value),
        "cc" => words(&[Cc], value),
        "bcc" => words(&[Bcc], value),
        "reply-to" => words(&[ReplyTo], value),
        "addressed" => words(ADDRESSED, value),
        "subject" => verbatim(&[Subject], value),
        "message-id" => words(&[Ident], value),
        "header" => verbatim(&[Headers], &value::field(value)),
        "link" => verbatim(&[Links], value),
        "code" => words(&[Codes], value),
        // Cleaned as tags are; what would leave nothing is no tag and found nowhere.
        "tag" => {
            (!value.trim().is_empty()).then(|| Criterion::Tag(tags::clean(value).unwrap_or_else(|| value.to_owned())))
        }
        "is" => state(value).or_else(|| words(ANYWHERE, word)),
        "has" => has(value).or_else(|| words(ANYWHERE, word)),
        "before" => value::date(value, zone).map(Criterion::Before),
        "after" => value::date(value, zone).map(Criterion::After),
        "larger" => value::size(value).map(Criterion::Larger).or_else(|| words(ANYWHERE, word)),
        "smaller" => value::size(value).map(Criterion::Smaller).or_else(|| words(ANYWHERE, word)),
        _ => words(ANYWHERE, word),
    }
}

fn state(value: &str) -> Option<Criterion> {
    match value.to_ascii_lowercase().as_str() {
        "read" => Some(Criterion::Read(true)),
        "unread" => Some(Criterion::Read(false)),
        "tagged" => Some(Criterion::Tagged),
        "refused" => Some(Criterion::Refused),
        _ => None,
    }
}

fn has(value: &str) -> Option<Criterion> {
    match value.to_ascii_lowercase().as_str() {
        "attachment" | "attachments" => Some(Criterion::Attachment),
        "inline" | "inlines" => Some(Criterion::Inline),
        _ => None,
    }
}

/// What stands for a blank in cleaned values, and in the words they are compared with.
pub(super) fn is_punctuation(c: char) -> bool {
    matches!(c, '>' | '<' | '"' | ',' | ';' | '(' | ')')
}

/// A cleaned value; `None` when nothing is left of it.
fn words(fields: &'static [SearchField], value: &str) -> Option<Criterion> {
    let blank = |c: char| if c.is_whitespace() || c == '\0' || is_punctuation(c) { ' ' } else { c };
    let spaced: String = value.chars().map(blank).collect();
    let needle = spaced.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect::<String>();
    let needle = needle.to_lowercase();
    (!needle.is_empty()).then_some(Criterion::Words { fields, needle })
}

/// A value that is not cleaned.
fn verbatim(fields: &'static [SearchField], value: &str) -> Option<Criterion> {
    // NUL ends SQLite's idea of a text.
    let needle = value.replace('\0', " ").trim().nfc().collect::<String>().to_lowercase();
    (!needle.is_empty()).then_some(Criterion::Words { fields, needle })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests(text: &str) -> Vec<(bool, Criterion)> {
        Query::parse(text, &TimeZone::UTC).unwrap().terms.into_iter().map(|t| (t.negated, t.test)).collect()
    }

    fn anywhere(needle: &str) -> Criterion {
        Criterion::Words { fields: ANYWHERE, needle: needle.into() }
    }

    #[test]
    fn blank_queries_are_none() {
        for blank in ["", "  ", "\"\"", " \" \" "] {
            assert_eq!(Query::parse(blank, &TimeZone::UTC), None, "{blank:?}");
        }
    }

    #[test]
    fn words_phrases_and_negations_are_terms() {
        assert_eq!(
            tests("Hello \"Big  World\" -no !Not - \"a\"b"),
            [
                (false, anywhere("hello")),
                (false, anywhere("big world")),
                (true, anywhere("no")),
                (true, anywhere("not")),
                (false, anywhere("-")),
                (false, anywhere("ab")),
            ]
        );
    }

    #[test]
    fn what_arrived_leaves_refused_mail_out_unless_it_is_named() {
        let arrived = |text: &str| Query::parse(text, &TimeZone::UTC).unwrap().arrived().terms;
        assert_eq!(arrived("a").pop(), Some(QueryTerm { negated: true, test: Criterion::Refused }));
        assert_eq!(arrived("is:refused"), [QueryTerm { negated: false, test: Criterion::Refused }]);
        assert_eq!(arrived("IS:REFUSED a").len(), 2);
    }

    #[test]
    fn prefixes_choose_their_fields_in_any_case() {
        assert_eq!(
            tests("TO:<A@b.C> -subject:\"Re: (x)\" tag:Big is:UNREAD has:attachments is:odd to:"),
            [
                (false, Criterion::Words { fields: &[Recipients], needle: "a@b.c".into() }),
                (true, Criterion::Words { fields: &[Subject], needle: "re: (x)".into() }),
                (false, Criterion::Tag("Big".into())),
                (false, Criterion::Read(false)),
                (false, Criterion::Attachment),
                (false, anywhere("is:odd")),
            ]
        );
    }

    #[test]
    fn sizes_and_dates_are_read_or_passed_over() {
        assert_eq!(
            tests("larger:1.5k smaller:2MB larger:big"),
            [(false, Criterion::Larger(1536)), (false, Criterion::Smaller(2 << 20)), (false, anywhere("larger:big"))]
        );
        let seoul = TimeZone::get("Asia/Seoul").unwrap_or(TimeZone::fixed(jiff::tz::offset(9)));
        let at = |text: &str| Query::parse(text, &seoul).unwrap().terms.into_iter().map(|t| t.test).collect::<Vec<_>>();
        let nine_before = Criterion::After(Time::parse_rfc3339("2026-11-20T15:00:00Z").unwrap());
        for same in [
            "after:2026/11/21",
            "after:2026-11-21",
            "after:11/21/2026",
            "after:\"21 Nov 2026\"",
            "after:2026-11-21T00:00:00+09:00",
        ] {
            assert_eq!(at(same), std::slice::from_ref(&nine_before), "{same}");
        }
        assert_eq!(
            at("before:\"2026/11/21 00:00\""),
            [Criterion::Before(Time::parse_rfc3339("2026-11-20T15:00:00Z").unwrap())]
        );
        assert_eq!(at("before:whenever"), []);
        assert_eq!(Query::ignored_terms("a -before:whenever b from: to:c", &seoul), ["-before:whenever", "from:"]);
    }
}
