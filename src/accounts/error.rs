//! What an operation of any family may fail with that is nobody's typing mistake.

use std::error::Error as StdError;

/// Not the visitor's fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many passwords wait to be hashed.
    #[error("too many requests wait for their turn")]
    Busy,
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("an operation failed: {0}")]
    Internal(Box<dyn StdError + Send + Sync>),
}
