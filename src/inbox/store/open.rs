//! Opens the database file: pragmas and migrations.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

use crate::file_owner::FileOwner;
use crate::inbox::types::InboxOpenError;
use crate::private_files;

/// How long a write waits while another process writes.
pub const BUSY: Duration = Duration::from_secs(10);
/// Pages in the write-ahead log that start a checkpoint (16 MiB). Senders wait during a checkpoint, and there are fewer
/// of them than with SQLite's default of 1,000 pages.
const CHECKPOINT_PAGES: &str = "4000";
/// Bytes (64 MiB) to which SQLite truncates a log that has grown during a burst.
const LOG_LIMIT: &str = "67108864";
/// The pragmas of all connections. `synchronous` is full since a message acknowledged with 250 must survive a power
/// cut.
pub const PRAGMAS: [(&str, &str); 6] = [
    ("journal_mode", "wal"),
    ("synchronous", "full"),
    ("wal_autocheckpoint", CHECKPOINT_PAGES),
    ("journal_size_limit", LOG_LIMIT),
    // A negative number counts KiB.
    ("cache_size", "-8000"),
    ("temp_store", "memory"),
];
const READERS: u32 = 4;

/// The migrations in order. A file's `pragma user_version` is [`BASE`] plus the number of migrations applied to it.
const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/inbox/0001_inbox.sql")];
/// Files with a lower version were written by builds before the first release.
const BASE: usize = 32;
/// Entries of the schema, and those of them that every version of the inbox has.
const COUNT_TABLES: &str = "select count(*), count(case when name in ('messages', 'contents', 'events') then 1 end) \
                            from sqlite_schema";
const OWN_TABLES: i64 = 3;

/// Whose the file at `path` is. It is not changed.
///
/// # Errors
/// The file is no database or a damaged one, or another process has locked it.
pub fn owner(path: &Path) -> Result<FileOwner, InboxOpenError> {
    Ok(FileOwner::find(path, COUNT_TABLES, OWN_TABLES)?)
}

/// Creates the file if it is missing, readable by its owner only, and applies the missing migrations. Returns a
/// connection that can write. A file of another program is not changed.
pub async fn migrated(path: &Path) -> Result<SqliteConnection, InboxOpenError> {
    if owner(path)? == FileOwner::OtherProgram {
        return Err(InboxOpenError::Foreign);
    }
    private_files::create_database(path)?;
    let mut conn = options(path).connect().await?;
    migrate(&mut conn).await?;
    Ok(conn)
}

/// A pool of read-only connections.
pub async fn readers(path: &Path) -> Result<SqlitePool, InboxOpenError> {
    // A small cache per connection suffices: the operating system caches the file for all of them.
    let options = options(path).pragma("query_only", "on").pragma("cache_size", "-1000");
    let pool = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
    Ok(pool.connect_with(options).await?)
}

fn options(path: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).foreign_keys(false);
    PRAGMAS
        .into_iter()
        .fold(options, |options, (name, value)| options.pragma(name, value))
        .statement_cache_capacity(64)
        .disable_statement_logging()
}

/// Migrates under the write lock, so that two processes that start at the same time do not both migrate.
async fn migrate(conn: &mut SqliteConnection) -> Result<(), InboxOpenError> {
    let mut tx = conn.begin_with("begin immediate").await?;
    let version: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&mut *tx).await?;
    let done = match usize::try_from(version).unwrap_or(usize::MAX) {
        0 if is_foreign(&mut tx).await? => return Err(InboxOpenError::Foreign),
        0 => 0,
        version => version.checked_sub(BASE).ok_or(InboxOpenError::Unreleased)?,
    };
    let missing = MIGRATIONS.get(done..).ok_or(InboxOpenError::Newer)?;
    for sql in missing {
        (&mut *tx).execute(sqlx::raw_sql(*sql)).await?;
    }
    if !missing.is_empty() {
        // A pragma takes no parameters.
        let statement = format!("pragma user_version = {}", BASE + MIGRATIONS.len());
        (&mut *tx).execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
    }
    Ok(tx.commit().await?)
}

/// True if a file without a version of ours has tables: another program, such as Mailpit, has created it.
async fn is_foreign(conn: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select 1 from sqlite_schema)").fetch_one(conn).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_of_other_versions_are_refused_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.db");
        migrated(&path).await.unwrap().close().await.unwrap();
        for (version, refused) in [(33, false), (1, true), (23, true), (32, true), (34, true)] {
            let mut conn = options(&path).connect().await.unwrap();
            (&mut conn)
                .execute(sqlx::raw_sql(AssertSqlSafe(format!("pragma user_version = {version}"))))
                .await
                .unwrap();
            conn.close().await.unwrap();
            assert_eq!(migrated(&path).await.is_err(), refused, "{version}");
        }
    }

    #[tokio::test]
    async fn the_file_of_another_program_is_refused_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        for (name, mode, version) in [("a.db", "delete", 0), ("b.db", "wal", 33), ("c.db", "wal", 5)] {
            let path = folder.path().join(name);
            let sql = format!("pragma journal_mode = {mode}; create table t (n); pragma user_version = {version};");
            rusqlite::Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
            let before = std::fs::read(&path).unwrap();
            let refused = migrated(&path).await.err().unwrap().to_string();
            assert!(refused.contains("another program"), "{refused}");
            assert_eq!(std::fs::read(&path).unwrap(), before, "{name}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is created beside them");
    }

    #[tokio::test]
    async fn the_file_of_another_program_that_uses_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.execute_batch("pragma journal_mode = wal; create table t (n);").unwrap();
        let refused = migrated(&path).await.err().unwrap().to_string();
        assert!(refused.contains("another program"), "{refused}");
        conn.execute_batch("insert into t values (1);").unwrap();
    }
}
