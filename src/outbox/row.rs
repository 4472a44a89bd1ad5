//! A row of the outbox and who turns it into a mail.

use async_trait::async_trait;

use crate::clock::Time;
use crate::db::Conn;
use crate::mail::{Address, Mail, Mailbox};

/// A mail to be promised: what a caller enqueues in its own transaction.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which author composes it and what it is: a letter's name (`verify`, `reset`, …); `mail` and `release` are
    /// the outbox's own.
    pub kind: String,
    pub to: Vec<Address>,
    /// What the author needs to compose it, as JSON; no secrets, no links.
    pub payload: serde_json::Value,
    /// Whose data it is, by an id of the author's own: see [`super::forget`].
    pub about: Option<String>,
    /// Rows of one key supersede each other: enqueueing cancels older ones still waiting.
    pub supersedes: Option<String>,
    /// Given up after this.
    pub expires_at: Time,
}

/// A claimed row as its author sees it.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub kind: String,
    /// Those still to be reached.
    pub to: Vec<Address>,
    pub payload: serde_json::Value,
    /// Stable over retries, without angle brackets.
    pub message_id: String,
    /// When it was promised: in the transaction of what it tells.
    pub promised_at: Time,
    /// Date of the first attempt, stable over retries.
    pub date: Time,
    /// Whom the transport of this attempt sends as.
    pub from: Mailbox,
    /// 1 at the first attempt.
    pub attempts: i64,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for `next_at`.
    Queued,
    /// Some worker has it in hand.
    Leased,
    Sent,
    /// Refused for good, or too often without a verdict.
    Dead,
    /// Its time ran out before anybody took it.
    Expired,
    /// Called off: by the operator, by a newer letter, or because nobody needs it any more.
    Cancelled,
}

impl State {
    pub const ALL: [State; 6] =
        [State::Queued, State::Leased, State::Sent, State::Dead, State::Expired, State::Cancelled];

    pub fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Leased => "leased",
            State::Sent => "sent",
            State::Dead => "dead",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
        }
    }

    pub fn parse(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What an author makes of a row.
#[derive(Debug)]
pub enum Composed {
    Mail(Mail),
    /// Not needed any more; the reason is shown to the operator.
    Moot(&'static str),
}

/// Turns rows into mail at hand-over, and knows why they were written.
#[async_trait]
pub trait Author: Send + Sync {
    /// Called inside the claim's transaction, before each attempt: what must be on disk before the mail may
    /// leave, such as the new expiry of its link.
    ///
    /// # Errors
    /// When the database refuses; the whole claim is undone then.
    async fn claimed(&self, _conn: &mut Conn, _row: &Row, _now: Time) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// Composes the mail of `row`; called again, with the same result, at every retry. Runs outside any
    /// transaction.
    ///
    /// # Errors
    /// A sentence for the operator; the row is tried again later.
    async fn compose(&self, row: &Row) -> Result<Composed, Box<dyn std::error::Error + Send + Sync>>;
}
