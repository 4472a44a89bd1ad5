//! Recognizes the account database in an SQLite file.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::file_owner::FileOwner;

use super::open_error::OpenError;

/// Entries of the schema beside the list of migrations and its index, and those that every version has.
const COUNT_TABLES: &str = "select count(case when tbl_name <> '_sqlx_migrations' then 1 end), \
                            count(case when name in ('users', 'outbox', '_sqlx_migrations') then 1 end) \
                            from sqlite_schema";
const OWN_TABLES: i64 = 3;

/// Whose the file at `path` is. It is not changed.
///
/// # Errors
/// The file is no database or a damaged one, or another process has locked it.
pub(super) fn owner(path: &Path) -> Result<FileOwner, OpenError> {
    FileOwner::find(path, COUNT_TABLES, OWN_TABLES).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            OpenError::Damaged(format!("SQLite {}", path.display()))
        }
        _ => OpenError::File { path: path.to_owned(), error: std::io::Error::other(error) },
    })
}

/// True if the SQLite file has Gatepost's tables. It is not changed.
///
/// # Errors
/// The file is no database or a damaged one, or another process has locked it.
pub fn is_account_database(path: &Path) -> Result<bool, OpenError> {
    Ok(owner(path)? == FileOwner::Gatepost)
}
