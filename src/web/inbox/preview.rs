//! The Preview tab: the width and the colours of the frame, and the pictures that are held back.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use url::{Host, Url};

use crate::inbox::CapturedMessage;
use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};
use crate::mail::parse::ParsedMessage;

use super::layout::InboxLayout;
use super::visible_text::shortened;

/// Hosts that are named.
const MAX_HOSTS: usize = 3;
/// Characters of a preheader.
const MAX_PREHEADER: usize = 300;
/// Pictures that are counted.
const MAX_PICTURES: usize = 2_000;
/// For the estimate of printed pages: characters of a line, lines that a picture takes, lines of a page, most pages.
const LINE: usize = 70;
const PICTURE_LINES: usize = 8;
const PAGE_LINES: usize = 40;
const MAX_PAGES: usize = 16;
/// Widths of the frame in pixels; none fits the pane.
pub const WIDTHS: [&str; 5] = ["320", "390", "600", "768", ""];
/// Colours of the frame: as the reader's system, dark by the message's own styles, or dark by force as some clients do.
pub const SCHEMES: [&str; 3] = ["", "dark", "forced"];

/// How the frame shows the message, as the query string asks for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PreviewOptions {
    pub width: &'static str,
    pub scheme: &'static str,
    /// True if pictures of any host are loaded.
    pub pictures: bool,
}

impl PreviewOptions {
    /// Unknown values are as if they were missing.
    pub fn new(width: Option<&str>, scheme: Option<&str>, pictures: bool) -> Self {
        let known = |all: &[&'static str], value: Option<&str>| {
            all.iter().copied().find(|known| Some(*known) == value).unwrap_or_default()
        };
        PreviewOptions { width: known(&WIDTHS, width), scheme: known(&SCHEMES, scheme), pictures }
    }

    /// The query string of the frame.
    pub fn frame_query(&self) -> String {
        let forced = (self.scheme == "forced").then_some("scheme=forced");
        let pictures = self.pictures.then_some("img=1");
        let all: Vec<&str> = forced.into_iter().chain(pictures).collect();
        if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
    }

    /// The classes of the frame.
    pub fn classes(&self) -> String {
        let width = if self.width.is_empty() { String::new() } else { format!(" w{}", self.width) };
        format!("mail{width}{}", if self.scheme == "dark" { " dark" } else { "" })
    }
}

/// The frame of the Preview tab, with what stands around it.
pub struct PreviewView {
    pub options: PreviewOptions,
    pub html: HtmlPreview,
    /// The beginning of the message, as lists of clients show it behind the subject.
    pub preheader: String,
}

impl PreviewView {
    pub fn new(options: PreviewOptions, captured: &CapturedMessage, parsed: &ParsedMessage) -> Self {
        PreviewView {
            options,
            html: HtmlPreview::of(&parsed.html),
            preheader: shortened(&captured.summary.snippet, MAX_PREHEADER),
        }
    }

    /// The links of the widths: the value, and true for the current one.
    pub fn widths(&self) -> [(&'static str, bool); 5] {
        WIDTHS.map(|width| (width, width == self.options.width))
    }

    /// The links of the schemes: the value, the key of the text, and true for the current one.
    pub fn schemes(&self) -> [(&'static str, &'static str, bool); 3] {
        let key = |scheme| match scheme {
            "dark" => "inbox-dark",
            "forced" => "inbox-scheme-forced",
            _ => "inbox-scheme-light",
        };
        SCHEMES.map(|scheme| (scheme, key(scheme), scheme == self.options.scheme))
    }

    /// The query string of the page with other options.
    pub fn with(&self, layout: &InboxLayout, width: &str, scheme: &str, pictures: impl Borrow<bool>) -> String {
        let pictures = if *pictures.borrow() { "1" } else { "" };
        layout.query_with(&[("w", width), ("scheme", scheme), ("img", pictures)])
    }
}

/// What the HTML of a message would load, and how it prepares for dark colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlPreview {
    /// Hosts beyond this machine with their numbers of pictures, the most first.
    pub hosts: Vec<(String, usize)>,
    /// Number of hosts that are not named.
    pub more_hosts: usize,
    pub pictures: usize,
    /// Pictures of one pixel.
    pub trackers: usize,
    /// True if the HTML has styles for dark colours.
    pub has_dark: bool,
    /// Printed pages for the frame, estimated and rounded up to a power of two: its page cannot measure it.
    pub pages: usize,
    /// True if the message is longer than that.
    pub is_cut_in_print: bool,
}

impl HtmlPreview {
    pub fn of(html: &str) -> Self {
        let mut finder = PictureFinder::default();
        visit(html, &mut finder);
        let mut hosts: Vec<(String, usize)> = finder.hosts.into_iter().collect();
        hosts.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
        let (pictures, more_hosts) = (hosts.iter().map(|(_, n)| n).sum(), hosts.len().saturating_sub(MAX_HOSTS));
        hosts.truncate(MAX_HOSTS);
        let has_dark = memchr::memmem::find(html.as_bytes(), b"prefers-color-scheme").is_some();
        let lines = finder.breaks + finder.characters / LINE;
        let whole = (lines / PAGE_LINES + 1).next_power_of_two();
        let (pages, is_cut_in_print) = (whole.min(MAX_PAGES), whole > MAX_PAGES);
        HtmlPreview { hosts, more_hosts, pictures, trackers: finder.trackers, has_dark, pages, is_cut_in_print }
    }

    pub fn is_held_back(&self) -> bool {
        self.pictures + self.trackers > 0
    }
}

#[derive(Default)]
struct PictureFinder {
    hosts: BTreeMap<String, usize>,
    trackers: usize,
    seen: usize,
    /// Visible characters, and the lines that elements begin.
    characters: usize,
    breaks: usize,
}

impl HtmlVisitor for PictureFinder {
    fn text(&mut self, text: &str) {
        self.characters += text.split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>();
    }

    fn start_tag(&mut self, tag: &Tag) {
        self.breaks += match tag.name() {
            "p" | "tr" | "li" | "br" | "h1" | "h2" | "h3" | "hr" => 1,
            "img" => PICTURE_LINES,
            _ => 0,
        };
        let source = match tag.name() {
            "img" | "input" => tag.attribute("src").or_else(|| tag.attribute("srcset")),
            "source" => tag.attribute("srcset"),
            "video" => tag.attribute("poster"),
            _ => tag.attribute("background"),
        };
        let is_pixel = |name| tag.attribute(name).is_some_and(|size| matches!(size.trim(), "0" | "1" | "0px" | "1px"));
        if let Some(source) = source {
            self.add(&source, is_pixel("width") && is_pixel("height"));
        }
        if let Some(style) = tag.attribute("style") {
            self.style(&style, 0);
        }
    }

    fn style(&mut self, css: &str, _at: usize) {
        for at in memchr::memmem::find_iter(css.as_bytes(), b"url(") {
            let rest = css.get(at + 4..).unwrap_or_default().trim_start_matches(['"', '\'', ' ']);
            self.add(rest.split(['"', '\'', ')', ' ']).next().unwrap_or_default(), false);
        }
    }
}

impl PictureFinder {
    fn add(&mut self, source: &str, is_tracker: bool) {
        let Ok(url) = Url::parse(source.trim().split(char::is_whitespace).next().unwrap_or_default()) else { return };
        let Some(host) = url.host().filter(|_| matches!(url.scheme(), "http" | "https")) else { return };
        if is_loopback(&host) || self.seen >= MAX_PICTURES {
            return;
        }
        self.seen += 1;
        match is_tracker {
            true => self.trackers += 1,
            false => *self.hosts.entry(host.to_string()).or_default() += 1,
        }
    }
}

/// True for the reader's own machine, as the policy of the frame names it.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => *address == std::net::Ipv4Addr::LOCALHOST,
        // A policy cannot name an IPv6 address (CSP 3 §2.3.1).
        Host::Ipv6(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_other_hosts_are_counted_and_named() {
        let found = HtmlPreview::of(
            "<img src=https://a.test/1.png><img src='http://b.test/x'><td background=https://b.test/y>\
             <p style=\"background:url('https://b.test/z')\"><img src=https://t.test/o width=1 height=1>\
             <img src=http://127.0.0.1:8000/l.png><img src=http://localhost/l><img src=cid:x><img src=data:image/png,x>\
             <style>@media (prefers-color-scheme: dark) { p { color: red } }</style>",
        );
        assert_eq!(found.hosts, [("b.test".to_owned(), 3), ("a.test".to_owned(), 1)]);
        assert_eq!((found.pictures, found.trackers, found.has_dark), (4, 1, true));
        assert!(!HtmlPreview::of("<p>plain</p>").is_held_back());
    }

    #[test]
    fn a_long_message_gets_more_pages_within_a_limit() {
        let of = |paragraphs| HtmlPreview::of(&"<p>Some words of a paragraph.".repeat(paragraphs));
        let pages = |paragraphs| (of(paragraphs).pages, of(paragraphs).is_cut_in_print);
        assert_eq!((pages(1), pages(100), pages(100_000)), ((1, false), (4, false), (16, true)));
    }

    #[test]
    fn many_hosts_are_counted_and_few_are_named() {
        let html: String = (0..5_000).map(|n| format!("<img src=https://h{n}.test/p>")).collect();
        let found = HtmlPreview::of(&html);
        assert_eq!((found.hosts.len(), found.more_hosts, found.pictures), (3, MAX_PICTURES - 3, MAX_PICTURES));
    }

    #[test]
    fn unknown_options_are_as_if_they_were_missing() {
        let options = PreviewOptions::new(Some("390"), Some("forced"), true);
        assert_eq!((options.classes(), options.frame_query()), ("mail w390".into(), "?scheme=forced&img=1".into()));
        let options = PreviewOptions::new(Some("1"), Some("<b>"), false);
        assert_eq!((options.classes(), options.frame_query()), ("mail".into(), String::new()));
    }
}
