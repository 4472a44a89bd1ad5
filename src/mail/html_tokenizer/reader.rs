//! The bytes of a document for html5gum, in a form that it reads without recursion and without its comments.

use std::cell::Cell;
use std::convert::Infallible;

use html5gum::{Readable as _, Reader, StringReader};

/// How far the bytes that are given differ from those of the document. The emitter takes it into account when html5gum
/// tells it to move its position.
#[derive(Default)]
pub struct PositionCorrection {
    /// A blank is given that is not in the document: the next move does not count.
    pub blank_given: Cell<bool>,
    /// Bytes of a comment that are left out.
    pub skipped: Cell<usize>,
}

/// Leaves out the content of comments, which nothing needs and office programs write a lot of, and gives a blank before
/// each `=` that follows an attribute's name. HTML allows it there, and nothing changes by it.
///
/// In html5gum 0.9 the states of an attribute with a double-quoted value call each other, directly and in a circle: a
/// tag with a thousand such attributes overflows the stack, and that ends the process. A blank behind the name leads
/// through a state that returns first.
pub struct DocumentReader<'h> {
    html: &'h [u8],
    /// Bytes of `html` that `rest` has given.
    given: usize,
    rest: StringReader<'h>,
    /// True if the `=` is still to be given.
    is_pending: bool,
    correction: &'h PositionCorrection,
}

impl<'h> DocumentReader<'h> {
    pub fn new(html: &'h str, correction: &'h PositionCorrection) -> Self {
        DocumentReader { html: html.as_bytes(), given: 0, rest: html.to_reader(), is_pending: false, correction }
    }

    /// Skips a comment up to the mark that ends it.
    fn skip_comment(&mut self) {
        let behind = self.html.get(self.given..).unwrap_or_default();
        let length = comment_length(behind);
        self.rest = behind.get(length..).unwrap_or_default().to_reader();
        self.given += length;
        self.correction.skipped.set(length);
    }
}

/// The length of a comment without the `-->` or `--!>` at its end (WHATWG §13.2.5.43 to 52). `text` is what follows its
/// `<!--`.
fn comment_length(text: &[u8]) -> usize {
    if text.starts_with(b">") || text.starts_with(b"->") {
        return 0;
    }
    let length = |end: usize| {
        let content = text.get(..end)?;
        content.strip_suffix(b"--").or_else(|| content.strip_suffix(b"--!")).map(<[u8]>::len)
    };
    memchr::memchr_iter(b'>', text).find_map(length).unwrap_or(text.len())
}

impl Reader for DocumentReader<'_> {
    type Error = Infallible;

    #[inline(always)]
    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        if std::mem::take(&mut self.is_pending) {
            return Ok(Some(b'='));
        }
        let byte = self.rest.read_byte()?;
        self.given += usize::from(byte.is_some());
        Ok(byte)
    }

    #[inline(always)]
    fn read_until<'b>(&'b mut self, needle: &[u8], buffer: &'b mut [u8; 4]) -> Result<Option<&'b [u8]>, Infallible> {
        let found = self.rest.read_until(needle, buffer)?;
        self.given += found.map_or(0, <[u8]>::len);
        // Only the state that reads a name stops at both.
        if found == Some(b"=") && needle.contains(&b'/') {
            self.is_pending = true;
            self.correction.blank_given.set(true);
            return Ok(Some(b" "));
        }
        Ok(found)
    }

    #[inline(always)]
    fn try_read_string(&mut self, text: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        let is_there = self.rest.try_read_string(text, case_sensitive)?;
        if is_there {
            self.given += text.len();
            // Only the state behind `<!-` asks for it.
            if text == b"-" {
                self.skip_comment();
            }
        }
        Ok(is_there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_ends_where_it_ends_in_browsers() {
        for (text, length) in [
            ("-->x", 0),
            (">x-->", 0),
            ("->x-->", 0),
            (" a -->x-->", 3),
            (" a --!>x-->", 3),
            (" a --->x", 4),
            ("a > b -> c --> d", 11),
            ("-!> a-->", 5),
            (" <!-- a --> -->", 8),
            ("a--", 3),
            ("", 0),
        ] {
            assert_eq!(comment_length(text.as_bytes()), length, "{text}");
        }
    }
}
