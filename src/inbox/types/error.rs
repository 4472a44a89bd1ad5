//! The errors of the inbox.

use std::sync::Arc;

/// An error of [`crate::inbox::Inbox::open`].
#[derive(Debug, thiserror::Error)]
pub enum InboxOpenError {
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("the inbox file was written by a newer version of Gatepost; use that version, or restore a backup")]
    Newer,
    #[error("the inbox file was written by an unreleased version of Gatepost; delete it")]
    Unreleased,
    #[error(
        "the file belongs to another program; name another file, and import the messages that `mailpit dump` writes with \
         `gatepost inbox import`"
    )]
    Foreign,
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Writer(#[from] rusqlite::Error),
}

impl InboxOpenError {
    /// True if the file is no database, or a damaged one: nothing but another file helps.
    pub fn is_damage(&self) -> bool {
        match self {
            // SQLITE_CORRUPT and SQLITE_NOTADB, with the extended codes of the former.
            InboxOpenError::Database(sqlx::Error::Database(error)) => {
                let code: Option<u32> = error.code().and_then(|code| code.parse().ok());
                code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
            }
            InboxOpenError::Writer(error) => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
            ),
            _ => false,
        }
    }
}

/// An error of an inbox operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the message is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// The SMTP server replies 451, so that the client retries.
    #[error("the disk is full")]
    DiskFull,
    #[error("the inbox is closed")]
    Closed,
    #[error("inbox database error: {0}")]
    Database(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error("a stored message cannot be read: {0}")]
    Damaged(#[source] Arc<std::io::Error>),
    #[error("the message cannot be prepared for storage: {0}")]
    Unprepared(#[source] Arc<std::io::Error>),
}

impl StoreError {
    /// Copies the error, so that every message of a failed batch can be answered with it.
    pub(in crate::inbox) fn duplicate(&self) -> Self {
        match self {
            StoreError::TooLarge { limit } => StoreError::TooLarge { limit: *limit },
            StoreError::DiskFull => StoreError::DiskFull,
            StoreError::Closed => StoreError::Closed,
            StoreError::Database(e) => StoreError::Database(e.clone()),
            StoreError::Damaged(e) => StoreError::Damaged(e.clone()),
            StoreError::Unprepared(e) => StoreError::Unprepared(e.clone()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::DiskFull,
            _ => StoreError::Database(Arc::new(error)),
        }
    }
}

/// SQLITE_FULL: the disk is full, or a quota or the file's size limit is reached.
const SQLITE_FULL: &str = "13";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(e) if e.code().as_deref() == Some(SQLITE_FULL) => StoreError::DiskFull,
            _ => StoreError::Database(Arc::new(error)),
        }
    }
}
