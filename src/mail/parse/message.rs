//! A received message as a whole: its text, its HTML, its attachments and inline parts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::contact::{self, Contact, unstructured};
use super::contents::{MAX_TEXT, catch_panic};
use super::date::HeaderDate;
use super::header::{self, Header};
use super::html::HtmlText;
use super::part::{Disposition, MessagePart};
use super::structure::{self, ParseWarning, Structure};
use super::unsubscribe::{self, ListUnsubscribe};

/// The contents of a message. Cheap values are fields; methods compute the others on demand.
#[derive(Clone, Debug, Default)]
pub struct ParsedMessage {
    /// Top-level header fields in the order received.
    pub headers: Vec<Header>,
    /// Empty without a usable From. If From cannot be parsed, its text is the name.
    pub from: Contact,
    pub to: Vec<Contact>,
    pub cc: Vec<Contact>,
    pub bcc: Vec<Contact>,
    pub reply_to: Vec<Contact>,
    /// Decoded, on one line.
    pub subject: String,
    /// Without angle brackets.
    pub message_id: String,
    pub date: Option<HeaderDate>,
    /// The plain text as written; empty if there is no text part (see [`ParsedMessage::text_or_rendering`]).
    pub text: String,
    /// The first HTML part, unchanged; empty if there is no HTML part.
    pub html: String,
    /// Parts with the disposition `attachment` or the type application/octet-stream.
    pub attachments: Vec<MessagePart>,
    /// Parts shown with the text: inline images, and everything else that is neither text nor HTML.
    pub inline: Vec<MessagePart>,
    /// Every leaf, including the ones that became text and HTML.
    pub parts: Vec<MessagePart>,
    pub warnings: Vec<ParseWarning>,
    /// The text of `html`, read when it is first needed.
    pub(super) html_text: OnceLock<HtmlText>,
}

/// Encoded bytes that hold [`MAX_TEXT`] decoded bytes in any encoding. Quoted-printable can take three bytes for one,
/// plus line ends.
const MAX_ENCODED: usize = 4 * MAX_TEXT;

impl ParsedMessage {
    /// Parses a message; any bytes give a result.
    pub fn read(bytes: &[u8]) -> Self {
        ParsedMessage::read_within(bytes, usize::MAX)
    }

    /// [`ParsedMessage::read`], but longer texts are cut where links, codes, snippet and search stop reading. This
    /// avoids a second copy of a large message in memory.
    pub fn parse_header_and_prefix(bytes: &[u8]) -> Self {
        ParsedMessage::read_within(bytes, MAX_ENCODED)
    }

    fn read_within(bytes: &[u8], limit: usize) -> Self {
        // A panic in a parser, ours or a dependency's, must not lose the message.
        catch_unwind(AssertUnwindSafe(|| ParsedMessage::from_structure(structure::walk(bytes), bytes, limit)))
            .unwrap_or_else(|_| ParsedMessage { warnings: vec![ParseWarning::Unreadable], ..ParsedMessage::default() })
    }

    fn from_structure(structure: Structure, bytes: &[u8], limit: usize) -> Self {
        let Structure { headers, parts, alternative, flaws } = structure;
        let mut parsed = ParsedMessage { headers, warnings: flaws, ..ParsedMessage::default() };
        parsed.read_fields();
        let text = |part: &MessagePart| part.text(bytes.get(..part.body.start.saturating_add(limit)).unwrap_or(bytes));
        parsed.text = plain_text(&parts, alternative, text);
        parsed.html = parts.iter().find(|p| p.is_html() && !attached(p)).map(text).unwrap_or_default();
        let has_name = |p: &&MessagePart| !p.file_name.is_empty();
        parsed.attachments = parts.iter().filter(|p| attached(p)).filter(has_name).cloned().collect();
        parsed.inline = parts.iter().filter(|p| inlined(p)).filter(has_name).cloned().collect();
        parsed.parts = parts;
        parsed
    }

    fn read_fields(&mut self) {
        self.to = self.contacts("To");
        self.cc = self.contacts("Cc");
        self.bcc = self.contacts("Bcc");
        self.reply_to = self.contacts("Reply-To");
        let from = self.header("From").unwrap_or_default().to_owned();
        self.from = contact::read(&from).into_iter().next().unwrap_or_else(|| Contact::new(from, ""));
        self.subject = one_line(&unstructured(self.header("Subject").unwrap_or_default()));
        let bare = |c: char| c == '<' || c == '>' || c.is_whitespace();
        self.message_id = self.header("Message-Id").unwrap_or_default().trim_matches(bare).to_owned();
        self.date = self.header("Date").and_then(HeaderDate::read);
    }

    /// True if the header ends within `bytes` at a malformed line rather than at a blank line, as
    /// [`ParsedMessage::read`] sees it. An unterminated last line is ignored.
    pub fn header_ends_without_blank_line(bytes: &[u8]) -> bool {
        let whole = memchr::memrchr(b'\n', bytes).and_then(|end| bytes.get(..=end)).unwrap_or_default();
        let mut flaws = Vec::new();
        header::split(whole, &mut flaws);
        flaws.contains(&ParseWarning::BrokenHeader)
    }

    /// The unfolded value of the first field of that name (canonical spelling, `Message-Id`).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name == name).map(|h| h.value.as_str())
    }

    /// The mailboxes of all fields of that name.
    pub fn contacts(&self, name: &str) -> Vec<Contact> {
        let fields = self.headers.iter().filter(|h| h.name == name);
        fields.flat_map(|h| contact::read(&h.value)).take(contact::MAX_CONTACTS).collect()
    }

    /// An unstructured value with its encoded words (RFC 2047) decoded.
    pub fn decoded(value: &str) -> String {
        catch_panic(|| unstructured(value))
    }

    /// The part with that id (`0`, `1`, `2.1` …).
    pub fn part(&self, id: &str) -> Option<&MessagePart> {
        self.parts.iter().find(|p| p.id == id)
    }

    pub fn list_unsubscribe(&self) -> ListUnsubscribe {
        let field = |name| self.header(name).unwrap_or_default();
        unsubscribe::read(field("List-Unsubscribe"), field("List-Unsubscribe-Post"))
    }
}

fn one_line(text: &str) -> String {
    if text.chars().any(char::is_control) {
        text.split(char::is_control).collect::<Vec<_>>().join(" ")
    } else {
        text.to_owned()
    }
}

/// The first text of an alternative; otherwise all texts, since a message may continue after an attachment.
fn plain_text(parts: &[MessagePart], alternative: bool, text: impl Fn(&MessagePart) -> String) -> String {
    let mut texts = parts.iter().filter(|p| p.is_text() && !attached(p)).map(text);
    if alternative {
        return texts.next().unwrap_or_default();
    }
    texts.collect::<Vec<_>>().join("\n--\n")
}

fn attached(part: &MessagePart) -> bool {
    part.disposition == Disposition::Attachment || part.content_type == "application/octet-stream"
}

fn inlined(part: &MessagePart) -> bool {
    !attached(part) && (part.disposition == Disposition::Inline || !part.is_text() && !part.is_html())
}
