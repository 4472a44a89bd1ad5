//! Why the account database could not be opened.

use std::path::PathBuf;
use std::time::Duration;

use rocket_db_pools::figment;
use sqlx::migrate::MigrateError;

/// How long a caller waits for a connection, or for the write of another process, before it gets an error.
pub const BUSY: Duration = Duration::from_secs(10);

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("unknown URL scheme: the URL must begin with sqlite: or postgres://")]
    Scheme,
    #[error("cannot create the database file or its folder: {0}")]
    File(#[from] std::io::Error),
    #[error("no answer within {} seconds", BUSY.as_secs())]
    Silent,
    #[error("{location}: {error}; check databases.gatepost.url, and that the server runs")]
    Server { location: String, error: String },
    /// The server was reached, but TLS failed; `error` says what to do.
    #[error("{location}: {error}")]
    Tls { location: String, error: String },
    #[error("sslmode={0} may send passwords in plain text; use verify-full, or disable if that is intended")]
    OptionalTls(&'static str),
    #[error("cannot read {}, which databases.gatepost.url names: {error}", path.display())]
    Certificate { path: PathBuf, error: std::io::Error },
    #[error("{0}")]
    Settings(Box<figment::Error>),
    #[error("{0}")]
    Connect(#[from] sqlx::Error),
    #[error("schema of another version; use that version, or delete the database if an unreleased build wrote it")]
    OtherSchema,
    #[error("{0}")]
    Migrate(MigrateError),
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMismatch(_) | MigrateError::VersionMissing(_) => OpenError::OtherSchema,
            error => OpenError::Migrate(error),
        }
    }
}
