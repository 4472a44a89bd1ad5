//! Drafts of outgoing messages, and the envelope and RFC 5322 bytes built from them.

use std::borrow::Cow;

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Header;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};

use crate::clock::Time;
use crate::secret::digest;

use super::address::{Address, Mailbox};
use super::attachment::Attachment;
use super::one_line::one_line;

/// Maximum size of a built message in bytes. The Gmail API accepts this much; SMTP servers accept less. Encoding
/// enlarges attachments by 37 %.
pub const MAX_BYTES: usize = 36_700_160;
/// Maximum number of recipients of a message. Providers reject more, and mailing lists are out of scope.
pub const MAX_RECIPIENTS: usize = 100;
/// Maximum number of characters of a subject: a few header lines.
pub const MAX_SUBJECT: usize = 500;

/// The sender and the recipients in the SMTP transaction (RFC 5321 §2.3.1), independent of the headers. `from` is
/// `None` for the null reverse-path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub from: Option<Address>,
    pub to: Vec<Address>,
}

/// A built message, ready for a transport.
#[derive(Clone, Debug)]
pub struct Message {
    /// The id of the outbox row. A transport that supports it recognizes a repeated delivery by this id.
    pub id: String,
    /// The purpose of an account email (`verify`, `reset`, …); `None` for other messages.
    pub purpose: Option<String>,
    pub envelope: Envelope,
    /// The Message-ID without angle brackets; the same at every retry.
    pub message_id: String,
    /// RFC 5322 bytes: CR LF line ends, 7-bit, lines of at most 78 characters.
    pub bytes: Vec<u8>,
}

/// The parts of a message to be built: recipients, subject and text, optionally HTML and attachments.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The id of the built message.
    pub id: String,
    /// The purpose of the built message.
    pub purpose: Option<String>,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    /// In the envelope only, never in the headers.
    pub bcc: Vec<Address>,
    /// Control characters and bidi overrides are replaced by spaces.
    pub subject: String,
    /// Plain text with any line ends.
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<Attachment>,
    pub date: Time,
    /// Message-ID without angle brackets, in the form dot-atom@dot-atom (RFC 5322).
    pub message_id: String,
    /// The BCP 47 tag for Content-Language.
    pub language: Option<String>,
    /// True for an email that no person wrote (RFC 3834).
    pub auto_submitted: bool,
}

/// Why a message could not be built.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    #[error("no recipient: a message needs at least one")]
    NoRecipient,
    #[error("too many recipients: {0}, at most {MAX_RECIPIENTS} are allowed")]
    TooManyRecipients(usize),
    #[error("subject too long: at most {MAX_SUBJECT} characters are allowed")]
    SubjectTooLong,
    #[error("invalid Message-ID: expected one @, ASCII alphanumerics, '.', '-' and '_'")]
    MessageId,
    #[error("message too large: {0} bytes with attachments, at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
    #[error("cannot write the message: {0}")]
    Write(std::io::ErrorKind),
}

impl Draft {
    /// A draft with the required parts only. `message_id` is also its id.
    pub fn new(from: Mailbox, to: Vec<Mailbox>, subject: &str, text: &str, date: Time, message_id: &str) -> Self {
        Draft {
            id: message_id.to_owned(),
            purpose: None,
            from,
            reply_to: None,
            to,
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: None,
            attachments: Vec::new(),
            date,
            message_id: message_id.to_owned(),
            language: None,
            auto_submitted: false,
        }
    }

    /// All recipients without duplicates: To, Cc and Bcc.
    pub fn recipients(&self) -> Vec<Address> {
        let in_headers = self.to.iter().chain(&self.cc).map(|mailbox| &mailbox.address);
        let mut all: Vec<Address> = Vec::new();
        for address in in_headers.chain(&self.bcc) {
            if !all.contains(address) {
                all.push(address.clone());
            }
        }
        all
    }

    /// Builds the MIME message. The same draft gives the same bytes. The envelope sender is the From address.
    ///
    /// # Errors
    /// If there are no or too many recipients, if the Message-ID is malformed, or if the subject or message is too
    /// long.
    pub fn build(&self) -> Result<Message, BuildError> {
        Ok(Message {
            id: self.id.clone(),
            purpose: self.purpose.clone(),
            envelope: Envelope { from: Some(self.from.address.clone()), to: self.recipients() },
            message_id: self.message_id.clone(),
            bytes: self.bytes()?,
        })
    }

    /// The message without From, Date and Message-ID, as the outbox stores it. The transport supplies From, the outbox
    /// row the other two.
    ///
    /// # Errors
    /// As for `build`.
    pub fn build_body(&self) -> Result<Vec<u8>, BuildError> {
        let bytes = self.bytes()?;
        Ok(without_headers(&bytes, &["from", "date", "message-id"]))
    }

    fn check(&self) -> Result<(), BuildError> {
        let recipients = self.recipients().len();
        if recipients == 0 {
            return Err(BuildError::NoRecipient);
        }
        if recipients > MAX_RECIPIENTS {
            return Err(BuildError::TooManyRecipients(recipients));
        }
        if self.subject.chars().count() > MAX_SUBJECT {
            return Err(BuildError::SubjectTooLong);
        }
        let fine = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
        if !self.message_id.chars().all(fine) || self.message_id.matches('@').count() != 1 {
            return Err(BuildError::MessageId);
        }
        Ok(())
    }

    fn bytes(&self) -> Result<Vec<u8>, BuildError> {
        self.check()?;
        let attached: usize = self.attachments.iter().map(|attachment| attachment.encoded_len()).sum();
        let expected = attached + self.text.len() + self.html.as_deref().map_or(0, str::len);
        if expected > MAX_BYTES {
            return Err(BuildError::TooLarge(expected));
        }
        let list = |mailboxes: &[Mailbox]| Header::new_list(mailboxes.iter().map(header).collect());
        let mut mime = MessageBuilder::new()
            .header("Date", Raw::new(self.date.rfc5322()))
            .message_id(self.message_id.clone())
            .from(header(&self.from))
            .subject(one_line(&self.subject));
        // Without To, a Bcc-only message is valid (RFC 5322 §3.6.3), but spam filters prefer the empty group.
        mime = match self.to.is_empty() && self.cc.is_empty() {
            true => mime.header("To", Raw::new("undisclosed-recipients:;")),
            false => mime,
        };
        if !self.to.is_empty() {
            mime = mime.to(list(&self.to));
        }
        if !self.cc.is_empty() {
            mime = mime.cc(list(&self.cc));
        }
        if let Some(reply_to) = &self.reply_to {
            mime = mime.reply_to(header(reply_to));
        }
        if let Some(language) = &self.language {
            mime = mime.header("Content-Language", Raw::new(language.clone()));
        }
        if self.auto_submitted {
            mime = mime.header("Auto-Submitted", Raw::new("auto-generated"));
            mime = mime.header("X-Auto-Response-Suppress", Raw::new("All"));
        }
        let bytes = mime.body(self.content()).write_to_vec().map_err(|error| BuildError::Write(error.kind()))?;
        if bytes.len() > MAX_BYTES { Err(BuildError::TooLarge(bytes.len())) } else { Ok(bytes) }
    }

    /// The text alone, or text and HTML as alternatives; attachments follow either in a `multipart/mixed`.
    fn content(&self) -> MimePart<'_> {
        let text = MimePart::new("text/plain", lines(&self.text));
        let body = match &self.html {
            None => text,
            Some(html) => self.multipart("alternative", vec![text, MimePart::new("text/html", lines(html))]),
        };
        if self.attachments.is_empty() {
            return body;
        }
        let mut parts = vec![body];
        parts.extend(self.attachments.iter().map(Attachment::part));
        self.multipart("mixed", parts)
    }

    /// A multipart whose boundary is derived from the Message-ID, so that a retry has identical bytes. A part cannot
    /// contain it: `=_` does not occur in quoted-printable, and the digest is unknown when a text is written.
    fn multipart<'x>(&self, kind: &str, parts: Vec<MimePart<'x>>) -> MimePart<'x> {
        let boundary = format!("=_{kind}_{}", digest(&self.message_id));
        MimePart::new(ContentType::new(format!("multipart/{kind}")).attribute("boundary", boundary), parts)
    }
}

fn header(mailbox: &Mailbox) -> Header<'static> {
    let name = one_line(&mailbox.name);
    Header::new_address((!name.is_empty()).then_some(name), mailbox.address.to_string())
}

/// A text body with LF line ends, which mail-builder writes as CR LF; it would keep a bare CR. NUL is replaced.
fn lines(text: &str) -> BodyPart<'static> {
    let mut out = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}");
    if !out.ends_with('\n') {
        out.push('\n');
    }
    BodyPart::Text(Cow::Owned(out))
}

/// `bytes` without the header fields in `names` (lower case), folded lines included.
fn without_headers(bytes: &[u8], names: &[&str]) -> Vec<u8> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 2);
    let (head, rest) = bytes.split_at(end);
    let mut out = Vec::with_capacity(bytes.len());
    let mut dropping = false;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default().to_ascii_lowercase();
            dropping = names.iter().any(|dropped| dropped.as_bytes() == name);
        }
        if !dropping {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The From header line, with CR LF, for a message whose other headers are already written.
pub(crate) fn from_header(mailbox: &Mailbox) -> String {
    written_from(&header(mailbox))
}

/// [`from_header`] for an unchecked address; control characters in it are dropped.
pub(crate) fn from_header_unchecked(name: &str, address: &str) -> String {
    written_from(&Header::new_address(Some(one_line(name)), address))
}

fn written_from(header: &Header<'_>) -> String {
    use mail_builder::headers::Header as _;

    let mut line = b"From: ".to_vec();
    header.write_header(&mut line, 6);
    String::from_utf8_lossy(&line).into_owned()
}

#[cfg(test)]
mod tests;
