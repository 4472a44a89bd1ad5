//! The width that the HTML of a message takes at least, such as that of a table of 600 pixels. A narrower frame shows
//! it smaller instead of cutting it off, as mail programs on phones do.

use crate::mail::html_tokenizer::Tag;

/// Widths in pixels: one that every frame has, and the largest that is shown in full.
const LEAST: u32 = 320;
const MOST: u32 = 1_600;
/// Pixels for what stands around the widest element: margins and padding.
const MARGIN: u32 = 64;

/// Finds the widest element that does not yield.
#[derive(Default)]
pub struct FixedWidth {
    widest: u32,
    /// True if a style sheet adapts the message to narrow frames.
    is_responsive: bool,
    /// The open element whose content takes no width: its name, and how many of that name are open.
    skipped: Option<(String, usize)>,
}

impl FixedWidth {
    pub fn start_tag(&mut self, tag: &Tag) {
        if let Some((name, depth)) = &mut self.skipped {
            *depth += usize::from(tag.name() == name);
            return;
        }
        let style = tag.attribute("style").unwrap_or_default().to_ascii_lowercase();
        let is_hidden = property(&style, "display") == Some("none");
        // What overflows such an element is cut off, or scrolls in it.
        let is_clipped =
            ["overflow", "overflow-x"].iter().any(|name| property(&style, name).is_some_and(|v| v != "visible"));
        if (is_hidden || is_clipped) && !matches!(tag.name(), "img" | "br" | "hr" | "input") {
            self.skipped = Some((tag.name().to_owned(), 1));
        }
        // The cells of a table yield, and the rest is as wide as these.
        if is_hidden || !matches!(tag.name(), "table" | "div" | "center" | "section" | "img") {
            return;
        }
        let yields = property(&style, "max-width").is_some_and(|value| value.contains('%'));
        let attribute = || tag.attribute("width").filter(|_| matches!(tag.name(), "table" | "img"));
        let width = property(&style, "width").map(str::to_owned).or_else(attribute);
        let width = width.as_deref().and_then(pixels).filter(|_| !yields);
        let least = property(&style, "min-width").and_then(pixels);
        self.widest = self.widest.max(width.max(least).unwrap_or_default());
    }

    pub fn end_tag(&mut self, name: &str) {
        self.skipped = self.skipped.take().and_then(|(skipped, depth)| {
            let depth = depth - usize::from(skipped == name);
            (depth > 0).then_some((skipped, depth))
        });
    }

    /// Reads a style sheet. Its widths count, since most rules of a message apply to one of its elements.
    pub fn add_css(&mut self, css: &str) {
        let css = css.to_ascii_lowercase();
        self.is_responsive |= ["@media", "max-width"].into_iter().any(|rule| css.contains(rule));
        let pairs = css.split(['{', '}', ';']).filter_map(|pair| pair.split_once(':'));
        let widths = pairs.filter(|(name, _)| matches!(name.trim(), "width" | "min-width"));
        self.widest =
            widths.filter_map(|(_, value)| pixels(value)).max().map_or(self.widest, |most| most.max(self.widest));
    }

    /// The style that makes the document smaller in a narrow frame; empty if it yields. Browsers that cannot divide
    /// lengths (CSS Values 4 §10) ignore it.
    pub fn style(&self) -> String {
        if self.is_responsive || self.widest <= LEAST {
            return String::new();
        }
        let widest = self.widest.min(MOST);
        let (narrow, width) = (widest - 1, widest + MARGIN);
        format!("<style>@media screen and (max-width:{narrow}px){{html{{zoom:calc(100vw / {width}px)}}}}</style>")
    }
}

/// The value of a property in the `style` attribute of an element, in lower case.
fn property<'s>(style: &'s str, name: &str) -> Option<&'s str> {
    let mut pairs = style.split(';').filter_map(|pair| pair.split_once(':'));
    pairs.find(|(property, _)| property.trim() == name).map(|(_, value)| without_priority(value))
}

/// The value without `!important`.
fn without_priority(value: &str) -> &str {
    value.split('!').next().unwrap_or_default().trim()
}

/// A length in pixels, with or without the unit.
fn pixels(value: &str) -> Option<u32> {
    let value = without_priority(value);
    value.strip_suffix("px").unwrap_or(value).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::html_tokenizer::{HtmlVisitor, visit};

    impl HtmlVisitor for FixedWidth {
        fn start_tag(&mut self, tag: &Tag) {
            FixedWidth::start_tag(self, tag);
        }

        fn end_tag(&mut self, name: &str) {
            FixedWidth::end_tag(self, name);
        }

        fn style(&mut self, css: &str, _at: usize) {
            self.add_css(css);
        }
    }

    fn style(html: &str) -> String {
        let mut width = FixedWidth::default();
        visit(html, &mut width);
        width.style()
    }

    #[test]
    fn a_message_with_a_fixed_width_is_made_smaller() {
        for (html, narrow, width) in [
            ("<table width=600><tr><td width=700>x", 599, 664),
            ("<TABLE WIDTH='600px'>", 599, 664),
            ("<div style='color:red; WIDTH: 640px !important'>", 639, 704),
            ("<table width=500></table><img width=660>", 659, 724),
            ("<table width=600 style='max-width:600px'>", 599, 664),
            ("<div style='min-width:400px;width:100%'>", 399, 464),
            ("<table width=4000000000>", 1_599, 1_664),
            ("<style>p { color: red } .wrap { WIDTH: 640px; }</style><div class=wrap>", 639, 704),
            (
                "<div style='overflow:hidden;width:500px'><div style='width:900px'></div></div><table width=400>",
                499,
                564,
            ),
            ("<div style='display:none'><div><table width=900></div></div><table width=400>", 399, 464),
        ] {
            let expected = format!(
                "<style>@media screen and (max-width:{narrow}px){{html{{zoom:calc(100vw / {width}px)}}}}</style>"
            );
            assert_eq!(style(html), expected, "{html}");
        }
    }

    #[test]
    fn a_message_that_yields_to_a_narrow_frame_stays_as_it_is() {
        for html in [
            "<p>text",
            "<table width=320>",
            "<table width='100%'>",
            "<table width=600 style='width:100%;max-width:600px'>",
            "<img width=600 style='max-width:100%'>",
            "<td width=600>",
            "<div width=600>",
            "<table width=-600><div style='width:99999999999px'>",
            "<style>@media (max-width:600px) { table { width: 100% !important } }</style><table width=600>",
            "<style>img { max-width: 100% }</style><img width=600>",
            "<style>p { max-width: 600px; line-height: 640px }</style><table width=600>",
            "<div style='display: none !important'><table width=900>",
            "<div style='overflow-x:auto'><table width=900></table></div>",
            "<img style='display:none' width=900>",
        ] {
            assert_eq!(style(html), "", "{html}");
        }
    }
}
