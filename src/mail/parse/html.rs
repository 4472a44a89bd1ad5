//! What a person reads in HTML: its text in lines, and its links. One pass over the HTML serves the text view, the
//! snippet, search, the list of links and the codes.

use std::ops::Range;

use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};

mod button;
mod elements;

use button::{ColouredCell, is_button};
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
    /// True if it looks like a button.
    pub is_button: bool,
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
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.shows_picture(link) { words(&link.picture) } else { words(self.text_of(link)) }
    }

    /// True if a link has no text of its own.
    pub(super) fn shows_picture(&self, link: &HtmlLink) -> bool {
        self.text_of(link).trim().is_empty()
    }

    fn text_of(&self, link: &HtmlLink) -> &str {
        self.text.get(link.range.start..link.range.end.min(self.text.len())).unwrap_or_default()
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
    /// The innermost open cell of a table, if it has a colour.
    cell: Option<ColouredCell>,
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
        if name == "td" {
            self.cell = ColouredCell::begin(tag, self.out.text.len(), self.out.links.len());
        }
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
        if name == "td" {
            self.end_cell();
        }
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
    /// The only link of a cell with a colour is a button.
    fn end_cell(&mut self) {
        let HtmlText { text, links, .. } = &mut self.out;
        let (Some(cell), count) = (self.cell.take(), links.len()) else { return };
        if let Some(link) = links.last_mut() {
            link.is_button |= cell.is_button(text, count, &link.range);
        }
    }

    fn begin_link(&mut self, tag: &Tag) {
        self.end_link();
        let start = self.out.text.len();
        let is_button = is_button(tag);
        self.link =
            target(tag).map(|target| HtmlLink { target, range: start..start, picture: String::new(), is_button });
    }

    /// Adds the link of a region of a picture.
    fn add_area(&mut self, tag: &Tag) {
        let at = self.out.text.len();
        let picture = tag.attribute("alt").unwrap_or_default();
        if let Some(target) = target(tag).filter(|target| target.len() <= MAX_TARGET && self.link.is_none()) {
            self.out.insertions.push((at, Insertion::Target(self.out.links.len())));
            self.out.links.push(HtmlLink { target, range: at..at, picture, is_button: false });
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
mod tests;
