//! Background maintenance of the inbox: deleting messages by the retention policy and indexing new messages. It runs in
//! small transactions, so that SMTP clients do not wait long for the write lock.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::handle::Inbox;
use super::search::unindexed::Unindexed;
use super::store::delete::{self, RetentionPolicy};
use super::store::events::{self, EventKind};
use super::store::flags::{self, Flag, Flags};
use super::store::segments::{self, EncodedSegment, LoadedDoc};
use super::store::undo;
use super::store::unindexed;
use super::types::StoreError;

/// Interval of maintenance when this process writes nothing: messages expire, and other processes write too.
const IDLE_INTERVAL: Duration = Duration::from_secs(30);
/// Delay between a new message and the next check of the retention policy.
const RETENTION_DELAY: Duration = Duration::from_secs(1);
/// Time without a write after which the inbox counts as idle.
const IDLE_AFTER: Duration = Duration::from_millis(100);
/// Maximum time to wait for the inbox to become idle.
const MAX_IDLE_WAIT: Duration = Duration::from_millis(500);
/// Maximum number of messages deleted in one transaction.
const DELETE_CHUNK: i64 = 500;
/// Backlog that is indexed while the inbox is idle. Searches read a smaller backlog without a noticeable delay.
const IDLE_THRESHOLD: Backlog = Backlog { messages: 256, bytes: 512 * 1024 };
/// Backlog that is indexed while messages arrive. It is larger, because indexing slows down SMTP clients. The first
/// search after a burst reads the remaining backlog, which takes up to half a second.
const BUSY_THRESHOLD: Backlog = Backlog { messages: 8_192, bytes: 8 * 1024 * 1024 };
/// Number of events kept for subscriptions that resume. Must not be less than `MAX_JUMP` in `feed`.
const KEEP_EVENTS: i64 = 20_000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// An amount of unindexed messages; `bytes` counts the oldest of them.
struct Backlog {
    messages: i64,
    bytes: i64,
}

impl Inbox {
    /// Runs retention and indexing, and writes SMTP sessions, until `shutdown` is cancelled.
    pub async fn run(&self, shutdown: CancellationToken) {
        let work = async {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.run_retention() => {}
                () = self.run_indexing() => {}
            }
        };
        tokio::join!(work, self.run_sessions(&shutdown));
    }

    async fn run_retention(&self) {
        let mut writes = self.0.wake.watch();
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(%error, "cannot delete messages by the retention policy");
            }
            let _ = tokio::time::timeout(IDLE_INTERVAL, writes.changed()).await;
            tokio::time::sleep(RETENTION_DELAY).await;
        }
    }

    async fn run_indexing(&self) {
        let mut writes = self.0.wake.watch();
        loop {
            let idle = wait_until_idle(&mut writes).await;
            if let Err(error) = self.index_backlog(if idle { IDLE_THRESHOLD } else { BUSY_THRESHOLD }).await {
                tracing::warn!(%error, "cannot index captured messages");
                tokio::time::sleep(IDLE_INTERVAL).await;
            }
            let _ = tokio::time::timeout(IDLE_INTERVAL, writes.changed()).await;
        }
    }

    /// Indexes messages until the backlog is below `threshold`.
    async fn index_backlog(&self, threshold: Backlog) -> Result<(), StoreError> {
        loop {
            let (messages, bytes) = unindexed::backlog(&mut *self.reader().await?).await?;
            if (messages < threshold.messages && bytes < threshold.bytes) || self.index().await? == 0 {
                return Ok(());
            }
        }
    }

    /// Adds the oldest unindexed messages to the search index and returns their number. [`Inbox::run`] calls this when
    /// the backlog is large.
    ///
    /// # Errors
    /// The database fails.
    pub async fn index(&self) -> Result<u64, StoreError> {
        let oldest = self.0.search_caches.waiting.oldest(&mut *self.reader().await?).await?;
        let Some(last) = oldest.last().map(|unindexed| unindexed.row.id) else { return Ok(0) };
        // The segment is encoded before the transaction begins, so that the write lock is held only briefly.
        let encoded =
            off_thread(move || EncodedSegment::new(&oldest.iter().map(Unindexed::doc).collect::<Vec<_>>())).await?;
        let mut tx = self.0.write_lock.begin().await?;
        let indexed = segments::append(&mut tx, &encoded).await?;
        tx.commit().await?;
        self.0.search_caches.waiting.forget(last);
        while self.merge_segments().await? {}
        Ok(indexed)
    }

    /// Merges small segments into one. Returns true if segments were merged.
    async fn merge_segments(&self) -> Result<bool, StoreError> {
        let mut conn = self.reader().await?;
        let small = segments::small(&mut conn).await?;
        if small.is_empty() {
            return Ok(false);
        }
        let flags = Flags::load(&mut conn).await?;
        let (mut docs, mut restorable) = (Vec::new(), Vec::new());
        for segment in &small {
            let Some(loaded) = segments::load_docs(&mut conn, segment).await? else {
                tracing::warn!(segment = segment.id, "cannot read a segment of the search index; it is not merged");
                return Ok(false);
            };
            docs.extend(loaded);
            restorable.extend(segments::restorable(&mut conn, segment.first, segment.last).await?);
        }
        drop(conn);
        docs.retain(|doc| !flags.has(Flag::Deleted, doc.id) || restorable.binary_search(&doc.id).is_ok());
        let encoded =
            off_thread(move || EncodedSegment::new(&docs.iter().map(LoadedDoc::doc).collect::<Vec<_>>())).await?;
        let mut tx = self.0.write_lock.begin().await?;
        let merged = segments::replace(&mut tx, &small, &encoded).await?;
        if merged {
            tx.commit().await?;
        }
        Ok(merged)
    }

    fn retention_policy(&self) -> RetentionPolicy {
        let limit = |n: u64| (n > 0).then(|| i64::try_from(n).unwrap_or(i64::MAX));
        let settings = &self.0.settings;
        let days = limit(settings.keep_days).map(|days| days.saturating_mul(DAY_MILLIS));
        let age = self.0.rules.keep_age.map(|age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let oldest = days.into_iter().chain(age).min();
        let not_before = oldest.map(|age| self.0.clock.now().millis().saturating_sub(age));
        RetentionPolicy { messages: limit(settings.keep_messages), bytes: limit(settings.keep_bytes), not_before }
    }

    /// Deletes the messages that exceed the retention policy and returns their number.
    ///
    /// # Errors
    /// The database fails. Transactions that were committed before stay.
    pub async fn tidy(&self) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let mut tx = self.0.write_lock.begin().await?;
            let policy = self.retention_policy();
            let rows = delete::excess(&mut tx, policy, DELETE_CHUNK).await?;
            let removed = delete::rows(&mut tx, &rows).await?.len();
            if removed == 0
                && (undo::purge(&mut tx, policy, self.0.clock.now(), DELETE_CHUNK).await? > 0
                    || delete::prune(&mut tx, DELETE_CHUNK).await? > 0)
            {
                tx.commit().await?;
                continue;
            }
            if removed == 0 {
                flags::trim(&mut tx).await?;
                events::trim(&mut tx, KEEP_EVENTS).await?;
                tx.commit().await?;
                return Ok(deleted);
            }
            events::append(&mut tx, EventKind::Pruned, None, None).await?;
            tx.commit().await?;
            self.0.wake.now();
            deleted += u64::try_from(removed).unwrap_or(u64::MAX);
        }
    }
}

/// Waits until nothing has been written for [`IDLE_AFTER`]. Returns false after [`MAX_IDLE_WAIT`].
async fn wait_until_idle(writes: &mut watch::Receiver<()>) -> bool {
    let mut waited = Duration::ZERO;
    while waited < MAX_IDLE_WAIT {
        writes.mark_unchanged();
        tokio::time::sleep(IDLE_AFTER).await;
        if !writes.has_changed().unwrap_or_default() {
            return true;
        }
        waited += IDLE_AFTER;
    }
    false
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
}
