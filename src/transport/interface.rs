//! What every transport has: the trait, the receipt of a message and the failure in its place.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::mail::{Address, Message};

/// The answer of a server that accepted a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The server's reply, or Gmail's message id; one line.
    pub reply: String,
    /// The server's id for the message (queue id, Gmail message id, inbox id), if it gave one.
    pub remote_id: Option<String>,
    /// Recipients that were rejected while others were accepted.
    pub refused: Vec<RecipientRefusal>,
}

impl Receipt {
    /// A receipt for all recipients.
    pub fn new(reply: impl Into<String>, remote_id: Option<String>) -> Self {
        Receipt { reply: reply.into(), remote_id, refused: Vec::new() }
    }
}

/// One recipient that the server rejected or deferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientRefusal {
    pub to: Address,
    /// `Transient`, `Permanent`, or `Configuration` if the reply may be about this machine or its account.
    pub class: FailureKind,
    pub code: Option<u16>,
    /// The server's reply, one line; of a `Configuration` with its cure.
    pub reply: String,
}

/// What a failure means for the message and for the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Not now; a later attempt may succeed.
    Transient,
    /// No attempt with this message will succeed.
    Permanent,
    /// The configuration is wrong: the transport pauses and the message waits.
    Configuration,
    /// The message was transmitted but no reply came: it may have been sent.
    Ambiguous,
    /// A rate limit: the transport pauses for a while and the message waits.
    Rate,
}

/// Why a message was not accepted.
#[derive(Clone, Debug)]
pub struct Failure {
    pub class: FailureKind,
    /// SMTP or HTTP status, if there was one.
    pub code: Option<u16>,
    /// A sentence that an operator can act on. It includes the server's reply, but no secrets.
    pub reason: String,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
    pub scope: FailureScope,
}

/// What a failure is about, and so what it says about the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureScope {
    /// The transport: the next message would fail in the same way.
    Transport,
    /// The sender's address.
    Sender,
    /// The transport or this message's recipient: the reply may mean either. A second recipient in a row with such a
    /// reply shows that it is the transport.
    Suspect,
    /// This message on this transport: it exceeds a limit of the server, or needs an extension that the server lacks.
    /// Another transport may take it.
    Unsupported,
    /// This message or its recipients alone.
    Mail,
}

impl Failure {
    /// A failure about the message if it is permanent, else about the transport.
    pub fn new(class: FailureKind, reason: impl Into<String>) -> Self {
        let scope = if class == FailureKind::Permanent { FailureScope::Mail } else { FailureScope::Transport };
        Failure { class, code: None, reason: reason.into(), retry_after: None, scope }
    }

    /// This transport can never send this message; another one may.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Failure { scope: FailureScope::Unsupported, ..Failure::new(FailureKind::Permanent, reason) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

/// A way to send mail.
#[async_trait]
pub trait Transport: Send + Sync {
    /// `capture`, `smtp` or `gmail`: the name in settings, rows and logs.
    fn name(&self) -> &'static str;

    /// Sends one message.
    ///
    /// # Errors
    /// The classified failure; see `FailureKind` for what each class means.
    async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure>;

    /// Connects and logs in without sending a message; returns a description of the connection.
    ///
    /// # Errors
    /// The failure that a delivery would meet.
    async fn check(&self) -> Result<String, Failure>;

    /// [`Transport::check`], for messages from this address.
    ///
    /// # Errors
    /// The failure that a delivery would meet.
    async fn check_from(&self, _from: &Address) -> Result<String, Failure> {
        self.check().await
    }

    /// Bytes of the message that is being sent, and its size in bytes. `None` if nothing is, or if the transport does not
    /// count. With several messages at once, the one that began last.
    fn sending(&self) -> Option<(u64, u64)> {
        None
    }

    /// Closes idle connections.
    async fn close(&self) {}
}
