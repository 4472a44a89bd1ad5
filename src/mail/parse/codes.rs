//! Finds the one-time codes in a message. It is conservative, since a wrong code makes a test fail for no visible
//! reason.

mod behind;
mod context;
mod label;
mod line;
mod list;
mod noun;
mod shape;
mod token;
mod vocabulary;

use std::ops::Range;

use context::{Certainty, Evidence, evidence};
use line::{CodeLine, MessageLines, joined_digits};
use list::MAX_CODES;

/// Bytes of text that are searched.
const MAX_TEXT: usize = 256 * 1024;

/// The codes in order, each once.
///
/// A number of 6 to 8 digits (also `123-456`) is a code if it stands alone on its line or near a word that announces a
/// code. Numbers of other lengths, digits with blanks, alphanumerics and alphabetic runs are codes only with a label;
/// except for the last, it may be a sentence above them that asks for a code. A label of something else (an order, a
/// telephone number) or a unit (a price) excludes all of them.
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
    let message = MessageLines::new(std::iter::once(&*subject).chain(body).map(CodeLine::new).collect());
    let mut found: Vec<FoundCode> = Vec::new();
    for (n, line) in message.lines.iter().enumerate().filter(|(_, line)| shape::may_hold_code(line.text)) {
        for candidate in shape::candidates(line.tokens()) {
            if found.len() < MAX_CODES
                && !found.iter().any(|known| known.code == candidate.code)
                && let Some(evidence) = evidence(&message, n, &candidate)
            {
                found.push(FoundCode { code: candidate.code, evidence, line: n, tokens: candidate.tokens });
            }
        }
    }
    without_doubtful(&message, found)
}

struct FoundCode {
    code: String,
    evidence: Evidence,
    line: usize,
    tokens: Range<usize>,
}

impl FoundCode {
    fn is_named(&self) -> bool {
        self.evidence.certainty == Certainty::Named
    }

    /// True if one noun names both, and what the code is for stands between it and this number:
    /// `code for account (55443322): 482913`.
    fn is_passed_by(&self, later: &FoundCode) -> bool {
        let is_same_noun = self.evidence.noun.is_some() && self.evidence.noun == later.evidence.noun;
        is_same_noun && self.evidence.is_indirect && self.line == later.line && self.tokens.end <= later.tokens.start
    }
}

/// The codes. In a message that names its code, other numbers near it belong to the sender's address or register, or say
/// what the code is for, unless they follow a code in a list: `482913 or 551204`.
fn without_doubtful(message: &MessageLines<'_>, found: Vec<FoundCode>) -> Vec<String> {
    let has_named = found.iter().any(FoundCode::is_named);
    let is_listed = |code: &FoundCode, last: &FoundCode| {
        let tokens = message.lines.get(code.line).map(CodeLine::tokens).unwrap_or_default();
        code.line == last.line && tokens.get(last.tokens.end..code.tokens.start).is_some_and(label::is_joint)
    };
    let mut kept: Vec<&FoundCode> = Vec::new();
    for (at, code) in found.iter().enumerate() {
        let is_passed = found.iter().skip(at + 1).any(|later| code.is_passed_by(later));
        let is_doubtful = has_named && !code.is_named() && !kept.last().is_some_and(|last| is_listed(code, last));
        if !is_passed && !is_doubtful {
            kept.push(code);
        }
    }
    kept.into_iter().map(|code| code.code.clone()).collect()
}

#[cfg(test)]
mod sentences;
#[cfg(test)]
mod tests;
