//! A message we write: its parts in, envelope and RFC 5322 bytes out.

use crate::clock::Time;

use super::{Address, Mailbox};

/// Who a mail is from and to on the wire (RFC 5321 §2.3.1), independent of its headers. `from` is `None` for the
/// null reverse-path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub from: Option<Address>,
    pub to: Vec<Address>,
}

/// A mail ready to be handed to a transport.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The outbox row's id: a transport that can, recognises a repeated hand-over by it.
    pub id: String,
    /// For our own letters what they are for (`verify`, `reset`, …).
    pub purpose: Option<String>,
    pub envelope: Envelope,
    /// Without angle brackets; the same at every retry.
    pub message_id: String,
    /// RFC 5322 bytes: CR LF line ends, 7-bit, lines of at most 78 characters.
    pub bytes: Vec<u8>,
}

/// What [`Mail`] is made of.
#[derive(Clone, Debug)]
pub struct Message {
    /// See [`Mail::id`].
    pub id: String,
    /// See [`Mail::purpose`].
    pub purpose: Option<String>,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Vec<Mailbox>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub date: Time,
    /// Without angle brackets; must be an RFC 5322 dot-atom@dot-atom.
    pub message_id: String,
    /// BCP 47 tag for Content-Language.
    pub language: Option<String>,
    /// RFC 3834: true for letters that nobody typed.
    pub auto_submitted: bool,
}

/// Why a message could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("a message needs at least one recipient")]
    NoRecipient,
    #[error("the Message-ID holds characters that are not allowed there")]
    MessageId,
    #[error("the message could not be written: {0}")]
    Write(#[from] std::io::Error),
}

impl Message {
    /// Writes the MIME message. Envelope sender is the From address, envelope recipients are `to`.
    ///
    /// # Errors
    /// No recipient, or a malformed Message-ID.
    pub fn build(&self) -> Result<Mail, BuildError> {
        use mail_builder::MessageBuilder;
        use mail_builder::headers::address::Address as Header;
        use mail_builder::headers::raw::Raw;

        if self.to.is_empty() {
            return Err(BuildError::NoRecipient);
        }
        let fine = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
        if !self.message_id.chars().all(fine) || self.message_id.matches('@').count() != 1 {
            return Err(BuildError::MessageId);
        }
        let header = |m: &Mailbox| {
            let name = (!m.name.is_empty()).then(|| m.name.clone());
            Header::new_address(name, m.address.to_string())
        };
        let mut mime = MessageBuilder::new()
            .header("Date", Raw::new(self.date.rfc5322()))
            .message_id(self.message_id.clone())
            .from(header(&self.from))
            .to(Header::new_list(self.to.iter().map(header).collect()))
            .subject(self.subject.clone())
            .text_body(self.text.clone());
        if let Some(reply_to) = &self.reply_to {
            mime = mime.reply_to(header(reply_to));
        }
        if let Some(html) = &self.html {
            mime = mime.html_body(html.clone());
        }
        if let Some(language) = &self.language {
            mime = mime.header("Content-Language", Raw::new(language.clone()));
        }
        if self.auto_submitted {
            mime = mime.header("Auto-Submitted", Raw::new("auto-generated"));
            mime = mime.header("X-Auto-Response-Suppress", Raw::new("All"));
        }
        Ok(Mail {
            id: self.id.clone(),
            purpose: self.purpose.clone(),
            envelope: Envelope {
                from: Some(self.from.address.clone()),
                to: self.to.iter().map(|m| m.address.clone()).collect(),
            },
            message_id: self.message_id.clone(),
            bytes: mime.write_to_vec()?,
        })
    }
}

/// The From header line of a mail whose other headers are written already, CR LF included.
pub(crate) fn from_header(name: &str, address: &Address) -> String {
    use mail_builder::headers::{Header as _, address::Address as Header};

    let mut line = b"From: ".to_vec();
    let name = (!name.is_empty()).then(|| name.to_owned());
    Header::new_address(name, address.to_string()).write_header(&mut line, 6);
    String::from_utf8_lossy(&line).into_owned()
}
