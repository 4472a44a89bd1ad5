//! Rows and attempts as operators see them.

use serde::{Serialize, Serializer};

use crate::clock::Time;
use crate::mail::Address;

use super::job::JobState;

/// A row for the operator; serialised for `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxEntry {
    pub id: String,
    pub kind: String,
    #[serde(serialize_with = "as_texts")]
    pub to: Vec<Address>,
    pub state: JobState,
    /// The transport of the latest attempt.
    pub transport: Option<String>,
    pub attempts: i64,
    pub created_at: Time,
    pub first_try_at: Option<Time>,
    pub next_at: Time,
    pub expires_at: Time,
    pub settled_at: Option<Time>,
    pub last_code: Option<i64>,
    pub last_error: Option<String>,
    pub reply: Option<String>,
    pub remote_id: Option<String>,
    /// Without angle brackets; `None` before the first attempt.
    pub message_id: Option<String>,
}

/// One attempt in the timeline of a row.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptEntry {
    pub number: i64,
    pub started_at: Time,
    pub ended_at: Time,
    pub transport: String,
    /// `sent`, `skipped`, `not_composed`, `take_interrupted` or a failure class.
    pub outcome: String,
    pub code: Option<i64>,
    /// The server's reply or Gatepost's reason.
    pub reply: String,
}

fn as_texts<S: Serializer>(to: &[Address], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(to.iter().map(Address::to_string))
}
