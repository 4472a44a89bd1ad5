//! The account database on SQLite or PostgreSQL: pool, migrations and transactions. Only this module and the claim of
//! the outbox distinguish the two dialects.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rocket_db_pools::figment::Figment;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor as _};
use tokio::sync::Mutex;

use crate::private_files;

pub mod sqlite_file;
#[cfg(test)]
mod tests;
mod write;

pub use sqlite_file::SqliteFileError;
pub use write::Tx;

/// A connection. Store functions take a connection rather than a pool, so that one operation is one transaction.
pub type Conn = AnyConnection;

/// Connections per process. SQLite has one writer, whatever the number.
const MAX_CONNECTIONS: u32 = 8;
/// How long a caller waits for a connection, or for the write of another process, before it gets an error.
const BUSY: Duration = Duration::from_secs(10);

static SQLITE: Migrator = sqlx::migrate!("migrations/accounts/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/accounts/postgres");

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("unknown URL scheme: the URL must begin with sqlite: or postgres://")]
    Scheme,
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("no answer within {} seconds", BUSY.as_secs())]
    Silent,
    #[error("{location}: {error}; check databases.gatepost.url, and that the server runs")]
    Server { location: String, error: String },
    #[error("{0}")]
    Settings(Box<rocket_db_pools::figment::Error>),
    #[error("{0}")]
    Connect(#[from] sqlx::Error),
    #[error("{0} was written by a newer version of Gatepost; use that version, or restore a backup")]
    Newer(String),
    #[error("{0} was written by an unreleased version of Gatepost; use that version, or delete it")]
    Unreleased(String),
    #[error("{0}")]
    Migrate(MigrateError),
}

impl OpenError {
    fn of_migration(error: MigrateError, location: &str) -> Self {
        match error {
            MigrateError::VersionMissing(_) => OpenError::Newer(location.to_owned()),
            MigrateError::VersionMismatch(_) => OpenError::Unreleased(location.to_owned()),
            error => OpenError::Migrate(error),
        }
    }

    /// Adds the address of a database server. The errors of SQLite name its file.
    fn at(self, location: &str, dialect: Dialect) -> Self {
        match (self, dialect) {
            (error @ (OpenError::Silent | OpenError::Connect(_)), Dialect::Postgres) => {
                OpenError::Server { location: location.to_owned(), error: error.to_string() }
            }
            (error, _) => error,
        }
    }
}

impl Db {
    /// Opens `url` and migrates its schema. A missing SQLite file and its folder are created.
    ///
    /// # Errors
    /// When the URL has an unknown scheme, the database does not answer, or its schema is another version's.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(url)?;
        let url = match dialect {
            Dialect::Sqlite => sqlite_url(url)?,
            Dialect::Postgres => url.to_owned(),
        };
        let location = location(&url, dialect);
        let options = AnyConnectOptions::from_str(&url)?;
        test_connection(&options, dialect).await.map_err(|error| error.at(&location, dialect))?;
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
        let db = Db { pool, dialect, location: location.into(), writer: Arc::default() };
        db.migrate().await?;
        Ok(db)
    }

    async fn migrate(&self) -> Result<(), OpenError> {
        let migrated = match self.dialect {
            Dialect::Postgres => POSTGRES.run(&self.pool).await,
            Dialect::Sqlite => SQLITE.run(&self.pool).await,
        };
        migrated.map_err(|error| OpenError::of_migration(error, &self.location))
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
                Tx::begin(&self.pool, "begin immediate", Some(writer)).await
            }
            Dialect::Postgres => Tx::begin(&self.pool, "begin", None).await,
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

/// Adds `mode=rwc` unless the URL names a mode. The file is created here with mode 0600; with another mode it must exist.
fn sqlite_url(url: &str) -> Result<String, OpenError> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = if url.contains("mode=") { url.to_owned() } else { format!("{url}{separator}mode=rwc") };
    // The path as sqlx reads it, which decodes `%`.
    let options = SqliteConnectOptions::from_str(&url)?;
    if url.contains("mode=rwc") {
        let path = options.get_filename();
        private_files::create_database(path).map_err(|error| OpenError::File { path: path.to_owned(), error })?;
    } else {
        private_files::tighten_database(options.get_filename());
    }
    Ok(url)
}

/// See [`Db::location`].
fn location(url: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => format!("SQLite {}", Dialect::sqlite_path(url).unwrap_or_default().display()),
        Dialect::Postgres => {
            let options = PgConnectOptions::from_str(url).unwrap_or_default();
            let (host, port) = (options.get_host(), options.get_port());
            format!("PostgreSQL {host}:{port}/{}", options.get_database().unwrap_or_default())
        }
    }
}

impl Dialect {
    /// The end of a select whose rows will be changed. PostgreSQL skips rows that another transaction has locked;
    /// SQLite has one writer and needs no clause.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Dialect::Postgres => "for update skip locked",
            Dialect::Sqlite => "",
        }
    }

    /// The file of an SQLite URL; `None` for PostgreSQL.
    pub fn sqlite_path(url: &str) -> Option<PathBuf> {
        let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url).ok())??;
        Some(options.get_filename().to_owned())
    }

    /// The URL of an SQLite file. `%`, `?` and `#` have a meaning in URLs.
    pub fn sqlite_url(path: &Path) -> String {
        let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        format!("sqlite:{path}")
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
