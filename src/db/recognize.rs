//! Recognizes the account database in an SQLite file without a change of it: a file of another program keeps its bytes,
//! its mode and its journal mode.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::private_files;

use super::open_error::{BUSY, OpenError};

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DatabaseFile {
    /// Nothing, an empty file, or a database that no migration has filled.
    Empty,
    /// Gatepost's tables, of whatever version.
    Own,
    Foreign,
    /// Only a connection that may write can read it, or say why it cannot.
    Unclear,
}

/// Entries of the schema beside the list of migrations and its index, and those that every version has.
const COUNT_TABLES: &str = "select count(case when tbl_name <> '_sqlx_migrations' then 1 end), \
                            count(case when name in ('users', 'outbox', '_sqlx_migrations') then 1 end) \
                            from sqlite_schema";
const OWN_TABLES: i64 = 3;

/// Recognizes the file at `path`.
///
/// # Errors
/// The file is no database or a damaged one, or another process has locked it.
pub(super) fn recognize(path: &Path) -> Result<DatabaseFile, OpenError> {
    let Some(uri) = private_files::read_only_uri(path) else { return Ok(DatabaseFile::Empty) };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let counted: rusqlite::Result<(i64, i64)> = Connection::open_with_flags(uri, flags).and_then(|conn| {
        conn.busy_timeout(BUSY)?;
        conn.query_row(COUNT_TABLES, [], |row| Ok((row.get(0)?, row.get(1)?)))
    });
    let error = match counted {
        Ok((0, _)) => return Ok(DatabaseFile::Empty),
        Ok((_, OWN_TABLES)) => return Ok(DatabaseFile::Own),
        Ok(_) => return Ok(DatabaseFile::Foreign),
        Err(error) => error,
    };
    match error.sqlite_error_code() {
        // The file needs a recovery, which writes, or a permission is missing.
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => Ok(DatabaseFile::Unclear),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Err(OpenError::Damaged(format!("SQLite {}", path.display())))
        }
        _ => Err(OpenError::File { path: path.to_owned(), error: std::io::Error::other(error) }),
    }
}

/// True if the SQLite file has Gatepost's tables. It is not changed.
///
/// # Errors
/// The file is no database or a damaged one, or another process has locked it.
pub fn is_account_database(path: &Path) -> Result<bool, OpenError> {
    Ok(recognize(path)? == DatabaseFile::Own)
}
