//! Letting a captured message go: to allowed recipients only, through the outbox and the configured transports.

use std::fmt;

use crate::capture::Captured;
use crate::clock::Clock;
use crate::db::Db;
use crate::i18n::{Arg, Locale};
use crate::mail::Address;
use crate::mail::parsed::Parsed;
use crate::outbox::{self, Outbox};
use crate::secret::Entropy;

/// Recipients of one release.
const MAX_RECIPIENTS: usize = 100;

/// An address, or with `*` for any run of characters a set of them; without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Self {
        Pattern(text.trim().to_ascii_lowercase())
    }

    fn fits(&self, address: &Address) -> bool {
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

/// Why a message stays; the texts are Mailpit's where it has them.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    #[error("Invalid email address: {0}")]
    Invalid(String),
    #[error("Failed: {} not match the allowlist: {}", if .0.len() == 1 { "Address do" } else { "Addresses do" }, .0.join(", "))]
    NotAllowed(Vec<String>),
    #[error("No valid addresses found")]
    Nobody,
    #[error("at most {MAX_RECIPIENTS} addresses at once")]
    TooMany,
    #[error("No From header found")]
    NoFrom,
    #[error("this message was refused and cannot be released")]
    Refused,
    #[error("releasing is not set up: set inbox.release_to to the addresses that may get mail")]
    Off,
    #[error("the outbox refused: {0}")]
    Storage(#[from] sqlx::Error),
}

impl ReleaseError {
    /// Why, in the reader's language.
    pub fn words(&self, locale: Locale, allowed: &str) -> String {
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

/// The way out of the inbox.
#[derive(Clone)]
pub struct Release {
    pub allowed: Vec<Pattern>,
    /// The transports in use, in order of preference.
    pub transports: Vec<&'static str>,
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
    pub entropy: Entropy,
}

impl Release {
    /// The patterns, as the API shows them.
    pub fn patterns(&self) -> String {
        self.allowed.iter().map(Pattern::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Whether mail may be released to this address.
    pub fn allows(&self, address: &Address) -> bool {
        let open = self.allowed.is_empty() && self.stays_here();
        open || self.allowed.iter().any(|pattern| pattern.fits(address))
    }

    /// Those of these that are allowed. They may be too many for one release, which is said when it is tried: left
    /// out in silence they would be missed by nobody but themselves.
    pub fn proposal<'a>(&self, to: impl Iterator<Item = &'a str>) -> String {
        let allowed = to.filter(|text| Address::parse(text).is_ok_and(|address| self.allows(&address)));
        allowed.collect::<Vec<_>>().join(", ")
    }

    pub fn transport(&self) -> &'static str {
        self.transports.first().copied().unwrap_or_default()
    }

    /// Mail that ends in this very inbox hurts nobody.
    fn stays_here(&self) -> bool {
        self.transports.iter().all(|transport| *transport == "capture")
    }

    pub fn is_possible(&self) -> bool {
        self.stays_here() || !self.allowed.is_empty()
    }

    /// Puts the message into the outbox; the row's id. It is queued then, not sent.
    ///
    /// # Errors
    /// The first rule that forbids it.
    pub async fn release(&self, captured: &Captured, to: &[String]) -> Result<String, ReleaseError> {
        let to = self.recipients(to)?;
        if captured.summary.refusal.is_some() {
            return Err(ReleaseError::Refused);
        }
        let parsed = Parsed::read(&captured.bytes);
        let sender = parsed.contacts("Sender").into_iter().next().unwrap_or(parsed.from.clone());
        let from = Address::parse(&sender.address).map_err(|_| ReleaseError::NoFrom)?;
        // Gmail takes its recipients from the header: only those who were allowed may stand there.
        let named = self.transports.contains(&"gmail").then_some(to.as_slice());
        let bytes = without_recipients(&captured.bytes, named);
        let mut tx = self.db.write().await?;
        let (expiry, now) = (self.outbox.letter_expiry(), self.clock.now());
        let id = outbox::enqueue_release(&mut tx, Some(&from), to, &bytes, expiry, now, &self.entropy).await?;
        tx.commit().await?;
        self.outbox.notify();
        Ok(id)
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
        let strangers: Vec<String> = to.iter().filter(|to| !self.allows(to)).map(Address::to_string).collect();
        if !strangers.is_empty() {
            return Err(ReleaseError::NotAllowed(strangers));
        }
        if to.is_empty() { Err(ReleaseError::Nobody) } else { Ok(to) }
    }
}

/// `Name <address>` without its name.
fn bare(text: &str) -> &str {
    let inside = text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    inside.map_or(text, |(_, address)| address)
}

/// The message without Bcc; with `named`, without To and Cc too but with a To of those. Everything else stays as it
/// was received, signatures over the body included.
fn without_recipients(bytes: &[u8], named: Option<&[Address]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 256);
    if let Some(to) = named {
        let list: Vec<String> = to.iter().map(Address::to_string).collect();
        out.extend_from_slice(format!("To: {}\r\n", list.join(",\r\n ")).as_bytes());
    }
    let dropped = |line: &[u8]| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
        name.eq_ignore_ascii_case(b"bcc")
            || named.is_some() && (name.eq_ignore_ascii_case(b"to") || name.eq_ignore_ascii_case(b"cc"))
    };
    let mut rest = bytes;
    let mut dropping = false;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let (line, tail) = rest.split_at(end);
        if line.trim_ascii().is_empty() {
            break;
        }
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        dropping = if folded { dropping } else { dropped(line) };
        if !dropping {
            out.extend_from_slice(line);
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn patterns_allow_what_they_say_and_nothing_else() {
        for (pattern, fits, not) in [
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
            assert!(fits.iter().all(|text| pattern.fits(&address(text))), "{pattern}");
            assert!(!not.iter().any(|text| pattern.fits(&address(text))), "{pattern}");
        }
    }

    #[test]
    fn blind_recipients_leave_and_gmail_sees_only_the_allowed() {
        let mail =
            b"From: a@b.c\r\nTo: x@b.c,\r\n y@b.c\r\nBCC: z@b.c\r\n\tw@b.c\r\nSubject: Bcc: stays\r\n\r\nTo: body\r\n";
        let text = |named| String::from_utf8(without_recipients(mail, named)).unwrap();
        assert_eq!(text(None), "From: a@b.c\r\nTo: x@b.c,\r\n y@b.c\r\nSubject: Bcc: stays\r\n\r\nTo: body\r\n");
        let to = [address("q@b.c"), address("r@b.c")];
        assert_eq!(text(Some(&to)), "To: q@b.c,\r\n r@b.c\r\nFrom: a@b.c\r\nSubject: Bcc: stays\r\n\r\nTo: body\r\n");
    }
}
