//! The public interface of the inbox: its errors and how it is opened. Storing, reading, updating, subscribing and
//! maintenance are in the sibling files.

use std::path::Path;
use std::sync::Arc;

use sqlx::Connection as _;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{Semaphore, mpsc};

use crate::clock::{Clock, Time};
use crate::random::Entropy;

use super::facets::FacetCache;
use super::feed::{EventBus, Notification};
use super::id::MessageId;
use super::ingest::MAX_WAITING;
use super::ingest_stats::{IngestCounts, IngestStats};
use super::query::Query;
use super::search::SearchCaches;
use super::session_queue::SessionQueue;
use super::settings::Settings;
use super::smtp_errors::ErrorReplies;
use super::storage_rules::StorageRules;
use super::store::insert::MessageWriter;
use super::store::open;
use super::write_transaction::WriteLock;
use super::writer::{self, WriteJob};

/// The store of captured messages. Clones share one writer and one file; other processes may open the same file.
#[derive(Clone)]
pub struct Inbox(pub(super) Arc<InboxShared>);

pub(super) struct InboxShared {
    pub settings: Settings,
    pub rules: Arc<StorageRules>,
    pub clock: Clock,
    pub entropy: Entropy,
    pub write_lock: WriteLock,
    pub readers: SqlitePool,
    pub jobs: mpsc::Sender<WriteJob>,
    /// Permits for the bytes of messages that wait for the writer.
    pub memory: Arc<Semaphore>,
    pub wake: Notification,
    pub event_bus: EventBus,
    pub search_caches: SearchCaches,
    pub replies: ErrorReplies,
    pub sessions: SessionQueue,
    pub ingest_stats: IngestStats,
    pub facets: FacetCache,
}

/// An error of [`Inbox::open`].
#[derive(Debug, thiserror::Error)]
pub enum InboxOpenError {
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("the inbox file was written by a newer version of Gatepost; use that version, or restore a backup")]
    Newer,
    #[error("the inbox file was written by an unreleased version of Gatepost; delete it")]
    Unreleased,
    #[error(
        "the file belongs to another program; name another file, and import the messages that `mailpit dump` writes with \
         `gatepost inbox import`"
    )]
    Foreign,
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Writer(#[from] rusqlite::Error),
}

impl InboxOpenError {
    /// True if the file is no database, or a damaged one: nothing but another file helps.
    pub fn is_damage(&self) -> bool {
        match self {
            // SQLITE_CORRUPT and SQLITE_NOTADB, with the extended codes of the former.
            InboxOpenError::Database(sqlx::Error::Database(error)) => {
                let code: Option<u32> = error.code().and_then(|code| code.parse().ok());
                code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
            }
            InboxOpenError::Writer(error) => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
            ),
            _ => false,
        }
    }
}

/// An error of an inbox operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the message is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// The SMTP server replies 451, so that the client retries.
    #[error("the disk is full")]
    DiskFull,
    #[error("the inbox is closed")]
    Closed,
    #[error("inbox database error: {0}")]
    Database(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error("a stored message cannot be read: {0}")]
    Damaged(#[source] Arc<std::io::Error>),
}

/// The messages that an operation applies to.
#[derive(Clone, Debug)]
pub enum Selection {
    All,
    /// Unknown ids are ignored.
    Ids(Vec<MessageId>),
    Matching(Query),
}

/// A page of a list that is sorted newest first.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Number of messages to skip. `older_than` is faster for late pages.
    pub start: u64,
    /// Maximum number of messages; `None` for all.
    pub limit: Option<u64>,
    /// Includes only messages received before this time.
    pub before: Option<Time>,
    /// Includes only messages that arrived before this message.
    pub older_than: Option<MessageId>,
    /// Excludes refused messages from a list. Searches use [`Query::arrived`] instead.
    pub arrived: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        PageRequest { start: 0, limit: Some(50), before: None, older_than: None, arrived: false }
    }
}

/// Creates or migrates the file of an inbox.
///
/// # Errors
/// The file cannot be opened, or another version wrote it.
pub async fn migrate_file(path: &Path) -> Result<(), InboxOpenError> {
    Ok(open::migrated(path).await?.close().await?)
}

impl Inbox {
    /// Opens the file, creates it if it is missing, and starts the writer thread, which ends with the last clone.
    /// Retention and indexing run in [`Inbox::run`].
    ///
    /// # Errors
    /// The file cannot be created or read, or a newer version has written it.
    pub async fn open(settings: Settings, clock: Clock, entropy: Entropy) -> Result<Self, InboxOpenError> {
        Self::open_with(settings, StorageRules::default(), clock, entropy).await
    }

    /// [`Inbox::open`] with rules for new messages.
    ///
    /// # Errors
    /// Those of [`Inbox::open`].
    pub async fn open_with(
        settings: Settings,
        rules: StorageRules,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, InboxOpenError> {
        let write_lock = WriteLock::new(open::migrated(&settings.path).await?);
        let readers = open::readers(&settings.path).await?;
        let (jobs, queue) = mpsc::channel(writer::QUEUE);
        let wake = Notification::default();
        writer::start(MessageWriter::open(&settings.path)?, queue, write_lock.clone(), clock.clone(), wake.clone())?;
        let memory = Arc::new(Semaphore::new(MAX_WAITING));
        let shared = InboxShared {
            settings,
            rules: Arc::new(rules),
            clock,
            entropy,
            write_lock,
            readers,
            jobs,
            memory,
            wake,
            event_bus: EventBus::default(),
            search_caches: SearchCaches::default(),
            replies: ErrorReplies::default(),
            sessions: SessionQueue::default(),
            ingest_stats: IngestStats::default(),
            facets: FacetCache::default(),
        };
        Ok(Inbox(Arc::new(shared)))
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Counts the messages that this process has stored since it started.
    pub fn ingest_counts(&self) -> IngestCounts {
        self.0.ingest_stats.snapshot()
    }
}

impl StoreError {
    /// Copies the error, so that every message of a failed batch can be answered with it.
    pub(super) fn duplicate(&self) -> Self {
        match self {
            StoreError::TooLarge { limit } => StoreError::TooLarge { limit: *limit },
            StoreError::DiskFull => StoreError::DiskFull,
            StoreError::Closed => StoreError::Closed,
            StoreError::Database(e) => StoreError::Database(e.clone()),
            StoreError::Damaged(e) => StoreError::Damaged(e.clone()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::DiskFull,
            _ => StoreError::Database(Arc::new(error)),
        }
    }
}

/// SQLITE_FULL: the disk is full, or a quota or the file's size limit is reached.
const SQLITE_FULL: &str = "13";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(e) if e.code().as_deref() == Some(SQLITE_FULL) => StoreError::DiskFull,
            _ => StoreError::Database(Arc::new(error)),
        }
    }
}
