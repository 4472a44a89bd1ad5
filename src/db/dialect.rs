//! The two dialects, and URLs of SQLite files.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;

use crate::file_owner::FileOwner;
use crate::private_files;

use super::open_error::OpenError;
use super::recognize::owner;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The end of a select whose rows will be changed. PostgreSQL skips rows that another transaction has locked;
    /// SQLite has one writer and needs no clause.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Dialect::Postgres => "for update skip locked",
            Dialect::Sqlite => "",
        }
    }

    /// The file of an SQLite URL; `None` for PostgreSQL.
    pub fn sqlite_path(url: &str) -> Option<PathBuf> {
        let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url).ok())??;
        Some(options.get_filename().to_owned())
    }

    /// The URL of an SQLite file. `%`, `?` and `#` have a meaning in URLs.
    pub fn sqlite_url(path: &Path) -> String {
        let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        format!("sqlite:{path}")
    }

    pub(super) fn of(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            Ok(Dialect::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Dialect::Postgres)
        } else {
            Err(OpenError::Scheme)
        }
    }
}

/// Adds `mode=rwc` unless the URL names a mode. The file is created here with mode 0600; with another mode it must exist.
///
/// # Errors
/// The file cannot be created or read, or belongs to another program. It is not changed then.
pub fn prepare_sqlite(url: &str) -> Result<String, OpenError> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = if url.contains("mode=") { url.to_owned() } else { format!("{url}{separator}mode=rwc") };
    // The path as sqlx reads it, which decodes `%`.
    let options = SqliteConnectOptions::from_str(&url)?;
    if owner(options.get_filename())? == FileOwner::OtherProgram {
        return Err(OpenError::Foreign(options.get_filename().to_owned()));
    }
    if url.contains("mode=rwc") {
        let path = options.get_filename();
        private_files::create_database(path).map_err(|error| OpenError::File { path: path.to_owned(), error })?;
    } else {
        private_files::tighten_database(options.get_filename());
    }
    Ok(url)
}
