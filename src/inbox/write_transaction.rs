//! Whose turn it is to write, and the connection for everything but arrivals, which the writer has one for.
//! Transactions are plain SQL here: when the disk is full SQLite rolls back by itself, which sqlx's own transactions do
//! not notice.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::Executor as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Handed out first come, first served.
#[derive(Clone)]
pub(super) struct WriteLock(Arc<Mutex<SqliteConnection>>);

/// A write transaction; rolled back when dropped without [`Turn::commit`].
pub(super) struct WriteTransaction {
    /// Empty once it is over.
    conn: Option<OwnedMutexGuard<SqliteConnection>>,
}

impl WriteLock {
    pub(super) fn new(conn: SqliteConnection) -> Self {
        WriteLock(Arc::new(Mutex::new(conn)))
    }

    /// Waits for its turn on a thread that may wait; who writes on a connection of its own holds on to the answer.
    pub(super) fn blocking_wait(&self) -> impl Sized {
        self.0.clone().blocking_lock_owned()
    }

    /// Waits for its turn and takes the file's write lock at once, so that what it reads stays true.
    pub(super) async fn begin(&self) -> Result<WriteTransaction, sqlx::Error> {
        let mut turn = WriteTransaction { conn: Some(self.0.clone().lock_owned().await) };
        turn.execute(sqlx::query("begin immediate")).await?;
        Ok(turn)
    }
}

impl WriteTransaction {
    /// # Errors
    /// When it does not reach the disk; nothing of it is kept then.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.execute(sqlx::query("commit")).await?;
        self.conn = None;
        Ok(())
    }
}

impl Deref for WriteTransaction {
    type Target = SqliteConnection;
    #[expect(clippy::expect_used, reason = "only commit empties it, and commit consumes the turn")]
    fn deref(&self) -> &SqliteConnection {
        self.conn.as_ref().expect("a turn that is not over")
    }
}

impl DerefMut for WriteTransaction {
    #[expect(clippy::expect_used, reason = "only commit empties it, and commit consumes the turn")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.conn.as_mut().expect("a turn that is not over")
    }
}

impl Drop for WriteTransaction {
    /// The next turn begins when the roll-back is done. Fails when SQLite has already rolled back, which is as good.
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
