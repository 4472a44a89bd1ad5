//! Recognizes possible codes in the tokens of a line by their shape alone.

use std::ops::Range;

use super::list;
use super::token::{LineToken, MAX_BOXES, TokenKind};
use super::vocabulary::{self, WordClass};

/// The shape of a candidate. It determines which words must stand beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// 6 to 8 digits, also `123-456`.
    Number,
    /// 4, 5, 9 or 10 digits, like years, prices and telephone numbers; digits in groups with blanks, and in groups like
    /// those of dates and amounts: `12-34-56`, `482.913`.
    Vague,
    /// Alphanumerics, also `A1B2-C3D4`.
    Mixed,
    /// One of so many numbers with blanks between them: `482913 593024 604135`.
    Listed(usize),
    /// 6 to 8 alphabetic characters in upper case, also `WDJB-MJHT`.
    Alphabetic,
}

/// A possible code.
#[derive(Debug)]
pub(super) struct Candidate {
    pub code: String,
    pub shape: Shape,
    /// The range of its tokens, of the whole list for [`Shape::Listed`].
    pub tokens: Range<usize>,
}

/// Marks that make a number beside them a price, a reference or a year, also after a blank.
const CURRENCIES: &str = "$€£¥₩₹₽₺₫฿％%#＃№°©";
/// Marks that join what stands directly before and after them.
const GLUE: &str = ".&@_+/\\";
/// Marks that join the groups of a code.
const HYPHENS: &str = "-–";
/// Marks that join two numbers.
const SEPARATORS: &str = ",:'’";

/// False for texts that have no candidate; for others, too, it may be true.
pub(super) fn may_hold_code(text: &str) -> bool {
    // `QWXKPD`, and `WDJB-MJHT` with a hyphen beside each group.
    let is_group = |capitals: usize, is_joined| (6..=8).contains(&capitals) || is_joined && (3..=5).contains(&capitals);
    let (mut capitals, mut is_joined) = (0, false);
    for byte in text.bytes() {
        if byte.is_ascii_uppercase() {
            capitals += 1;
            continue;
        }
        // The first and the last byte of an en dash.
        let is_hyphen = matches!(byte, b'-' | 0xe2 | 0x93);
        if byte.is_ascii_digit() || is_group(capitals, is_joined || is_hyphen) {
            return true;
        }
        (capitals, is_joined) = (0, is_hyphen);
    }
    is_group(capitals, is_joined)
}

/// The candidates of a line, in order.
pub(super) fn candidates(tokens: &[LineToken<'_>]) -> Vec<Candidate> {
    if let Some(boxed) = boxed(tokens) {
        return vec![boxed];
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some(numbers) = list::numbers(tokens, at) {
            let range = at..numbers.last().map_or(at + 1, |last| last.end);
            at = range.end;
            if stands_free(tokens, &range) {
                found.extend(numbers.iter().map(|number| listed(tokens, number, numbers.len(), range.clone())));
            }
            continue;
        }
        let groups = chain(tokens, at);
        if groups > 1 && has_joined_label(tokens, at) {
            at += 2;
            continue;
        }
        let (candidate, end) = match (token.kind, groups) {
            (TokenKind::Mark, _) => (None, at + 1),
            (TokenKind::Word, 1) => (alphabetic(token, at), at + 1),
            (TokenKind::Run, 1) => match dotted(tokens, at) {
                Some(dotted) => (Some(dotted), at + 3),
                None => spaced_or_single(tokens, at, at),
            },
            // `G-123456` and `G-123 456`, as Google writes it.
            (TokenKind::Word, 2) if token.text.len() == 1 && token.is_upper() => spaced_or_single(tokens, at, at + 2),
            _ => {
                let end = at + 2 * groups - 1;
                (hyphened(tokens, at..end), end)
            }
        };
        found.extend(candidate.filter(|candidate| stands_free(tokens, &candidate.tokens)));
        at = end;
    }
    found
}

/// The `number` of a list with the tokens `range`.
fn listed(tokens: &[LineToken<'_>], number: &Range<usize>, count: usize, range: Range<usize>) -> Candidate {
    let digits = tokens.get(number.clone()).unwrap_or_default().iter().filter(|token| token.is_digits());
    Candidate { code: digits.map(|token| token.text).collect(), shape: Shape::Listed(count), tokens: range }
}

/// A line of single digits, each in a box of its own: `[4] [8] [2] [9]`, `4 | 8 | 2 | 9`.
fn boxed(tokens: &[LineToken<'_>]) -> Option<Candidate> {
    const BOXES: &str = "[]|│┃║•·_";
    let is_digit = |token: &&LineToken<'_>| token.is_digits() && token.text.len() == 1;
    let code: String = tokens.iter().filter(is_digit).map(|token| token.text).take(MAX_BOXES + 1).collect();
    let fits = (4..=MAX_BOXES).contains(&code.len())
        && tokens.len() > code.len()
        && tokens.iter().all(|token| is_digit(&token) || token.is(BOXES));
    fits.then_some(Candidate { code, shape: Shape::Vague, tokens: 0..tokens.len() })
}

/// The number of groups that hyphens join, starting at the token `at`.
fn chain(tokens: &[LineToken<'_>], at: usize) -> usize {
    let is_group =
        |n: usize| tokens.get(n).is_some_and(|token| token.kind != TokenKind::Mark && (n == at || !token.spaced));
    let is_hyphen = |n: usize| {
        let hyphen = tokens.get(n).filter(|token| token.is(HYPHENS) && !token.spaced);
        hyphen.is_some_and(|hyphen| !begins_anew(tokens, hyphen, n + 1))
    };
    let mut groups = 1;
    while is_group(at + 2 * groups - 2) && is_hyphen(at + 2 * groups - 1) && is_group(at + 2 * groups) {
        groups += 1;
    }
    groups
}

/// `123-456`, `1234-5678`, `A1B2-C3D4`.
fn hyphened(tokens: &[LineToken<'_>], range: Range<usize>) -> Option<Candidate> {
    let groups: Vec<&LineToken<'_>> = tokens.get(range.clone())?.iter().step_by(2).collect();
    let texts: Vec<&str> = groups.iter().map(|group| group.text).collect();
    let joined = texts.concat();
    let (code, shape) = match texts.as_slice() {
        [a, b] if joined.bytes().all(|b| b.is_ascii_digit()) => {
            // 1588-1234 is the telephone number of a Korean company.
            let is_company = a.len() == 4 && ["15", "16", "18"].iter().any(|start| a.starts_with(start));
            // `2026-4829` is the number of an application.
            let is_reference = a.len() == 4 && ["19", "20"].iter().any(|start| a.starts_with(start));
            // An en dash also joins the ends of a range: `pages 100–200`.
            let is_range = tokens.get(range.start + 1).is_some_and(|token| token.is("–"));
            let shape = if is_reference || is_range { Shape::Vague } else { Shape::Number };
            (a.len() == b.len() && (3..=4).contains(&a.len()) && !is_company).then_some((joined, shape))?
        }
        // `12-34-56`, as dates are written.
        texts if joined.bytes().all(|b| b.is_ascii_digit()) => {
            let fits = texts.iter().all(|group| group.len() == 2) && (3..=4).contains(&texts.len());
            fits.then_some((joined, Shape::Vague))?
        }
        texts => {
            let fits = groups.iter().all(|group| group.is_upper() && (3..=5).contains(&group.text.len()));
            let is_mixed = joined.contains(|c: char| c.is_ascii_digit()) && joined.contains(char::is_alphabetic);
            let is_even = texts.len() <= 3 && texts.iter().all(|text| text.len() * texts.len() == joined.len());
            let shape = if is_mixed { Shape::Mixed } else { Shape::Alphabetic };
            (fits && texts.len() <= 4 && (is_mixed || is_even)).then(|| (texts.join("-"), shape))?
        }
    };
    Some(Candidate { code, shape, tokens: range })
}

/// `QWXKPD` at the token `at`.
fn alphabetic(token: &LineToken<'_>, at: usize) -> Option<Candidate> {
    let fits = (6..=8).contains(&token.text.len()) && token.is_upper();
    fits.then(|| Candidate { code: token.text.to_owned(), shape: Shape::Alphabetic, tokens: at..at + 1 })
}

/// `482.913` at the token `at`.
fn dotted(tokens: &[LineToken<'_>], at: usize) -> Option<Candidate> {
    let [first, dot, second] = tokens.get(at..at + 3)? else { return None };
    let is_group = |token: &LineToken<'_>| token.is_digits() && token.text.len() == 3;
    let is_joined = dot.is(".") && !dot.spaced && !second.spaced && is_group(first) && is_group(second);
    let code = [first.text, second.text].concat();
    is_joined.then_some(Candidate { code, shape: Shape::Vague, tokens: at..at + 3 })
}

/// `123456`, `A1B2C3`, `123 456` or `1 2 3 4 5 6` at the token `at`, and the index of the token behind it. The candidate
/// begins at the token `start`.
fn spaced_or_single(tokens: &[LineToken<'_>], start: usize, at: usize) -> (Option<Candidate>, usize) {
    let digits = tokens.iter().skip(at).take_while(|token| token.is_digits());
    let groups: Vec<&str> = digits.map(|token| token.text).collect();
    let end = at + groups.len().max(1);
    let text = tokens.get(at).map_or("", |token| token.text);
    let single = |text: &str| (text.to_owned(), shape_of(text), at + 1);
    let (code, shape, last) = match groups.as_slice() {
        [] | [_] => single(text),
        // Another number follows: `123456 5분`.
        [first, next] if next.len() < 3 && first.len() > 3 => single(text),
        groups => {
            let joined = groups.concat();
            let is_even = groups.iter().all(|group| group.len() == text.len());
            let fits = is_even && joined.len() <= 8 && (joined.len() >= 6 || text.len() == 1 && joined.len() >= 4);
            (joined, fits.then_some(Shape::Vague), end)
        }
    };
    (shape.map(|shape| Candidate { code, shape, tokens: start..last }), end)
}

fn shape_of(run: &str) -> Option<Shape> {
    match (run.bytes().all(|b| b.is_ascii_digit()), run.len()) {
        (true, 8) if is_date(run) => None,
        (true, 6..=8) => Some(Shape::Number),
        (true, 4 | 5 | 9 | 10) => Some(Shape::Vague),
        (false, 5..=10) if run.is_ascii() => Some(Shape::Mixed),
        _ => None,
    }
}

/// `20261121`, as in the name of a report.
fn is_date(digits: &str) -> bool {
    let number = |range| digits.get(range).and_then(|part: &str| part.parse::<u32>().ok()).unwrap_or(0);
    (1900..2100).contains(&number(0..4)) && (1..=12).contains(&number(4..6)) && (1..=31).contains(&number(6..8))
}

/// True if a number of a few digits with a unit directly behind it stands at the token `at`: `5分钟内`, `180초`.
fn is_duration(tokens: &[LineToken<'_>], at: usize) -> bool {
    let is_number = tokens.get(at).is_some_and(|token| token.is_digits() && token.text.len() <= 3);
    let is_unit = |token: &LineToken<'_>| !token.spaced && vocabulary::starts_with_unit(token.text);
    is_number && tokens.get(at + 1).is_some_and(is_unit)
}

/// True if a hyphen joins a word for a code at the token `at` to a number: `OTP-482913`.
fn has_joined_label(tokens: &[LineToken<'_>], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word && token.class == Some(WordClass::Code))
        && tokens.get(at + 2).is_some_and(LineToken::is_digits)
}

/// True for a capitalized word, and for a code's name. `PDF` is the end of a file's name.
fn starts_sentence(word: &LineToken<'_>) -> bool {
    let mut characters = word.text.chars();
    let is_capitalized = characters.next().is_some_and(char::is_uppercase);
    is_capitalized && characters.next().is_none_or(char::is_lowercase) || word.class == Some(WordClass::Code)
}

/// True if the token `at`, directly behind the mark `mark`, belongs to no number before it: a duration, a word of a
/// script without blanks, or after a dot the first word of the next sentence: `482913.It expires soon`.
fn begins_anew(tokens: &[LineToken<'_>], mark: &LineToken<'_>, at: usize) -> bool {
    let Some(token) = tokens.get(at) else { return true };
    let next = tokens.get(at + 1);
    let is_sentence = || mark.is(".") && starts_sentence(token) && next.is_some_and(|next| next.spaced);
    token.spaced
        || mark.is(".") && token.is(".")
        || is_duration(tokens, at)
        || token.kind == TokenKind::Word
            && mark.is("./-–")
            && (token.text.starts_with(vocabulary::has_no_blanks) || is_sentence())
}

/// True unless the marks beside the tokens make them part of something else: a price, a decimal number, a time.
fn stands_free(tokens: &[LineToken<'_>], range: &Range<usize>) -> bool {
    let before = |n: usize| range.start.checked_sub(n).and_then(|at| tokens.get(at));
    let behind = |n: usize| tokens.get(range.end + n);
    let is_digits = |token: Option<&LineToken<'_>>| token.is_some_and(LineToken::is_digits);
    let starts_spaced = tokens.get(range.start).is_none_or(|token| token.spaced);
    let free_before = before(1).is_none_or(|mark| {
        let joins_numbers = mark.is(SEPARATORS) && !mark.spaced && is_digits(before(2));
        let is_label = mark.is("-") && range.start.checked_sub(2).is_some_and(|at| has_joined_label(tokens, at));
        let joins = mark.is(GLUE) || mark.is(HYPHENS) && !is_label || joins_numbers;
        !mark.is(CURRENCIES) && (starts_spaced || !joins)
    });
    let free_behind = behind(0).is_none_or(|mark| {
        let joins = mark.is(GLUE) || mark.is(HYPHENS) || mark.is(SEPARATORS) && is_digits(behind(1));
        !mark.is(CURRENCIES) && (mark.spaced || !joins || begins_anew(tokens, mark, range.end + 1))
    });
    // `#482913` on a line of its own, as Login.gov writes its codes.
    let is_hashed = range.start == 1 && range.end == tokens.len() && before(1).is_some_and(|mark| mark.is("#"));
    // Another number beside it: a telephone number.
    (free_before || is_hashed) && free_behind && !is_digits(before(1)) && !before(1).is_some_and(|mark| mark.is("+"))
}
