//! What a person reads in HTML: its text in lines, and its links. One pass over the HTML serves the text view, the
//! snippet, search, the list of links and the codes.

use std::ops::Range;

use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};

mod elements;

use elements::{is_block, is_inline, is_preformatted};

/// Length of a link's target that is kept, in bytes; a longer one is data.
const MAX_TARGET: usize = 8 * 1024;

/// The text of HTML and its links.
#[derive(Clone, Debug, Default)]
pub(super) struct HtmlText {
    /// Blocks are lines, `<pre>` keeps its blanks. Only a rendering has the targets of links and the dashes of lists.
    pub text: String,
    pub links: Vec<HtmlLink>,
    /// The address that relative links are relative to: that of the first `<base>` with one.
    pub base: Option<String>,
    /// What a rendering inserts, with its position in `text`.
    insertions: Vec<(usize, Insertion)>,
}

#[derive(Clone, Debug)]
enum Insertion {
    /// The dash of a list item.
    Dash,
    /// The target of the link with this index.
    Target(usize),
}

/// An `<a>` or an `<area>` with a target.
#[derive(Clone, Debug)]
pub(super) struct HtmlLink {
    pub target: String,
    /// The range of [`HtmlText::text`] that is its text.
    pub range: Range<usize>,
    /// The alternative text of its pictures.
    pub picture: String,
}

impl HtmlText {
    pub(super) fn read(html: &str) -> Self {
        let mut reader = TextReader::default();
        visit(html, &mut reader);
        reader.end_link();
        reader.out.text.truncate(reader.out.text.trim_end().len());
        reader.out
    }

    /// The text of a link on one line, or the alternative text of its picture.
    pub(super) fn label(&self, link: &HtmlLink) -> String {
        let text = self.text.get(link.range.start..link.range.end.min(self.text.len())).unwrap_or_default();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.trim().is_empty() { words(&link.picture) } else { words(text) }
    }

    /// The text with the target of each link after its text, and a dash before each list item.
    pub(super) fn rendering(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + 64 * self.links.len());
        let mut copied = 0;
        for (at, insertion) in &self.insertions {
            let at = (*at).clamp(copied, self.text.len());
            out.push_str(self.text.get(copied..at).unwrap_or_default());
            copied = at;
            match insertion {
                Insertion::Dash => out.push_str("- "),
                Insertion::Target(link) => {
                    self.links.get(*link).into_iter().for_each(|link| self.render(link, &mut out))
                }
            }
        }
        out.push_str(self.text.get(copied..).unwrap_or_default());
        out.truncate(out.trim_end().len());
        out
    }

    fn render(&self, link: &HtmlLink, out: &mut String) {
        let label = self.label(link);
        let is_shown = label == link.target || link.target.strip_prefix("mailto:") == Some(&label);
        if is_shown || link.target.starts_with('#') {
            return;
        }
        if link.range.is_empty() && !label.is_empty() {
            push_space(out);
            out.push_str(&label);
        }
        push_space(out);
        out.extend(["( ", &link.target, " )"]);
    }
}

#[derive(Default)]
struct TextReader {
    out: HtmlText,
    /// The `<a>` that is not closed yet.
    link: Option<HtmlLink>,
    /// Open elements whose blanks count.
    preformatted: usize,
    /// True directly after `<pre>`, where browsers ignore a line end.
    is_pre_start: bool,
    /// Open `<template>` elements, which are not shown.
    templates: usize,
}

impl HtmlVisitor for TextReader {
    fn text(&mut self, text: &str) {
        let skipped = std::mem::take(&mut self.is_pre_start);
        if self.templates > 0 {
            return;
        }
        if self.preformatted > 0 {
            return self.out.text.push_str(text.strip_prefix('\n').filter(|_| skipped).unwrap_or(text));
        }
        // A no-break space is a blank that senders fill lines with; it does not keep lines together here.
        for (n, word) in text.split(char::is_whitespace).enumerate() {
            if n > 0 {
                push_space(&mut self.out.text);
            }
            self.out.text.push_str(word);
        }
    }

    fn start_tag(&mut self, tag: &Tag) {
        let name = tag.name();
        self.is_pre_start = false;
        match name {
            "template" => self.templates += 1,
            _ if self.templates > 0 => {}
            "a" => self.begin_link(tag),
            "area" => self.add_area(tag),
            "base" if self.out.base.is_none() => self.out.base = target(tag),
            "img" => {
                push_space(&mut self.out.text);
                if let (Some(link), Some(text)) = (self.link.as_mut(), tag.attribute("alt")) {
                    link.picture.push_str(&text);
                }
            }
            "br" => self.end_line(1),
            "li" => {
                self.end_line(1);
                self.out.insertions.push((self.out.text.len(), Insertion::Dash));
            }
            "tr" | "div" => self.end_line(1),
            _ if is_block(name) => self.end_line(2),
            _ if is_inline(name) => {}
            _ => push_space(&mut self.out.text),
        }
        if is_preformatted(name) {
            self.preformatted += 1;
            self.is_pre_start = true;
        }
    }

    fn end_tag(&mut self, name: &str) {
        match name {
            "template" => self.templates = self.templates.saturating_sub(1),
            _ if self.templates > 0 => {}
            "a" => self.end_link(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.end_line(2),
            _ if is_block(name) => self.end_line(1),
            _ if is_inline(name) => {}
            _ => push_space(&mut self.out.text),
        }
        if is_preformatted(name) {
            self.preformatted = self.preformatted.saturating_sub(1);
        }
    }
}

impl TextReader {
    fn begin_link(&mut self, tag: &Tag) {
        self.end_link();
        let start = self.out.text.len();
        self.link = target(tag).map(|target| HtmlLink { target, range: start..start, picture: String::new() });
    }

    /// Adds the link of a region of a picture.
    fn add_area(&mut self, tag: &Tag) {
        let at = self.out.text.len();
        let picture = tag.attribute("alt").unwrap_or_default();
        if let Some(target) = target(tag).filter(|target| target.len() <= MAX_TARGET && self.link.is_none()) {
            self.out.insertions.push((at, Insertion::Target(self.out.links.len())));
            self.out.links.push(HtmlLink { target, range: at..at, picture });
        }
    }

    fn end_link(&mut self) {
        if let Some(mut link) = self.link.take().filter(|link| link.target.len() <= MAX_TARGET) {
            link.range.end = self.out.text.len();
            self.out.insertions.push((link.range.end, Insertion::Target(self.out.links.len())));
            self.out.links.push(link);
        }
    }

    /// Ends the line, with at least `wanted` line ends in a row.
    fn end_line(&mut self, wanted: usize) {
        let text = &mut self.out.text;
        text.truncate(text.trim_end_matches(' ').len());
        if text.is_empty() {
            return;
        }
        let present = text.bytes().rev().take_while(|b| *b == b'\n').count();
        text.extend((present..wanted).map(|_| '\n'));
    }
}

/// The address in `href`, or in the attribute that SVG had for it.
fn target(tag: &Tag) -> Option<String> {
    let href = tag.attribute("href").or_else(|| tag.attribute("xlink:href"))?;
    Some(as_browsers_read(&href)).filter(|target| !target.is_empty())
}

/// A URL without the blanks around it, and without line ends and tabs (WHATWG URL §4.4).
pub fn as_browsers_read(url: &str) -> String {
    url.trim_matches(|c: char| c <= ' ').replace(['\t', '\n', '\r'], "")
}

fn push_space(text: &mut String) {
    if !text.is_empty() && !text.ends_with([' ', '\n']) {
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(html: &str) -> String {
        HtmlText::read(html).rendering()
    }

    #[test]
    fn html_is_rendered_as_text_with_its_links() {
        let html = "<html><head><title>x</title></head><body><h1>Hello&nbsp;Kim</h1><p>Please <b>con</b>firm:\n \
                    <a href=\"https://a.example/?x=1&amp;y=2\">Confirm</a></p><ul><li>one<li>two</ul>\
                    <a href='https://b.example'>https://b.example</a></body></html>";
        assert_eq!(
            rendered(html),
            "Hello Kim\n\nPlease confirm: Confirm ( https://a.example/?x=1&y=2 )\n\n- one\n- two\nhttps://b.example"
        );
    }

    #[test]
    fn only_elements_that_separate_words_do_so() {
        for (html, text) in [
            ("<p>a<b>b</b></p><p>c</p>", "ab\n\nc"),
            ("R&amp;D H<sub>2</sub>O&hellip;", "R&D H2O…"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c", "a b\nc"),
            ("a<img src=x>b<br>c", "a b\nc"),
            ("<button>a</button>b<style>x{}</style><script>y</script><template><p>z</p></template>", "a b"),
            ("a<!--[if mso]>x<![endif]-->b", "ab"),
            ("1 < 2 <3", "1 < 2 <3"),
        ] {
            assert_eq!(rendered(html), text, "{html}");
        }
    }

    #[test]
    fn preformatted_text_keeps_its_lines_and_blanks() {
        for (html, text) in [
            ("<pre>line 1\n  line 2</pre>", "line 1\n  line 2"),
            ("<p>a\n b</p><pre>\r\n  c\r\n\r\n\td  e\r\n</pre><p>f\n g", "a b\n\n  c\n\n\td  e\n\nf g"),
            ("<PRE><code>let x = 1;\n    x &lt; 2</code></PRE>b\n c", "let x = 1;\n    x < 2\nb c"),
            ("<pre>a<pre>b\n c</pre>\n d</pre>e\n f", "a\n\nb\n c\n\n d\ne f"),
            ("<textarea>\na\n b</textarea>", "a\n b"),
            ("<xmp><b>\n c</xmp>", "<b>\n c"),
            ("<pre>a<br>  b</pre>", "a\n  b"),
        ] {
            assert_eq!(rendered(html), text, "{html}");
        }
    }

    #[test]
    fn a_link_is_named_by_its_text_or_its_picture() {
        let html = "<a href=' https://a.test/\nx '>  go\n now </a><a href=https://b.test><img alt='The logo'></a>\
                    <a href=#top>up</a><a name=x>y</a><a href=''>z</a>";
        let read = HtmlText::read(html);
        let links: Vec<_> = read.links.iter().map(|link| (link.target.clone(), read.label(link))).collect();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(links, [pair("https://a.test/x", "go now"), pair("https://b.test", "The logo"), pair("#top", "up")]);
        assert_eq!(read.rendering(), "go now ( https://a.test/x ) The logo ( https://b.test )upyz");
    }
}
