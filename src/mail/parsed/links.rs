//! The links a person could click: out of the HTML with their text, then bare ones out of the plain text.

use std::collections::HashSet;

use serde::Serialize;

use super::html::{Token, attribute, tokens, unescape};

/// Links of one mail that are listed.
const MAX_LINKS: usize = 500;
/// Longest link that is listed; longer ones are data.
const MAX_LINK: usize = 8 * 1024;

/// A link, in Mailpit-style spelling for the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// `http:`, `https:` or `mailto:`; whatever follows is a stranger's.
    #[serde(rename = "URL")]
    pub url: String,
    /// What it is labelled with; empty for bare ones.
    #[serde(rename = "Text")]
    pub text: String,
}

/// Each address once, in the order of discovery.
pub(super) fn read(html: &str, text: &str) -> Vec<Link> {
    let mut found = Found::default();
    let mut open: Option<Link> = None;
    tokens(html, |token| match token {
        Token::Open { name, attributes } if name.eq_ignore_ascii_case("a") => {
            open.take().into_iter().for_each(|link| found.add(link));
            open = attribute(attributes, "href").map(|url| Link { url, text: String::new() });
        }
        Token::Open { name, attributes } if name.eq_ignore_ascii_case("img") => {
            // A button made of a picture is named by it.
            if let (Some(link), Some(alt)) = (open.as_mut(), attribute(attributes, "alt")) {
                link.text.push_str(&alt);
            }
        }
        Token::Close { name } if name.eq_ignore_ascii_case("a") => {
            open.take().into_iter().for_each(|link| found.add(link));
        }
        Token::Text(words) => {
            if let Some(link) = open.as_mut().filter(|l| l.text.len() < MAX_LINK) {
                link.text.push_str(words);
            }
        }
        Token::Open { .. } | Token::Close { .. } => {}
    });
    open.into_iter().for_each(|link| found.add(link));
    for url in bare(text) {
        found.add(Link { url: url.to_owned(), text: String::new() });
    }
    found.links
}

#[derive(Default)]
struct Found {
    links: Vec<Link>,
    seen: HashSet<String>,
}

impl Found {
    fn add(&mut self, link: Link) {
        let scheme = |s: &str| link.url.get(..s.len()).is_some_and(|p| p.eq_ignore_ascii_case(s));
        let known = scheme("http://") || scheme("https://") || scheme("mailto:");
        if !known || link.url.len() > MAX_LINK || self.links.len() >= MAX_LINKS || !self.seen.insert(link.url.clone()) {
            return;
        }
        let text = unescape(&link.text).split_whitespace().collect::<Vec<_>>().join(" ");
        self.links.push(Link { url: link.url, text });
    }
}

/// `http(s)` addresses in running text: closing punctuation around them is the sentence's.
pub(super) fn bare(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // An address inside an address is part of it, and looking at it again would cost the square of its length.
    let mut next = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), "://") {
        let Some(start) = scheme_start(text, at).filter(|start| *start >= next) else { continue };
        let tail = text.get(start..).unwrap_or_default();
        let stop = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`{}|\\^".contains(c);
        let whole = tail.get(..tail.find(stop).unwrap_or(tail.len())).unwrap_or_default();
        next = start + whole.len();
        if whole.len() <= MAX_LINK && found.len() < MAX_LINKS {
            let url = trim_sentence(whole);
            found.extend((url.len() > "https://".len()).then_some(url));
        }
    }
    found
}

/// Where the `http` or `https` before `://` begins.
fn scheme_start(text: &str, at: usize) -> Option<usize> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let start = at.checked_sub(scheme.len())?;
        text.get(start..at).filter(|t| t.eq_ignore_ascii_case(scheme)).map(|_| start)
    })
}

fn trim_sentence(url: &str) -> &str {
    let mut url = url;
    loop {
        let shorter = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '*']);
        let unopened = |open: char, close: char| shorter.ends_with(close) && !shorter.contains(open);
        let shorter = if unopened('(', ')') || unopened('[', ']') {
            shorter.get(..shorter.len() - 1).unwrap_or_default()
        } else {
            shorter
        };
        if shorter.len() == url.len() {
            return url;
        }
        url = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(html: &str, text: &str) -> Vec<(String, String)> {
        read(html, text).into_iter().map(|l| (l.url, l.text)).collect()
    }

    #[test]
    fn links_come_with_their_text_once_each() {
        let html = "<a href='https://a.example/v?t=1&amp;u=2'><b>Verify</b>\n me</a> <a href=\"#top\">up</a>\
                    <a href='javascript:alert(1)'>x</a><a href=https://b.example><img alt=Logo></a>";
        let text = "Verify: https://a.example/v?t=1&u=2. Or (see http://c.example/a_(b)) <https://d.example>, http://";
        assert_eq!(
            seen(html, text),
            [
                ("https://a.example/v?t=1&u=2".into(), "Verify me".into()),
                ("https://b.example".into(), "Logo".into()),
                ("http://c.example/a_(b))".into(), String::new()),
                ("https://d.example".into(), String::new()),
            ]
        );
    }

    #[test]
    fn a_million_links_are_cut() {
        assert_eq!(
            seen("", &(0..5_000).map(|n| format!("http://a.example/{n} ")).collect::<String>()).len(),
            MAX_LINKS
        );
    }
}
