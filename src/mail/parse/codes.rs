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
    let body = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let body = joined_digits(body);
    let body = body.iter().map(|line| &**line);
    let lines: Vec<CodeLine<'_>> = std::iter::once(subject.as_str()).chain(body).map(CodeLine::new).collect();
    let mut found: Vec<String> = Vec::new();
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| shape::may_hold_code(line.text)) {
        for candidate in shape::candidates(line.tokens()) {
            if found.len() < MAX_CODES && !found.contains(&candidate.code) && is_code(&lines, n, &candidate) {
                found.push(candidate.code);
            }
        }
    }
    found
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

fn is_code(lines: &[CodeLine<'_>], n: usize, candidate: &Candidate) -> bool {
    let Some(line) = lines.get(n) else { return false };
    let tokens = line.tokens();
    let (before, behind) = (tokens.get(..candidate.tokens.start), tokens.get(candidate.tokens.end..));
    let (Some(before), Some(behind)) = (before, behind) else { return false };
    let is_mark = |token: &LineToken<'_>| token.kind == TokenKind::Mark;
    let is_alone = n > 0 && before.iter().all(is_mark) && behind.iter().all(is_mark);
    let label = match n.checked_sub(1).and_then(|above| lines.get(above)).filter(|_| is_alone) {
        // A line above points to what stands alone below it.
        Some(above) => label_before(above.tokens(), true),
        None => label_before(before, false),
    };
    if label.is_other || has_unit(behind) {
        return false;
    }
    let around = lines.get(n.saturating_sub(LINES_AROUND)..lines.len().min(n + 2)).unwrap_or_default();
    let is_announced = || around.iter().any(CodeLine::announces);
    let is_used = || before.last().is_some_and(|token| token.class == Some(WordClass::Use));
    let is_grouped = candidate.tokens.len() > 1 && candidate.code.len() >= 6;
    // As dates and amounts are: `12-34-56`, `482.913`.
    let is_joined = tokens.get(candidate.tokens.clone()).is_some_and(|inner| inner.iter().any(|token| token.is("-.")));
    match candidate.shape {
        Shape::Number => is_alone || is_announced() || line.has_action() || is_used(),
        Shape::Vague if is_grouped && !is_joined && (is_alone || label.is_marked && line.announces()) => true,
        Shape::Vague => is_labelled(line, &label, &candidate.code, behind),
        Shape::Mixed if is_grouped => label.is_code || is_alone && is_announced(),
        Shape::Alphabetic => label.is_code && label.is_pointed && is_unpronounceable(&candidate.code),
        Shape::Mixed => label.is_code && label.is_pointed && is_random(&candidate.code, label.is_marked),
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
    let bytes = code.as_bytes();
    let turns = bytes.windows(2).filter(|two| matches!(two, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()));
    is_marked || !bytes.iter().any(u8::is_ascii_lowercase) || turns.count() > 1
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
