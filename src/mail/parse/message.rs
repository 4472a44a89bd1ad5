//! A received message as a whole: its text, its HTML, its attachments and inline parts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::mail::one_line::without_controls;

use super::address_field;
use super::body;
use super::catch_panic::catch_panic;
use super::contact::{AddressList, Contact};
use super::date::HeaderDate;
use super::encoded_word;
use super::header::{Header, HeaderBlock, bare_id};
use super::html::HtmlText;
use super::line_ends;
use super::part::MessagePart;
use super::structure::{self, Structure};
use super::text::MAX_TEXT;
use super::unsubscribe::{self, ListUnsubscribe};
use super::warning::{ParseWarning, WarningCode, WarningList};

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
    /// The plain text as written; empty if there is no text part (see [`ParsedMessage::text_or_rendering`]). Several
    /// texts are joined.
    pub text: String,
    /// The HTML, unchanged; several HTML parts are joined. Empty if there is no HTML part.
    pub html: String,
    /// Parts with the disposition `attachment` or the type application/octet-stream, and a message that is neither text
    /// nor HTML.
    pub attachments: Vec<MessagePart>,
    /// Every other part that is not shown as text or HTML, such as inline images, and texts with a file name.
    pub inline: Vec<MessagePart>,
    /// Every leaf, including the ones that became text and HTML.
    pub parts: Vec<MessagePart>,
    /// What was repaired or cut off in the header and in what the text and the HTML are made of (see
    /// [`ParsedMessage::all_warnings`]).
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
        let unreadable = || ParseWarning { code: WarningCode::Unreadable, location: "header".to_owned() };
        catch_unwind(AssertUnwindSafe(|| ParsedMessage::parse(bytes, limit)))
            .unwrap_or_else(|_| ParsedMessage { warnings: vec![unreadable()], ..ParsedMessage::default() })
    }

    fn parse(bytes: &[u8], limit: usize) -> Self {
        let mut warnings = WarningList::default();
        // Byte ranges stay the same.
        let with_lf = line_ends::with_lf(bytes);
        warnings.extend(with_lf.as_ref().map(|_| WarningCode::LineEnds), "header");
        let bytes = with_lf.as_deref().unwrap_or(bytes);
        let Structure { headers, parts } = structure::walk(bytes, &mut warnings);
        let mut parsed = ParsedMessage { headers, parts, ..ParsedMessage::default() };
        parsed.read_fields(&mut warnings);
        let beginning = |part: &MessagePart| bytes.get(..part.body.start.saturating_add(limit)).unwrap_or(bytes);
        let mut files = Vec::new();
        parsed.text = body::text(&parsed.parts, |part| {
            let (text, found) = part.text_and_files(beginning(part), &mut warnings);
            files.extend(found);
            text
        });
        parsed.html = body::html(&parsed.parts, |part| part.text(beginning(part), &mut warnings));
        body::insert_files(&mut parsed.parts, files, &mut warnings);
        (parsed.attachments, parsed.inline) = body::listed(&parsed.parts);
        parsed.warnings = warnings.into_vec();
        parsed
    }

    fn read_fields(&mut self, warnings: &mut WarningList) {
        let mut contacts = |name| {
            let list = self.address_list(name);
            warnings.extend(list.flaw, name);
            list.contacts
        };
        let (from, to, cc) = (contacts("From"), contacts("To"), contacts("Cc"));
        (self.bcc, self.reply_to) = (contacts("Bcc"), contacts("Reply-To"));
        (self.to, self.cc) = (to, cc);
        let stated = self.header("From").unwrap_or_default();
        self.from = from.into_iter().next().unwrap_or_else(|| Contact::new(ParsedMessage::decoded(stated), ""));
        let mut is_flawed = false;
        self.subject =
            without_controls(&encoded_word::decode(self.header("Subject").unwrap_or_default(), &mut is_flawed));
        warnings.extend(is_flawed.then_some(WarningCode::EncodedWord), "Subject");
        self.message_id = bare_id(self.header("Message-Id").unwrap_or_default()).to_owned();
        let (date, is_flawed) = HeaderDate::read(self.header("Date").unwrap_or_default());
        warnings.extend(is_flawed.then_some(WarningCode::Date), "Date");
        self.date = date;
    }

    /// True if the header ends within `bytes` at a malformed line rather than at a blank line, as
    /// [`ParsedMessage::read`] sees it. An unterminated last line is ignored.
    pub fn header_ends_without_blank_line(bytes: &[u8]) -> bool {
        if let Some(bytes) = line_ends::with_lf(bytes) {
            return HeaderBlock::split(&bytes, None, &mut WarningList::default()).body < bytes.len();
        }
        let whole = memchr::memrchr(b'\n', bytes).and_then(|end| bytes.get(..=end)).unwrap_or_default();
        let header = HeaderBlock::split(whole, None, &mut WarningList::default());
        header.body == header.end && header.body < whole.len()
    }

    /// The unfolded value of the first field of that name (canonical spelling, `Message-Id`).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name == name).map(|h| h.value.as_str())
    }

    /// The mailboxes of all fields of that name.
    pub fn contacts(&self, name: &str) -> Vec<Contact> {
        self.address_list(name).contacts
    }

    fn address_list(&self, name: &str) -> AddressList {
        address_field::read_fields(&self.headers, name)
    }

    /// An unstructured value with its encoded words (RFC 2047) decoded.
    pub fn decoded(value: &str) -> String {
        catch_panic(|| encoded_word::decode(value, &mut false).into_owned())
    }

    /// The part with that id (`0`, `1`, `2.1` …).
    pub fn part(&self, id: &str) -> Option<&MessagePart> {
        self.parts.iter().find(|p| p.id == id)
    }

    /// The warnings, and those about the contents of attachments. `message` is the message that this was read from.
    pub fn all_warnings(&self, message: &[u8]) -> Vec<ParseWarning> {
        let mut all = WarningList::from(self.warnings.clone());
        for part in self.parts.iter().filter(|part| !part.is_body && part.is_damaged(message)) {
            all.add(WarningCode::BrokenEncoding, &part.id);
        }
        all.into_vec()
    }

    /// The contents of the texts that are no body, such as invitations, lists and headers, for a search; at most `limit`
    /// bytes of them are read. `message` is the message that this was read from.
    pub fn other_text(&self, message: &[u8], limit: usize) -> String {
        catch_panic(|| body::other_text(&self.parts, message, limit))
    }

    pub fn list_unsubscribe(&self) -> ListUnsubscribe {
        let field = |name| self.header(name).unwrap_or_default();
        unsubscribe::read(field("List-Unsubscribe"), field("List-Unsubscribe-Post"))
    }
}
