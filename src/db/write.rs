//! Connections and the write transaction.

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Executor as _};
use tokio::sync::OwnedMutexGuard;

/// A connection. Store functions take a connection rather than a pool, so that one operation is one transaction.
pub type Conn = AnyConnection;

/// A write transaction; rolled back if it is dropped without [`Tx::commit`]. It uses plain SQL instead of the
/// transaction of sqlx: SQLite rolls back by itself when the disk is full, sqlx does not notice, and its connection
/// could not begin another transaction.
pub struct Tx {
    /// `None` after the commit.
    conn: Option<PoolConnection<Any>>,
    writer: Option<OwnedMutexGuard<()>>,
}

impl Tx {
    /// Runs the statement `how`; `writer` is the place of this transaction in the queue of writers.
    pub(super) async fn begin(
        pool: &AnyPool,
        how: &'static str,
        writer: Option<OwnedMutexGuard<()>>,
    ) -> Result<Self, sqlx::Error> {
        // Created before the statement runs: if the caller is cancelled, the drop rolls back.
        let mut tx = Tx { conn: Some(pool.acquire().await?), writer };
        tx.execute(how).await?;
        Ok(tx)
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// When the commit fails; nothing is stored then.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.execute("commit").await?;
        self.conn = None;
        Ok(())
    }
}

impl std::ops::Deref for Tx {
    type Target = Conn;
    #[expect(clippy::expect_used, reason = "only commit takes the connection, and it consumes the transaction")]
    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("an open transaction")
    }
}

impl std::ops::DerefMut for Tx {
    #[expect(clippy::expect_used, reason = "only commit takes the connection, and it consumes the transaction")]
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("an open transaction")
    }
}

impl Drop for Tx {
    /// Rolls back in the background. After that the connection is reused and the next writer continues.
    fn drop(&mut self) {
        let (conn, writer) = (self.conn.take(), self.writer.take());
        if let Some(mut conn) = conn
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if !rolled_back(&mut conn).await {
                    conn.close_on_drop();
                }
                drop((conn, writer));
            });
        }
    }
}

/// Rolls back; true if the connection can begin another transaction. A rollback also fails if the database has already
/// rolled back, so a second try checks that. Reuse matters, since on a full disk no new connection can be opened.
async fn rolled_back(conn: &mut Conn) -> bool {
    conn.execute("rollback").await.is_ok()
        || (conn.execute("begin").await.is_ok() && conn.execute("rollback").await.is_ok())
}
