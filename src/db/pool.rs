//! The pool: opens the database, hands out connections and write transactions, and is the pool of Rocket's fairing.

use std::str::FromStr;
use std::sync::Arc;

use rocket_db_pools::figment::Figment;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor as _};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::write_transaction::WriteTransaction;

use super::dialect::{Dialect, prepare_sqlite};
use super::migrations::migrate;
use super::open_error::{BUSY, OpenError};
use super::postgres::{self, PostgresUrl};

/// A connection. Store functions take a connection rather than a pool, so that one operation is one transaction.
pub type Conn = AnyConnection;

/// A change of the database with its place in the queue of writers; rolled back unless it is committed.
pub type Tx = WriteTransaction<PoolConnection<Any>, Option<OwnedMutexGuard<()>>>;

/// Connections per process. SQLite has one writer, whatever the number.
pub(super) const MAX_CONNECTIONS: u32 = 8;

tokio::task_local! {
    /// The open pool that Rocket's fairing uses. A second pool would not share the writer queue of the first, and
    /// Rocket would only log its failure to open.
    static CURRENT_DB: Db;
}

/// The rocket_db_pools database that `databases.gatepost` configures.
#[derive(rocket_db_pools::Database)]
#[database("gatepost")]
pub struct Database(Db);

/// A pool over SQLite or PostgreSQL, migrated to this binary's schema.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    dialect: Dialect,
    location: Arc<str>,
    /// Queues the writers of this process: SQLite has one writer, and its lock is not fair.
    writer: Arc<Mutex<()>>,
}

impl Db {
    /// Opens `url` and migrates its schema. A missing SQLite file and its folder are created.
    ///
    /// # Errors
    /// When the URL has an unknown scheme, the database does not answer, or its schema is another version's.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(url)?;
        let (url, location) = match dialect {
            Dialect::Sqlite => {
                let path = Dialect::sqlite_path(url).unwrap_or_default();
                (prepare_sqlite(url)?, format!("SQLite {}", path.display()))
            }
            Dialect::Postgres => {
                let PostgresUrl { url, location } = PostgresUrl::parse(url)?;
                (url, location)
            }
        };
        let options = AnyConnectOptions::from_str(&url)?;
        test_connection(&options, dialect).await.map_err(|error| match dialect {
            Dialect::Sqlite => error.of_sqlite(&location),
            Dialect::Postgres => postgres::located(error, &location),
        })?;
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
        migrate(&pool, dialect).await.map_err(|error| OpenError::of_migration(error, &location))?;
        Ok(Db { pool, dialect, location: location.into(), writer: Arc::default() })
    }

    /// Runs `ignite` so that [`Database`] uses this pool.
    pub async fn scope_into_rocket<F: Future>(&self, ignite: F) -> F::Output {
        CURRENT_DB.scope(self.clone(), ignite).await
    }

    /// Where the database is, without its login: the path of an SQLite file, or host, port and name.
    pub fn location(&self) -> &str {
        &self.location
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A connection for reads.
    ///
    /// # Errors
    /// When no connection becomes free in time or the database is unreachable.
    pub async fn read(&self) -> Result<PoolConnection<Any>, sqlx::Error> {
        self.pool.acquire().await
    }

    /// Begins a write transaction. It takes the write lock at once, so that what it reads cannot become stale.
    ///
    /// # Errors
    /// When the lock does not become free in time or the database is unreachable.
    pub async fn write(&self) -> Result<Tx, sqlx::Error> {
        match self.dialect {
            Dialect::Sqlite => {
                // The same timeout as for the write of another process, so that queued writers do not wait longer.
                let writer = tokio::time::timeout(BUSY, self.writer.clone().lock_owned()).await;
                let writer = writer.map_err(|_| sqlx::Error::PoolTimedOut)?;
                Tx::begin(self.pool.acquire().await?, Some(writer), "begin immediate").await
            }
            Dialect::Postgres => Tx::begin(self.pool.acquire().await?, None, "begin").await,
        }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Opens one connection without the pool: a pool retries until its timeout and then reports only the timeout.
async fn test_connection(options: &AnyConnectOptions, dialect: Dialect) -> Result<(), OpenError> {
    let connected = async {
        let mut conn = AnyConnection::connect_with(options).await?;
        if dialect == Dialect::Sqlite {
            (&mut conn).execute(SQLITE_PRAGMAS).await?;
        }
        conn.close().await
    };
    Ok(tokio::time::timeout(BUSY, connected).await.map_err(|_| OpenError::Silent)??)
}

/// `synchronous = full`: a signup that was answered with 303 survives a power cut.
const SQLITE_PRAGMAS: &str = "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full; \
                              pragma foreign_keys = on;";

#[rocket::async_trait]
impl rocket_db_pools::Pool for Db {
    type Connection = PoolConnection<Any>;
    type Error = OpenError;

    async fn init(figment: &Figment) -> Result<Self, OpenError> {
        match CURRENT_DB.try_with(Clone::clone) {
            Ok(db) => Ok(db),
            Err(_) => {
                Db::open(&figment.extract_inner::<String>("url").map_err(|e| OpenError::Settings(Box::new(e)))?).await
            }
        }
    }

    async fn get(&self) -> Result<Self::Connection, OpenError> {
        Ok(self.read().await?)
    }

    /// Does nothing: Rocket's fairing closes at the stop signal, while requests and deliveries still use the pool.
    /// `RunningServer` closes it after them.
    async fn close(&self) {}
}
