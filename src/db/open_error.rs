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
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
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
    #[error("{0} was written by a newer version of Gatepost; use that version, or restore a backup")]
    Newer(String),
    #[error("{0} was written by an unreleased version of Gatepost; use that version, or delete it")]
    Unreleased(String),
    #[error("{} belongs to another program; set databases.gatepost.url to another file", .0.display())]
    Foreign(PathBuf),
    #[error("{0} is damaged; move it away or restore a backup")]
    Damaged(String),
    #[error("{0}")]
    Migrate(MigrateError),
}

impl OpenError {
    pub(super) fn of_migration(error: MigrateError, location: &str) -> Self {
        match error {
            MigrateError::VersionMissing(_) => OpenError::Newer(location.to_owned()),
            MigrateError::VersionMismatch(_) => OpenError::Unreleased(location.to_owned()),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) if is_damage(&error) => {
                OpenError::Damaged(location.to_owned())
            }
            error => OpenError::Migrate(error),
        }
    }

    /// Names a damaged file, which SQLite's own error does not.
    pub(super) fn of_sqlite(self, location: &str) -> Self {
        match self {
            OpenError::Connect(error) if is_damage(&error) => OpenError::Damaged(location.to_owned()),
            error => error,
        }
    }
}

/// True if an SQLite file is no database, or a damaged one: `SQLITE_NOTADB` and `SQLITE_CORRUPT` with its extended codes.
/// A code of PostgreSQL has five characters.
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["11", "26", "267", "523", "779"].contains(&&*code))
}
