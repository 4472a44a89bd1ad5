//! Forgetting what has expired: signups, links, sessions, counters. In small bites, so that nobody waits for it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Accounts, Error, store};

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

    /// Forgets everything that has expired by now.
    ///
    /// # Errors
    /// The database.
    pub async fn purge(&self) -> Result<(), Error> {
        while self.purge_bite().await? > 0 {}
        Ok(())
    }

    async fn purge_bite(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let settings = &self.settings;
        // A link may wait this long for its letter, and live from then on.
        let link_end =
            settings.letter_life.max(settings.signup_life) + settings.verify_link_life.max(settings.reset_link_life);
        let mut tx = self.db.write().await?;
        let mut purged = store::signups::purge(&mut tx, now, BITE).await?;
        purged += store::links::purge(&mut tx, now - link_end, BITE).await?;
        purged += store::counters::purge(&mut tx, now, BITE).await?;
        let (remembered, others) = (now - settings.remember_life, now - settings.session_life);
        purged += store::sessions::purge(&mut tx, remembered, others, BITE).await?;
        tx.commit().await?;
        Ok(purged)
    }
}
