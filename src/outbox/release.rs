//! Releases a captured message: sends it to allowed recipients through the outbox and the configured transports.

use std::fmt;

use crate::clock::Clock;
use crate::db::Db;
use crate::i18n::{Arg, Locale};
use crate::mail::Address;
use crate::mail::parse::{FieldEdit, ParsedMessage, edit_header};
use crate::random::Entropy;

use super::queue::Outbox;
use super::stored_message::enqueue_release;

/// Most messages of one release.
pub const MAX_RELEASED: usize = 50;
/// Most recipients of one release.
const MAX_RECIPIENTS: usize = 100;

/// A pattern of addresses. `*` matches any sequence of characters; case is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Self {
        Pattern(text.trim().to_ascii_lowercase())
    }

    fn matches(&self, address: &Address) -> bool {
        let address = address.canonical();
        let mut parts = self.0.split('*');
        let Some(rest) = parts.next().and_then(|first| address.strip_prefix(first)) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        let Some(mut rest) = rest.strip_suffix(last) else { return false };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        true
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a message cannot be released. The texts are Mailpit's, as far as Mailpit has them.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    #[error("Invalid email address: {0}")]
    Invalid(String),
    #[error("Failed: {} not match the allowlist: {}", if .0.len() == 1 { "Address do" } else { "Addresses do" }, .0.join(", "))]
    NotAllowed(Vec<String>),
    #[error("No valid addresses found")]
    Nobody,
    #[error("too many addresses: at most {MAX_RECIPIENTS} per release")]
    TooMany,
    #[error("No From header found")]
    NoFrom,
    #[error("cannot release a message that the SMTP server refused")]
    Refused,
    #[error("release is not configured: set inbox.release_to to the allowed addresses")]
    Off,
    #[error("cannot write to the outbox: {0}")]
    Storage(#[from] sqlx::Error),
}

impl ReleaseError {
    /// The error in the reader's language.
    pub fn localized(&self, locale: Locale, allowed: &str) -> String {
        let (key, addresses) = match self {
            ReleaseError::Invalid(address) => ("invalid", address.clone()),
            ReleaseError::NotAllowed(addresses) => ("not-allowed", addresses.join(", ")),
            ReleaseError::Nobody => ("nobody", String::new()),
            ReleaseError::TooMany => ("too-many", String::new()),
            ReleaseError::NoFrom => ("no-from", String::new()),
            ReleaseError::Refused => ("refused", String::new()),
            ReleaseError::Off => ("off", String::new()),
            ReleaseError::Storage(_) => ("failed", String::new()),
        };
        let limit = Arg::Number(MAX_RECIPIENTS as i64);
        let arguments = [("addresses", Arg::from(&addresses)), ("allowed", Arg::from(allowed)), ("limit", limit)];
        locale.text_with(&format!("inbox-release-{key}"), &arguments)
    }
}

/// Sends captured messages to real recipients.
#[derive(Clone)]
pub struct Release {
    pub allowed: Vec<Pattern>,
    /// The transports in use, in order of preference.
    pub transports: Vec<&'static str>,
    /// `None` if the server sends no mail.
    pub queue: Option<ReleaseQueue>,
    pub clock: Clock,
    pub entropy: Entropy,
}

/// A captured message to release.
#[derive(Clone, Copy)]
pub struct ReleasedMessage<'a> {
    pub bytes: &'a [u8],
    /// True if the SMTP server did not take it.
    pub was_refused: bool,
}

/// The outbox that released messages go to, and its database.
#[derive(Clone)]
pub struct ReleaseQueue {
    pub db: Db,
    pub outbox: Outbox,
}

impl Release {
    /// The allowed patterns, separated by commas.
    pub fn patterns(&self) -> String {
        self.allowed.iter().map(Pattern::to_string).collect::<Vec<_>>().join(", ")
    }

    /// True if messages may be released to this address.
    pub fn allows(&self, address: &Address) -> bool {
        let is_open = self.allowed.is_empty() && self.stays_local();
        is_open || self.allowed.iter().any(|pattern| pattern.matches(address))
    }

    /// The allowed addresses among `to`, separated by commas. There may be more than one release takes; the release
    /// then fails with an error, because silently dropping recipients would go unnoticed.
    pub fn proposal<'a>(&self, to: impl Iterator<Item = &'a str>) -> String {
        let allowed = to.filter(|text| Address::parse(text).is_ok_and(|address| self.allows(&address)));
        allowed.collect::<Vec<_>>().join(", ")
    }

    pub fn transport(&self) -> &'static str {
        self.transports.first().copied().unwrap_or_default()
    }

    /// True if released messages come back to this inbox, so that no address needs to be allowed.
    fn stays_local(&self) -> bool {
        self.transports.iter().all(|transport| *transport == "capture")
    }

    pub fn is_possible(&self) -> bool {
        self.queue.is_some() && (self.stays_local() || !self.allowed.is_empty())
    }

    /// Enqueues the message. It is queued, not yet sent.
    ///
    /// # Errors
    /// The first rule that forbids the release, or a failure of the outbox.
    pub async fn release(&self, message: ReleasedMessage<'_>, to: &[String]) -> Result<(), ReleaseError> {
        self.release_all(&[message], to).await.map_err(|(_, error)| error)
    }

    /// Enqueues all messages, or none.
    ///
    /// # Errors
    /// As [`Release::release`], with the index of the message that cannot be released.
    pub async fn release_all(
        &self,
        messages: &[ReleasedMessage<'_>],
        to: &[String],
    ) -> Result<(), (usize, ReleaseError)> {
        let first = |error: ReleaseError| (0, error);
        let queue = self.queue.as_ref().ok_or(ReleaseError::Off).map_err(first)?;
        let to = self.recipients(to).map_err(first)?;
        let prepared =
            messages.iter().enumerate().map(|(at, message)| self.prepared(*message, &to).map_err(|error| (at, error)));
        let prepared = prepared.collect::<Result<Vec<_>, _>>()?;
        self.enqueue(queue, prepared, &to).await.map_err(first)
    }

    /// The sender and the bytes that are sent.
    fn prepared(&self, message: ReleasedMessage<'_>, to: &[Address]) -> Result<(Address, Vec<u8>), ReleaseError> {
        if message.was_refused {
            return Err(ReleaseError::Refused);
        }
        let parsed = ParsedMessage::read(message.bytes);
        let sender = parsed.contacts("Sender").into_iter().next().unwrap_or(parsed.from.clone());
        let from = Address::parse(&sender.address).map_err(|_| ReleaseError::NoFrom)?;
        // Gmail takes the recipients from the header, so the header may name only the allowed ones.
        let header_to = self.transports.contains(&"gmail").then_some(to);
        Ok((from, without_recipients(message.bytes, header_to)))
    }

    async fn enqueue(
        &self,
        queue: &ReleaseQueue,
        messages: Vec<(Address, Vec<u8>)>,
        to: &[Address],
    ) -> Result<(), ReleaseError> {
        let mut tx = queue.db.write().await?;
        let (expiry, now) = (queue.outbox.message_expiry(), self.clock.now());
        for (from, bytes) in messages {
            enqueue_release(&mut tx, Some(&from), to.to_vec(), &bytes, expiry, now, &self.entropy).await?;
        }
        tx.commit().await?;
        queue.outbox.notify();
        Ok(())
    }

    fn recipients(&self, to: &[String]) -> Result<Vec<Address>, ReleaseError> {
        if to.len() > MAX_RECIPIENTS {
            return Err(ReleaseError::TooMany);
        }
        let parse = |text: &String| Address::parse(bare(text)).map_err(|_| ReleaseError::Invalid(text.clone()));
        let to = to.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        if !self.is_possible() {
            return Err(ReleaseError::Off);
        }
        let rejected: Vec<String> = to.iter().filter(|to| !self.allows(to)).map(Address::to_string).collect();
        if !rejected.is_empty() {
            return Err(ReleaseError::NotAllowed(rejected));
        }
        if to.is_empty() { Err(ReleaseError::Nobody) } else { Ok(to) }
    }
}

/// The address of `Name <address>`.
fn bare(text: &str) -> &str {
    let inside = text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    inside.map_or(text, |(_, address)| address)
}

/// The message without its Bcc fields. With `header_to`, the To and Cc fields are replaced by a To field of those
/// addresses. The other bytes stay as received, so that signatures over the body stay valid.
fn without_recipients(bytes: &[u8], header_to: Option<&[Address]>) -> Vec<u8> {
    let list = header_to.map(|to| to.iter().map(Address::to_string).collect::<Vec<_>>().join(",\r\n "));
    let added = list.map(|list| format!("To: {list}\r\n")).unwrap_or_default();
    edit_header(bytes, &added, |name| match name {
        "Bcc" => FieldEdit::Remove,
        "To" | "Cc" if header_to.is_some() => FieldEdit::Remove,
        _ => FieldEdit::Keep,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn a_pattern_matches_whole_addresses() {
        for (pattern, matching, other) in [
            (
                "*@example.com",
                vec!["a@example.com", "A@EXAMPLE.com"],
                vec!["a@sub.example.com", "a@example.com.evil.org"],
            ),
            ("qa+*@example.com", vec!["qa+1@example.com", "QA+@example.com"], vec!["qa@example.com"]),
            ("a@example.com", vec!["a@example.com"], vec!["aa@example.com", "a@example.co"]),
            ("*@*.example.com", vec!["a@x.example.com"], vec!["a@example.com"]),
            ("*", vec!["a@b.c"], vec![]),
            ("", vec![], vec!["a@b.c"]),
        ] {
            let pattern = Pattern::new(pattern);
            assert!(matching.iter().all(|text| pattern.matches(&address(text))), "{pattern}");
            assert!(!other.iter().any(|text| pattern.matches(&address(text))), "{pattern}");
        }
    }

    #[test]
    fn bcc_is_removed_and_gmail_gets_only_the_allowed_recipients() {
        let mail =
            b"From: a@b.c\r\nTo: x@b.c,\r\n y@b.c\r\nBCC: z@b.c\r\n\tw@b.c\r\nSubject: Bcc: stays\r\n\r\nTo: body\r\n";
        let text = |header_to| String::from_utf8(without_recipients(mail, header_to)).unwrap();
        assert_eq!(text(None), "From: a@b.c\r\nTo: x@b.c,\r\n y@b.c\r\nSubject: Bcc: stays\r\n\r\nTo: body\r\n");
        let to = [address("q@b.c"), address("r@b.c")];
        assert_eq!(text(Some(&to)), "To: q@b.c,\r\n r@b.c\r\nFrom: a@b.c\r\nSubject: Bcc: stays\r\n\r\nTo: body\r\n");
    }
}
