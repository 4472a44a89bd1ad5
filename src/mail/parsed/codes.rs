//! One-time codes in a mail: conservative, since a wrong code fails a test in a way nobody understands.

mod label;
mod number;
mod words;

use label::{Place, announces};
use number::{Candidate, Shape};

/// Codes of one mail that are listed.
const MAX_CODES: usize = 20;
/// Bytes of text that are looked through.
const MAX_TEXT: usize = 256 * 1024;
/// How far around a number a word like "code" makes it one, in lines.
const LINES_AROUND: usize = 2;

/// Numbers of 6 to 8 digits (also as `123-456`) that stand alone on their line or near a word that announces a code;
/// and what such a word stands right beside: numbers of 4 to 10 digits, `123 456`, letters and digits mixed. In order,
/// each once.
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
    // Alone on its line, what it is stands on the one before.
    let above: Vec<&str> = match (words.as_slice(), n.checked_sub(1).and_then(|n| lines.get(n))) {
        ([_], Some(above)) => above.get(ceil(above, label::REACH)..).unwrap_or_default().split_whitespace().collect(),
        _ => Vec::new(),
    };
    // Most lines have no number: what stands around is looked at only when there is one.
    let mut near = None;
    let mut is_near = || *near.get_or_insert_with(|| is_announced(lines, n));
    let (mut found, mut next) = (Vec::new(), 0);
    for at in 0..words.len() {
        if at < next {
            continue;
        }
        for candidate in number::candidates(&words, at) {
            let place = Place { words: &words, above: &above, at, candidate: &candidate };
            if is_code(&candidate, &place, n > 0, &mut is_near) {
                next = at + candidate.words;
                found.push(candidate.code);
            }
        }
    }
    found
}

fn is_code(candidate: &Candidate, place: &Place<'_>, in_text: bool, is_near: &mut impl FnMut() -> bool) -> bool {
    match candidate.shape {
        Shape::Number if place.is_reference() => false,
        Shape::Number => in_text && place.is_alone() || is_near(),
        Shape::Short | Shape::Long => place.is_labelled() && !place.has_unit(),
        Shape::Pair | Shape::Mixed => place.is_labelled(),
    }
}

fn is_announced(lines: &[&str], n: usize) -> bool {
    let around = lines.get(n.saturating_sub(LINES_AROUND)..lines.len().min(n + 2)).unwrap_or_default();
    around.iter().any(|line| announces(line))
}

fn floor(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Where the last `limit` bytes of `text` begin.
fn ceil(text: &str, limit: usize) -> usize {
    (text.len().saturating_sub(limit)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests;
