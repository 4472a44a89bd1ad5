//! The inbox as the rest of the house sees it: store, read, mark, tag, delete, follow.

use std::sync::Arc;

use sqlx::sqlite::SqlitePool;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::clock::{Clock, Time};
use crate::secret::Entropy;

use super::feed::{EventBus, Notification};
use super::id::MessageId;
use super::incoming::{IncomingMessage, NewMessage};
use super::ingest_stats::{IngestCounts, IngestStats};
use super::query::Query;
use super::search::SearchCaches;
use super::settings::Settings;
use super::smtp_errors::ErrorReplies;
use super::store::insert::MessageWriter;
use super::store::open;
use super::write_transaction::WriteLock;
use super::writer::{self, ReplySender, WriteJob};

/// Captured mail. Clones share one writer and one file; other processes may have the same file open.
#[derive(Clone)]
pub struct Inbox(pub(super) Arc<InboxShared>);

pub(super) struct InboxShared {
    pub settings: Settings,
    pub clock: Clock,
    entropy: Entropy,
    pub turns: WriteLock,
    pub readers: SqlitePool,
    jobs: mpsc::Sender<WriteJob>,
    /// Bytes of messages that may wait at once.
    memory: Arc<Semaphore>,
    pub wake: Notification,
    pub hub: EventBus,
    pub recall: SearchCaches,
    pub replies: ErrorReplies,
    tally: IngestStats,
}

/// Why the inbox could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum InboxOpenError {
    #[error("the inbox's file cannot be made: {0}")]
    File(#[from] std::io::Error),
    #[error("the inbox's file was written by a newer version of Gatepost")]
    Newer,
    #[error("the inbox's file was written by a build from before the first release; delete it")]
    Unreleased,
    #[error("the inbox cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the inbox cannot be opened: {0}")]
    Writer(#[from] rusqlite::Error),
}

/// Why something in the inbox could not be done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the message is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// For SMTP: 451, the client comes back.
    #[error("the disk is full")]
    DiskFull,
    #[error("the inbox is closed")]
    Closed,
    #[error("the inbox's database failed: {0}")]
    Database(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error("a stored message cannot be read: {0}")]
    Damaged(#[source] Arc<std::io::Error>),
}

/// Which messages an operation is about.
#[derive(Clone, Debug)]
pub enum Selection {
    All,
    /// Unknown ones are passed over.
    Ids(Vec<MessageId>),
    Matching(Query),
}

/// Which page of a list, newest first.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Messages to pass over; prefer `older_than` for pages far down.
    pub start: u64,
    /// `None`: all of them.
    pub limit: Option<u64>,
    /// Only those received before.
    pub before: Option<Time>,
    /// Only those that arrived before this one.
    pub older_than: Option<MessageId>,
    /// A list leaves refused mail out. A search does by [`Query::arrived`].
    pub arrived: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        PageRequest { start: 0, limit: Some(50), before: None, older_than: None, arrived: false }
    }
}

/// Bytes of messages that may wait for the writer, over all sessions.
const MAX_WAITING: usize = 128 * 1024 * 1024;
/// Messages larger than this are read and compressed on a thread of their own.
const LARGE: usize = 64 * 1024;

impl Inbox {
    /// Opens the file, made when missing, and starts the writer (a thread that ends with the last clone). Retention
    /// and indexing run in [`Inbox::run`].
    ///
    /// # Errors
    /// When the file cannot be made or read, or is a newer version's.
    pub async fn open(settings: Settings, clock: Clock, entropy: Entropy) -> Result<Self, InboxOpenError> {
        let turns = WriteLock::new(open::migrated(&settings.path).await?);
        let readers = open::readers(&settings.path).await?;
        let (jobs, queue) = mpsc::channel(writer::QUEUE);
        let wake = Notification::default();
        writer::start(MessageWriter::open(&settings.path)?, queue, turns.clone(), clock.clone(), wake.clone())?;
        let memory = Arc::new(Semaphore::new(MAX_WAITING));
        let shared = InboxShared {
            settings,
            clock,
            entropy,
            turns,
            readers,
            jobs,
            memory,
            wake,
            hub: EventBus::default(),
            recall: SearchCaches::default(),
            replies: ErrorReplies::default(),
            tally: IngestStats::default(),
        };
        Ok(Inbox(Arc::new(shared)))
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Stores one message and answers when it is on the disk. What was answered survives a power cut.
    ///
    /// # Errors
    /// Nothing of the message is kept then. [`StoreError::DiskFull`] and database errors may pass later.
    pub async fn store(&self, arrival: IncomingMessage) -> Result<MessageId, StoreError> {
        let limit = self.0.settings.max_message_size;
        let (size, refused) = (arrival.bytes.len(), arrival.refusal.is_some());
        let bytes = u64::try_from(size).unwrap_or(u64::MAX);
        if limit > 0 && bytes > limit {
            return Err(StoreError::TooLarge { limit });
        }
        // Text, index columns and the compressed bytes are held besides the message itself.
        let weight = u32::try_from(size.saturating_mul(2).clamp(4_096, MAX_WAITING)).unwrap_or(u32::MAX);
        let permit = self.0.memory.clone().acquire_many_owned(weight).await.map_err(|_| StoreError::Closed)?;
        let prepared = self.prepare(arrival).await?;
        let (done, stored) = oneshot::channel();
        self.0
            .jobs
            .send(WriteJob { prepared, waiter: ReplySender { done, permit } })
            .await
            .map_err(|_| StoreError::Closed)?;
        let id = stored.await.map_err(|_| StoreError::Closed)??;
        self.0.tally.count(bytes, refused);
        Ok(id)
    }

    /// What this process took in since it started.
    pub fn ingest_counts(&self) -> IngestCounts {
        self.0.tally.intake()
    }

    async fn prepare(&self, arrival: IncomingMessage) -> Result<NewMessage, StoreError> {
        let (now, entropy) = (self.0.clock.now(), self.0.entropy.clone());
        let large = arrival.bytes.len() > LARGE;
        let prepare = move || NewMessage::new(arrival, now, &entropy);
        let prepared =
            if large { tokio::task::spawn_blocking(prepare).await.map_err(|_| StoreError::Closed)? } else { prepare() };
        prepared.map_err(|e| StoreError::Damaged(Arc::new(e)))
    }
}

impl StoreError {
    /// The same error for another of those who waited for one commit.
    pub(super) fn find_by_idempotency_key(&self) -> Self {
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

/// SQLITE_FULL: the disk, a quota or the file's own limit.
const SQLITE_FULL: &str = "13";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(e) if e.code().as_deref() == Some(SQLITE_FULL) => StoreError::DiskFull,
            _ => StoreError::Database(Arc::new(error)),
        }
    }
}
