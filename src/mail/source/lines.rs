//! The lines of one page of a source.

use super::highlight::{SourcePosition, SourceSpan, spans};

/// Maximum length of a line without CR LF (RFC 5322 §2.1.1), in bytes.
const MAX_LINE: usize = 998;
/// Lines on one page.
pub const LINES_PER_PAGE: usize = 1_000;
/// Bytes that are shown of one line.
const MAX_SHOWN: usize = 4 * 1024;
/// Bytes that are shown on one page; a page has fewer lines if they are longer.
const MAX_PAGE: usize = 256 * 1024;

/// One line of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// From 1.
    pub number: usize,
    pub spans: Vec<SourceSpan>,
    /// Length in bytes without the line end.
    pub length: usize,
    /// Bytes at the end of the line that are not shown.
    pub hidden: usize,
}

impl SourceLine {
    /// True if servers may reject or break the line.
    pub fn is_too_long(&self) -> bool {
        self.length > MAX_LINE
    }
}

/// A page of lines.
#[derive(Clone, Debug, Default)]
pub struct SourcePage {
    pub lines: Vec<SourceLine>,
    /// The first line of the page, from 1.
    pub first: usize,
    /// Number of lines of the whole source.
    pub total: usize,
    /// The first line longer than [`MAX_LINE`], wherever it is.
    pub first_long: Option<usize>,
}

impl SourcePage {
    /// The first line after the page; `None` at the end.
    pub fn next(&self) -> Option<usize> {
        let next = self.first + self.lines.len();
        (next <= self.total && !self.lines.is_empty()).then_some(next)
    }
}

/// The first line of the page that shows `line`.
pub const fn first_line_of_page(line: usize) -> usize {
    (line.saturating_sub(1) / LINES_PER_PAGE) * LINES_PER_PAGE + 1
}

/// The lines from `from` on. Reads the source once, in linear time.
pub fn source_page(source: &[u8], from: usize) -> SourcePage {
    let first = from.max(1);
    let mut page = SourcePage { first, ..SourcePage::default() };
    let (mut position, mut size) = (SourcePosition::START, 0);
    for line in source.split_inclusive(|byte| *byte == b'\n') {
        page.total += 1;
        let text = without_line_end(line);
        if text.len() > MAX_LINE && page.first_long.is_none() {
            page.first_long = Some(page.total);
        }
        if page.total >= first && page.lines.len() < LINES_PER_PAGE && size < MAX_PAGE {
            let shown = text.get(..MAX_SHOWN).unwrap_or(text);
            size += shown.len() + 16;
            page.lines.push(SourceLine {
                number: page.total,
                spans: spans(&String::from_utf8_lossy(shown), position),
                length: text.len(),
                hidden: text.len() - shown.len(),
            });
        }
        position.advance(text);
    }
    page
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_its_lines_and_counts_all() {
        let source = "Subject: x\r\n\r\n".to_owned() + &"line\r\n".repeat(2_500);
        let page = source_page(source.as_bytes(), 1_001);
        assert_eq!((page.first, page.lines.len(), page.total, page.next()), (1_001, 1_000, 2_502, Some(2_001)));
        assert_eq!(page.lines[0].number, 1_001);
        assert_eq!(source_page(source.as_bytes(), 2_001).next(), None);
        assert_eq!(source_page(source.as_bytes(), 9_999).lines, []);
        assert_eq!((first_line_of_page(1), first_line_of_page(1_000), first_line_of_page(1_001)), (1, 1, 1_001));
    }

    #[test]
    fn long_lines_are_marked_and_cut() {
        let source = format!("\r\n{}\r\n{}\r\n", "x".repeat(998), "y".repeat(5_000));
        let page = source_page(source.as_bytes(), 1);
        let marks: Vec<_> = page.lines.iter().map(|line| (line.is_too_long(), line.hidden)).collect();
        assert_eq!(marks, [(false, 0), (false, 0), (true, 904)]);
        assert_eq!(page.first_long, Some(3));
    }

    #[test]
    fn a_page_of_twenty_megabytes_is_bounded() {
        for line in ["x", &"<p>한글</p>".repeat(500), &"z".repeat(20_000_000)] {
            let source = format!("Content-Type: text/html\n\n{line}\n").repeat((20_000_000 / (line.len() + 26)).max(1));
            let page = source_page(source.as_bytes(), 1);
            let shown: usize = page.lines.iter().flat_map(|l| &l.spans).map(|span| span.text.len()).sum();
            assert!(page.lines.len() <= LINES_PER_PAGE && shown <= MAX_PAGE + 2 * MAX_SHOWN, "{shown}");
        }
    }
}
