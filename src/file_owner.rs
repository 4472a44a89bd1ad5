//! Whose an SQLite file is. That must be known before modes and pragmas are applied: the file of another program keeps its
//! bytes, its mode and its journal mode.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// How long to wait while another process recovers the file.
const RECOVERY: Duration = Duration::from_secs(10);

/// Whose file is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOwner {
    /// There is no file, an empty one, or a database without tables.
    Nobody,
    Gatepost,
    OtherProgram,
    /// Only a connection that may write can read the file, or say why it cannot.
    Unknown,
}

impl FileOwner {
    /// Finds the owner of the file at `path`. `count_tables` is a query for two numbers: all entries of the schema, and
    /// those that every version of Gatepost has, which are `own_tables`. The file is not changed.
    ///
    /// # Errors
    /// The file is no database or a damaged one, or another process has locked it.
    pub fn find(path: &Path, count_tables: &str, own_tables: i64) -> rusqlite::Result<Self> {
        let Some(uri) = read_only_uri(path) else { return Ok(FileOwner::Nobody) };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let counted = Connection::open_with_flags(uri, flags).and_then(|conn| {
            conn.busy_timeout(RECOVERY)?;
            conn.query_row(count_tables, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        });
        match counted {
            Ok((0, _)) => Ok(FileOwner::Nobody),
            Ok((_, own)) if own == own_tables => Ok(FileOwner::Gatepost),
            Ok(_) => Ok(FileOwner::OtherProgram),
            // The file needs a recovery, which writes, or a permission is missing.
            Err(error) if matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) => {
                Ok(FileOwner::Unknown)
            }
            Err(error) => Err(error),
        }
    }
}

/// What holds data that is newer than the database itself.
const NEWER: [&str; 2] = ["-wal", "-journal"];

/// The URI for a read-only connection of SQLite. `None` if there is no file or an empty one.
///
/// A database that no program has open is read as immutable: SQLite then locks nothing and creates no file beside it.
fn read_only_uri(path: &Path) -> Option<String> {
    let found = fs::metadata(path).ok().filter(|found| found.is_file() && found.len() > 0);
    // SQLite keeps its companions beside the file that a link leads to.
    let path = found.and_then(|_| fs::canonicalize(path).ok())?;
    let is_there = |suffix: &str| {
        let mut name = OsString::from(&path);
        name.push(suffix);
        Path::new(&name).exists()
    };
    let mode = if NEWER.into_iter().any(is_there) { "mode=ro" } else { "immutable=1" };
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Some(format!("file:{name}?{mode}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn the_address_escapes_the_path_and_says_whether_the_database_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        let path = folder.join("a%b?c#d.db");
        assert_eq!(read_only_uri(&path), None);
        fs::write(&path, "").unwrap();
        assert_eq!((read_only_uri(&path), read_only_uri(&folder)), (None, None));
        fs::write(&path, "x").unwrap();
        let expected = format!("file:{}/a%25b%3Fc%23d.db", folder.display());
        assert_eq!(read_only_uri(&path), Some(format!("{expected}?immutable=1")));
        fs::write(folder.join("a%b?c#d.db-wal"), "").unwrap();
        assert_eq!(read_only_uri(&path), Some(format!("{expected}?mode=ro")));
    }
}
