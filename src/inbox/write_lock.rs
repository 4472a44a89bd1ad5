//! The write lock of the process, and the write connection for all changes except new messages; the writer thread has
//! its own.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// A change of the inbox, rolled back unless it is committed.
pub(super) type WriteTransaction = crate::write_transaction::WriteTransaction<OwnedMutexGuard<SqliteConnection>>;

/// The write lock with its connection. Waiters acquire it in order of arrival.
#[derive(Clone)]
pub(super) struct WriteLock(Arc<Mutex<SqliteConnection>>);

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
        WriteTransaction::begin(self.0.clone().lock_owned().await, (), "begin immediate").await
    }
}
