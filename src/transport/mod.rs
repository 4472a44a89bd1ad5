//! How bytes leave. A transport takes a finished [`Mail`] and answers with a receipt or a classed failure; it
//! never sees a queue row and never decides when to try again.

mod capture;
pub mod gmail;
pub mod smtp;

pub use capture::Capture;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::mail::{Address, Mail};

/// What the other side said when it took the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The server's reply in its own words, or Gmail's message id; one line.
    pub reply: String,
    /// The other side's name for the mail (queue id, Gmail message id, inbox id) when it gave one.
    pub remote_id: Option<String>,
    /// Recipients it was not taken for while it was for others.
    pub refused: Vec<Refusal>,
}

impl Receipt {
    /// A mail taken for all its recipients.
    pub fn new(reply: impl Into<String>, remote_id: Option<String>) -> Self {
        Receipt { reply: reply.into(), remote_id, refused: Vec::new() }
    }
}

/// One recipient that the other side did not want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub to: Address,
    /// [`Class::Transient`] or [`Class::Permanent`].
    pub class: Class,
    pub code: Option<u16>,
    /// The server's own words, one line.
    pub words: String,
}

/// What a failure means for the mail and for the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Not now; the same mail may pass later.
    Transient,
    /// This mail will never pass here.
    Permanent,
    /// The transport itself is set up wrongly: it pauses, the mail waits.
    Configuration,
    /// The bytes were handed over but no verdict came: it may have been sent.
    Ambiguous,
    /// Too much at once: the transport pauses for a while, the mail waits.
    Rate,
}

/// Why a mail was not taken.
#[derive(Clone, Debug)]
pub struct Failure {
    pub class: Class,
    /// SMTP or HTTP status, when there was one.
    pub code: Option<u16>,
    /// A sentence an operator can act on; the server's own words included, secrets and addresses not.
    pub reason: String,
    /// When the other side asked to come back.
    pub retry_after: Option<Duration>,
    pub about: About,
}

/// Whom a failure speaks of: what it says about the next mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The way out: the next mail would meet the same.
    Transport,
    /// The address this mail is from.
    Sender,
    /// The way out or this mail's recipient: the server's answer may mean either, and a second recipient in a row that
    /// gets such an answer shows that it is the way out.
    Suspect,
    /// This mail or its recipients alone.
    Mail,
}

impl Failure {
    /// About the transport, unless it is permanent.
    pub fn new(class: Class, reason: impl Into<String>) -> Self {
        let about = if class == Class::Permanent { About::Mail } else { About::Transport };
        Failure { class, code: None, reason: reason.into(), retry_after: None, about }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

/// A way out.
#[async_trait]
pub trait Transport: Send + Sync {
    /// `capture`, `smtp` or `gmail`: the name in settings, rows and logs.
    fn name(&self) -> &'static str;

    /// Hands one mail over.
    ///
    /// # Errors
    /// The classed failure; see [`Class`] for what each means.
    async fn deliver(&self, mail: &Mail) -> Result<Receipt, Failure>;

    /// Connects and logs in, sends nothing; answers with a sentence on what it found.
    ///
    /// # Errors
    /// The failure a delivery would meet.
    async fn check(&self) -> Result<String, Failure>;

    /// Takes leave of the other side, where it is still connected.
    async fn close(&self) {}
}

#[cfg(test)]
mod tests;
