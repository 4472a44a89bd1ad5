//! Errors of account operations that do not depend on what the visitor submitted.

use std::error::Error as StdError;
use std::time::Duration;

/// Why an operation was not carried out, whatever the visitor submitted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rate limit is exceeded; the wait until the next attempt, at least a millisecond.
    #[error("throttled for {} s", .0.as_secs())]
    Throttled(Duration),
    /// The queue for password hashing is full.
    #[error("the password hashing queue is full")]
    Busy,
    #[error("database error: {0}")]
    Database(#[from] sqlx::Error),
    #[error("internal error: {0}")]
    Internal(Box<dyn StdError + Send + Sync>),
}
