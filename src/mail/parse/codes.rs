//! Finds the one-time codes in a message. It is conservative, since a wrong code makes a test fail for no visible
//! reason.

mod label;
mod shape;
mod token;
mod vocabulary;

use std::borrow::Cow;
use std::cell::OnceCell;

use label::{NumberLabel, has_unit, is_named_behind, is_named_directly_behind, label_before, qualified};
use shape::{Candidate, MAX_BOXES, Shape};
use token::{LineToken, TokenKind};
use vocabulary::WordClass;

/// Maximum number of codes listed for one message.
const MAX_CODES: usize = 20;
/// Bytes of text that are searched.
const MAX_TEXT: usize = 256 * 1024;
/// Lines before a number in which a word like "code" announces it. After the number, one line counts.
const LINES_AROUND: usize = 2;

/// The codes in order, each once.
///
/// A number of 6 to 8 digits (also `123-456`) is a code if it stands alone on its line or near a word that announces a
/// code. Numbers of other lengths, digits with blanks, alphanumerics and alphabetic runs are codes only with a label. A label of
/// something else (an order, a telephone number) or a unit (a price) excludes all of them.
pub(super) fn read(subject: &str, text: &str) -> Vec<String> {
    let end = (0..=MAX_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = token::normalized(text.get(..end).unwrap_or_default());
    let subject = token::normalized(subject);
    // Most messages end here.
    if !shape::may_hold_code(&subject) && !shape::may_hold_code(&text) {
        return Vec::new();
    }
    let body = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let body = joined_digits(body);
    let body = body.iter().map(|line| &**line);
    let lines: Vec<CodeLine<'_>> = std::iter::once(&*subject).chain(body).map(CodeLine::new).collect();
    let mut found: Vec<FoundCode> = Vec::new();
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| shape::may_hold_code(line.text)) {
        for candidate in shape::candidates(line.tokens()) {
            if found.len() < MAX_CODES
                && !found.iter().any(|known| known.code == candidate.code)
                && let Some(certainty) = certainty(&lines, n, &candidate)
            {
                let sentence = (n, label::sentence(line.tokens(), candidate.tokens.start));
                found.push(FoundCode { code: candidate.code, certainty, sentence });
            }
        }
    }
    without_doubtful(found)
}

/// How sure it is that a number is a code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// Words beside the number name it, or it stands alone below words that announce a code.
    Named,
    /// Words near the number announce a code.
    Near,
}

struct FoundCode {
    code: String,
    certainty: Certainty,
    /// The line, and which of its sentences.
    sentence: (usize, usize),
}

/// The codes. In a message that names its code, other numbers near it belong to the sender's address or register, unless
/// they stand in the same sentence: `482913 or 551204`.
fn without_doubtful(found: Vec<FoundCode>) -> Vec<String> {
    let is_named = |code: &&FoundCode| code.certainty == Certainty::Named;
    let named: Vec<(usize, usize)> = found.iter().filter(is_named).map(|code| code.sentence).collect();
    let is_kept = |code: &FoundCode| named.is_empty() || is_named(&code) || named.contains(&code.sentence);
    found.into_iter().filter(is_kept).map(|code| code.code).collect()
}

/// The lines, with digits that stand on a line each as one line: the cells of a table or the boxes of a form.
fn joined_digits(lines: Vec<&str>) -> Vec<Cow<'_, str>> {
    let is_digit = |line: &&str| line.len() == 1 && line.bytes().all(|byte| byte.is_ascii_digit());
    let mut out = Vec::with_capacity(lines.len());
    for run in lines.chunk_by(|a, b| is_digit(a) && is_digit(b)) {
        if (4..=MAX_BOXES).contains(&run.len()) {
            out.push(Cow::Owned(run.join(" ")));
        } else {
            out.extend(run.iter().map(|line| Cow::Borrowed(*line)));
        }
    }
    out
}

/// A line, split when it is first needed.
struct CodeLine<'t> {
    text: &'t str,
    tokens: OnceCell<Vec<LineToken<'t>>>,
    announces: OnceCell<bool>,
    has_action: OnceCell<bool>,
    has_use: OnceCell<bool>,
}

impl<'t> CodeLine<'t> {
    fn new(text: &'t str) -> Self {
        CodeLine {
            text,
            tokens: OnceCell::new(),
            announces: OnceCell::new(),
            has_action: OnceCell::new(),
            has_use: OnceCell::new(),
        }
    }

    fn tokens(&self) -> &[LineToken<'t>] {
        self.tokens.get_or_init(|| token::tokens(self.text))
    }

    /// True if the line has a word for a code or for a verification, unless it is the code of something else.
    fn announces(&self) -> bool {
        let tokens = self.tokens();
        let is_announcing = |(at, token): (usize, &LineToken<'t>)| match token.class {
            Some(WordClass::Code) => !qualified(WordClass::Code, tokens.get(..at).unwrap_or_default()).1,
            class => matches!(class, Some(WordClass::Secret | WordClass::Check)),
        };
        *self.announces.get_or_init(|| tokens.iter().enumerate().any(is_announcing))
    }

    fn has(&self, cell: &OnceCell<bool>, classes: &[WordClass]) -> bool {
        let is_one = |token: &LineToken<'t>| token.class.is_some_and(|class| classes.contains(&class));
        *cell.get_or_init(|| self.tokens().iter().any(is_one))
    }

    /// True if the line says what a person does with a code.
    fn has_action(&self) -> bool {
        self.has(&self.has_action, &[WordClass::Action])
    }

    /// True if the line says so in any way.
    fn has_use(&self) -> bool {
        self.has(&self.has_use, &[WordClass::Action, WordClass::Use, WordClass::Check])
    }
}

fn certainty(lines: &[CodeLine<'_>], n: usize, candidate: &Candidate) -> Option<Certainty> {
    let line = lines.get(n)?;
    let tokens = line.tokens();
    let (before, behind) = (tokens.get(..candidate.tokens.start)?, tokens.get(candidate.tokens.end..)?);
    let is_mark = |token: &LineToken<'_>| token.kind == TokenKind::Mark;
    let is_alone = before.iter().all(is_mark) && behind.iter().all(is_mark);
    let above = n.checked_sub(1).and_then(|above| lines.get(above)).filter(|_| is_alone);
    // Lines above and below point to what stands alone between them.
    let label = above.map_or_else(|| label_before(before, false), |above| label_before(above.tokens(), true));
    let below = lines.get(n + 1).filter(|_| is_alone).map(CodeLine::tokens).unwrap_or_default();
    if label.is_other || has_unit(behind) {
        return None;
    }
    let context = NumberContext { lines, n, line, before, behind, below, label, is_alone: is_alone && n > 0 };
    match candidate.shape {
        Shape::Number => context.number(),
        Shape::Vague => context.vague(candidate).then_some(Certainty::Named),
        Shape::Mixed => context.mixed(candidate).then_some(Certainty::Named),
        Shape::Alphabetic => context.alphabetic(candidate).then_some(Certainty::Named),
    }
}

/// What stands around a candidate.
struct NumberContext<'c, 't> {
    lines: &'c [CodeLine<'t>],
    n: usize,
    line: &'c CodeLine<'t>,
    before: &'c [LineToken<'t>],
    behind: &'c [LineToken<'t>],
    /// The line below a candidate that stands alone.
    below: &'c [LineToken<'t>],
    label: NumberLabel,
    /// True if nothing but marks stands on its line, which is not the subject.
    is_alone: bool,
}

impl NumberContext<'_, '_> {
    fn number(&self) -> Option<Certainty> {
        let is_announced = self.is_announced();
        if self.label.is_code || self.is_named_behind() || self.is_used() || self.is_alone && is_announced {
            return Some(Certainty::Named);
        }
        let is_near =
            self.is_alone || (is_announced || self.line.has_action()) && !label::names_other(self.before, self.behind);
        is_near.then_some(Certainty::Near)
    }

    fn vague(&self, candidate: &Candidate) -> bool {
        let is_grouped = candidate.tokens.len() > 1 && candidate.code.len() >= 6;
        // As dates and amounts are: `12-34-56`, `482.913`.
        let inner = self.line.tokens().get(candidate.tokens.clone()).unwrap_or_default();
        let is_joined = inner.iter().any(|token| token.is("-."));
        let is_spaced = is_grouped && !is_joined;
        is_spaced && (self.is_alone || self.label.is_marked && self.line.announces())
            || is_spaced && (self.label.is_code || self.is_used())
            || is_named_behind(self.below)
            || is_labelled(self.line, &self.label, &candidate.code, self.behind)
    }

    fn mixed(&self, candidate: &Candidate) -> bool {
        if candidate.tokens.len() > 1 && candidate.code.len() >= 6 {
            return self.label.is_code || self.is_alone && self.is_announced();
        }
        let is_pointed = self.label.is_pointed || self.label.is_clear;
        if self.label.is_code && is_pointed {
            return is_random(&candidate.code, self.label.is_marked);
        }
        // `Enter code AB12CD to continue`, but `Use code SAVE2024 at the checkout`.
        let is_meant = self.label.is_code && (self.label.is_qualified || self.line.has_use());
        let is_named = is_meant && !label::names_offer(self.behind) || self.is_named_behind();
        is_named && turns(&candidate.code) > 1
    }

    fn alphabetic(&self, candidate: &Candidate) -> bool {
        let is_meant = self.label.is_pointed || candidate.tokens.len() > 1 && self.line.has_use();
        self.label.is_code && is_meant && is_unpronounceable(&candidate.code)
    }

    fn is_announced(&self) -> bool {
        let range = self.n.saturating_sub(LINES_AROUND)..self.lines.len().min(self.n + 2);
        self.lines.get(range).unwrap_or_default().iter().any(CodeLine::announces)
    }

    /// True if a word for what a person does with a code stands directly before the candidate.
    fn is_used(&self) -> bool {
        let class = self.before.last().and_then(|token| token.class);
        matches!(class, Some(WordClass::Use | WordClass::Action))
    }

    /// True if words behind the candidate name it as a code.
    fn is_named_behind(&self) -> bool {
        is_named_behind(self.behind) || is_named_behind(self.below) || is_named_directly_behind(self.behind)
    }
}

/// True if the words around a number that may be a year or an amount name it as a code.
fn is_labelled(line: &CodeLine<'_>, label: &NumberLabel, code: &str, behind: &[LineToken<'_>]) -> bool {
    let is_year = code.len() == 4 && (code.starts_with("19") || code.starts_with("20"));
    // `Your code 4829 is valid`, and languages that put their verb there.
    let is_pointed = || label.is_pointed || behind.first().and_then(|token| token.class) == Some(WordClass::Link);
    // `Use code 4829 to confirm`, `Your code 4829`; but a code for a discount is something else.
    let is_meant = || !is_year && (label.is_possessed || line.has_use()) && !label::names_offer(behind);
    if label.is_code && (label.is_clear || is_pointed() || is_meant()) {
        return true;
    }
    !is_year && (is_named_behind(behind) || is_named_directly_behind(behind) && line.has_use())
}

/// True unless alphanumerics are an ordinary word: `python3`. `is_marked` if a mark points to them.
fn is_random(code: &str, is_marked: bool) -> bool {
    is_marked || !code.bytes().any(|byte| byte.is_ascii_lowercase()) || turns(code) > 1
}

/// How often digits and other characters alternate.
fn turns(code: &str) -> usize {
    let is_turn = |two: &&[u8]| matches!(two, [a, b] if a.is_ascii_digit() != b.is_ascii_digit());
    code.as_bytes().windows(2).filter(is_turn).count()
}

/// True if it is no ordinary word: three consonants follow each other. `EXPIRED` and `SIGN-UP` are words.
fn is_unpronounceable(code: &str) -> bool {
    let is_consonant = |b: &u8| !b"AEIOUY-".contains(b);
    let characters: Vec<u8> = code.bytes().filter(|b| *b != b'-').collect();
    characters.windows(3).any(|three| three.iter().all(is_consonant))
}

#[cfg(test)]
mod sentences;
#[cfg(test)]
mod tests;
