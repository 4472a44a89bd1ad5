//! The bytes of a document for html5gum, in a form that it reads without recursion.

use std::cell::Cell;
use std::convert::Infallible;

use html5gum::{Readable as _, Reader, StringReader};

/// Gives a blank before each `=` that follows an attribute's name. HTML allows it there, and nothing changes by it.
///
/// In html5gum 0.9 the states of an attribute with a double-quoted value call each other, directly and in a circle: a
/// tag with a thousand such attributes overflows the stack, and that ends the process. A blank behind the name leads
/// through a state that returns first.
pub struct AttributeReader<'h> {
    document: StringReader<'h>,
    /// True if the `=` is still to be given.
    is_pending: bool,
    /// Set when a blank is given that is not in the document: the next move of the position does not count.
    blank_given: &'h Cell<bool>,
}

impl<'h> AttributeReader<'h> {
    pub fn new(html: &'h str, blank_given: &'h Cell<bool>) -> Self {
        AttributeReader { document: html.to_reader(), is_pending: false, blank_given }
    }
}

impl Reader for AttributeReader<'_> {
    type Error = Infallible;

    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        if std::mem::take(&mut self.is_pending) { Ok(Some(b'=')) } else { self.document.read_byte() }
    }

    fn read_until<'b>(&'b mut self, needle: &[u8], buffer: &'b mut [u8; 4]) -> Result<Option<&'b [u8]>, Infallible> {
        let found = self.document.read_until(needle, buffer)?;
        // Only the state that reads a name stops at both.
        if found == Some(b"=") && needle.contains(&b'/') {
            self.is_pending = true;
            self.blank_given.set(true);
            return Ok(Some(b" "));
        }
        Ok(found)
    }

    fn try_read_string(&mut self, text: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        self.document.try_read_string(text, case_sensitive)
    }
}
