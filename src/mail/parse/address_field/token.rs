//! The tokens of an address field.

use std::borrow::Cow;

use crate::mail::parse::encoded_word::EncodedWord;

#[derive(Debug)]
pub(super) enum Token<'v> {
    Comma,
    Semicolon,
    Colon,
    /// What stands between `<` and `>`.
    Angle {
        text: &'v str,
        is_closed: bool,
    },
    Word(AddressWord<'v>),
    /// The text of a comment, without its outer parentheses.
    Comment(Cow<'v, str>),
}

/// A run of characters without blanks: an atom, a dot, an address, a quoted string or an encoded word.
#[derive(Clone, Debug)]
pub(super) struct AddressWord<'v> {
    /// As written, with quotes.
    pub raw: &'v str,
    /// Without quotes and escapes.
    pub text: Cow<'v, str>,
    pub is_quoted: bool,
    /// True if blanks or a comment stand before it.
    pub is_spaced: bool,
}

/// Splits a value into tokens, in linear time.
pub(super) struct Tokens<'v> {
    rest: &'v str,
    is_spaced: bool,
    /// True while the last character was an `@`: a bracket then starts an address literal.
    after_at: bool,
    /// False when a quote or parenthesis has no end; the search for an end is not repeated.
    quotes_end: bool,
    comments_end: bool,
    /// True if a closing bracket had no opening one.
    has_stray_bracket: bool,
}

impl<'v> Tokens<'v> {
    pub(super) fn new(value: &'v str) -> Self {
        Tokens {
            rest: value,
            is_spaced: true,
            after_at: false,
            quotes_end: true,
            comments_end: true,
            has_stray_bracket: false,
        }
    }

    /// True if every quote, comment and bracket up to here has both ends.
    pub(super) fn is_closed(&self) -> bool {
        self.quotes_end && self.comments_end && !self.has_stray_bracket
    }

    fn take(&mut self, length: usize) -> &'v str {
        let (token, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        token
    }

    fn quoted(&mut self) -> Option<Token<'v>> {
        let inner = self.rest.strip_prefix('"').filter(|_| self.quotes_end)?;
        let Some(end) = string_end(inner.as_bytes()) else {
            self.quotes_end = false;
            return None;
        };
        let raw = self.take(end + 2);
        let text = unescape(raw.get(1..=end).unwrap_or_default());
        Some(self.word(raw, text, true))
    }

    fn comment(&mut self) -> Option<Token<'v>> {
        let inner = self.rest.strip_prefix('(').filter(|_| self.comments_end)?;
        let Some(end) = comment_end(inner.as_bytes()) else {
            self.comments_end = false;
            return None;
        };
        let raw = self.take(end + 2);
        self.is_spaced = true;
        self.after_at = false;
        Some(Token::Comment(unescape(raw.get(1..=end).unwrap_or_default())))
    }

    fn angle(&mut self) -> Option<Token<'v>> {
        let inner = self.rest.strip_prefix('<')?;
        let (end, is_closed) = match angle_end(inner.as_bytes()) {
            Some(end) => (end, true),
            None => (memchr::memchr(b',', inner.as_bytes()).unwrap_or(inner.len()), false),
        };
        self.take(end + 1 + usize::from(is_closed));
        self.is_spaced = true;
        self.after_at = false;
        Some(Token::Angle { text: inner.get(..end)?, is_closed })
    }

    fn encoded_word(&mut self) -> Option<Token<'v>> {
        let length = self.rest.starts_with("=?").then(|| EncodedWord::at(self.rest))??.length;
        let raw = self.take(length);
        Some(self.word(raw, Cow::Borrowed(raw), false))
    }

    fn atom(&mut self) -> Token<'v> {
        let bytes = self.rest.as_bytes();
        let literal = bytes.iter().take(MAX_LITERAL).position(|b| *b == b']').filter(|_| self.after_at);
        let end = match (bytes.first(), literal) {
            (Some(b'['), Some(end)) => end + 1,
            _ => atom_end(bytes),
        };
        // A quote here is not closed, and a bracket not opened.
        let raw = self.take(end).trim_start_matches('"');
        let without_bracket = raw.trim_end_matches('>');
        let is_stray = without_bracket.len() < raw.len() && without_bracket.contains('@');
        self.has_stray_bracket |= is_stray;
        let raw = if is_stray { without_bracket } else { raw };
        self.word(raw, Cow::Borrowed(raw), false)
    }

    fn word(&mut self, raw: &'v str, text: Cow<'v, str>, is_quoted: bool) -> Token<'v> {
        self.after_at = raw.ends_with('@');
        let is_spaced = std::mem::take(&mut self.is_spaced);
        Token::Word(AddressWord { raw, text, is_quoted, is_spaced })
    }
}

impl<'v> Iterator for Tokens<'v> {
    type Item = Token<'v>;

    fn next(&mut self) -> Option<Self::Item> {
        let trimmed = self.rest.trim_start();
        self.is_spaced |= trimmed.len() < self.rest.len();
        self.rest = trimmed;
        let separator = match self.rest.bytes().next()? {
            b',' => Some(Token::Comma),
            b';' => Some(Token::Semicolon),
            // A URL in a name.
            b':' if !self.rest.starts_with("://") => Some(Token::Colon),
            _ => None,
        };
        if separator.is_some() {
            self.take(1);
            (self.is_spaced, self.after_at) = (true, false);
            return separator;
        }
        if let Some(token) = self.quoted().or_else(|| self.comment()).or_else(|| self.angle()) {
            return Some(token);
        }
        Some(self.encoded_word().unwrap_or_else(|| self.atom()))
    }
}

/// Maximum length of an address literal, such as `[IPv6:2001:db8::1]`.
const MAX_LITERAL: usize = 64;

/// The end of an atom that starts with any character. An `@` ends it if an address literal follows.
fn atom_end(bytes: &[u8]) -> usize {
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        let is_special = b"\"(<,;".contains(byte) || byte.is_ascii_whitespace();
        let is_colon = *byte == b':' && bytes.get(at + 1..at + 3) != Some(b"//");
        let is_literal = *byte == b'[' && bytes.get(at - 1) == Some(&b'@');
        let is_word = *byte == b'=' && bytes.get(at + 1) == Some(&b'?');
        if is_special || is_colon || is_literal || is_word {
            return at;
        }
    }
    bytes.len()
}

/// The position of the closing quote.
fn string_end(bytes: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    bytes.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    })
}

/// The position of the closing parenthesis; comments nest.
fn comment_end(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut is_escaped) = (1_usize, false);
    bytes.iter().position(|byte| {
        match byte {
            b'(' if !is_escaped => depth += 1,
            b')' if !is_escaped => depth -= 1,
            _ => {}
        }
        is_escaped = *byte == b'\\' && !is_escaped;
        depth == 0
    })
}

/// The position of the `>`; `None` if another `<` comes first. One within quotes does not count, unless the quotes are
/// not closed.
fn angle_end(bytes: &[u8]) -> Option<usize> {
    let mut from = bytes.iter().take_while(|byte| **byte == b'<').count();
    while let Some(at) = memchr::memchr3(b'>', b'"', b'<', bytes.get(from..)?).map(|at| from + at) {
        match bytes.get(at) {
            Some(b'>') => return Some(at),
            Some(b'<') => return None,
            _ => {}
        }
        let Some(end) = string_end(bytes.get(at + 1..)?) else { break };
        from = at + 1 + end + 1;
    }
    memchr::memchr(b'>', bytes)
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.extend(if c == '\\' { rest.next() } else { Some(c) });
    }
    Cow::Owned(out)
}
