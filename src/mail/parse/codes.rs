//! Finds the one-time codes in a message. It is conservative, since a wrong code makes a test fail for no visible
//! reason.

mod label;
mod number;
mod vocabulary;

use label::{CodePosition, announces};
use number::{Candidate, Shape};

/// Maximum number of codes listed for one message.
const MAX_CODES: usize = 20;
/// Bytes of text that are searched.
const MAX_TEXT: usize = 256 * 1024;
/// Lines before a number in which a word like "code" announces it. After the number, one line counts.
const LINES_AROUND: usize = 2;

/// The codes in order, each once. A number of 6 to 8 digits (also `123-456`) is a code if it stands alone on its line
/// or near a word that announces a code. A number of 4 to 10 digits, `123 456` and mixed alphanumerics are codes only
/// directly beside such a word.
pub(super) fn read(subject: &str, text: &str) -> Vec<String> {
    let text = text.get(..floor(text, MAX_TEXT)).unwrap_or_default();
    let lines: Vec<&str> =
        std::iter::once(subject).chain(text.lines().map(str::trim).filter(|l| !l.is_empty())).collect();
    let mut found: Vec<String> = Vec::new();
    for n in 0..lines.len() {
        for code in of_line(&lines, n) {
            if found.len() < MAX_CODES && !found.contains(&code) {
                found.push(code);
            }
        }
    }
    found
}

fn of_line(lines: &[&str], n: usize) -> Vec<String> {
    let line = lines.get(n).copied().unwrap_or_default();
    if !line.bytes().any(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    if let Some(code) = number::spaced(line) {
        return if n > 0 || is_announced(lines, n) { vec![code] } else { Vec::new() };
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    // The line above may be the label of a number that is alone on its line.
    let above: Vec<&str> = match (words.as_slice(), n.checked_sub(1).and_then(|n| lines.get(n))) {
        ([_], Some(above)) => above.get(ceil(above, label::REACH)..).unwrap_or_default().split_whitespace().collect(),
        _ => Vec::new(),
    };
    // The lines around are read only for a candidate, since most lines have no number.
    let mut near = None;
    let mut is_near = || *near.get_or_insert_with(|| is_announced(lines, n));
    let (mut found, mut next) = (Vec::new(), 0);
    for at in 0..words.len() {
        if at < next {
            continue;
        }
        for candidate in number::candidates(&words, at) {
            let position = CodePosition { words: &words, above: &above, at, candidate: &candidate };
            if is_code(&candidate, &position, n > 0, &mut is_near) {
                next = at + candidate.words;
                found.push(candidate.code);
            }
        }
    }
    found
}

fn is_code(
    candidate: &Candidate,
    position: &CodePosition<'_>,
    in_text: bool,
    is_near: &mut impl FnMut() -> bool,
) -> bool {
    match candidate.shape {
        Shape::Number if position.is_reference() => false,
        Shape::Number => in_text && position.is_alone() || is_near(),
        Shape::Short | Shape::Long => position.is_labelled() && !position.has_unit(),
        Shape::Pair | Shape::Mixed => position.is_labelled(),
    }
}

fn is_announced(lines: &[&str], n: usize) -> bool {
    let around = lines.get(n.saturating_sub(LINES_AROUND)..lines.len().min(n + 2)).unwrap_or_default();
    around.iter().any(|line| announces(line))
}

fn floor(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The start of the last `limit` bytes of `text`, at a character boundary.
fn ceil(text: &str, limit: usize) -> usize {
    (text.len().saturating_sub(limit)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests;
