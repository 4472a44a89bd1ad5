//! The write transaction of a database. It uses plain SQL instead of the transaction of sqlx: SQLite rolls back by
//! itself when the disk is full, sqlx does not notice, and its connection could not begin another transaction.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Any, Executor as _};
use tokio::sync::OwnedMutexGuard;

/// A write transaction on the connection `C`; rolled back if it is dropped without [`WriteTransaction::commit`]. `L` is
/// held until its end.
pub struct WriteTransaction<C: WriteConnection, L: Send + 'static = ()> {
    /// `None` after the commit.
    open: Option<(C, L)>,
}

/// Access to a connection, given back when it is dropped.
pub trait WriteConnection: DerefMut + Send + 'static {
    fn execute(&mut self, statement: &'static str) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Gives back a connection that can begin no other transaction.
    fn discard(self);
}

impl WriteConnection for PoolConnection<Any> {
    async fn execute(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        (&mut **self).execute(statement).await.map(drop)
    }

    fn discard(mut self) {
        self.close_on_drop();
    }
}

impl WriteConnection for OwnedMutexGuard<SqliteConnection> {
    async fn execute(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        (&mut **self).execute(statement).await.map(drop)
    }

    /// It is the only one, so the next transaction tries it again.
    fn discard(self) {}
}

impl<C: WriteConnection, L: Send + 'static> WriteTransaction<C, L> {
    /// Begins a transaction by the statement `begin`.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn begin(conn: C, lock: L, begin: &'static str) -> Result<Self, sqlx::Error> {
        // Created before the statement runs: if the caller is cancelled, the drop rolls back.
        let mut tx = WriteTransaction { open: Some((conn, lock)) };
        tx.execute(begin).await?;
        Ok(tx)
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// The commit fails. The transaction is rolled back.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.execute("commit").await?;
        self.open = None;
        Ok(())
    }

    async fn execute(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        match &mut self.open {
            Some((conn, _)) => conn.execute(statement).await,
            None => Ok(()),
        }
    }
}

impl<C: WriteConnection, L: Send + 'static> Deref for WriteTransaction<C, L> {
    type Target = C::Target;
    #[expect(clippy::expect_used, reason = "only commit takes the connection, and it consumes the transaction")]
    fn deref(&self) -> &C::Target {
        &self.open.as_ref().expect("an open transaction").0
    }
}

impl<C: WriteConnection, L: Send + 'static> DerefMut for WriteTransaction<C, L> {
    #[expect(clippy::expect_used, reason = "only commit takes the connection, and it consumes the transaction")]
    fn deref_mut(&mut self) -> &mut C::Target {
        &mut self.open.as_mut().expect("an open transaction").0
    }
}

impl<C: WriteConnection, L: Send + 'static> Drop for WriteTransaction<C, L> {
    /// Rolls back in the background. After that the connection is reused and the next writer continues.
    fn drop(&mut self) {
        if let Some((mut conn, lock)) = self.open.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if rolled_back(&mut conn).await {
                    drop(conn);
                } else {
                    conn.discard();
                }
                drop(lock);
            });
        }
    }
}

/// Rolls back; true if the connection can begin another transaction. A rollback also fails if the database has already
/// rolled back, so a second try checks that. Reuse matters, since on a full disk no new connection can be opened.
async fn rolled_back(conn: &mut impl WriteConnection) -> bool {
    conn.execute("rollback").await.is_ok()
        || (conn.execute("begin").await.is_ok() && conn.execute("rollback").await.is_ok())
}
