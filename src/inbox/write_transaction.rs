//! The write lock of the process, and the write connection for all changes except new messages; the writer thread has
//! its own. Transactions are plain SQL: when the disk is full, SQLite rolls back by itself, and sqlx's transactions do
//! not notice that.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::Executor as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The write lock with its connection. Waiters acquire it in order of arrival.
#[derive(Clone)]
pub(super) struct WriteLock(Arc<Mutex<SqliteConnection>>);

/// A write transaction. It is rolled back if it is dropped without [`WriteTransaction::commit`].
pub(super) struct WriteTransaction {
    /// `None` after the commit.
    conn: Option<OwnedMutexGuard<SqliteConnection>>,
}

impl WriteLock {
    pub(super) fn new(conn: SqliteConnection) -> Self {
        WriteLock(Arc::new(Mutex::new(conn)))
    }

    /// Blocks until the lock is free. For writes on another connection: the caller holds the returned guard meanwhile.
    pub(super) fn blocking_wait(&self) -> impl Sized {
        self.0.clone().blocking_lock_owned()
    }

    /// Waits for the lock and begins an immediate transaction, so that no other process can change what it reads.
    pub(super) async fn begin(&self) -> Result<WriteTransaction, sqlx::Error> {
        let mut tx = WriteTransaction { conn: Some(self.0.clone().lock_owned().await) };
        tx.execute(sqlx::query("begin immediate")).await?;
        Ok(tx)
    }
}

impl WriteTransaction {
    /// Commits the transaction.
    ///
    /// # Errors
    /// The commit fails. The transaction is rolled back.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.execute(sqlx::query("commit")).await?;
        self.conn = None;
        Ok(())
    }
}

impl Deref for WriteTransaction {
    type Target = SqliteConnection;
    #[expect(clippy::expect_used, reason = "only commit clears conn, and commit consumes self")]
    fn deref(&self) -> &SqliteConnection {
        self.conn.as_ref().expect("the transaction is open")
    }
}

impl DerefMut for WriteTransaction {
    #[expect(clippy::expect_used, reason = "only commit clears conn, and commit consumes self")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.conn.as_mut().expect("the transaction is open")
    }
}

impl Drop for WriteTransaction {
    /// Rolls back and then releases the lock. The rollback fails if SQLite has already rolled back, which is harmless.
    fn drop(&mut self) {
        if let Some(mut conn) = self.conn.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                let _ = conn.execute(sqlx::query("rollback")).await;
            });
        }
    }
}
