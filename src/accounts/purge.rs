//! Forgetting what has expired: signups, links, sessions, counters. In small bites, so that nobody waits for it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::store::purge::{Expired, purge};
use super::{Accounts, Error};

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(600);
/// Rows a bite.
const BITE: i64 = 500;

impl Accounts {
    /// Purges at start and then every ten minutes, until `shutdown`.
    pub async fn run_purge(&self, shutdown: CancellationToken) {
        loop {
            if let Err(e) = self.purge().await {
                tracing::warn!(error = %e, "expired rows could not be purged; trying again later");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Forgets everything that has expired by now and is in nobody's hands.
    ///
    /// # Errors
    /// The database.
    pub async fn purge(&self) -> Result<(), Error> {
        for what in self.expired() {
            while self.purge_bite(what).await? > 0 {}
        }
        Ok(())
    }

    fn expired(&self) -> [Expired; 4] {
        let now = self.clock.now();
        let settings = &self.settings;
        // A link may wait this long for its letter, and live from then on.
        let link_end =
            settings.letter_life.max(settings.signup_life) + settings.verify_link_life.max(settings.reset_link_life);
        [
            Expired::Signups { before: now },
            Expired::Links { made_before: now - link_end },
            Expired::Counters { before: now },
            Expired::Sessions {
                remembered_before: now - settings.remember_life,
                others_before: now - settings.session_life,
            },
        ]
    }

    async fn purge_bite(&self, what: Expired) -> Result<u64, Error> {
        let mut tx = self.db.write().await?;
        let purged = purge(&mut tx, self.db.dialect(), what, BITE).await?;
        tx.commit().await?;
        Ok(purged)
    }
}
