//! SQLite files as a whole: copies of one that is in use, and the proof that none is. SQLite's own backup interface
//! copies pages, so that a copy has the same row ids and the same schema version.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::private_files;

/// Pages between two reports of the progress.
const STEP: i32 = 4_096;
/// How long to wait for a checkpoint of another connection.
const BUSY: Duration = Duration::from_secs(10);

/// Why a file could not be copied or locked.
#[derive(Debug, thiserror::Error)]
pub enum SqliteFileError {
    #[error("cannot create {}: {error}", path.display())]
    Create { path: PathBuf, error: std::io::Error },
    #[error("{}: {error}", path.display())]
    Sqlite { path: PathBuf, error: rusqlite::Error },
    #[error("{} is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    #[error("interrupted")]
    Interrupted,
}

/// A lock that no other process can open the file under.
pub struct ExclusiveLock(#[expect(dead_code, reason = "held until it is dropped")] Connection);

/// Copies a database that may be in use, as of one moment. Writers do not wait. `progress` gets the number of pages
/// copied and in all, and decides whether the copy goes on.
///
/// # Errors
/// `from` cannot be read, `to` cannot be written, or `progress` ends the copy.
pub fn copy(
    from: &Path,
    to: &Path,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<(), SqliteFileError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| SqliteFileError::Sqlite { path, error }
    };
    let source = open(from).map_err(failed(from))?;
    // A read transaction of our own keeps the snapshot between the steps: a copy would start again after each write.
    source.execute_batch("begin; select count(*) from sqlite_schema;").map_err(failed(from))?;
    private_files::create_database(to).map_err(|error| SqliteFileError::Create { path: to.to_owned(), error })?;
    let mut target = open(to).map_err(failed(to))?;
    let backup = Backup::new(&source, &mut target).map_err(failed(to))?;
    loop {
        let step = backup.step(STEP).map_err(failed(to))?;
        let pages = backup.progress();
        let count = |pages: i32| u64::try_from(pages).unwrap_or_default();
        if progress(count(pages.pagecount - pages.remaining), count(pages.pagecount)).is_break() {
            return Err(SqliteFileError::Interrupted);
        }
        match step {
            rusqlite::backup::StepResult::Done => return Ok(()),
            rusqlite::backup::StepResult::More => {}
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Checks the structure of every page.
///
/// # Errors
/// The file is damaged or cannot be read.
pub fn verify(path: &Path) -> Result<(), SqliteFileError> {
    let failed = |error| SqliteFileError::Sqlite { path: path.to_owned(), error };
    let found: String =
        open(path).and_then(|conn| conn.query_row("pragma quick_check(1)", [], |row| row.get(0))).map_err(failed)?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(SqliteFileError::Damaged { path: path.to_owned(), reason: found.replace('\n', " ") }),
    }
}

/// Locks a database that no other process has open.
///
/// # Errors
/// Another process has it open, or it cannot be read.
pub fn lock(path: &Path) -> Result<ExclusiveLock, SqliteFileError> {
    let conn = open(path).map_err(|error| SqliteFileError::Sqlite { path: path.to_owned(), error })?;
    let locked = conn
        .busy_timeout(Duration::ZERO)
        .and_then(|()| conn.execute_batch("pragma locking_mode = exclusive; begin exclusive;"));
    match locked {
        Ok(()) => Ok(ExclusiveLock(conn)),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
            Err(SqliteFileError::InUse(path.to_owned()))
        }
        Err(error) => Err(SqliteFileError::Sqlite { path: path.to_owned(), error }),
    }
}

fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("x.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("pragma journal_mode = wal; create table t (n); pragma user_version = 7;").unwrap();
        conn.execute_batch("insert into t (rowid, n) values (5, 'five'), (9, 'nine');").unwrap();
        (path, conn)
    }

    #[test]
    fn a_copy_of_a_database_in_use_has_all_rows_with_their_ids() {
        let folder = tempfile::tempdir().unwrap();
        let (path, conn) = database(folder.path());
        conn.execute_batch("begin immediate; insert into t values ('not committed');").unwrap();
        let to = folder.path().join("copy.db");
        let mut reports = Vec::new();
        let report = |done, all| {
            reports.push((done, all));
            ControlFlow::Continue(())
        };
        copy(&path, &to, report).unwrap();
        assert!(reports.last().is_some_and(|(done, all)| done == all && *all > 0), "{reports:?}");
        verify(&to).unwrap();
        let copied = Connection::open(&to).unwrap();
        let rows: Vec<(i64, String)> = {
            let mut select = copied.prepare("select rowid, n from t order by rowid").unwrap();
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(rows, [(5, "five".to_owned()), (9, "nine".to_owned())]);
        let version: i64 = copied.query_row("pragma user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, 7);
    }

    #[test]
    fn a_copy_can_be_ended() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _conn) = database(folder.path());
        let ended = copy(&path, &folder.path().join("copy.db"), |_, _| ControlFlow::Break(()));
        assert!(matches!(ended, Err(SqliteFileError::Interrupted)));
    }

    #[test]
    fn a_database_in_use_cannot_be_locked_and_a_closed_one_can() {
        let folder = tempfile::tempdir().unwrap();
        let (path, conn) = database(folder.path());
        assert!(matches!(lock(&path), Err(SqliteFileError::InUse(_))));
        drop(conn);
        let held = lock(&path).unwrap();
        let other = Connection::open(&path).unwrap();
        assert!(other.query_row("select count(*) from t", [], |_| Ok(())).is_err());
        drop(held);
        other.query_row("select count(*) from t", [], |_| Ok(())).unwrap();
    }

    #[test]
    fn a_file_that_is_no_database_and_a_damaged_one_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        std::fs::write(&path, vec![b'x'; 10_000]).unwrap();
        let said = verify(&path).unwrap_err().to_string();
        assert!(said.contains("x.db") && said.contains("not a database"), "{said}");
    }
}
