//! Finds the URLs in running text, and where each of them ends.

use std::ops::Range;

use super::scheme;
use super::script::{goes_on, has_no_blanks, is_boundary};

/// Maximum number of links listed for one message.
pub(super) const MAX_LINKS: usize = 500;
/// Maximum length of a listed link in bytes; a longer one is data.
pub(super) const MAX_LINK: usize = 8 * 1024;

/// A URL in running text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlSpan {
    /// Where it stands, as written.
    pub range: Range<usize>,
    /// Without the line ends of a folded URL.
    pub url: String,
}

pub(super) fn urls(text: &str) -> Vec<String> {
    find_urls(text).into_iter().map(|found| found.url).collect()
}

/// The URLs with `://` in running text, without punctuation that belongs to the sentence; at most 500.
pub fn find_urls(text: &str) -> Vec<UrlSpan> {
    let mut found = Vec::new();
    // A URL inside a URL is part of it. Reading it again would take quadratic time.
    let mut next = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), "://") {
        let Some(start) = scheme_start(text, at).filter(|start| *start >= next) else { continue };
        let (before, tail) = text.split_at(start);
        let authority = at - start + "://".len();
        let folded = folded_in_brackets(before, tail).map(|(url, length)| (url, length, length));
        let (url, shown, length) = folded.unwrap_or_else(|| {
            let quote = before.chars().next_back().filter(|c| *c == '\'');
            let whole = tail.get(..authority + length_of_rest(&tail[authority..], quote)).unwrap_or_default();
            let url = trim_sentence(whole);
            (url.to_owned(), url.len(), whole.len())
        });
        next = start + length;
        if scheme::ends_with_wrapper(before) {
            continue;
        }
        if (authority + 1..=MAX_LINK).contains(&url.len()) && found.len() < MAX_LINKS {
            found.push(UrlSpan { range: start..start + shown, url });
        }
    }
    found
}

/// The start of the scheme that ends at `end`.
fn scheme_start(text: &str, end: usize) -> Option<usize> {
    let before = text.as_bytes().get(end.saturating_sub(scheme::MAX_SCHEME)..end)?;
    let length = before.iter().rev().take_while(|byte| scheme::is_scheme_character(char::from(**byte))).count();
    let word = text.get(end - length..end)?.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    // Words may stand directly before a web address, but `git+https` is a scheme.
    let lower = word.to_ascii_lowercase();
    let glued = lower.strip_suffix("https").or_else(|| lower.strip_suffix("http"));
    let name = word.get(glued.filter(|glued| !glued.ends_with(['+', '-'])).map_or(0, str::len)..)?;
    scheme::is_scheme(name).then_some(end - name.len())
}

/// The URL at the beginning of `tail` without its line ends, and the length that it takes, if `<…>` holds it and nothing
/// else on several lines: mail programs fold long ones (RFC 3986 appendix C).
fn folded_in_brackets(before: &str, tail: &str) -> Option<(String, usize)> {
    before.strip_suffix("URL:").unwrap_or(before).strip_suffix('<')?;
    let length = tail.bytes().take(MAX_LINK).position(|byte| matches!(byte, b'<' | b'>'))?;
    let (inside, behind) = tail.split_at(length);
    let lines: Vec<&str> = inside.trim_end().lines().map(str::trim).collect();
    let is_url = behind.starts_with('>') && lines.iter().all(|line| !line.is_empty() && !line.contains(is_boundary));
    (is_url && lines.len() > 1).then(|| (lines.concat(), length))
}

/// The length of a URL behind its `://`. `quote` stands before the URL.
fn length_of_rest(rest: &str, quote: Option<char>) -> usize {
    let (mut in_host, mut last) = (true, '/');
    let (mut skipped, mut slashes) = (0, 0);
    for (at, c) in rest.char_indices() {
        if at < skipped {
            last = c;
            continue;
        }
        if is_boundary(c) || Some(c) == quote {
            return at;
        }
        if has_no_blanks(c) {
            // A word of such a script follows an ASCII host, path or query directly. In a host, it may be a label.
            if last.is_ascii_alphanumeric() {
                return at;
            }
            if !in_host {
                let behind = rest.get(at..).unwrap_or_default();
                let Some(length) = goes_on(slashes == 1 && last == '/', behind) else { return at };
                skipped = at + length;
            }
        }
        in_host &= !matches!(c, '/' | '?' | '#');
        slashes += usize::from(c == '/');
        last = c;
    }
    rest.len()
}

/// `url` without the punctuation at its end. A closing bracket that it does not open belongs to the sentence.
fn trim_sentence(url: &str) -> &str {
    let surplus = |open: char, closed: char| url.matches(closed).count().saturating_sub(url.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    url.trim_end_matches(|c: char| {
        let extra = match c {
            ')' => &mut round,
            ']' => &mut square,
            c => return matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '*' | '\'' | '·'),
        };
        let is_surplus = *extra > 0;
        *extra = extra.saturating_sub(1);
        is_surplus
    })
}
