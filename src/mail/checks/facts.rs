//! What the HTML of a message contains, read once for all issues.

use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};

use super::contrast::{ContrastReader, LowContrast};

/// Images, links and tables of one message that are kept.
const MAX_ITEMS: usize = 2_000;
/// Bytes of a link's text that are kept.
const MAX_TEXT: usize = 200;

/// An `<img>`.
#[derive(Clone, Debug, Default)]
pub struct ImageFact {
    pub src: String,
    pub alt: Option<String>,
    pub at: usize,
}

/// An `<a>` with an address.
#[derive(Clone, Debug, Default)]
pub struct LinkFact {
    pub href: String,
    /// Its text, with the alternative texts of its images.
    pub text: String,
    pub at: usize,
}

#[derive(Clone, Debug, Default)]
struct TableFact {
    at: usize,
    has_role: bool,
    has_header: bool,
}

/// The facts about an HTML document.
#[derive(Default)]
pub struct HtmlFacts {
    pub images: Vec<ImageFact>,
    pub links: Vec<LinkFact>,
    /// Tables without headers and without `role="presentation"`.
    pub layout_tables: Vec<usize>,
    pub has_html: bool,
    /// True if an element has a `lang`.
    pub has_lang: bool,
    /// True for `<meta name="color-scheme">` or the CSS property.
    pub has_color_scheme: bool,
    /// True if styles ask for `prefers-color-scheme: dark`.
    pub has_dark_styles: bool,
    pub low_contrast: Vec<LowContrast>,
    open_link: Option<LinkFact>,
    open_tables: Vec<TableFact>,
    contrast: ContrastReader,
}

impl HtmlFacts {
    /// Reads a document, in linear time.
    pub fn read(html: &str) -> Self {
        let mut facts = HtmlFacts::default();
        visit(html, &mut facts);
        facts.close_link();
        while !facts.open_tables.is_empty() {
            facts.close_table();
        }
        facts.low_contrast = std::mem::take(&mut facts.contrast).finish();
        facts
    }

    fn close_link(&mut self) {
        if let Some(link) = self.open_link.take().filter(|_| self.links.len() < MAX_ITEMS) {
            self.links.push(link);
        }
    }

    fn close_table(&mut self) {
        if let Some(table) = self.open_tables.pop()
            && !table.has_role
            && !table.has_header
            && self.layout_tables.len() < MAX_ITEMS
        {
            self.layout_tables.push(table.at);
        }
    }

    fn image(&mut self, tag: &Tag) {
        let alt = tag.attribute("alt");
        if let (Some(link), Some(alt)) = (&mut self.open_link, &alt) {
            add_text(&mut link.text, alt);
        }
        if self.images.len() < MAX_ITEMS {
            let src = tag.attribute("src").unwrap_or_default().trim().to_owned();
            self.images.push(ImageFact { src, alt, at: tag.span.start });
        }
    }

    fn meta(&mut self, tag: &Tag) {
        let name = tag.attribute("name").unwrap_or_default().to_ascii_lowercase();
        self.has_color_scheme |= matches!(name.as_str(), "color-scheme" | "supported-color-schemes");
    }
}

fn add_text(text: &mut String, more: &str) {
    let left = MAX_TEXT.saturating_sub(text.len());
    text.extend(more.chars().take(left));
}

impl HtmlVisitor for HtmlFacts {
    fn text(&mut self, text: &str) {
        if let Some(link) = &mut self.open_link {
            add_text(&mut link.text, text);
        }
        self.contrast.text(text);
    }

    fn start_tag(&mut self, tag: &Tag) {
        self.has_lang |= tag.attribute_names().any(|name| name == "lang");
        match tag.name() {
            "html" => self.has_html = true,
            "img" => self.image(tag),
            "meta" => self.meta(tag),
            "a" => {
                self.close_link();
                let href = tag.attribute("href").map(|href| href.trim().to_owned());
                self.open_link = href.map(|href| LinkFact { href, text: String::new(), at: tag.span.start });
            }
            "table" if self.open_tables.len() < 256 => {
                let role = tag.attribute("role").unwrap_or_default().to_ascii_lowercase();
                let has_role = matches!(role.as_str(), "presentation" | "none");
                self.open_tables.push(TableFact { at: tag.span.start, has_role, has_header: false });
            }
            "th" | "caption" => {
                if let Some(table) = self.open_tables.last_mut() {
                    table.has_header = true;
                }
            }
            _ => {}
        }
        self.contrast.start_tag(tag);
    }

    fn end_tag(&mut self, name: &str) {
        match name {
            "a" => self.close_link(),
            "table" => self.close_table(),
            _ => {}
        }
        self.contrast.end_tag(name);
    }

    fn style(&mut self, css: &str, _at: usize) {
        let css = css.to_ascii_lowercase();
        let squeezed: String = css.split_whitespace().collect();
        self.has_dark_styles |= squeezed.contains("prefers-color-scheme:dark");
        self.has_color_scheme |= squeezed.contains("{color-scheme:") || squeezed.contains(";color-scheme:");
        self.contrast.style(&squeezed);
    }
}
