//! The searchable text of a message: its fields as lower-case words, each after one blank. Punctuation is removed from
//! the same fields as in queries; subject, headers and links keep it.

use crate::mail::parse::{Contact, ParsedMessage};

use super::blind_recipients::bcc_recipients;
use super::compared_text::{as_compared, is_punctuation};

/// Separates fields; does not occur inside a field.
const SEPARATOR: char = '\u{1f}';
/// A word that does not occur in text. It separates lines, so that a phrase cannot match across them.
pub const LINE: &str = "\u{1e}";
/// Maximum bytes of body text that are searchable.
const MAX_BODY: usize = 512 * 1024;
/// Maximum bytes of header fields that are searchable.
const MAX_HEADERS: usize = 64 * 1024;

/// The number of searchable fields of a message; their order is that of [`super::query::SearchField`].
pub const FIELDS: usize = 11;

/// The fields that share a dictionary. A term without a field name searches only the first part, so the second does not
/// slow it down.
pub const PARTS: [std::ops::Range<usize>; 2] = [0..7, 7..FIELDS];

/// The searchable text of one message, fields separated by [`SEPARATOR`].
#[derive(Debug)]
pub struct SearchText(String);

impl SearchText {
    /// Builds the text. This is slow for large messages. `given_id` is the Message-ID that the trace adds, if any.
    pub fn of(bytes: &[u8], envelope_from: &str, envelope_to: &[String], given_id: &str) -> Self {
        let parsed = ParsedMessage::parse_header_and_prefix(bytes);
        let blind = bcc_recipients(envelope_to, &parsed);
        SearchText::of_parsed(&parsed, bytes, envelope_from, &blind, given_id)
    }

    /// [`SearchText::of`] of a message that is already parsed. `blind` are its [`bcc_recipients`].
    pub(super) fn of_parsed(
        parsed: &ParsedMessage,
        bytes: &[u8],
        envelope_from: &str,
        blind: &[String],
        given_id: &str,
    ) -> Self {
        let links = parsed.links();
        // The text of a small message is seldom longer. It stays in memory, so it returns what it does not need.
        let mut out = SearchText(String::with_capacity(bytes.len().min(MAX_HEADERS)));
        out.contacts(std::slice::from_ref(&parsed.from));
        out.contacts(&parsed.to);
        out.contacts(&parsed.cc);
        out.add_cleaned(parsed.bcc.iter().flat_map(|c| [c.name.as_str(), c.address.as_str()]));
        out.add_cleaned(blind.iter().map(String::as_str));
        out.end();
        out.contacts(&parsed.reply_to);
        out.add([parsed.subject.as_str()]);
        out.end();
        out.add_cleaned([parsed.search_text(&links, MAX_BODY).as_str(), LINE]);
        out.add_cleaned([parsed.other_text(bytes, MAX_BODY).as_str(), LINE, envelope_from, LINE]);
        out.add_cleaned(parsed.attachments.iter().chain(&parsed.inline).map(|p| p.file_name.as_str()));
        if parsed.subject.contains(is_punctuation) {
            out.add_cleaned([LINE, parsed.subject.as_str()]);
        }
        out.end();
        out.add_cleaned([parsed.message_id.as_str(), given_id]);
        out.end();
        out.headers(parsed);
        out.add(links.iter().map(|link| link.url.as_str()));
        out.end();
        out.add(parsed.codes().iter().map(String::as_str));
        out.0.shrink_to_fit();
        out
    }

    /// Returns the fields in the order of [`super::query::SearchField`].
    pub fn fields(&self) -> [&str; FIELDS] {
        let mut pieces = self.0.split(SEPARATOR);
        std::array::from_fn(|_| pieces.next().unwrap_or_default())
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Memory use in bytes.
    pub fn weight(&self) -> usize {
        self.0.capacity() + size_of::<SearchText>()
    }

    /// Returns true if any field contains `word`, which must not contain a blank.
    pub fn contains(&self, word: &str) -> bool {
        memchr::memmem::find(self.0.as_bytes(), word.as_bytes()).is_some()
    }

    fn add<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.add_split(texts, |_| false);
    }

    fn add_cleaned<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.add_split(texts, is_punctuation);
    }

    /// Appends the words of `texts`, split at white space, NUL, the field separator and where `also` returns true.
    fn add_split<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>, also: impl Fn(char) -> bool) {
        let is_blank = |c: char| c.is_whitespace() || c == '\0' || c == SEPARATOR || also(c);
        for text in texts {
            if text.is_ascii() {
                self.add_ascii(text, |byte| is_blank(char::from(byte)));
                continue;
            }
            for word in text.split(&is_blank) {
                match word.is_ascii() {
                    true => self.add_ascii(word, |_| false),
                    false => self.add_word(&as_compared(word)),
                }
            }
        }
    }

    /// The same for ASCII, which is most text, without a look at each character's properties.
    fn add_ascii(&mut self, text: &str, is_blank: impl Fn(u8) -> bool) {
        let start = self.len();
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| !is_blank(byte)) {
            let (_, word) = rest.split_at(at);
            let (word, behind) = word.split_at(word.bytes().position(&is_blank).unwrap_or(word.len()));
            self.add_word(word);
            rest = behind;
        }
        self.0.get_mut(start..).map(str::make_ascii_lowercase);
    }

    fn add_word(&mut self, word: &str) {
        if !word.is_empty() {
            self.0.push(' ');
            self.0.push_str(word);
        }
    }

    fn contacts(&mut self, list: &[Contact]) {
        self.add_cleaned(list.iter().flat_map(|c| [c.name.as_str(), c.address.as_str()]));
        self.end();
    }

    fn headers(&mut self, parsed: &ParsedMessage) {
        let start = self.len();
        for header in &parsed.headers {
            if self.len() - start > MAX_HEADERS {
                break;
            }
            self.add([header.name.as_str()]);
            self.0.push(':');
            self.add([header.value.as_str(), LINE]);
            // Encoded words are searchable in decoded form, too.
            if header.value.contains("=?") {
                self.add([header.name.as_str()]);
                self.0.push(':');
                self.add([ParsedMessage::decoded(&header.value).as_str(), LINE]);
            }
        }
        self.end();
    }

    fn end(&mut self) {
        self.0.push(SEPARATOR);
    }
}
