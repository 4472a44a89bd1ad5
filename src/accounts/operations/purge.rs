//! Deletes expired signups, links, sessions and counters. It works in small batches, so that no request waits for it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::accounts::error::Error;
use crate::accounts::store;
use crate::accounts::store::purge::{ExpiredRows, purge};
use crate::accounts::throttle::SLOT_TTL;

use super::Accounts;

/// Time between two purges.
const EVERY: Duration = Duration::from_secs(600);
/// Rows per batch.
const BATCH: i64 = 500;

impl Accounts {
    /// Purges at start and then every ten minutes until `shutdown`.
    pub async fn run_purge(&self, shutdown: CancellationToken) {
        loop {
            if let Err(e) = self.purge().await {
                tracing::warn!(error = %e, "cannot purge expired rows; trying again later");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Deletes all expired rows that no other transaction holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self) -> Result<(), Error> {
        for what in self.expired() {
            while self.purge_batch(what).await? > 0 {}
        }
        Ok(())
    }

    /// Commits a row, to know whether the database takes writes: it may be on a full disk, or a replica.
    ///
    /// # Errors
    /// When it does not.
    pub async fn probe_write(&self) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::counters::add(&mut tx, "write-probe", 1, self.clock.now(), EVERY).await?;
        Ok(tx.commit().await?)
    }

    fn expired(&self) -> [ExpiredRows; 5] {
        let now = self.clock.now();
        let settings = &self.settings;
        // A link's lifetime starts when its email is sent, so it may last for the message's lifetime and the link's.
        let link_end = settings.message_ttl.max(settings.signup_ttl) + settings.longest_link_ttl();
        [
            ExpiredRows::Signups { before: now },
            ExpiredRows::Links { made_before: now - link_end },
            ExpiredRows::Counters { before: now, after: now.last_end(settings.limits.longest_window()) },
            ExpiredRows::LoginSlots { before: now, after: now.last_end(SLOT_TTL) },
            ExpiredRows::Sessions {
                remembered_before: now - settings.remember_lifetime,
                others_before: now - settings.session_lifetime,
            },
        ]
    }

    async fn purge_batch(&self, what: ExpiredRows) -> Result<u64, Error> {
        let mut tx = self.db.write().await?;
        let purged = purge(&mut tx, self.db.dialect(), what, BATCH).await?;
        tx.commit().await?;
        Ok(purged)
    }
}
