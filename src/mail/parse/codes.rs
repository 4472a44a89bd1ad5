//! Finds the one-time codes in a message. It is conservative, since a wrong code makes a test fail for no visible
//! reason.

mod shape;
mod vocabulary;

use std::cell::OnceCell;

use shape::{Candidate, LineToken, Shape, TokenKind};
use vocabulary::WordClass;

/// Maximum number of codes listed for one message.
const MAX_CODES: usize = 20;
/// Bytes of text that are searched.
const MAX_TEXT: usize = 256 * 1024;
/// Lines before a number in which a word like "code" announces it. After the number, one line counts.
const LINES_AROUND: usize = 2;
/// Words between a label and its number, if something like `:` or "is" points from one to the other.
const MAX_GAP: usize = 6;
/// Marks that point from a label to its number.
const POINTERS: &str = ":：=＝>→–—-[(【「『（\"'“‘*";
/// Marks that end a clause.
const ENDERS: &str = ".,;!?。，、；！？।؟،؛";

/// The codes in order, each once.
///
/// A number of 6 to 8 digits (also `123-456`) is a code if it stands alone on its line or near a word that announces a
/// code. Numbers of other lengths, digits with blanks, and alphanumerics are codes only with a label. A label of
/// something else (an order, a telephone number) or a unit (a price) excludes all of them.
pub(super) fn read(subject: &str, text: &str) -> Vec<String> {
    let end = (0..=MAX_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = shape::normalized(text.get(..end).unwrap_or_default());
    let subject = shape::normalized(subject);
    let body = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<CodeLine<'_>> = std::iter::once(subject.as_str()).chain(body).map(CodeLine::new).collect();
    let mut found: Vec<String> = Vec::new();
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.text.bytes().any(|b| b.is_ascii_digit())) {
        for candidate in shape::candidates(line.tokens()) {
            if found.len() < MAX_CODES && !found.contains(&candidate.code) && is_code(&lines, n, &candidate) {
                found.push(candidate.code);
            }
        }
    }
    found
}

/// A line, split when it is first needed.
struct CodeLine<'t> {
    text: &'t str,
    tokens: OnceCell<Vec<LineToken<'t>>>,
    announces: OnceCell<bool>,
}

impl<'t> CodeLine<'t> {
    fn new(text: &'t str) -> Self {
        CodeLine { text, tokens: OnceCell::new(), announces: OnceCell::new() }
    }

    fn tokens(&self) -> &[LineToken<'t>] {
        self.tokens.get_or_init(|| shape::tokens(self.text))
    }

    /// True if the line has a word for a code or for a verification.
    fn announces(&self) -> bool {
        let is_announcing =
            |token| matches!(class(token), Some(WordClass::Code | WordClass::Secret | WordClass::Check));
        *self.announces.get_or_init(|| self.tokens().iter().any(is_announcing))
    }
}

fn is_code(lines: &[CodeLine<'_>], n: usize, candidate: &Candidate) -> bool {
    let Some(tokens) = lines.get(n).map(CodeLine::tokens) else { return false };
    let (before, behind) = (tokens.get(..candidate.tokens.start), tokens.get(candidate.tokens.end..));
    let (Some(before), Some(behind)) = (before, behind) else { return false };
    let is_mark = |token: &LineToken<'_>| token.kind == TokenKind::Mark;
    let is_alone = n > 0 && before.iter().chain(behind).all(is_mark);
    let label = match n.checked_sub(1).and_then(|above| lines.get(above)).filter(|_| is_alone) {
        // A line above points to what stands alone below it.
        Some(above) => label_before(above.tokens(), true),
        None => label_before(before, false),
    };
    let around = lines.get(n.saturating_sub(LINES_AROUND)..lines.len().min(n + 2)).unwrap_or_default();
    let is_announced = || around.iter().any(CodeLine::announces);
    let is_for_use = || tokens.iter().any(|token| class(token) == Some(WordClass::Action));
    let is_grouped = candidate.tokens.len() > 1 && candidate.code.len() >= 6;
    if label.is_other || has_unit(behind) {
        return false;
    }
    match candidate.shape {
        Shape::Number => is_alone || is_announced() || is_for_use(),
        Shape::Vague if is_alone && is_grouped => true,
        Shape::Vague => {
            // `Your code 4829 is valid`, and languages that put their verb there.
            let is_pointed = || label.is_pointed || behind.first().and_then(class) == Some(WordClass::Link);
            label.is_code && (label.is_clear || is_pointed()) || is_named_behind(&candidate.code, behind)
        }
        Shape::Mixed if is_grouped => label.is_code || is_alone && is_announced(),
        Shape::Mixed => label.is_code && label.is_pointed && is_random(&candidate.code, label.is_marked),
    }
}

/// What the words before a number say.
#[derive(Debug, Default)]
struct NumberLabel {
    is_code: bool,
    is_other: bool,
    /// True if a mark or a word points from the label to the number.
    is_pointed: bool,
    /// True if it is a mark.
    is_marked: bool,
    /// True if the label hardly ever means another number, so that nothing need point to the number.
    is_clear: bool,
}

/// The label at the end of `tokens`; `line_above` if the number stands on the next line.
fn label_before(tokens: &[LineToken<'_>], line_above: bool) -> NumberLabel {
    let mut label = NumberLabel { is_pointed: line_above, is_marked: line_above, ..NumberLabel::default() };
    let mut gap = 0;
    for (at, token) in tokens.iter().enumerate().rev() {
        let prior = tokens.get(..at).unwrap_or_default();
        if token.kind == TokenKind::Mark {
            // `Order no. 998877`, `Tel. 1234-5678`
            let is_abbreviation = |word: &LineToken<'_>| token.is(".") && word.text.len() <= 3 && class(word).is_some();
            if token.is(ENDERS) && !prior.last().is_some_and(is_abbreviation) {
                break;
            }
            if gap == 0 && token.is(POINTERS) {
                (label.is_pointed, label.is_marked) = (true, true);
            }
            continue;
        }
        label.is_pointed |= gap == 0 && vocabulary::ends_with_link(token.text);
        match class(token) {
            Some(WordClass::Link) if gap == 0 => label.is_pointed = true,
            Some(WordClass::Check | WordClass::Action | WordClass::Qualifier) => {}
            Some(WordClass::Owner) if label.is_marked => gap += 1,
            Some(WordClass::Other | WordClass::Owner) => {
                // "To confirm your order:" above a number announces a code.
                label.is_other = !line_above || gap == 0 && token.text.contains(vocabulary::has_no_blanks);
                break;
            }
            Some(noun @ (WordClass::Code | WordClass::Secret | WordClass::Number)) => {
                (label.is_code, label.is_other) = qualified(noun, prior);
                label.is_clear = gap == 0 && is_clear(token.text);
                break;
            }
            _ => gap += 1,
        }
        if gap > if label.is_pointed { MAX_GAP } else { 0 } {
            break;
        }
    }
    label
}

/// True if a noun with the words `prior` to it is a code, and true if it is something else.
fn qualified(noun: WordClass, prior: &[LineToken<'_>]) -> (bool, bool) {
    let is_hyphen = |token: &&LineToken<'_>| token.is("-.#");
    let prior = prior.iter().rev().find(|token| !is_hyphen(token)).filter(|token| token.kind != TokenKind::Mark);
    let qualifier = prior.and_then(class);
    match (noun, qualifier) {
        (_, Some(WordClass::Other)) => (false, true),
        (WordClass::Code, _) | (_, Some(WordClass::Check | WordClass::Qualifier | WordClass::Code)) => (true, false),
        (WordClass::Number, _) => {
            (false, prior.is_some_and(|token| !vocabulary::is_filler(&token.text.to_lowercase())))
        }
        _ => (false, false),
    }
}

/// True if the words after a number name it: `0042 is your PIN`, `1234는 인증번호입니다`.
fn is_named_behind(code: &str, tokens: &[LineToken<'_>]) -> bool {
    let is_year = code.len() == 4 && (code.starts_with("19") || code.starts_with("20"));
    let Some((first, rest)) = tokens.split_first().filter(|_| !is_year) else { return false };
    let is_particle = first.kind == TokenKind::Word && !first.spaced && !first.text.is_ascii();
    if class(first) != Some(WordClass::Link) && !first.is("–—-") && !is_particle {
        return false;
    }
    for (at, token) in rest.iter().enumerate().take(MAX_GAP + 1).take_while(|(_, token)| !token.is(ENDERS)) {
        if let Some(noun @ (WordClass::Code | WordClass::Secret | WordClass::Number | WordClass::Other)) = class(token)
        {
            return qualified(noun, rest.get(..at).unwrap_or_default()).0;
        }
    }
    false
}

/// True if the number before `tokens` counts something.
fn has_unit(tokens: &[LineToken<'_>]) -> bool {
    let word = tokens.first().filter(|token| token.kind == TokenKind::Word);
    word.is_some_and(|word| class(word) == Some(WordClass::Unit) || vocabulary::starts_with_unit(word.text))
}

/// True unless alphanumerics are an ordinary word: `python3`. `is_marked` if a mark points to them.
fn is_random(code: &str, is_marked: bool) -> bool {
    let bytes = code.as_bytes();
    let turns = bytes.windows(2).filter(|two| matches!(two, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()));
    is_marked || !bytes.iter().any(u8::is_ascii_lowercase) || turns.count() > 1
}

/// True for the short names of one-time codes, and for scripts that put no mark between a label and its number.
fn is_clear(word: &str) -> bool {
    let is_short_name = ["otp", "passcode", "2fa", "totp"].iter().any(|name| word.eq_ignore_ascii_case(name));
    is_short_name || word.ends_with(vocabulary::has_no_blanks)
}

fn class(token: &LineToken<'_>) -> Option<WordClass> {
    if token.kind == TokenKind::Mark {
        return token.is("№").then_some(WordClass::Number);
    }
    vocabulary::class(&token.text.to_lowercase())
}

#[cfg(test)]
mod tests;
