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
}

impl FixedWidth {
    pub fn start_tag(&mut self, tag: &Tag) {
        // The cells of a table yield, and the rest is as wide as these.
        if !matches!(tag.name(), "table" | "div" | "center" | "section" | "img") {
            return;
        }
        let style = tag.attribute("style").unwrap_or_default().to_ascii_lowercase();
        let yields = property(&style, "max-width").is_some_and(|value| value.contains('%'));
        let attribute = || tag.attribute("width").filter(|_| matches!(tag.name(), "table" | "img"));
        let width = property(&style, "width").map(str::to_owned).or_else(attribute);
        let width = width.as_deref().and_then(pixels).filter(|_| !yields);
        let least = property(&style, "min-width").and_then(pixels);
        self.widest = self.widest.max(width.max(least).unwrap_or_default());
    }

    pub fn add_css(&mut self, css: &str) {
        self.is_responsive |= ["@media", "max-width"].into_iter().any(|rule| css.contains(rule));
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
    pairs.find(|(property, _)| property.trim() == name).map(|(_, value)| value.trim())
}

/// A length in pixels, with or without the unit: `600`, `600px !important`.
fn pixels(value: &str) -> Option<u32> {
    let value = value.split('!').next().unwrap_or_default().trim();
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
        ] {
            assert_eq!(style(html), "", "{html}");
        }
    }
}
