//! Parses Mailpit's query language into terms. Additions of Gatepost: `header:`, `link:`, `code:`, `has:code`,
//! `is:refused`, `is:own`, `mailbox:`, `alike:`. The terms are executed in `search` and `sql_filter`.

use jiff::tz::TimeZone;

use super::compared_text::{as_compared, is_punctuation};
use super::fingerprint::{self, TemplateKey};
use super::search_term::SearchTerm;
use super::tag_name;
use crate::clock::Time;

mod value;

/// A parsed search query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub(in crate::inbox) terms: Vec<QueryTerm>,
    /// The words that became no term.
    ignored: Vec<String>,
}

/// One term of a query. A message matches if every term holds; a negated term holds if its test fails.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryTerm {
    pub negated: bool,
    pub test: Criterion,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    /// A lower-case substring of one of these fields; if it is empty, any word of theirs.
    Words {
        fields: &'static [SearchField],
        needle: String,
    },
    /// A lower-case substring of the value of a header field.
    HeaderField {
        /// The name in lower case, with its colon.
        name: String,
        needle: String,
    },
    /// The key of a tag.
    Tag(String),
    Read(bool),
    Tagged,
    Refused,
    /// Sent by this Gatepost.
    Own,
    /// The bytes of an address in the column `mailboxes`.
    Mailbox(Vec<u8>),
    /// The template that the message shares with others.
    Alike(i64),
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
pub enum SearchField {
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
/// Maximum characters of an ignored word that are reported.
const MAX_REPORTED: usize = 100;

impl Query {
    /// Parses a query; `None` if `text` is blank. Dates without a time zone are in `zone`. Terms with an empty or
    /// invalid value, and quotes with nothing in them alone, are ignored and reported, so a query can match everything.
    pub fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let read = text.get(..parsed_length(text)).unwrap_or_default();
        if text.trim().is_empty() {
            return None;
        }
        let mut words = split(read);
        if words.is_empty() {
            words.push(read.trim().to_owned());
        }
        let (mut terms, mut ignored) = (Vec::new(), Vec::new());
        for (at, word) in words.into_iter().enumerate() {
            match term(&word, zone).filter(|_| at < MAX_TERMS) {
                Some(term) => terms.push(term),
                None => ignored.push(word),
            }
        }
        ignored.extend(text.get(read.len()..).filter(|rest| !rest.is_empty()).map(str::to_owned));
        ignored.iter_mut().for_each(shorten);
        Some(Query { terms, ignored })
    }

    #[cfg(test)]
    pub(in crate::inbox) fn of(terms: Vec<QueryTerm>) -> Self {
        Query { terms, ignored: Vec::new() }
    }

    /// The words of the text that the query ignores. Each of them widens the result: harmless in a list that names them,
    /// dangerous in a bulk delete.
    pub fn ignored_terms(&self) -> &[String] {
        &self.ignored
    }

    /// The ignored terms without those that have no value, such as `to:`, which Mailpit's clients compose.
    pub fn invalid_terms(&self) -> Vec<&str> {
        self.ignored.iter().map(String::as_str).filter(|term| !term.ends_with(':')).collect()
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

impl Criterion {
    /// The term to search for if this is a test of text.
    pub(in crate::inbox) fn search_term(&self) -> Option<SearchTerm> {
        match self {
            Criterion::Words { fields, needle } => {
                Some(SearchTerm::new(needle, fields.iter().map(|field| *field as usize)))
            }
            Criterion::HeaderField { name, needle } => {
                Some(SearchTerm::new(needle, [Headers as usize]).in_lines_named(name))
            }
            _ => None,
        }
    }
}

/// Returns the number of bytes of `text` that are parsed: at most [`MAX_QUERY`], ending at a character boundary.
fn parsed_length(text: &str) -> usize {
    (0..=text.len().min(MAX_QUERY)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn shorten(word: &mut String) {
    if let Some((end, _)) = word.char_indices().nth(MAX_REPORTED) {
        word.truncate(end);
        word.push('…');
    }
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
        "header" => header(value),
        "link" => verbatim(&[Links], value),
        "code" => words(&[Codes], &code(value)),
        "mailbox" => (!value.trim().is_empty()).then(|| Criterion::Mailbox(fingerprint::mailbox(value).to_vec())),
        "alike" => value.parse::<TemplateKey>().ok().map(|key| Criterion::Alike(key.0)),
        // A value that is no name matches no tag.
        "tag" => (!value.trim().is_empty()).then(|| Criterion::Tag(tag_name::key(value))),
        "is" => state(value),
        "has" => has(value),
        "before" => value::date(value, zone).map(Criterion::Before),
        "after" => value::date(value, zone).map(Criterion::After),
        "larger" => value::size(value).map(Criterion::Larger),
        "smaller" => value::size(value).map(Criterion::Smaller),
        _ => words(ANYWHERE, word),
    }
}

fn state(value: &str) -> Option<Criterion> {
    match value.to_ascii_lowercase().as_str() {
        "read" => Some(Criterion::Read(true)),
        "unread" => Some(Criterion::Read(false)),
        "tagged" => Some(Criterion::Tagged),
        "refused" => Some(Criterion::Refused),
        "own" => Some(Criterion::Own),
        _ => None,
    }
}

fn has(value: &str) -> Option<Criterion> {
    match value.to_ascii_lowercase().as_str() {
        "attachment" | "attachments" => Some(Criterion::Attachment),
        "inline" | "inlines" => Some(Criterion::Inline),
        "code" | "codes" => Some(Criterion::Words { fields: &[Codes], needle: String::new() }),
        _ => None,
    }
}

/// Builds a test for a cleaned value; `None` if the cleaned value is empty.
fn words(fields: &'static [SearchField], value: &str) -> Option<Criterion> {
    let blank = |c: char| if c.is_whitespace() || c == '\0' || is_punctuation(c) { ' ' } else { c };
    let spaced: String = value.chars().map(blank).collect();
    let needle = as_compared(&spaced).split_whitespace().collect::<Vec<_>>().join(" ");
    (!needle.is_empty()).then_some(Criterion::Words { fields, needle })
}

/// A code of digits, without the hyphens and blanks that a message puts into it: `482-913` is the code `482913`.
fn code(value: &str) -> String {
    let is_joint = |c: char| matches!(c, '-' | '–' | ' ');
    match value.chars().all(|c| c.is_ascii_digit() || is_joint(c)) {
        true => value.replace(is_joint, ""),
        false => value.to_owned(),
    }
}

/// Builds a test for a value with its punctuation; `None` if the value is blank.
fn verbatim(fields: &'static [SearchField], value: &str) -> Option<Criterion> {
    needle(value).map(|needle| Criterion::Words { fields, needle })
}

/// Builds a test for a header field if the value is `name:text`, otherwise for any text of the header.
fn header(value: &str) -> Option<Criterion> {
    let Some((name, text)) = value::field(value) else { return verbatim(&[Headers], value) };
    let name = format!("{}:", name.to_ascii_lowercase());
    match needle(text) {
        Some(needle) => Some(Criterion::HeaderField { name, needle }),
        None => verbatim(&[Headers], &name),
    }
}

/// The value as it is compared, with its punctuation; `None` if it is blank.
fn needle(value: &str) -> Option<String> {
    // SQLite ends a text at NUL.
    let needle = as_compared(value.replace('\0', " ").trim());
    (!needle.is_empty()).then_some(needle)
}

#[cfg(test)]
mod tests;
