//! A row of the outbox, its states, and the trait that composes its message.

use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Time;
use crate::db::Conn;
use crate::mail::{Address, Mailbox, Message};

/// Lease duration. Live workers renew well before it ends. With the polling interval, the row of a dead worker is
/// retried within the 30 seconds promised in the README.
pub(super) const LEASE: Duration = Duration::from_secs(28);

/// A message that Gatepost wrote: the headers that depend on the attempt are put in front of the stored bytes.
pub(super) const MAIL: &str = "mail";
/// A captured message released to real recipients: its bytes are sent as they were received.
pub(super) const RELEASE: &str = "release";

/// True if rows of this kind have stored bytes.
pub(super) fn is_stored_kind(kind: &str) -> bool {
    kind == MAIL || kind == RELEASE
}

/// A message to enqueue in the caller's transaction.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which email it is (`verify`, `reset`, …), or `mail` or `release` for messages stored in the outbox itself.
    pub kind: String,
    pub to: Vec<Address>,
    /// What the composer needs, as JSON; no secrets, no links.
    pub payload: serde_json::Value,
    /// The user whose data it is, by the composer's id for them; deleted by `delete_recipient`.
    pub user_id: Option<String>,
    /// Enqueueing a row cancels older waiting rows with the same key.
    pub supersedes: Option<String>,
    /// No attempt is made after this.
    pub expires_at: Time,
}

/// A claimed row as its composer sees it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: String,
    pub kind: String,
    /// Recipients that have not been reached yet.
    pub to: Vec<Address>,
    pub payload: serde_json::Value,
    /// Stable over retries, without angle brackets.
    pub message_id: String,
    /// When it was enqueued, in the transaction of the change that it reports.
    pub enqueued_at: Time,
    /// Date of the first attempt, stable over retries.
    pub date: Time,
    /// The sender that the transport of this attempt uses.
    pub from: Mailbox,
    /// 1 at the first attempt.
    pub attempts: i64,
}

/// The state of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for `next_at`.
    Queued,
    /// A worker is delivering it.
    Leased,
    Sent,
    /// Rejected permanently, or attempted too often with an unknown outcome.
    Dead,
    /// No transport accepted it before it expired.
    Expired,
    /// Cancelled by the operator, superseded by a newer message, or no longer needed.
    Cancelled,
}

impl JobState {
    pub const ALL: [JobState; 6] =
        [JobState::Queued, JobState::Leased, JobState::Sent, JobState::Dead, JobState::Expired, JobState::Cancelled];

    pub fn name(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Leased => "leased",
            JobState::Sent => "sent",
            JobState::Dead => "dead",
            JobState::Expired => "expired",
            JobState::Cancelled => "cancelled",
        }
    }

    pub fn parse(name: &str) -> Option<JobState> {
        JobState::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The result of composing a row.
#[derive(Debug)]
pub enum Composed {
    Mail(Message),
    /// The message is no longer needed; the reason is shown to the operator.
    Skipped(&'static str),
}

/// Composes the message of a row at each attempt; it knows why the row exists.
#[async_trait]
pub trait Composer: Send + Sync {
    /// Runs in the transaction of the claim, before each attempt. It writes what must be on disk before the message is
    /// sent, such as the new expiry of its link.
    ///
    /// # Errors
    /// When the database fails; the whole claim is rolled back.
    async fn before_delivery(&self, _conn: &mut Conn, _row: &Job, _now: Time) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// Composes the message of `row`; every retry calls it again and gets the same result. Runs outside any
    /// transaction.
    ///
    /// # Errors
    /// A sentence for the operator; the row is retried later.
    async fn compose(&self, row: &Job) -> Result<Composed, Box<dyn std::error::Error + Send + Sync>>;
}
