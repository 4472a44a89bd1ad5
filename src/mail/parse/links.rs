//! The links that a person can open: those of the HTML with their text, then the URLs in running text.

use std::collections::HashSet;
use std::ops::Range;

use serde::Serialize;

use super::html::HtmlText;

/// Maximum number of links listed for one message.
const MAX_LINKS: usize = 500;
/// Maximum length of a listed link in bytes; a longer one is data.
const MAX_LINK: usize = 8 * 1024;
/// Maximum length of a scheme.
const MAX_SCHEME: usize = 40;
/// Schemes of addresses that only work inside the message or the browser, and of scripts.
const INTERNAL_SCHEMES: &str = " javascript vbscript livescript data cid mid file blob filesystem about chrome \
                                resource jar view-source ws wss ";

/// A link, with field names in Mailpit's style for the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageLink {
    /// Starts with a scheme, which runs no script; the rest is untrusted.
    #[serde(rename = "URL")]
    pub url: String,
    /// The text of the link; empty for a URL in running text.
    #[serde(rename = "Text")]
    pub text: String,
}

/// The links, each URL once: those of `<a>`, then the URLs in the text of the HTML and in `text`, in order.
pub(super) fn read(html: &HtmlText, text: &str) -> Vec<MessageLink> {
    let mut list = LinkList::default();
    let mut shown = HashSet::new();
    for link in html.links.iter().filter(|link| is_link(&link.target)) {
        let text = html.label(link);
        shown.extend(urls(&text));
        list.add(link.target.clone(), text);
    }
    for between in texts_outside_links(html) {
        urls(between).into_iter().filter(|url| !shown.contains(url)).for_each(|url| list.add(url, String::new()));
    }
    urls(text).into_iter().for_each(|url| list.add(url, String::new()));
    list.links
}

fn texts_outside_links(html: &HtmlText) -> impl Iterator<Item = &str> {
    let ends = std::iter::once(0).chain(html.links.iter().map(|link| link.range.end));
    let starts = html.links.iter().map(|link| link.range.start).chain([html.text.len()]);
    ends.zip(starts).filter_map(|(end, start)| html.text.get(end..start))
}

#[derive(Default)]
struct LinkList {
    links: Vec<MessageLink>,
    seen: HashSet<String>,
}

impl LinkList {
    fn add(&mut self, url: String, text: String) {
        if url.len() <= MAX_LINK && self.links.len() < MAX_LINKS && self.seen.insert(url.clone()) {
            self.links.push(MessageLink { url, text });
        }
    }
}

/// True for a URL that a person can open outside the message: any scheme that apps register, but none of the internal
/// ones.
fn is_link(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_scheme(scheme) && if is_web { rest.len() > 2 && rest.starts_with("//") } else { !rest.is_empty() }
}

/// True for the syntax of RFC 3986 §3.1 with at least two characters (`C:` is a drive), unless it is internal.
fn is_scheme(scheme: &str) -> bool {
    let is_name = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_scheme_character);
    let is_internal = || INTERNAL_SCHEMES.split(' ').any(|internal| scheme.eq_ignore_ascii_case(internal));
    (2..=MAX_SCHEME).contains(&scheme.len()) && is_name && !is_internal()
}

fn is_scheme_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// A URL in running text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlSpan {
    /// Where it stands, as written.
    pub range: Range<usize>,
    /// Without the line ends of a folded URL.
    pub url: String,
}

fn urls(text: &str) -> Vec<String> {
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
        let (url, shown, length) = match folded_in_brackets(before, tail) {
            Some((url, length)) => (url, length, length),
            None => {
                let quote = before.chars().next_back().filter(|c| *c == '\'');
                let whole = tail.get(..authority + length_of_rest(&tail[authority..], quote)).unwrap_or_default();
                let url = trim_sentence(whole);
                (url.to_owned(), url.len(), whole.len())
            }
        };
        next = start + length;
        if (authority + 1..=MAX_LINK).contains(&url.len()) && found.len() < MAX_LINKS {
            found.push(UrlSpan { range: start..start + shown, url });
        }
    }
    found
}

/// The start of the scheme that ends at `end`.
fn scheme_start(text: &str, end: usize) -> Option<usize> {
    let before = text.as_bytes().get(end.saturating_sub(MAX_SCHEME)..end)?;
    let length = before.iter().rev().take_while(|byte| is_scheme_character(char::from(**byte))).count();
    let word = text.get(end - length..end)?.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    // Words may stand directly before a web address, but `git+https` is a scheme.
    let lower = word.to_ascii_lowercase();
    let glued = lower.strip_suffix("https").or_else(|| lower.strip_suffix("http"));
    let scheme = word.get(glued.filter(|glued| !glued.ends_with(['+', '-'])).map_or(0, str::len)..)?;
    is_scheme(scheme).then_some(end - scheme.len())
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
    for (at, c) in rest.char_indices() {
        // A word of such a script follows an ASCII path directly. In a host, it may be a label of its own.
        let is_sentence = has_no_blanks(c) && (!in_host || last.is_ascii_alphanumeric());
        if is_boundary(c) || is_sentence || Some(c) == quote {
            return at;
        }
        in_host &= !matches!(c, '/' | '?' | '#');
        last = c;
    }
    rest.len()
}

/// True for characters that are in no URL, among them the punctuation of scripts that are not ASCII.
fn is_boundary(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || "<>\"`{}|\\^«»・".contains(c)
        || matches!(c, '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{fe30}'..='\u{fe6f}')
        || matches!(c, '\u{feff}' | '\u{ff01}'..='\u{ff65}' | '\u{ffe0}'..='\u{ffff}')
}

/// True for characters of Thai, Lao, Burmese, Khmer, Hangul, kana and Han, which follow other text without a blank.
fn has_no_blanks(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{3041}'..='\u{33ff}' | '\u{3400}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdf}' | '\u{20000}'..='\u{3ffff}')
}

/// `url` without the punctuation at its end. A closing bracket that it does not open belongs to the sentence.
fn trim_sentence(url: &str) -> &str {
    let surplus = |open: char, closed: char| url.matches(closed).count().saturating_sub(url.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    url.trim_end_matches(|c: char| {
        let extra = match c {
            ')' => &mut round,
            ']' => &mut square,
            c => return matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '*' | '\''),
        };
        let is_surplus = *extra > 0;
        *extra = extra.saturating_sub(1);
        is_surplus
    })
}

#[cfg(test)]
mod tests;
