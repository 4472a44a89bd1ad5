//! Errors of account operations that the visitor did not cause.

use std::error::Error as StdError;

/// A failure that the visitor did not cause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue for password hashing is full.
    #[error("the password hashing queue is full")]
    Busy,
    #[error("database error: {0}")]
    Database(#[from] sqlx::Error),
    #[error("internal error: {0}")]
    Internal(Box<dyn StdError + Send + Sync>),
}
