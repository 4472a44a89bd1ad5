//! The account database: pool, migrations, transactions. The only file that knows there are two dialects, but
//! for the outbox's claim.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rocket_db_pools::figment::Figment;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, AnyPool, Executor as _};
use tokio::sync::{Mutex, OwnedMutexGuard};

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

/// A write transaction; rolled back when dropped without [`Tx::commit`].
pub struct Tx {
    tx: sqlx::Transaction<'static, Any>,
    _turn: Option<OwnedMutexGuard<()>>,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the address must begin with sqlite: or postgres://")]
    Scheme,
    #[error("the folder for the database cannot be made: {0}")]
    Folder(#[from] std::io::Error),
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
            .connect_with(AnyConnectOptions::from_str(&url)?)
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
    pub async fn read(&self) -> Result<sqlx::pool::PoolConnection<Any>, sqlx::Error> {
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
                Ok(Tx { tx: self.pool.begin_with("BEGIN IMMEDIATE").await?, _turn: Some(turn) })
            }
            Dialect::Postgres => Ok(Tx { tx: self.pool.begin().await?, _turn: None }),
        }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Tx {
    /// # Errors
    /// When the commit does not reach the disk; nothing of it is kept then.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }
}

impl std::ops::Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.tx
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.tx
    }
}

/// FULL: a signup answered with 303 survives a power cut.
const SQLITE_PRAGMAS: &str = "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full; \
                              pragma foreign_keys = on;";

/// `?mode=rwc` makes the file; its folder is for the owner alone.
fn sqlite_url(url: &str) -> Result<String, OpenError> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url).split('?').next().unwrap_or_default();
    let path = Path::new(path.strip_prefix("//").unwrap_or(path));
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        private_folder(folder)?;
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(if url.contains("mode=") { url.to_owned() } else { format!("{url}{separator}mode=rwc") })
}

/// Makes a folder (and those above it) that only its owner may enter; one that exists stays as it is.
///
/// # Errors
/// When the system refuses.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

impl Dialect {
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
    type Connection = sqlx::pool::PoolConnection<Any>;
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

    /// Rocket calls this as soon as the web has stopped, while the outbox still notes what became of mail in flight:
    /// who opened the pool closes it.
    async fn close(&self) {}
}
