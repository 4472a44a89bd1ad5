//! Lists of codes, as of backup codes: several on one line, or one on each of several lines.

use std::ops::Range;

use super::line::CodeLine;
use super::token::{LineToken, TokenKind};

/// Maximum number of codes listed for one message.
pub(super) const MAX_CODES: usize = 20;

/// The number of tokens that number a list item: 2 for `1.` and `2)`, else 0.
pub(super) fn item_number(tokens: &[LineToken<'_>]) -> usize {
    let is_number = |token: &LineToken<'_>| token.is_digits() && token.text.len() <= 2;
    match tokens {
        [number, mark, item, ..] if is_number(number) && mark.is(".)") && !mark.spaced && item.spaced => 2,
        _ => 0,
    }
}

/// True if two lines are items of one list. They look alike except for their characters.
fn is_alike(a: &CodeLine<'_>, b: &CodeLine<'_>) -> bool {
    let (a, b) = (a.tokens(), b.tokens());
    let (a_number, b_number) = (item_number(a), item_number(b));
    let (a_item, b_item) = (a.get(a_number..).unwrap_or_default(), b.get(b_number..).unwrap_or_default());
    let is_alike = |(a, b): (&LineToken<'_>, &LineToken<'_>)| {
        let is_same = a.kind != TokenKind::Mark || a.text == b.text;
        is_same && a.kind == b.kind && a.spaced == b.spaced && a.text.len() == b.text.len()
    };
    a_number == b_number && a_item.len() == b_item.len() && a_item.iter().zip(b_item).all(is_alike)
}

/// The first line of the list that the line `n` of the body belongs to, at most [`MAX_CODES`] lines above.
pub(super) fn first_line(lines: &[CodeLine<'_>], n: usize) -> usize {
    let is_item = |at: usize| lines.get(at - 1).zip(lines.get(at)).is_some_and(|(above, line)| is_alike(above, line));
    let mut first = n;
    while first > 1 && n - first < MAX_CODES && is_item(first) {
        first -= 1;
    }
    first
}

/// True if the line `n` is not the only one of its list.
pub(super) fn has_neighbour(lines: &[CodeLine<'_>], n: usize) -> bool {
    let is_neighbour = |at: Option<&CodeLine<'_>>| at.zip(lines.get(n)).is_some_and(|(a, b)| is_alike(a, b));
    is_neighbour(lines.get(n + 1)) || n > 1 && is_neighbour(lines.get(n - 1))
}

/// The numbers of a list on one line that begins at the token `at`, if there are at least two: `482913 593024`,
/// `4829-1377 5930-2488`.
pub(super) fn numbers(tokens: &[LineToken<'_>], at: usize) -> Option<Vec<Range<usize>>> {
    let first = number(tokens, at)?;
    let digits = |range: &Range<usize>| tokens.get(range.start).map(|token| token.text.len());
    let mut found = vec![first];
    while let Some(last) = found.last()
        && tokens.get(last.end).is_some_and(|next| next.spaced && next.is_digits())
    {
        let next = number(tokens, last.end)?;
        if next.len() != last.len() || digits(&next) != digits(last) {
            return None;
        }
        found.push(next);
    }
    (found.len() > 1).then_some(found)
}

/// `482913` or `4829-1377` at the token `at`.
fn number(tokens: &[LineToken<'_>], at: usize) -> Option<Range<usize>> {
    let first = tokens.get(at).filter(|token| token.is_digits())?;
    let is_hyphen = |token: Option<&LineToken<'_>>| token.is_some_and(|token| token.is("-") && !token.spaced);
    if !is_hyphen(tokens.get(at + 1)) {
        return (6..=8).contains(&first.text.len()).then_some(at..at + 1);
    }
    let second = tokens.get(at + 2).filter(|token| token.is_digits() && !token.spaced)?;
    let fits = (3..=4).contains(&first.text.len()) && first.text.len() == second.text.len();
    (fits && !is_hyphen(tokens.get(at + 3))).then_some(at..at + 3)
}
