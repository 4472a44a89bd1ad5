//! Rewrites the HTML of a message for display: its embedded pictures get addresses that a browser can load, its links
//! open a new window, and what would reach out to other servers is removed (`remote_loads`). Everything else stays as
//! the sender wrote it, byte for byte.

use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};
use crate::mail::parse::{MessagePart, ParsedMessage};

use super::fixed_width::FixedWidth;
use super::picture_hosts::PictureHosts;
use super::remote_loads;

/// How the HTML is rendered; by default as Mailpit renders it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderOptions {
    /// Links open a new window, as in Mailpit's frame.
    pub windows: bool,
    /// Pictures are inlined instead of linked. A browser sends no password when a page without an origin loads them, so
    /// links would fail.
    pub pictures: bool,
    pub hosts: PictureHosts,
    /// Colours are inverted, as clients do that force dark colours on messages without any.
    pub forced_dark: bool,
    /// A message with a fixed width is made smaller in a narrow frame.
    pub fits: bool,
}

/// Inverts everything, and pictures once more. An approximation of Gmail's and Outlook's.
const FORCED_DARK: &str = "<style>html{background:#fff!important;filter:invert(.92) hue-rotate(180deg)}\
    img,video,picture,[background]{filter:invert(1) hue-rotate(180deg)}</style>";

/// Limit of the pictures inlined in the HTML, in bytes of their encoded bodies; the others are linked.
const MAX_INLINED: usize = 8 * 1024 * 1024;
/// Pictures and links past this many stay as they are.
pub(super) const MAX_EDITS: usize = 20_000;

/// The HTML of a message; `None` without any. `bytes` is the message, `parts` the path of its parts.
pub fn message_html(parsed: &ParsedMessage, bytes: &[u8], parts: &str, options: RenderOptions) -> Option<String> {
    let html = parsed.html.as_str();
    let is_document = html.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    let named = parsed.parts.iter().rev().filter(|part| !part.content_id.is_empty());
    let by_id = named.map(|part| (part.content_id.to_lowercase(), part)).collect();
    let pictures = EmbeddedParts { by_id, bytes, path: parts, budget: if options.pictures { MAX_INLINED } else { 0 } };
    let width = options.fits.then(FixedWidth::default);
    let mut rewriter = Rewriter { html, windows: options.windows, pictures, edits: Vec::new(), is_document, width };
    visit(html, &mut rewriter);
    // Behind the document, so that a doctype stays first; a browser applies the styles all the same.
    let dark = if options.forced_dark { FORCED_DARK } else { "" };
    let fit = rewriter.width.as_ref().map(FixedWidth::style).unwrap_or_default();
    (!html.is_empty()).then(|| rewriter.finish() + dark + &fit)
}

/// The parts of a message that its HTML may refer to by Content-ID (RFC 2392).
struct EmbeddedParts<'m> {
    /// The first part with each Content-ID, in lower case.
    by_id: HashMap<String, &'m MessagePart>,
    bytes: &'m [u8],
    path: &'m str,
    /// Bytes that may still be inlined.
    budget: usize,
}

impl EmbeddedParts<'_> {
    /// The address for a `cid:` URL, if a part has that Content-ID.
    fn address(&mut self, url: &str) -> Option<String> {
        let id = url.get(4..).filter(|_| starts_with_cid(url.as_bytes()))?.trim_matches(['<', '>']);
        let decoded = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
        let part = self.by_id.get(&id.to_lowercase()).or_else(|| self.by_id.get(&decoded.to_lowercase()))?;
        if part.content_type.starts_with("image/") && part.body.len() <= self.budget {
            self.budget -= part.body.len();
            return Some(format!("data:{};base64,{}", part.content_type, STANDARD.encode(part.decoded(self.bytes))));
        }
        Some(format!("{}{}", self.path, part.id))
    }
}

struct Rewriter<'m> {
    html: &'m str,
    windows: bool,
    pictures: EmbeddedParts<'m>,
    /// Byte ranges with their new text, in order.
    edits: Vec<(Range<usize>, String)>,
    /// True if the HTML has a doctype, `<html>`, `<head>` or `<body>`.
    is_document: bool,
    /// `None` if the message keeps its width.
    width: Option<FixedWidth>,
}

impl HtmlVisitor for Rewriter<'_> {
    fn start_tag(&mut self, tag: &Tag) {
        let name = tag.name();
        self.is_document |= matches!(name, "html" | "head" | "body");
        self.width.iter_mut().for_each(|width| width.start_tag(tag));
        let is_link = self.windows && matches!(name, "a" | "area");
        let html = self.html;
        let removed = remote_loads::removed(tag, html);
        let is_full = self.edits.len() >= MAX_EDITS;
        if !removed.is_empty() && (!is_link || is_full) {
            // Past the limit of edits too.
            return removed.into_iter().for_each(|range| self.remove(range));
        }
        let written = html.get(tag.span.clone()).unwrap_or_default();
        // A character reference may stand for a part of `cid:`.
        let may_embed = written.contains('&') || written.as_bytes().windows(4).any(starts_with_cid);
        if is_full || !is_link && !may_embed {
            return;
        }
        if is_link {
            // The first attribute of a name counts.
            let at = tag.span.start + 1 + name.len();
            // A link to a place in the message scrolls its frame.
            let mut hrefs = tag.located(html).filter(|attribute| attribute.name == "href");
            if !hrefs.next().is_some_and(|href| href.value.trim_start().starts_with('#')) {
                self.edits.push((at..at, " target=\"_blank\" rel=\"noreferrer noopener\"".to_owned()));
            }
        }
        for attribute in tag.located(html) {
            if is_link && (matches!(attribute.name.as_str(), "target" | "rel") || removed.contains(&attribute.span)) {
                self.edits.push((attribute.span, String::new()));
            } else if let Some(address) = self.pictures.address(attribute.value.trim()) {
                self.edits.push((attribute.value_span, address));
            } else {
                self.edit_list(attribute.value_span);
            }
        }
    }

    fn end_tag(&mut self, name: &str) {
        self.width.iter_mut().for_each(|width| width.end_tag(name));
    }

    fn style(&mut self, css: &str, at: usize) {
        self.width.iter_mut().for_each(|width| width.add_css(css));
        self.edit_list(at..at + css.len());
    }
}

impl Rewriter<'_> {
    /// Removes a range. It joins the range before it, so that many of them need little memory.
    fn remove(&mut self, range: Range<usize>) {
        match self.edits.last_mut() {
            Some((last, text)) if text.is_empty() && last.end == range.start => last.end = range.end,
            _ => self.edits.push((range, String::new())),
        }
    }

    /// Rewrites each `cid:` URL in CSS or in a `srcset`.
    fn edit_list(&mut self, range: Range<usize>) {
        let text = self.html.get(range.clone()).unwrap_or_default();
        // An entity may stand for a quote.
        let is_end = |c: char| c.is_whitespace() || "\"'(),;&".contains(c);
        let mut from = 0;
        for (at, _) in text.as_bytes().windows(4).enumerate().filter(|(_, bytes)| starts_with_cid(bytes)) {
            let follows_end = text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(is_end));
            if at < from || !follows_end || self.edits.len() >= MAX_EDITS {
                continue;
            }
            let url = text.get(at..).unwrap_or_default();
            let url = url.get(..url.find(is_end).unwrap_or(url.len())).unwrap_or_default();
            from = at + url.len();
            if let Some(address) = self.pictures.address(url) {
                self.edits.push((range.start + at..range.start + from, address));
            }
        }
    }

    /// The rewritten HTML, as a complete document if its links open a new window.
    fn finish(self) -> String {
        let is_wrapped = self.windows && !self.is_document;
        let added: usize = self.edits.iter().map(|(_, text)| text.len()).sum();
        let mut out = String::with_capacity(self.html.len() + added + 64);
        out.push_str(if is_wrapped { "<!doctype html><html><head></head><body>" } else { "" });
        let mut copied = 0;
        for (range, text) in self.edits {
            let Some(before) = self.html.get(copied..range.start) else { continue };
            out.extend([before, &text]);
            copied = range.end;
        }
        out.push_str(self.html.get(copied..).unwrap_or_default());
        out.push_str(if is_wrapped { "</body></html>" } else { "" });
        out
    }
}

fn starts_with_cid(text: &[u8]) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"cid:"))
}

#[cfg(test)]
mod tests;
