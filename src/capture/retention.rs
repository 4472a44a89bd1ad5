//! The inbox's housekeeping: deleting what is not to be kept, indexing what has come in. In small transactions
//! between which senders get their turn.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::inbox::{Inbox, StoreError};
use super::store::events::{self, Kind};
use super::store::{delete, index};

/// How often the house is looked over when nothing happens here (age goes on, and other processes write too).
const ROUND: Duration = Duration::from_secs(30);
/// How soon after an arrival what is too much is deleted.
const SOON: Duration = Duration::from_secs(1);
/// How long the senders must have been quiet for indexing to go on without pause.
const QUIET: Duration = Duration::from_millis(100);
/// How often a little is indexed while they are not: it takes the writer's turn for some 20 ms.
const BUSY: Duration = Duration::from_millis(500);
/// Messages deleted in one transaction.
const DELETE_CHUNK: i64 = 500;
/// Messages indexed in one transaction at most.
const INDEX_CHUNK: i64 = 32;
/// Events kept for followers that come back.
const KEEP_EVENTS: i64 = 20_000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

impl Inbox {
    /// Housekeeping until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.keep_tidy() => {}
            () = self.keep_indexed() => {}
        }
    }

    async fn keep_tidy(&self) {
        let mut writes = self.0.wake.watch();
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(%error, "the inbox could not be tidied");
            }
            let _ = tokio::time::timeout(ROUND, writes.changed()).await;
            tokio::time::sleep(SOON).await;
        }
    }

    async fn keep_indexed(&self) {
        let mut writes = self.0.wake.watch();
        loop {
            match self.index().await {
                // Nothing waits.
                Ok(0) => drop(tokio::time::timeout(ROUND, writes.changed()).await),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "captured mail could not be indexed");
                    tokio::time::sleep(ROUND).await;
                }
            }
            let mut waited = Duration::ZERO;
            while writes.has_changed().unwrap_or_default() && waited < BUSY {
                writes.mark_unchanged();
                tokio::time::sleep(QUIET).await;
                waited += QUIET;
            }
        }
    }

    /// Takes a few waiting messages into the search index; answers with how many. [`Inbox::run`] does it by itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn index(&self) -> Result<u64, StoreError> {
        let mut tx = self.0.turns.begin().await?;
        let indexed = index::swallow(&mut tx, INDEX_CHUNK).await?;
        tx.commit().await?;
        Ok(indexed)
    }

    /// Deletes what is not to be kept any more; answers with how many messages that were.
    ///
    /// # Errors
    /// When the database fails; what was deleted until then stays deleted.
    pub async fn tidy(&self) -> Result<u64, StoreError> {
        let limit = |n: u64| (n > 0).then(|| i64::try_from(n).unwrap_or(i64::MAX));
        let settings = &self.0.settings;
        let days = limit(settings.keep_days);
        let mut deleted = 0;
        loop {
            let not_before = days.map(|d| self.0.clock.now().millis().saturating_sub(d.saturating_mul(DAY_MILLIS)));
            let mut tx = self.0.turns.begin().await?;
            let (messages, bytes) = (limit(settings.keep_messages), limit(settings.keep_bytes));
            let rows = delete::surplus(&mut tx, messages, bytes, not_before, DELETE_CHUNK).await?;
            let gone = delete::rows(&mut tx, &rows).await?.len();
            if gone == 0 {
                events::trim(&mut tx, KEEP_EVENTS).await?;
                tx.commit().await?;
                return Ok(deleted);
            }
            events::append(&mut tx, Kind::Pruned, None, None).await?;
            tx.commit().await?;
            self.0.wake.now();
            deleted += u64::try_from(gone).unwrap_or(u64::MAX);
        }
    }
}
