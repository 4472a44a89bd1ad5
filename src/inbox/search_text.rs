//! What a search looks through in a message: its fields as lower-case words with one blank before each. Where a query's
//! words are cleaned of punctuation, so are these; subject, headers and links are searched as they are written.

use unicode_normalization::UnicodeNormalization as _;

use crate::mail::parse::{Contact, ParsedMessage};

use super::incoming::bcc_recipients;
use super::query::is_punctuation;
use super::segment::FIELDS;

/// Between the fields; never inside one.
const SEPARATOR: char = '\u{1f}';
/// Between lines that no phrase may cross: a word that nobody writes.
const LINE: &str = "\u{1e}";
/// Bytes of a body's words that can be found.
const MAX_BODY: usize = 512 * 1024;
/// Bytes of header fields that can be found.
const MAX_HEADERS: usize = 64 * 1024;

/// The words of a message.
#[derive(Debug)]
pub(super) struct SearchText(String);

impl SearchText {
    /// Takes a moment for a large one. `given_id` is the Message-ID we gave it, when it has none.
    pub(super) fn of(bytes: &[u8], envelope_from: &str, envelope_to: &[String], given_id: &str) -> Self {
        let parsed = ParsedMessage::parse_header_and_prefix(bytes);
        let (blind, links) = (bcc_recipients(envelope_to, &parsed), parsed.links());
        let mut out = SearchText(String::with_capacity(1_024));
        out.contacts(std::slice::from_ref(&parsed.from));
        out.contacts(&parsed.to);
        out.contacts(&parsed.cc);
        out.add_cleaned(parsed.bcc.iter().flat_map(|c| [c.name.as_str(), c.address.as_str()]));
        out.add_cleaned(blind.iter().map(String::as_str));
        out.end();
        out.contacts(&parsed.reply_to);
        out.add([parsed.subject.as_str()]);
        out.end();
        out.add_cleaned([parsed.search_text(&links, MAX_BODY).as_str(), LINE, envelope_from, LINE]);
        out.add_cleaned(parsed.attachments.iter().chain(&parsed.inline).map(|p| p.file_name.as_str()));
        if parsed.subject.contains(is_punctuation) {
            out.add_cleaned([LINE, parsed.subject.as_str()]);
        }
        out.end();
        out.add_cleaned([parsed.message_id.as_str(), given_id]);
        out.end();
        out.headers(&parsed);
        out.add(links.iter().map(|link| link.url.as_str()));
        out.end();
        out.add(parsed.codes().iter().map(String::as_str));
        out
    }

    /// In the order of [`super::query::Field`].
    pub(super) fn fields(&self) -> [&str; FIELDS] {
        let mut pieces = self.0.split(SEPARATOR);
        std::array::from_fn(|_| pieces.next().unwrap_or_default())
    }

    /// Bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether some field holds `word`, which has no blank.
    pub(super) fn hold(&self, word: &str) -> bool {
        memchr::memmem::find(self.0.as_bytes(), word.as_bytes()).is_some()
    }

    fn add<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.add_split(texts, |_| false);
    }

    fn add_cleaned<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.add_split(texts, is_punctuation);
    }

    /// What marks fields here, and NUL, is a blank too.
    fn add_split<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>, also: fn(char) -> bool) {
        let blank = |c: char| c.is_whitespace() || c == '\0' || c == SEPARATOR || also(c);
        for word in texts.into_iter().flat_map(|text| text.split(blank)).filter(|word| !word.is_empty()) {
            self.0.push(' ');
            let start = self.0.len();
            self.0.push_str(word);
            if word.is_ascii() {
                self.0.get_mut(start..).map(str::make_ascii_lowercase);
            } else {
                self.0.truncate(start);
                // NFC, so that what a Mac decomposes is found by what others type.
                self.0.push_str(&word.nfc().collect::<String>().to_lowercase());
            }
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
            // As it is read, too.
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
