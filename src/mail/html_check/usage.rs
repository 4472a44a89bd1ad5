//! Finds which features a document uses, and on how many of its elements.

use std::collections::HashMap;

use serde::Deserialize;

use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};

use super::css::{Declaration, declarations, parse_stylesheet};
use super::nodes::NodeCount;

/// How the use of a feature is recognized: the keys of a feature's `test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureKind {
    Element,
    Attribute,
    /// `input:checkbox`
    Typed,
    /// The beginning of an `href`.
    Link,
    /// The name of a `<meta>`.
    Meta,
    /// A file extension of `src`, or `data:`.
    Image,
    Property,
    /// `display:flex`
    Declaration,
    Function,
    Unit,
    Keyword,
    /// A combinator or another characteristic sign of a selector.
    Selector,
    Pseudo,
    At,
    /// A media feature.
    Media,
}

impl FeatureKind {
    /// False for CSS that cannot be written in a style attribute, because it depends on more than one element.
    pub const fn inlinable(self) -> bool {
        !matches!(self, FeatureKind::At | FeatureKind::Media | FeatureKind::Pseudo | FeatureKind::Selector)
    }
}

/// Elements past this many are ignored.
const MAX_ELEMENTS: usize = 50_000;

/// The features that a document uses.
#[derive(Default)]
pub struct Usage {
    pub nodes: usize,
    counts: HashMap<(FeatureKind, String), usize>,
}

/// Collects the elements and style sheets of a document.
#[derive(Default)]
struct UsageReader {
    usage: Usage,
    nodes: NodeCount,
    styles: Vec<String>,
    elements: usize,
}

impl HtmlVisitor for UsageReader {
    fn text(&mut self, text: &str) {
        self.nodes.text(text);
    }

    fn start_tag(&mut self, tag: &Tag) {
        self.elements += 1;
        if self.elements <= MAX_ELEMENTS {
            self.nodes.start_tag(tag.name());
            self.usage.element(tag);
        }
    }

    fn end_tag(&mut self, name: &str) {
        self.nodes.end_tag(name);
    }

    fn style(&mut self, css: &str, _at: usize) {
        if self.styles.len() < MAX_ELEMENTS {
            self.styles.push(css.to_owned());
        }
    }
}

impl Usage {
    pub fn of(html: &str) -> Usage {
        let mut reader = UsageReader::default();
        visit(html, &mut reader);
        let UsageReader { mut usage, nodes, styles, .. } = reader;
        usage.nodes = nodes.total();
        if !nodes.has_body_end() {
            usage.counts.remove(&(FeatureKind::Element, "body".to_owned()));
        }
        for css in styles {
            usage.stylesheet(&css);
        }
        usage
    }

    /// The number of elements that use the feature; 0 if it is not used.
    pub fn count(&self, kind: FeatureKind, name: &str) -> usize {
        self.counts.get(&(kind, name.to_owned())).copied().unwrap_or(0)
    }

    fn add(&mut self, kind: FeatureKind, name: &str, count: usize) {
        if count > 0 {
            *self.counts.entry((kind, name.to_owned())).or_default() += count;
        }
    }

    fn element(&mut self, tag: &Tag) {
        self.add(FeatureKind::Element, tag.name(), 1);
        for name in tag.attribute_names() {
            self.add(FeatureKind::Attribute, name, 1);
        }
        if let Some(kind) = tag.attribute("type") {
            self.add(FeatureKind::Typed, &format!("{}:{}", tag.name(), kind.to_ascii_lowercase()), 1);
        }
        if let Some(href) = tag.attribute("href") {
            let prefix = if href.starts_with('#') { "#" } else { href.split_inclusive(':').next().unwrap_or("") };
            self.add(FeatureKind::Link, prefix, 1);
        }
        if let ("meta", Some(name)) = (tag.name(), tag.attribute("name")) {
            self.add(FeatureKind::Meta, &name.to_ascii_lowercase(), 1);
        }
        if let ("img" | "source", Some(src)) = (tag.name(), tag.attribute("src")) {
            self.add(FeatureKind::Image, &image_kind(&src), 1);
        }
        // Selectors are matched against these later.
        for class in tag.attribute("class").unwrap_or_default().split_whitespace().take(32) {
            self.add(FeatureKind::Selector, &format!("class {class}"), 1);
        }
        if let Some(id) = tag.attribute("id") {
            self.add(FeatureKind::Selector, &format!("id {id}"), 1);
        }
        if let Some(style) = tag.attribute("style") {
            for declaration in declarations(&style) {
                self.declaration(&declaration, 1);
            }
        }
    }

    fn stylesheet(&mut self, css: &str) {
        let stylesheet = parse_stylesheet(css);
        for prelude in &stylesheet.at_rules {
            let name = prelude.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
            self.add(FeatureKind::At, name, 1);
            for feature in value_tokens(prelude).filter(|_| name == "media") {
                let feature = feature.strip_prefix("any-").unwrap_or(feature);
                let ratio = feature.ends_with("device-pixel-ratio");
                self.add(FeatureKind::Media, if ratio { "device-pixel-ratio" } else { feature }, 1);
            }
        }
        for rule in &stylesheet.rules {
            let mut matched = 0;
            for selector in rule.selector.split(',') {
                self.selector(selector.trim());
                matched += self.matches(selector.trim());
            }
            if rule.selector.contains(',') {
                self.add(FeatureKind::Selector, ",", 1);
            }
            for declaration in &rule.declarations {
                self.declaration(declaration, matched.min(self.nodes));
            }
        }
    }

    fn declaration(&mut self, declaration: &Declaration, count: usize) {
        let Declaration { property, value } = declaration;
        self.add(FeatureKind::Property, property, count);
        self.add(FeatureKind::Declaration, &format!("{property}:{value}"), count);
        if value.contains("!important") {
            self.add(FeatureKind::Keyword, "!important", count);
        }
        for word in value_tokens(value) {
            let at = word.as_ptr() as usize - value.as_ptr() as usize + word.len();
            if value[at..].starts_with('(') {
                self.add(FeatureKind::Function, word, count);
            } else if word.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '-') {
                let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
                self.add(FeatureKind::Unit, unit, count);
            } else {
                self.add(FeatureKind::Keyword, word, count);
            }
        }
    }

    fn selector(&mut self, selector: &str) {
        for sign in ["+", "~", ">", "*", "["] {
            if selector.contains(sign) {
                self.add(FeatureKind::Selector, sign, 1);
            }
        }
        let compounds = || selector.split([' ', '>', '+', '~']).filter(|part| !part.is_empty());
        if compounds().count() > 1 && !selector.contains(['>', '+', '~']) {
            self.add(FeatureKind::Selector, " ", 1);
        }
        for part in compounds() {
            let plain = part.split([':', '[']).next().unwrap_or_default();
            let signs = [
                (".", plain.contains('.')),
                ("..", plain.matches('.').count() > 1),
                ("#", plain.contains('#')),
                ("a", plain.starts_with(|c: char| c.is_ascii_alphabetic())),
            ];
            for (sign, _) in signs.iter().filter(|(_, used)| *used) {
                self.add(FeatureKind::Selector, sign, 1);
            }
            for (at, _) in part.match_indices(':').filter(|(at, _)| !part[..*at].ends_with(':')) {
                let rest = &part[at..];
                let name = rest.trim_start_matches(':');
                let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(name.len());
                self.add(FeatureKind::Pseudo, &rest[..rest.len() - name.len() + end], 1);
            }
        }
    }

    /// Estimates how many elements a selector matches, by its last part alone.
    fn matches(&self, selector: &str) -> usize {
        let last = selector.rsplit([' ', '>', '+', '~']).next().unwrap_or_default();
        let plain = last.split([':', '[']).next().unwrap_or_default();
        if plain.is_empty() || plain == "*" {
            return self.nodes;
        }
        let mut count = self.nodes;
        let mut rest = plain;
        while !rest.is_empty() {
            let body = rest.trim_start_matches(['.', '#']);
            let end = body.find(['.', '#']).unwrap_or(body.len());
            let name = &body[..end];
            count = count.min(match rest.bytes().next() {
                Some(b'.') => self.count(FeatureKind::Selector, &format!("class {name}")),
                Some(b'#') => self.count(FeatureKind::Selector, &format!("id {name}")),
                _ => self.count(FeatureKind::Element, &name.to_ascii_lowercase()),
            });
            rest = &body[end..];
        }
        count
    }
}

fn value_tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '%')).filter(|word| !word.is_empty())
}

fn image_kind(src: &str) -> String {
    if src.starts_with("data:") {
        return "data:".to_owned();
    }
    let path = src.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_in_use_are_counted_by_element() {
        let usage = Usage::of(
            "<style>@media (any-hover){} .row > p:hover, #x::after { display:flex; gap: 8px }</style>\
             <div class='row b'><p class=row style='width:calc(1em + 2%)'>a</p><img src='/a.WEBP?x' width=1></div>",
        );
        for (kind, name, count) in [
            (FeatureKind::Element, "p", 1),
            (FeatureKind::Attribute, "width", 1),
            (FeatureKind::Image, "webp", 1),
            (FeatureKind::Declaration, "display:flex", 1),
            (FeatureKind::Property, "gap", 1),
            (FeatureKind::Unit, "px", 1),
            (FeatureKind::Unit, "%", 1),
            (FeatureKind::Function, "calc", 1),
            (FeatureKind::Pseudo, ":hover", 1),
            (FeatureKind::Pseudo, "::after", 1),
            (FeatureKind::At, "media", 1),
            (FeatureKind::Media, "hover", 1),
            (FeatureKind::Selector, ">", 1),
            (FeatureKind::Selector, ",", 1),
            (FeatureKind::Property, "float", 0),
        ] {
            assert_eq!(usage.count(kind, name), count, "{kind:?} {name}");
        }
        assert_eq!(usage.nodes, 3);
    }

    #[test]
    fn rules_without_a_matching_element_do_not_count() {
        let usage = Usage::of("<style>.absent { float: left } p { clear: both }</style><p><p>");
        assert_eq!(usage.count(FeatureKind::Property, "float"), 0);
        assert_eq!(usage.count(FeatureKind::Property, "clear"), 2);
    }
}
