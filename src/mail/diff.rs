//! Compares two texts: by words, or by lines side by side. Size and time are bounded, so that two hostile texts cost no
//! more than two large ones.

use std::time::Duration;

use similar::{DiffOp, DiffTag, TextDiff};

/// Lines, or words, of each text that are compared.
const MAX_ITEMS: usize = 5_000;
/// Longest time for one comparison. Then the rest counts as different.
const MAX_TIME: Duration = Duration::from_millis(500);
/// Bytes of a line that are shown.
const MAX_LINE: usize = 2_000;
/// Unchanged lines around a change that are shown.
const CONTEXT: usize = 3;
/// Pairs of changed lines whose words are compared.
const MAX_PAIRS: usize = 400;

/// Which text a piece is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffSide {
    Both,
    Old,
    New,
}

/// A run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffPiece {
    pub side: DiffSide,
    pub text: String,
    /// True for a change between two numbers or tokens, as between two messages of one template.
    pub is_variable: bool,
}

/// The words of two texts, as one.
#[derive(Clone, Debug, Default)]
pub struct WordDiff {
    pub pieces: Vec<DiffPiece>,
    /// Number of changes that are not between numbers or tokens.
    pub changes: usize,
    /// True if a text is longer than what is compared.
    pub is_cut: bool,
}

/// One line of a text, with its number from 1.
pub type NumberedLine = (usize, Vec<DiffPiece>);

/// A row of two texts side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffRow {
    Lines {
        old: Option<NumberedLine>,
        new: Option<NumberedLine>,
        is_changed: bool,
    },
    /// Number of equal lines that are left out.
    Skipped(usize),
}

/// The lines of two texts.
#[derive(Clone, Debug, Default)]
pub struct LineDiff {
    pub rows: Vec<DiffRow>,
    /// Number of rows that differ.
    pub changes: usize,
    pub is_cut: bool,
}

/// Compares two texts by words.
pub fn diff_words(old: &str, new: &str) -> WordDiff {
    let (old_words, old_cut) = limited(words(old));
    let (new_words, new_cut) = limited(words(new));
    let mut diff = WordDiff { is_cut: old_cut || new_cut, ..WordDiff::default() };
    for op in compare(&old_words, &new_words) {
        let (tag, old_range, new_range) = op.as_tag_tuple();
        let join = |words: &[&str], range: std::ops::Range<usize>| words.get(range).unwrap_or_default().concat();
        let (before, after) = (join(&old_words, old_range), join(&new_words, new_range));
        if tag == DiffTag::Equal {
            diff.push(DiffSide::Both, before, false);
            continue;
        }
        let is_variable = tag == DiffTag::Replace && is_variable(&before) && is_variable(&after);
        diff.changes += usize::from(!is_variable);
        diff.push(DiffSide::Old, before, is_variable);
        diff.push(DiffSide::New, after, is_variable);
    }
    diff
}

impl WordDiff {
    fn push(&mut self, side: DiffSide, text: String, is_variable: bool) {
        if !text.is_empty() {
            self.pieces.push(DiffPiece { side, text, is_variable });
        }
    }

    /// The pieces of one text.
    fn of(&self, side: DiffSide) -> Vec<DiffPiece> {
        self.pieces.iter().filter(|piece| piece.side == side || piece.side == DiffSide::Both).cloned().collect()
    }
}

/// Compares two texts by lines, and changed lines by words.
pub fn diff_lines(old: &str, new: &str) -> LineDiff {
    let (old_lines, old_cut) = limited(old.lines().map(shown_line));
    let (new_lines, new_cut) = limited(new.lines().map(shown_line));
    let mut diff = LineDiff { is_cut: old_cut || new_cut, ..LineDiff::default() };
    let mut pairs = 0;
    for op in compare(&old_lines, &new_lines) {
        let (tag, old_range, new_range) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            diff.equal(&old_lines, old_range.start, new_range.start, old_range.len());
            continue;
        }
        let rows = old_range.len().max(new_range.len());
        diff.changes += rows;
        for n in 0..rows {
            let before = old_lines.get(old_range.clone()).and_then(|lines| lines.get(n)).copied();
            let after = new_lines.get(new_range.clone()).and_then(|lines| lines.get(n)).copied();
            let (old_pieces, new_pieces) = match (before, after) {
                (Some(before), Some(after)) if pairs < MAX_PAIRS => {
                    pairs += 1;
                    let words = diff_words(before, after);
                    (words.of(DiffSide::Old), words.of(DiffSide::New))
                }
                _ => (whole(DiffSide::Old, before), whole(DiffSide::New, after)),
            };
            diff.rows.push(DiffRow::Lines {
                old: before.map(|_| (old_range.start + n + 1, old_pieces)),
                new: after.map(|_| (new_range.start + n + 1, new_pieces)),
                is_changed: true,
            });
        }
    }
    diff
}

impl LineDiff {
    /// Adds equal lines, those far from a change as their number. The first and the last lines of a text are far from
    /// one on their outer side.
    fn equal(&mut self, lines: &[&str], old_start: usize, new_start: usize, count: usize) {
        let before = if self.rows.is_empty() { 0 } else { CONTEXT };
        let is_last = old_start + count >= lines.len();
        let after = if is_last { 0 } else { CONTEXT };
        let skipped = count.saturating_sub(before + after);
        for n in 0..count {
            if skipped > 1 && n >= before && n < before + skipped {
                if n == before {
                    self.rows.push(DiffRow::Skipped(skipped));
                }
                continue;
            }
            let pieces = whole(DiffSide::Both, lines.get(old_start + n).copied());
            let (old, new) = ((old_start + n + 1, pieces.clone()), (new_start + n + 1, pieces));
            self.rows.push(DiffRow::Lines { old: Some(old), new: Some(new), is_changed: false });
        }
    }
}

fn whole(side: DiffSide, text: Option<&str>) -> Vec<DiffPiece> {
    text.into_iter().map(|text| DiffPiece { side, text: text.to_owned(), is_variable: false }).collect()
}

fn compare(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    TextDiff::configure().timeout(MAX_TIME).diff_slices(old, new).ops().to_vec()
}

fn limited<'a>(mut items: impl Iterator<Item = &'a str>) -> (Vec<&'a str>, bool) {
    let kept: Vec<&str> = items.by_ref().take(MAX_ITEMS).collect();
    (kept, items.next().is_some())
}

fn shown_line(line: &str) -> &str {
    let end = (0..=MAX_LINE.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    line.get(..end).unwrap_or_default().trim_end()
}

/// The words of a text, with the blanks and the signs between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_same = |c: char| match () {
            () if is_word(first) => is_word(c),
            () if first.is_whitespace() => c.is_whitespace(),
            () => false,
        };
        let end = rest.find(|c: char| !is_same(c)).filter(|end| *end > 0).unwrap_or(rest.len());
        let end = if is_word(first) || first.is_whitespace() { end } else { first.len_utf8() };
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some(word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// True for a number, a date or a token: words with digits only.
fn is_variable(text: &str) -> bool {
    let mut found = words(text).filter(|word| word.chars().any(is_word)).peekable();
    found.peek().is_some() && found.all(|word| word.chars().any(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(diff: &WordDiff) -> String {
        let show = |piece: &DiffPiece| match (piece.side, piece.is_variable) {
            (DiffSide::Both, _) => piece.text.clone(),
            (DiffSide::Old, false) => format!("[-{}]", piece.text),
            (DiffSide::New, false) => format!("[+{}]", piece.text),
            (DiffSide::Old, true) => format!("(-{})", piece.text),
            (DiffSide::New, true) => format!("(+{})", piece.text),
        };
        diff.pieces.iter().map(show).collect()
    }

    #[test]
    fn words_are_compared_and_numbers_do_not_count() {
        let diff = diff_words("Order #10339 left our warehouse.", "Order #10368 left our warehouse today.");
        assert_eq!(marked(&diff), "Order #(-10339)(+10368) left our warehouse[+ today].");
        assert_eq!(diff.changes, 1);
        assert_eq!(marked(&diff_words("한글 메일", "한글 편지")), "한글 [-메일][+편지]");
        assert_eq!(marked(&diff_words("", "a")), "[+a]");
    }

    #[test]
    fn lines_are_compared_side_by_side_with_some_context() {
        let text = |middle: &str| format!("{}{middle}\n{}", "same\n".repeat(20), "end\n".repeat(20));
        let diff = diff_lines(&text("old line"), &text("new line"));
        assert_eq!((diff.changes, diff.rows.len()), (1, 9));
        assert_eq!(diff.rows[0], DiffRow::Skipped(17));
        let DiffRow::Lines { old: Some((number, pieces)), is_changed: true, .. } = &diff.rows[4] else {
            panic!("{:?}", diff.rows)
        };
        assert_eq!((*number, pieces[0].text.as_str(), pieces[0].side), (21, "old", DiffSide::Old));
        assert!(
            diff_lines("a\nb", "a\nb").rows.iter().all(|row| !matches!(row, DiffRow::Lines { is_changed: true, .. }))
        );
    }

    #[test]
    fn large_and_different_texts_are_bounded() {
        let old: String = (0..50_000).map(|n| format!("a{n} x\n")).collect();
        let new: String = (0..50_000).map(|n| format!("b{n} x\n")).collect();
        let (lines, words) = (diff_lines(&old, &new), diff_words(&old, &new));
        assert!(lines.is_cut && words.is_cut);
        assert!(lines.rows.len() <= 2 * MAX_ITEMS && words.pieces.len() <= 2 * MAX_ITEMS);
        assert_eq!(diff_lines(&"x".repeat(10_000), "").rows.len(), 1);
    }
}
