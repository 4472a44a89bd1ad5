//! A start tag with its attributes.

use std::ops::Range;

/// A start tag.
#[derive(Debug, Default)]
pub struct Tag {
    /// Byte range in the document, angle brackets included.
    pub span: Range<usize>,
    pub(super) name: Vec<u8>,
    pub(super) attributes: Vec<RawAttribute>,
    /// True if the attribute that is being read is not kept.
    pub(super) skipped: bool,
    /// Bytes of the attributes so far.
    pub(super) size: usize,
}

#[derive(Debug)]
pub(super) struct RawAttribute {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
    /// Byte position of the name.
    pub at: usize,
    /// Byte position of the value, behind its quote if it has one.
    pub value_at: Option<usize>,
}

/// An attribute of a start tag, with its byte ranges in the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    /// Character references are decoded.
    pub value: String,
    /// From the name to the end of the value with its quotes.
    pub span: Range<usize>,
    /// The value as written, without quotes.
    pub value_span: Range<usize>,
}

impl Tag {
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name).unwrap_or_default()
    }

    /// The first value of the attribute.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|attribute| attribute.name == name.as_bytes())?;
        Some(String::from_utf8_lossy(&found.value).into_owned())
    }

    /// The names of the attributes.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|attribute| std::str::from_utf8(&attribute.name).unwrap_or_default())
    }

    /// The attributes with their positions in `html`, the document that the tag was read from.
    pub fn located<'t>(&'t self, html: &'t str) -> impl Iterator<Item = Attribute> + 't {
        self.attributes.iter().filter_map(|attribute| attribute.locate(html.get(..self.span.end)?))
    }

    pub(super) fn clear(&mut self) {
        self.name.clear();
        self.attributes.clear();
        (self.skipped, self.size) = (false, 0);
    }
}

impl RawAttribute {
    fn locate(&self, html: &str) -> Option<Attribute> {
        let name_end = self.at + self.name.len();
        let (span, value_span) = match self.value_at {
            None => (self.at..name_end, name_end..name_end),
            Some(start) => {
                let quote = html.get(..start)?.chars().next_back().filter(|c| matches!(c, '"' | '\''));
                let is_end = |c: char| quote.map_or(c.is_ascii_whitespace() || c == '>', |quote| c == quote);
                let end = start + html.get(start..)?.find(is_end)?;
                (self.at..end + quote.map_or(0, char::len_utf8), start..end)
            }
        };
        html.get(span.clone())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(Attribute { name: text(&self.name), value: text(&self.value), span, value_span })
    }
}
