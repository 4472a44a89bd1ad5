//! A row of the outbox and who turns it into a mail.

use async_trait::async_trait;

use crate::clock::Time;
use crate::mail::{Address, Mail};

/// A mail to be promised: what a caller enqueues in its own transaction.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which author composes it and what it is: a letter's name (`verify`, `reset`, …) or `mail`.
    pub kind: String,
    pub to: Vec<Address>,
    /// What the author needs to compose it, as JSON; no secrets, no links.
    pub payload: serde_json::Value,
    /// Rows of one key supersede each other: enqueueing cancels older ones still waiting.
    pub supersedes: Option<String>,
    /// Given up after this.
    pub expires_at: Time,
}

/// A row as its author sees it.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub kind: String,
    pub to: Vec<Address>,
    pub payload: serde_json::Value,
    /// Stable over retries, without angle brackets.
    pub message_id: String,
    /// Date of the first attempt, stable over retries.
    pub date: Time,
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
    /// Composes the mail of `row`; called again, with the same result, at every retry. Runs outside any
    /// transaction.
    ///
    /// # Errors
    /// A sentence for the operator; the row is tried again later.
    async fn compose(&self, row: &Row) -> Result<Composed, Box<dyn std::error::Error + Send + Sync>>;
}
