//! The links that a person can click: from the HTML with their text, then bare URLs from the plain text.

use std::collections::HashSet;

use serde::Serialize;

use super::html::{TextToken, attribute, for_each_token, unescape};
use super::text::is_inline;

/// Maximum number of links listed for one message.
const MAX_LINKS: usize = 500;
/// Maximum length of a listed link in bytes; a longer one is data.
const MAX_LINK: usize = 8 * 1024;

/// A link, with field names in Mailpit's style for the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageLink {
    /// Starts with `http:`, `https:` or `mailto:`; the rest is untrusted.
    #[serde(rename = "URL")]
    pub url: String,
    /// The text of the link; empty for a bare URL.
    #[serde(rename = "Text")]
    pub text: String,
}

/// The links, each URL once: those of `<a>`, then the bare URLs in the text of the HTML and in `text`, in order.
pub(super) fn read(html: &str, text: &str) -> Vec<MessageLink> {
    let mut found = LinkCollector::default();
    for_each_token(html, |token| found.add_token(&token));
    found.close();
    let outside = std::mem::take(&mut found.outside);
    let outside = unescape(&outside);
    let shown = std::mem::take(&mut found.shown);
    for url in bare_urls(&outside).into_iter().filter(|url| !shown.contains(*url)).chain(bare_urls(text)) {
        found.add(MessageLink { url: url.to_owned(), text: String::new() });
    }
    found.links
}

#[derive(Default)]
struct LinkCollector {
    links: Vec<MessageLink>,
    seen: HashSet<String>,
    /// URLs in the texts of links.
    shown: HashSet<String>,
    /// The `<a>` that is not closed yet.
    open: Option<MessageLink>,
    /// The raw text of the HTML outside links.
    outside: String,
}

impl LinkCollector {
    fn add_token(&mut self, token: &TextToken<'_>) {
        match token {
            TextToken::Open { name, attributes } if name.eq_ignore_ascii_case("a") => {
                self.close();
                self.open = attribute(attributes, "href").map(|url| MessageLink { url, text: String::new() });
            }
            TextToken::Open { name, attributes } if name.eq_ignore_ascii_case("img") => {
                // An image used as a button has its alternative text as name.
                if let (Some(link), Some(alt)) = (self.open.as_mut(), attribute(attributes, "alt")) {
                    link.text.push_str(&alt);
                }
                self.outside.push(' ');
            }
            TextToken::Close { name } if name.eq_ignore_ascii_case("a") => self.close(),
            TextToken::Text(text) => match &mut self.open {
                Some(link) if link.text.len() < MAX_LINK => link.text.push_str(text),
                Some(_) => {}
                None => self.outside.push_str(text),
            },
            TextToken::Open { name, .. } | TextToken::Close { name } if !is_inline(name) => self.outside.push(' '),
            TextToken::Open { .. } | TextToken::Close { .. } => {}
        }
    }

    /// Ends the open link. The text after it does not continue the word before it.
    fn close(&mut self) {
        self.outside.push(' ');
        if let Some(link) = self.open.take() {
            self.add(link);
        }
    }

    fn add(&mut self, link: MessageLink) {
        let scheme = |s: &str| link.url.get(..s.len()).is_some_and(|p| p.eq_ignore_ascii_case(s));
        let known = scheme("http://") || scheme("https://") || scheme("mailto:");
        if !known || link.url.len() > MAX_LINK || self.links.len() >= MAX_LINKS || !self.seen.insert(link.url.clone()) {
            return;
        }
        let text = unescape(&link.text).split_whitespace().collect::<Vec<_>>().join(" ");
        self.shown.extend(bare_urls(&text).into_iter().map(str::to_owned));
        self.links.push(MessageLink { url: link.url, text });
    }
}

/// The `http(s)` URLs in running text, without punctuation that belongs to the sentence.
pub(super) fn bare_urls(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // A URL inside a URL is part of it. Reading it again would take quadratic time.
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

/// The start of the `http` or `https` before `://`.
fn scheme_start(text: &str, at: usize) -> Option<usize> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let start = at.checked_sub(scheme.len())?;
        text.get(start..at).filter(|t| t.eq_ignore_ascii_case(scheme)).map(|_| start)
    })
}

/// `url` without the punctuation at its end. A closing bracket that it does not open belongs to the sentence.
fn trim_sentence(url: &str) -> &str {
    let count = |wanted: u8| url.bytes().filter(|b| *b == wanted).count();
    let (mut round, mut square) = (surplus(count(b'('), count(b')')), surplus(count(b'['), count(b']')));
    let mut end = url.len();
    for byte in url.bytes().rev() {
        let extra = match byte {
            b')' => &mut round,
            b']' => &mut square,
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'*' => {
                end -= 1;
                continue;
            }
            _ => break,
        };
        let Some(fewer) = extra.checked_sub(1) else { break };
        *extra = fewer;
        end -= 1;
    }
    url.get(..end).unwrap_or(url)
}

/// The number of closing brackets without an opening one.
fn surplus(open: usize, closed: usize) -> usize {
    closed.saturating_sub(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(html: &str, text: &str) -> Vec<(String, String)> {
        read(html, text).into_iter().map(|l| (l.url, l.text)).collect()
    }

    #[test]
    fn each_link_is_listed_once_with_its_text() {
        let html = "<a href='https://a.example/v?t=1&amp;u=2'><b>Verify</b>\n me</a> <a href=\"#top\">up</a>\
                    <a href='javascript:alert(1)'>x</a><a href=https://b.example><img alt=Logo></a>";
        let text = "Verify: https://a.example/v?t=1&u=2. Or (see http://c.example/a_(b)) <https://d.example>, http://";
        assert_eq!(
            seen(html, text),
            [
                ("https://a.example/v?t=1&u=2".into(), "Verify me".into()),
                ("https://b.example".into(), "Logo".into()),
                ("http://c.example/a_(b)".into(), String::new()),
                ("https://d.example".into(), String::new()),
            ]
        );
    }

    #[test]
    fn urls_in_the_text_of_html_are_listed_once() {
        let urls = |html: &str, text: &str| seen(html, text).into_iter().map(|(url, _)| url).collect::<Vec<_>>();
        assert_eq!(
            urls("<p>Visit https://bare.test/verify?t=a&amp;u=b now</p>", ""),
            ["https://bare.test/verify?t=a&u=b"]
        );
        assert_eq!(
            urls(
                "<a href='https://a.test/1'>https://shown.test/x</a>https://a.test/1<br>https://b.te<b>st/</b><p>x\
                 https://shown.test/x</p><td>https://c.test</td><td>x</td><style>https://no.test/</style>",
                "https://c.test"
            ),
            ["https://a.test/1", "https://b.test/", "https://c.test"]
        );
    }

    #[test]
    fn brackets_of_a_url_are_kept_and_brackets_around_it_dropped() {
        for (text, url) in [
            ("See (https://b.test/a(b)c) ok", "https://b.test/a(b)c"),
            ("[https://b.test/a[1].]", "https://b.test/a[1]"),
            ("(https://b.test/a_(b)).", "https://b.test/a_(b)"),
            ("https://b.test/a_(b)", "https://b.test/a_(b)"),
            ("https://b.test/a)))...", "https://b.test/a"),
        ] {
            assert_eq!(bare_urls(text), [url], "{text}");
        }
    }

    #[test]
    fn links_past_the_limit_are_ignored() {
        assert_eq!(
            seen("", &(0..5_000).map(|n| format!("http://a.example/{n} ")).collect::<String>()).len(),
            MAX_LINKS
        );
    }
}
