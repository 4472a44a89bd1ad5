//! The handle of the inbox and how it is opened. Storing, reading, updating, subscribing and maintenance are in the
//! sibling files.

use std::path::Path;
use std::sync::Arc;

use sqlx::Connection as _;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{Semaphore, mpsc};

use crate::clock::Clock;
use crate::file_owner::FileOwner;
use crate::random::Entropy;

use super::event_bus::{EventBus, Notification};
use super::facet_cache::FacetCache;
use super::ingest_stats::{IngestCounts, IngestStats};
use super::search::SearchCaches;
use super::session_queue::SessionQueue;
use super::smtp_errors::ErrorReplies;
use super::store::insert::MessageWriter;
use super::store::open;
use super::types::{InboxOpenError, Settings, StorageRules};
use super::write_lock::WriteLock;
use super::writer::{self, MAX_WAITING, Preparation, WriteJob};

/// The store of captured messages. Clones share one writer and one file; other processes may open the same file.
#[derive(Clone)]
pub struct Inbox(pub(super) Arc<InboxShared>);

pub(super) struct InboxShared {
    pub settings: Settings,
    pub rules: Arc<StorageRules>,
    pub clock: Clock,
    pub preparation: Preparation,
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

/// Creates or migrates the file of an inbox.
///
/// # Errors
/// The file cannot be opened, or another version wrote it.
pub async fn migrate_file(path: &Path) -> Result<(), InboxOpenError> {
    Ok(open::migrated(path).await?.close().await?)
}

/// True if the file has the tables of an inbox. It is not changed.
///
/// # Errors
/// The file is no database or a damaged one, or another process has locked it.
pub fn is_inbox_file(path: &Path) -> Result<bool, InboxOpenError> {
    Ok(open::owner(path)? == FileOwner::Gatepost)
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
        let (search_caches, messages) = (SearchCaches::default(), MessageWriter::open(&settings.path)?);
        let (rules, texts) = (Arc::new(rules), search_caches.waiting.clone());
        let preparation = Preparation { rules: rules.clone(), clock: clock.clone(), entropy, texts };
        writer::start(messages, queue, write_lock.clone(), preparation.clone(), wake.clone())?;
        let memory = Arc::new(Semaphore::new(MAX_WAITING));
        let shared = InboxShared {
            settings,
            rules,
            clock,
            preparation,
            write_lock,
            readers,
            jobs,
            memory,
            wake,
            event_bus: EventBus::default(),
            search_caches,
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

    pub fn error_replies(&self) -> &ErrorReplies {
        &self.0.replies
    }

    /// Counts the messages that this process has stored since it started.
    pub fn ingest_counts(&self) -> IngestCounts {
        self.0.ingest_stats.snapshot()
    }
}
