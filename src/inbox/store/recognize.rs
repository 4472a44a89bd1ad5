//! Recognizes the file of an inbox without a change of it: a file of another program keeps its bytes, its mode and its
//! journal mode.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::inbox::types::InboxOpenError;
use crate::private_files;

/// How long to wait while another process recovers the file.
const RECOVERY: Duration = Duration::from_secs(10);

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboxFile {
    /// Nothing, an empty file, or a database without tables.
    Empty,
    /// The tables of an inbox, of whatever version.
    Own,
    Foreign,
    /// Only a connection that may write can read it, or say why it cannot.
    Unclear,
}

/// Entries of the schema, and those of them that every version of the inbox has.
const COUNT_TABLES: &str = "select count(*), count(case when name in ('messages', 'contents', 'events') then 1 end) \
                            from sqlite_schema";
const OWN_TABLES: i64 = 3;

/// Recognizes the file at `path`.
///
/// # Errors
/// The file is no database or a damaged one, or another process has locked it.
pub fn recognize(path: &Path) -> Result<InboxFile, InboxOpenError> {
    let Some(uri) = private_files::read_only_uri(path) else { return Ok(InboxFile::Empty) };
    match count_tables(&uri) {
        Ok((0, _)) => Ok(InboxFile::Empty),
        Ok((_, OWN_TABLES)) => Ok(InboxFile::Own),
        Ok(_) => Ok(InboxFile::Foreign),
        Err(error) if is_unclear(&error) => Ok(InboxFile::Unclear),
        Err(error) => Err(error.into()),
    }
}

fn count_tables(uri: &str) -> rusqlite::Result<(i64, i64)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(uri, flags)?;
    conn.busy_timeout(RECOVERY)?;
    conn.query_row(COUNT_TABLES, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// True if the file may need a recovery, which writes, or a permission is missing.
fn is_unclear(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}
