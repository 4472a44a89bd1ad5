//! Recognizes the links that look like buttons. Style sheets are not read, since buttons in messages have attributes.

use std::ops::Range;

use crate::mail::html_tokenizer::Tag;

/// Beginnings of values that show no border, and no background that differs from the page's.
const INVISIBLE: [&str; 6] = ["none", "transparent", "inherit", "0", "white", "#ffffff"];

/// True if an `<a>` has the class of a button, or a background or border with padding around its text.
pub(super) fn is_button(tag: &Tag) -> bool {
    let class = tag.attribute("class").unwrap_or_default().to_ascii_lowercase();
    if class.contains("button") || class.contains("btn") {
        return true;
    }
    let style = tag.attribute("style").unwrap_or_default().to_ascii_lowercase();
    let has_padding = |(name, value): (&str, &str)| {
        name.starts_with("padding") && value.contains(|c| matches!(c, '1'..='9'))
            || name == "display" && value.starts_with("inline-block")
    };
    let is_shown = |(name, value): (&str, &str)| has_colour((name, value)) || name == "border" && is_visible(value);
    declarations(&style).any(has_padding) && declarations(&style).any(is_shown)
}

/// An open cell of a table with a colour of its own.
pub(super) struct ColouredCell {
    /// The length of the text before the cell.
    text: usize,
    /// The number of links before it.
    links: usize,
}

impl ColouredCell {
    /// `text` and `links` are the length of the text and the number of links before the cell.
    pub(super) fn begin(tag: &Tag, text: usize, links: usize) -> Option<Self> {
        let is_coloured = tag.attribute("bgcolor").is_some_and(|colour| is_visible(&colour.to_ascii_lowercase()))
            || tag.attribute("style").is_some_and(|style| declarations(&style.to_ascii_lowercase()).any(has_colour));
        is_coloured.then_some(ColouredCell { text, links })
    }

    /// True if the cell shows nothing but one link, which is the last of `links` in `text`. Footers and the backgrounds
    /// of pages show more.
    pub(super) fn is_button(&self, text: &str, links: usize, link: &Range<usize>) -> bool {
        let is_blank = |text: Option<&str>| text.unwrap_or_default().trim().is_empty();
        links == self.links + 1 && is_blank(text.get(self.text..link.start)) && is_blank(text.get(link.end..))
    }
}

fn declarations(style: &str) -> impl Iterator<Item = (&str, &str)> {
    style
        .split(';')
        .filter_map(|declaration| declaration.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
}

fn has_colour((name, value): (&str, &str)) -> bool {
    matches!(name, "background" | "background-color") && is_visible(value)
}

fn is_visible(value: &str) -> bool {
    value != "#fff" && !INVISIBLE.iter().any(|invisible| value.starts_with(invisible))
}
