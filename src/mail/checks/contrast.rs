//! Finds text whose colour and ground are too close (WCAG 2.2, 1.4.3). It knows inline styles and attributes; where a
//! style sheet may set a ground, it stays silent.

use crate::mail::html_tokenizer::Tag;

use super::color::Rgb;

/// Open elements that are followed.
const MAX_DEPTH: usize = 512;
/// Pairs of colours that are reported.
const MAX_PAIRS: usize = 10;
/// Elements without an end tag.
const VOID: [&str; 11] = ["img", "br", "hr", "meta", "link", "input", "col", "area", "base", "source", "wbr"];

/// Text that is hard to read.
#[derive(Clone, Debug, PartialEq)]
pub struct LowContrast {
    pub at: usize,
    pub color: Rgb,
    pub ground: Rgb,
    pub ratio: f64,
}

/// The style of an open element, with what it inherits.
#[derive(Clone, Copy, Debug, Default)]
struct TextStyle {
    color: Option<Rgb>,
    ground: Ground,
    /// In pixels.
    size: f64,
    is_bold: bool,
    at: usize,
}

#[derive(Clone, Copy, Debug, Default)]
enum Ground {
    #[default]
    Unset,
    Known(Rgb),
    /// A picture, a gradient or a transparent colour.
    Unknown,
}

#[derive(Default)]
pub struct ContrastReader {
    open: Vec<(String, TextStyle)>,
    /// True if a style sheet sets a ground.
    styles_set_ground: bool,
    found: Vec<LowContrast>,
}

impl ContrastReader {
    pub fn start_tag(&mut self, tag: &Tag) {
        if VOID.contains(&tag.name()) || self.open.len() >= MAX_DEPTH {
            return;
        }
        let mut style = self.current();
        style.at = tag.span.start;
        style.is_bold |= matches!(tag.name(), "b" | "strong" | "h1" | "h2" | "h3" | "th");
        if let Some(color) = tag.attribute("bgcolor") {
            style.ground = Rgb::read(&color).map_or(Ground::Unknown, Ground::Known);
        }
        if let Some(color) = tag.attribute("color").as_deref().and_then(Rgb::read) {
            style.color = Some(color);
        }
        if tag.attribute("background").is_some() {
            style.ground = Ground::Unknown;
        }
        style.apply(&tag.attribute("style").unwrap_or_default());
        self.open.push((tag.name().to_owned(), style));
    }

    pub fn end_tag(&mut self, name: &str) {
        // An element that was never opened closes nothing.
        if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
            self.open.truncate(at);
        }
    }

    /// Reads a style sheet without its white space.
    pub fn style(&mut self, css: &str) {
        self.styles_set_ground |= css.contains("background");
    }

    pub fn text(&mut self, text: &str) {
        if text.trim().is_empty() || self.found.len() >= MAX_PAIRS {
            return;
        }
        let style = self.current();
        let Some(color) = style.color else { return };
        let ground = match style.ground {
            Ground::Known(ground) => ground,
            Ground::Unset => Rgb::WHITE,
            Ground::Unknown => return,
        };
        let is_large = style.size >= 24.0 || style.is_bold && style.size >= 18.66;
        let ratio = color.contrast(ground);
        let is_known = self.found.iter().any(|found| (found.color, found.ground) == (color, ground));
        // Text in the colour of its ground is hidden on purpose: a preheader.
        if ratio > 1.05 && ratio < if is_large { 3.0 } else { 4.5 } && !is_known {
            self.found.push(LowContrast { at: style.at, color, ground, ratio });
        }
    }

    /// The pairs found. A ground that was only assumed does not count where a style sheet sets one.
    pub fn finish(self) -> Vec<LowContrast> {
        let is_assumed = |found: &LowContrast| self.styles_set_ground && found.ground == Rgb::WHITE;
        self.found.iter().filter(|found| !is_assumed(found)).cloned().collect()
    }

    fn current(&self) -> TextStyle {
        self.open.last().map_or(TextStyle { size: 16.0, ..TextStyle::default() }, |(_, style)| *style)
    }
}

impl TextStyle {
    fn apply(&mut self, css: &str) {
        for declaration in css.split(';').take(64) {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let value = value.replace("!important", "");
            let value = value.trim();
            match property.trim().to_ascii_lowercase().as_str() {
                "color" => self.color = Rgb::read(value),
                "background" | "background-color" => self.ground = ground(value),
                "background-image" if value != "none" => self.ground = Ground::Unknown,
                "font-weight" => self.is_bold = matches!(value, "bold" | "600" | "700" | "800" | "900"),
                "font-size" => {
                    let pixels = value.strip_suffix("px").and_then(|number| number.trim().parse().ok());
                    self.size = pixels.unwrap_or(self.size);
                }
                _ => {}
            }
        }
    }
}

fn ground(value: &str) -> Ground {
    match Rgb::read(value).or_else(|| value.split_whitespace().find_map(Rgb::read)) {
        Some(_) if value.contains("url(") || value.contains("gradient") => Ground::Unknown,
        Some(color) => Ground::Known(color),
        None => Ground::Unknown,
    }
}
