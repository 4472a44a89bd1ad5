//! The inbox's housekeeping: deleting what is not to be kept, indexing what has come in. In small transactions
//! between which senders get their turn.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::inbox::{Inbox, StoreError};
use super::store::delete::{self, RetentionPolicy};
use super::store::events::{self, EventKind};
use super::store::flags::{self, Flag, Flags};
use super::store::segments::{self, EncodedSegment, LoadedSegment};
use super::store::unindexed;
use super::unindexed::Unindexed;

/// How often the house is looked over when nothing happens here (age goes on, and other processes write too).
const ROUND: Duration = Duration::from_secs(30);
/// How soon after an arrival what is too much is deleted.
const SOON: Duration = Duration::from_secs(1);
/// How long the senders must have been quiet for everything to be indexed.
const QUIET: Duration = Duration::from_millis(100);
/// How often what is too much is indexed while they are not.
const BUSY: Duration = Duration::from_millis(500);
/// Messages deleted in one transaction.
const DELETE_CHUNK: i64 = 500;
/// What is worth indexing: a search reads less than that in a moment.
const ENOUGH: Backlog = Backlog { messages: 256, bytes: 512 * 1024 };
/// The same while senders are busy, whom indexing would slow down. The first search after a burst reads what is left,
/// which takes it up to half a second.
const MANY: Backlog = Backlog { messages: 8_192, bytes: 8 * 1024 * 1024 };
/// Events kept for followers that come back; no fewer than `feed` reads in one go.
const KEEP_EVENTS: i64 = 20_000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// Messages that wait for their segment, and bytes of the oldest of them.
struct Backlog {
    messages: i64,
    bytes: i64,
}

impl Inbox {
    /// Housekeeping until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.run_retention() => {}
            () = self.run_indexing() => {}
        }
    }

    async fn run_retention(&self) {
        let mut writes = self.0.wake.watch();
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(%error, "the inbox could not be tidied");
            }
            let _ = tokio::time::timeout(ROUND, writes.changed()).await;
            tokio::time::sleep(SOON).await;
        }
    }

    async fn run_indexing(&self) {
        let mut writes = self.0.wake.watch();
        loop {
            let quiet = wait_until_idle(&mut writes).await;
            if let Err(error) = self.index_backlog(if quiet { ENOUGH } else { MANY }).await {
                tracing::warn!(%error, "captured mail could not be indexed");
                tokio::time::sleep(ROUND).await;
            }
            let _ = tokio::time::timeout(ROUND, writes.changed()).await;
        }
    }

    async fn index_backlog(&self, enough: Backlog) -> Result<(), StoreError> {
        loop {
            let (messages, bytes) = unindexed::backlog(&mut *self.reader().await?).await?;
            if (messages < enough.messages && bytes < enough.bytes) || self.index().await? == 0 {
                return Ok(());
            }
        }
    }

    /// Takes waiting messages into the search index; answers with how many. [`Inbox::run`] does it by itself, when
    /// many wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn index(&self) -> Result<u64, StoreError> {
        let oldest = self.0.recall.waiting.oldest(&mut *self.reader().await?).await?;
        let Some(last) = oldest.last().map(|unindexed| unindexed.row.id) else { return Ok(0) };
        // Senders wait for the writing only, not for the work.
        let ready =
            off_thread(move || EncodedSegment::new(&oldest.iter().map(Unindexed::doc).collect::<Vec<_>>())).await?;
        let mut tx = self.0.turns.begin().await?;
        let indexed = segments::append(&mut tx, &ready).await?;
        tx.commit().await?;
        self.0.recall.waiting.forget(last);
        while self.join_segments().await? {}
        Ok(indexed)
    }

    /// Makes one segment of several small ones; whether there were any.
    async fn join_segments(&self) -> Result<bool, StoreError> {
        let mut conn = self.reader().await?;
        let small = segments::small(&mut conn).await?;
        if small.is_empty() {
            return Ok(false);
        }
        let marks = Flags::load(&mut conn).await?;
        let mut docs = Vec::new();
        for segment in &small {
            let Some(back) = segments::back(&mut conn, segment).await? else {
                tracing::warn!(segment = segment.id, "a part of the search index cannot be read and stays as it is");
                return Ok(false);
            };
            docs.extend(back);
        }
        drop(conn);
        docs.retain(|doc| !marks.has(Flag::Deleted, doc.id));
        let ready =
            off_thread(move || EncodedSegment::new(&docs.iter().map(LoadedSegment::doc).collect::<Vec<_>>())).await?;
        let mut tx = self.0.turns.begin().await?;
        let joined = segments::replace(&mut tx, &small, &ready).await?;
        if joined {
            tx.commit().await?;
        }
        Ok(joined)
    }

    fn retention_policy(&self) -> RetentionPolicy {
        let limit = |n: u64| (n > 0).then(|| i64::try_from(n).unwrap_or(i64::MAX));
        let settings = &self.0.settings;
        let days = limit(settings.keep_days);
        let not_before = days.map(|d| self.0.clock.now().millis().saturating_sub(d.saturating_mul(DAY_MILLIS)));
        RetentionPolicy { messages: limit(settings.keep_messages), bytes: limit(settings.keep_bytes), not_before }
    }

    /// Deletes what is not to be kept any more; answers with how many messages that were.
    ///
    /// # Errors
    /// When the database fails; what was deleted until then stays deleted.
    pub async fn tidy(&self) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let mut tx = self.0.turns.begin().await?;
            let rows = delete::excess(&mut tx, self.retention_policy(), DELETE_CHUNK).await?;
            let gone = delete::rows(&mut tx, &rows).await?.len();
            if gone == 0 && delete::prune(&mut tx, DELETE_CHUNK).await? > 0 {
                tx.commit().await?;
                continue;
            }
            if gone == 0 {
                flags::trim(&mut tx).await?;
                events::trim(&mut tx, KEEP_EVENTS).await?;
                tx.commit().await?;
                return Ok(deleted);
            }
            events::append(&mut tx, EventKind::Pruned, None, None).await?;
            tx.commit().await?;
            self.0.wake.now();
            deleted += u64::try_from(gone).unwrap_or(u64::MAX);
        }
    }
}

/// Waits until nothing has been written for a while; no longer than [`BUSY`], and whether it came to that.
async fn wait_until_idle(writes: &mut watch::Receiver<()>) -> bool {
    let mut waited = Duration::ZERO;
    while waited < BUSY {
        writes.mark_unchanged();
        tokio::time::sleep(QUIET).await;
        if !writes.has_changed().unwrap_or_default() {
            return true;
        }
        waited += QUIET;
    }
    false
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)
}
