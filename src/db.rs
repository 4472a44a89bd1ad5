//! The account database: pool, migrations, transactions. The only file that knows there are two dialects, but
//! for the outbox's claim.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rocket_db_pools::figment::Figment;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor as _};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::private_files;

/// What helpers below a transaction take: never a pool, so that one operation stays one transaction.
pub type Conn = AnyConnection;

/// Connections per process; SQLite has one writer whatever the number.
const MAX_CONNECTIONS: u32 = 8;
/// How long a caller waits for a connection or for another process's write before it gets an error.
const BUSY: Duration = Duration::from_secs(10);

static SQLITE: Migrator = sqlx::migrate!("migrations/accounts/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/accounts/postgres");

tokio::task_local! {
    /// A pool that is open already: Rocket's fairing takes it over instead of opening a second one, whose writers
    /// would not queue with the first's, and whose failure Rocket would only log.
    static OPENED: Db;
}

/// The database of rocket_db_pools that `databases.gatepost` configures.
#[derive(rocket_db_pools::Database)]
#[database("gatepost")]
pub struct Database(Db);

/// A pool over SQLite or PostgreSQL, migrated to this binary's schema.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    dialect: Dialect,
    /// SQLite has one writer and its lock is unfair: writers of this process queue here first.
    writer: Arc<Mutex<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A write transaction; rolled back when dropped without [`Tx::commit`]. Plain SQL instead of sqlx's own: when the
/// disk is full SQLite rolls back by itself, which sqlx does not notice, and such a connection would begin no other.
pub struct Tx {
    /// Empty once it is over.
    conn: Option<PoolConnection<Any>>,
    turn: Option<OwnedMutexGuard<()>>,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the address must begin with sqlite: or postgres://")]
    Scheme,
    #[error("cannot create the database file or its folder: {0}")]
    File(#[from] std::io::Error),
    #[error("nothing answered within {} seconds", BUSY.as_secs())]
    Silent,
    #[error("{0}")]
    Settings(Box<rocket_db_pools::figment::Error>),
    #[error("{0}")]
    Connect(#[from] sqlx::Error),
    #[error("{0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl Db {
    /// Opens `url` and brings its schema up to date; an SQLite file and its folder are made when missing.
    ///
    /// # Errors
    /// When the address is of no known kind, nothing answers there, or its schema is newer than this binary.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(url)?;
        let url = match dialect {
            Dialect::Sqlite => sqlite_url(url)?,
            Dialect::Postgres => url.to_owned(),
        };
        let options = AnyConnectOptions::from_str(&url)?;
        try_out(&options, dialect).await?;
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(BUSY)
            .test_before_acquire(dialect == Dialect::Postgres)
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    if dialect == Dialect::Sqlite {
                        conn.execute(SQLITE_PRAGMAS).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        let db = Db { pool, dialect, writer: Arc::default() };
        db.migrate().await?;
        Ok(db)
    }

    async fn migrate(&self) -> Result<(), OpenError> {
        match self.dialect {
            Dialect::Postgres => POSTGRES.run(&self.pool).await?,
            Dialect::Sqlite => SQLITE.run(&self.pool).await?,
        }
        Ok(())
    }

    /// Runs `ignite` so that [`Database`] takes this pool over.
    pub async fn hand_over<F: Future>(&self, ignite: F) -> F::Output {
        OPENED.scope(self.clone(), ignite).await
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A connection for reads.
    ///
    /// # Errors
    /// When none comes free in time or the database is gone.
    pub async fn read(&self) -> Result<PoolConnection<Any>, sqlx::Error> {
        self.pool.acquire().await
    }

    /// Begins a write: the lock is taken at once, so that a read inside it cannot turn stale.
    ///
    /// # Errors
    /// When the lock is not had in time or the database is gone.
    pub async fn write(&self) -> Result<Tx, sqlx::Error> {
        match self.dialect {
            Dialect::Sqlite => {
                // Behind a writer that waits for another process nobody else waits longer than that one does.
                let turn = tokio::time::timeout(BUSY, self.writer.clone().lock_owned()).await;
                let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?;
                Tx::begin(&self.pool, "begin immediate", Some(turn)).await
            }
            Dialect::Postgres => Tx::begin(&self.pool, "begin", None).await,
        }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Tx {
    async fn begin(pool: &AnyPool, how: &'static str, turn: Option<OwnedMutexGuard<()>>) -> Result<Self, sqlx::Error> {
        // Whole before the statement: whoever gives up waiting for it leaves no transaction behind.
        let mut tx = Tx { conn: Some(pool.acquire().await?), turn };
        tx.execute(how).await?;
        Ok(tx)
    }

    /// # Errors
    /// When the commit does not reach the disk; nothing of it is kept then.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.execute("commit").await?;
        self.conn = None;
        Ok(())
    }
}

impl std::ops::Deref for Tx {
    type Target = Conn;
    #[expect(clippy::expect_used, reason = "only commit empties it, and commit consumes the transaction")]
    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("a transaction that is not over")
    }
}

impl std::ops::DerefMut for Tx {
    #[expect(clippy::expect_used, reason = "only commit empties it, and commit consumes the transaction")]
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("a transaction that is not over")
    }
}

impl Drop for Tx {
    /// The connection serves again, and the next writer has its turn, when the roll-back is done.
    fn drop(&mut self) {
        let (conn, turn) = (self.conn.take(), self.turn.take());
        if let Some(mut conn) = conn
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if !rolled_back(&mut conn).await {
                    conn.close_on_drop();
                }
                drop((conn, turn));
            });
        }
    }
}

/// Whether the connection is fit for another transaction. A roll-back fails when the database has rolled back by
/// itself, too; on a full disk a new connection in its place could not be opened.
async fn rolled_back(conn: &mut Conn) -> bool {
    conn.execute("rollback").await.is_ok()
        || (conn.execute("begin").await.is_ok() && conn.execute("rollback").await.is_ok())
}

/// One connection by itself: a pool tries again until its time is up, and then says only that.
async fn try_out(options: &AnyConnectOptions, dialect: Dialect) -> Result<(), OpenError> {
    let connected = async {
        let mut conn = AnyConnection::connect_with(options).await?;
        if dialect == Dialect::Sqlite {
            (&mut conn).execute(SQLITE_PRAGMAS).await?;
        }
        conn.close().await
    };
    Ok(tokio::time::timeout(BUSY, connected).await.map_err(|_| OpenError::Silent)??)
}

/// FULL: a signup answered with 303 survives a power cut.
const SQLITE_PRAGMAS: &str = "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full; \
                              pragma foreign_keys = on;";

/// The address with `mode=rwc`, unless it names a mode. The file is created here, for its owner alone; with another
/// mode it must exist.
fn sqlite_url(url: &str) -> Result<String, OpenError> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = if url.contains("mode=") { url.to_owned() } else { format!("{url}{separator}mode=rwc") };
    // The path as sqlx reads it, which decodes `%`.
    let options = SqliteConnectOptions::from_str(&url)?;
    if url.contains("mode=rwc") {
        private_files::create_database(options.get_filename())?;
    } else {
        private_files::tighten_database(options.get_filename());
    }
    Ok(url)
}

impl Dialect {
    /// The end of a select whose rows are to be changed: PostgreSQL steps over rows that another transaction holds;
    /// SQLite has one writer.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Dialect::Postgres => "for update skip locked",
            Dialect::Sqlite => "",
        }
    }

    fn of(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            Ok(Dialect::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Dialect::Postgres)
        } else {
            Err(OpenError::Scheme)
        }
    }
}

#[rocket::async_trait]
impl rocket_db_pools::Pool for Db {
    type Connection = PoolConnection<Any>;
    type Error = OpenError;

    async fn init(figment: &Figment) -> Result<Self, OpenError> {
        match OPENED.try_with(Clone::clone) {
            Ok(db) => Ok(db),
            Err(_) => {
                Db::open(&figment.extract_inner::<String>("url").map_err(|e| OpenError::Settings(Box::new(e)))?).await
            }
        }
    }

    async fn get(&self) -> Result<Self::Connection, OpenError> {
        Ok(self.read().await?)
    }

    /// Rocket's fairing closes when the stop signal comes, under the requests and deliveries that are to be finished;
    /// `server::Running` closes when they are.
    async fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_whose_transaction_the_database_ended_by_itself_begins_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}/gatepost.db", folder.path().display())).await.unwrap();
        for _ in 0..3 * MAX_CONNECTIONS {
            // As SQLite does when the disk is full.
            let mut tx = db.write().await.unwrap();
            tx.execute("rollback").await.unwrap();
            assert!(tx.commit().await.is_err(), "nothing was kept");
        }
        for kept in [false, true] {
            let mut tx = db.write().await.unwrap();
            tx.execute("create table probe (id integer)").await.unwrap();
            if kept {
                tx.commit().await.unwrap();
            }
        }
        db.read().await.unwrap().execute("select id from probe").await.unwrap();
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_for_a_write_leaves_the_next_one_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}/gatepost.db", folder.path().display())).await.unwrap();
        let first = db.write().await.unwrap();
        for _ in 0..3 * MAX_CONNECTIONS {
            let waiting = Box::pin(db.write());
            drop(futures::future::select(waiting, std::future::ready(())).await);
        }
        first.commit().await.unwrap();
        db.write().await.unwrap().commit().await.unwrap();
    }
}
