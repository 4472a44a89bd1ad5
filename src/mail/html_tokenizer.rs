//! Reads HTML for text, links, embedded pictures and checks. html5gum splits it into tokens as browsers do (WHATWG
//! §13.2.5) and decodes character references. This file limits what is kept of a tag, finds byte positions, and tells
//! text from the content of scripts and styles. The sandbox decides what is safe to show, not this module.

mod reader;
mod tag;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

use html5gum::{Emitter, State, Tokenizer};

use reader::{DocumentReader, PositionCorrection};
use tag::RawAttribute;
pub use tag::Tag;

/// Attributes of a tag past this many are ignored.
const MAX_ATTRIBUTES: usize = 64;
/// Bytes of a tag's names and values that are kept.
const MAX_TAG: usize = 256 * 1024;

/// Receives the tokens of a document in order. All names are in lower case.
pub trait HtmlVisitor {
    /// Text with character references decoded. One run of text may arrive in several pieces.
    fn text(&mut self, _text: &str) {}
    fn start_tag(&mut self, _tag: &Tag) {}
    fn end_tag(&mut self, _name: &str) {}
    /// The content of a `<style>` element, and its byte position.
    fn style(&mut self, _css: &str, _at: usize) {}
}

/// Passes the tokens of `html` to `visitor`, in linear time. Comments, doctypes and the content of scripts, titles and
/// frames give no token, nor does a tag that the document does not close.
pub fn visit(html: &str, visitor: &mut impl HtmlVisitor) {
    let correction = PositionCorrection::default();
    let emitter = TokenEmitter {
        html,
        correction: &correction,
        visitor,
        position: 0,
        tag: Tag::default(),
        tag_start: 0,
        is_end_tag: false,
        raw: None,
        partial: Vec::new(),
    };
    let Ok(()) = Tokenizer::new_with_emitter(DocumentReader::new(html, &correction), emitter).finish();
}

/// An element whose content is not parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RawElement {
    /// Shown as text.
    Shown,
    Hidden,
    /// A style sheet that begins at this byte.
    Style(usize),
}

/// Turns html5gum's calls into tokens.
struct TokenEmitter<'a, V> {
    html: &'a str,
    correction: &'a PositionCorrection,
    visitor: &'a mut V,
    position: usize,
    /// The current tag, also an end tag.
    tag: Tag,
    tag_start: usize,
    is_end_tag: bool,
    /// The open element whose content is not parsed.
    raw: Option<(Vec<u8>, RawElement)>,
    /// The beginning of a character of the text.
    partial: Vec<u8>,
}

impl<V: HtmlVisitor> TokenEmitter<'_, V> {
    fn open(&mut self) -> Option<State> {
        self.tag.span = self.tag_start..self.position;
        self.visitor.start_tag(&self.tag);
        // As in a browser that runs no scripts, the content of <noscript> is parsed.
        let (state, element) = match self.tag.name() {
            "style" => (State::RawText, RawElement::Style(self.position)),
            "script" => (State::ScriptData, RawElement::Hidden),
            "title" => (State::RcData, RawElement::Hidden),
            "textarea" => (State::RcData, RawElement::Shown),
            "iframe" | "noembed" | "noframes" => (State::RawText, RawElement::Hidden),
            "xmp" => (State::RawText, RawElement::Shown),
            "plaintext" => (State::PlainText, RawElement::Shown),
            _ => return None,
        };
        self.raw = Some((self.tag.name.clone(), element));
        Some(state)
    }

    fn close(&mut self) {
        self.end_style(self.tag_start);
        self.raw = None;
        self.visitor.end_tag(self.tag.name());
    }

    fn end_style(&mut self, end: usize) {
        if let Some((_, RawElement::Style(start))) = self.raw {
            self.visitor.style(self.html.get(start..end).unwrap_or_default(), start);
        }
    }

    /// The attribute that is being read, if it is kept.
    fn attribute(&mut self, more: usize) -> Option<&mut RawAttribute> {
        self.tag.size += more;
        let kept = !self.is_end_tag && !self.tag.skipped && self.tag.size <= MAX_TAG;
        self.tag.attributes.last_mut().filter(|_| kept)
    }
}

impl<V: HtmlVisitor> Emitter for TokenEmitter<'_, V> {
    type Token = Infallible;

    fn move_position(&mut self, offset: isize) {
        self.position += self.correction.skipped.take();
        if !self.correction.blank_given.take() {
            self.position = self.position.saturating_add_signed(offset);
        }
    }

    fn emit_string(&mut self, text: &[u8]) {
        if self.raw.as_ref().is_some_and(|(_, element)| *element != RawElement::Shown) {
            return;
        }
        if self.partial.is_empty()
            && let Ok(text) = std::str::from_utf8(text)
        {
            return self.visitor.text(text);
        }
        // html5gum may split a character that follows a `<`.
        self.partial.extend_from_slice(text);
        let is_incomplete = std::str::from_utf8(&self.partial).is_err_and(|error| error.error_len().is_none());
        if !is_incomplete {
            self.visitor.text(&String::from_utf8_lossy(&self.partial));
            self.partial.clear();
        }
    }

    fn start_open_tag(&mut self) {
        self.tag_start = self.position.saturating_sub(1);
    }

    fn init_start_tag(&mut self) {
        self.tag.clear();
        self.is_end_tag = false;
    }

    fn init_end_tag(&mut self) {
        self.tag.clear();
        self.is_end_tag = true;
    }

    fn push_tag_name(&mut self, name: &[u8]) {
        if self.tag.name.len() + name.len() <= MAX_TAG {
            self.tag.name.extend_from_slice(name);
        }
    }

    fn init_attribute(&mut self) {
        self.tag.skipped |= self.tag.attributes.len() >= MAX_ATTRIBUTES;
        if !self.is_end_tag && !self.tag.skipped {
            let at = self.position.saturating_sub(1);
            self.tag.attributes.push(RawAttribute { name: Vec::new(), value: Vec::new(), at, value_at: None });
        }
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        if let Some(attribute) = self.attribute(name.len()) {
            attribute.name.extend_from_slice(name);
        }
    }

    fn init_attribute_value(&mut self) {
        let at = self.position;
        if let Some(attribute) = self.attribute(0) {
            attribute.value_at = Some(at);
        }
    }

    fn push_attribute_value(&mut self, value: &[u8]) {
        if let Some(attribute) = self.attribute(value.len()) {
            attribute.value.extend_from_slice(value);
        }
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        if self.is_end_tag {
            self.close();
            None
        } else {
            self.open()
        }
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.is_end_tag && self.raw.as_ref().is_some_and(|(name, _)| *name == self.tag.name)
    }

    fn emit_eof(&mut self) {
        self.end_style(self.html.len());
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Infallible> {
        None
    }

    fn emit_error(&mut self, _: html5gum::Error) {}
    fn set_last_start_tag(&mut self, _: Option<&[u8]>) {}
    fn set_self_closing(&mut self) {}
    fn init_comment(&mut self) {}
    fn push_comment(&mut self, _: &[u8]) {}
    fn emit_current_comment(&mut self) {}
    fn init_doctype(&mut self) {}
    fn push_doctype_name(&mut self, _: &[u8]) {}
    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn set_force_quirks(&mut self) {}
    fn emit_current_doctype(&mut self) {}
}
