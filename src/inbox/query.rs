//! Parses Mailpit's query language into terms. Additions of Gatepost: `header:`, `link:`, `code:`, `is:refused`. The
//! terms are executed in `search` and `sql_filter`.

use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization as _;

use crate::clock::Time;

use super::store::tags;

mod value;

/// A parsed search query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub(super) terms: Vec<QueryTerm>,
    /// True if no part of the text was ignored.
    pub(super) whole: bool,
}

/// One term of a query. A message matches if every term holds; a negated term holds if its test fails.
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
    /// The whole name of a tag, in any case.
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
    /// Size above this number of bytes.
    Larger(i64),
    /// Size below this number of bytes.
    Smaller(i64),
}

/// Fields of the search text, in the order of [`super::search_text::SearchText::fields`].
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

/// Fields that are searched for a word without a prefix.
const ANYWHERE: &[SearchField] = &[Sender, Recipients, Cc, Bcc, ReplyTo, Subject, Body];
const ADDRESSED: &[SearchField] = &[Sender, Recipients, Cc, Bcc, ReplyTo];

/// Maximum number of terms in a query; further terms are ignored.
const MAX_TERMS: usize = 32;
/// Maximum length of a query in bytes; further text is ignored.
const MAX_QUERY: usize = 4 * 1024;

impl Query {
    /// Parses a query; `None` if `text` is blank. Dates without a time zone are in `zone`. Terms with an empty or
    /// invalid value are ignored, so a query can match everything.
    pub fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let read = text.get(..parsed_length(text)).unwrap_or_default();
        let words = split(read);
        if words.iter().all(|w| w.trim().is_empty()) {
            return None;
        }
        let terms: Vec<QueryTerm> = words.iter().take(MAX_TERMS).filter_map(|word| term(word, zone)).collect();
        let whole = read.len() == text.len() && terms.len() == words.len();
        Some(Query { terms, whole })
    }

    /// Returns the words of `text` that [`Query::parse`] ignores.
    pub fn ignored_terms(text: &str, zone: &TimeZone) -> Vec<String> {
        let words = split(text.get(..parsed_length(text)).unwrap_or_default()).into_iter().enumerate();
        words.filter(|(at, word)| *at >= MAX_TERMS || term(word, zone).is_none()).map(|(_, word)| word).collect()
    }

    /// Returns true if no term was ignored. Ignored terms widen the result: harmless in a list, dangerous in a bulk
    /// delete.
    pub fn is_fully_understood(&self) -> bool {
        self.whole
    }

    /// Excludes refused messages, unless the query has an `is:refused` term. Refused messages are stored for inspection
    /// only.
    pub fn arrived(mut self) -> Self {
        if !self.terms.iter().any(|term| term.test == Criterion::Refused) {
            self.terms.push(QueryTerm { negated: true, test: Criterion::Refused });
        }
        self
    }
}

/// Returns the number of bytes of `text` that are parsed: at most [`MAX_QUERY`], ending at a character boundary.
fn parsed_length(text: &str) -> usize {
    (0..=text.len().min(MAX_QUERY)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Splits `text` at white space outside quotes and removes the quotes. Quotes cannot be escaped.
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
        // Cleaned like tag names. A value that is not a valid name is kept, and matches no tag.
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

/// Returns true for characters that are replaced with a blank in cleaned values and in the text they are compared with.
pub(super) fn is_punctuation(c: char) -> bool {
    matches!(c, '>' | '<' | '"' | ',' | ';' | '(' | ')')
}

/// Builds a test for a cleaned value; `None` if the cleaned value is empty.
fn words(fields: &'static [SearchField], value: &str) -> Option<Criterion> {
    let blank = |c: char| if c.is_whitespace() || c == '\0' || is_punctuation(c) { ' ' } else { c };
    let spaced: String = value.chars().map(blank).collect();
    let needle = spaced.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect::<String>();
    let needle = needle.to_lowercase();
    (!needle.is_empty()).then_some(Criterion::Words { fields, needle })
}

/// Builds a test for a value with its punctuation; `None` if the value is blank.
fn verbatim(fields: &'static [SearchField], value: &str) -> Option<Criterion> {
    // SQLite ends a text at NUL.
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
    fn a_blank_text_is_not_a_query() {
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
    fn arrived_excludes_refused_messages_unless_the_query_asks_for_them() {
        let arrived = |text: &str| Query::parse(text, &TimeZone::UTC).unwrap().arrived().terms;
        assert_eq!(arrived("a").pop(), Some(QueryTerm { negated: true, test: Criterion::Refused }));
        assert_eq!(arrived("is:refused"), [QueryTerm { negated: false, test: Criterion::Refused }]);
        assert_eq!(arrived("IS:REFUSED a").len(), 2);
    }

    #[test]
    fn prefixes_select_fields_in_any_case() {
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
    fn invalid_sizes_are_words_and_invalid_dates_are_ignored() {
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
        assert_eq!(at("before:someday"), []);
        assert_eq!(Query::ignored_terms("a -before:someday b from: to:c", &seoul), ["-before:someday", "from:"]);
    }
}
