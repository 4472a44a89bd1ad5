//! Finds the one-time codes in a message. It is conservative, since a wrong code makes a test fail for no visible
//! reason.

mod context;
mod label;
mod line;
mod shape;
mod token;
mod vocabulary;

use context::{Certainty, certainty};
use line::{CodeLine, joined_digits};

/// Maximum number of codes listed for one message.
const MAX_CODES: usize = 20;
/// Bytes of text that are searched.
const MAX_TEXT: usize = 256 * 1024;

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

#[cfg(test)]
mod sentences;
#[cfg(test)]
mod tests;
