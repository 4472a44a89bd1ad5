//! Recognizes possible codes by their shape alone.

/// The shape of a candidate. It determines which words must stand beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// 6 to 8 digits.
    Number,
    /// 4 or 5 digits, like years, prices and street numbers.
    Short,
    /// 9 or 10 digits, like telephone and account numbers.
    Long,
    /// `123 456` in running text.
    Pair,
    /// Mixed alphanumerics.
    Mixed,
}

/// A possible code.
#[derive(Debug)]
pub(super) struct Candidate<'t> {
    pub code: String,
    pub shape: Shape,
    /// The text before it in its word.
    pub before: &'t str,
    /// The text after it in its last word.
    pub after: &'t str,
    /// The number of words it takes.
    pub words: usize,
}

/// Digits beside these characters are part of something else: a price, an address, a telephone number.
const GLUE: &str = "+$#-.&%@_";
/// Punctuation of other scripts that ends a word, as ASCII punctuation does.
const MARKS: &str = "：，。、；！？（）【】「」『』《》〈〉［］“”‘’";

/// The candidates that start in the word at `at`.
pub(super) fn candidates<'t>(words: &[&'t str], at: usize) -> Vec<Candidate<'t>> {
    let Some(word) = words.get(at).filter(|word| !word.contains('/')) else { return Vec::new() };
    if let Some(pair) = pair(words, at) {
        return vec![pair];
    }
    let found = pieces(word).into_iter().filter(|(_, piece)| piece.bytes().any(|b| b.is_ascii_digit()));
    found.filter_map(|(start, piece)| candidate(word, start, piece)).collect()
}

/// The pieces of a word between punctuation, with their start.
fn pieces(word: &str) -> Vec<(usize, &str)> {
    let ends = |c: char| c.is_ascii_punctuation() && !GLUE.contains(c) || MARKS.contains(c);
    let mut found = Vec::new();
    let mut start = 0;
    for (at, mark) in word.match_indices(ends) {
        found.push((start, word.get(start..at).unwrap_or_default()));
        start = at + mark.len();
    }
    found.push((start, word.get(start..).unwrap_or_default()));
    found
}

fn candidate<'t>(word: &'t str, start: usize, piece: &str) -> Option<Candidate<'t>> {
    let stray = |c: char| !c.is_ascii() && !c.is_alphanumeric() && !"€£₩¥".contains(c);
    let bare = piece.trim_matches(stray).trim_end_matches(['.', '-']);
    // Scripts without blanks attach other words to the code: `인증번호123456입니다`.
    let code = bare.trim_start_matches(cjk).trim_end_matches(cjk).trim_matches(stray);
    let (code, shape) = classify(code)?;
    let lead = bare.len() - bare.trim_start_matches(cjk).len();
    let at = start + piece.find(bare)? + lead;
    let tail = piece.trim_end_matches(['.', '-']).trim_end_matches(stray);
    let glued = tail.len() - tail.trim_end_matches(cjk).len();
    let end = start + tail.len() - glued;
    let (before, after) = (word.get(..at).unwrap_or_default(), word.get(end..).unwrap_or_default());
    Some(Candidate { code, shape, before, after, words: 1 })
}

/// Hangul, kana and ideographs.
pub(super) fn cjk(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn classify(text: &str) -> Option<(String, Shape)> {
    if all_digits(text) {
        // A date without separators, as in the name of a report.
        let date = text.len() == 8 && (text.starts_with("19") || text.starts_with("20"));
        let shape = match text.len() {
            4 | 5 => Shape::Short,
            6..=8 if !date => Shape::Number,
            9 | 10 => Shape::Long,
            _ => return None,
        };
        return Some((text.to_owned(), shape));
    }
    let mixed = text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.bytes().any(|b| b.is_ascii_digit());
    if mixed && (5..=10).contains(&text.len()) {
        return Some((text.to_owned(), Shape::Mixed));
    }
    hyphened(text).map(|code| (code, Shape::Number))
}

/// The digits of `123-456` and `1234-5678`, and of `G-123456` as Google writes it.
fn hyphened(text: &str) -> Option<String> {
    let (a, b) = text.split_once('-')?;
    if a.len() == 1 && a.bytes().all(|b| b.is_ascii_uppercase()) && (6..=8).contains(&b.len()) && all_digits(b) {
        return Some(b.to_owned());
    }
    // 1588-1234 is the telephone number of a Korean company.
    if a.len() == 4 && ["15", "16", "18"].iter().any(|start| a.starts_with(start)) {
        return None;
    }
    let even = a.len() == b.len() && (3..=4).contains(&a.len());
    (even && all_digits(a) && all_digits(b)).then(|| format!("{a}{b}"))
}

/// `123 456` or `1234 5678` without another number beside it.
fn pair<'t>(words: &[&'t str], at: usize) -> Option<Candidate<'t>> {
    let word = |n: Option<usize>| n.and_then(|n| words.get(n)).copied().unwrap_or_default();
    let (first, second) = (word(Some(at)), word(Some(at + 1)));
    let head = first.trim_end_matches(|c: char| c.is_ascii_digit());
    let a = first.get(head.len()..).unwrap_or_default();
    let tail = second.trim_start_matches(|c: char| c.is_ascii_digit());
    let b = second.get(..second.len() - tail.len()).unwrap_or_default();
    let stands_free = !head.ends_with(|c: char| c.is_ascii_alphanumeric() || GLUE.contains(c) && c != '-')
        && !tail.trim_end_matches('.').starts_with(|c: char| c.is_ascii_alphanumeric() || GLUE.contains(c));
    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '+');
    let more = digits(word(at.checked_sub(1))) || digits(word(Some(at + 2)));
    let fits = a.len() == b.len() && (3..=4).contains(&a.len());
    (fits && stands_free && !more && !second.contains('/')).then(|| Candidate {
        code: format!("{a}{b}"),
        shape: Shape::Pair,
        before: head,
        after: tail,
        words: 2,
    })
}

/// The code on a line that has only `123 456` or `1 2 3 4 5 6`.
pub(super) fn spaced(line: &str) -> Option<String> {
    let line = line.strip_prefix("G-").unwrap_or(line);
    if !line.bytes().all(|b| b.is_ascii_digit() || b == b' ') {
        return None;
    }
    let groups: Vec<&str> = line.split_whitespace().collect();
    let even = groups.windows(2).all(|pair| matches!(pair, [a, b] if a.len() == b.len()));
    let joined = groups.concat();
    (even && groups.len() > 1 && (6..=8).contains(&joined.len())).then_some(joined)
}
