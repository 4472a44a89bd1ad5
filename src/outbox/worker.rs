//! The worker: runs until told to stop, or until nothing is due. What one round does is in `crew`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::db::Db;
use crate::secret::Entropy;

use super::crew::Crew;
use super::desk::Outbox;
use super::row::Author;
use super::settings::{Route, Settings};
use super::store;

/// How long a promise waits at most when the wake-up was in another process.
const POLL: Duration = Duration::from_secs(1);
/// A living worker keeps its leases by renewing them this often; see `crew::LEASE`.
const RENEW: Duration = Duration::from_secs(5);
const PURGE: Duration = Duration::from_secs(10 * 60);
/// How long deliveries under way may still take after the stop signal; the rest is left to the next worker.
const GRACE: Duration = Duration::from_secs(20);
/// Wait after a database error, so that a full disk does not spin.
const RETRY_DATABASE: Duration = Duration::from_secs(1);

/// Delivers what the outbox promised. Clones are the same worker.
#[derive(Clone)]
pub struct Worker(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub outbox: Outbox,
    pub entropy: Entropy,
    pub routes: Vec<Route>,
    pub author: Arc<dyn Author>,
    /// This worker's name on its leases.
    pub owner: String,
    /// How many crews of this worker have mail in hand.
    pub busy: watch::Sender<usize>,
}

impl Worker {
    /// `routes` in order of preference; `author` composes every kind but plain and released mail.
    pub fn new(
        db: Db,
        clock: Clock,
        entropy: Entropy,
        routes: Vec<Route>,
        author: Arc<dyn Author>,
        settings: Settings,
    ) -> Self {
        let names: Vec<_> = routes.iter().map(Route::name).collect();
        let owner = entropy.id(clock.now());
        let outbox = Outbox::new(db, clock, settings, &names);
        Worker(Arc::new(Shared { outbox, entropy, routes, author, owner, busy: watch::Sender::new(0) }))
    }

    /// The same outbox for those who only promise or look.
    pub fn outbox(&self) -> Outbox {
        self.0.outbox.clone()
    }

    /// Wakes the worker: call it after the commit that enqueued something.
    pub fn notify(&self) {
        self.0.outbox.notify();
    }

    /// Works until `shutdown`, then finishes what is under way.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut crew = Crew::new(self.0.clone(), None);
        let mut renew = interval(RENEW);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut purge = interval(PURGE);
        while !shutdown.is_cancelled() {
            if let Err(error) = crew.round().await {
                tracing::error!(%error, "the outbox cannot reach its database; trying again");
                sleep(RETRY_DATABASE).await;
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = crew.finished() => {}
                () = self.0.outbox.wake.notified() => crew.look(),
                () = sleep(POLL) => crew.look(),
                _ = renew.tick() => crew.renew().await,
                _ = purge.tick() => self.purge().await,
            }
        }
        self.finish(crew).await;
        self.close().await;
    }

    async fn finish(&self, mut crew: Crew) {
        let deadline = Instant::now() + GRACE;
        let mut renew = interval(RENEW);
        while !crew.is_idle() && Instant::now() < deadline {
            tokio::select! {
                _ = timeout_at(deadline, crew.finished()) => {
                    if let Err(error) = crew.settle().await {
                        tracing::error!(%error, "the outbox could not note what became of a mail; trying again");
                        sleep(RETRY_DATABASE).await;
                    }
                }
                _ = renew.tick() => crew.renew().await,
            }
        }
        if !crew.is_idle() {
            tracing::warn!("stopped with mail under way; it is tried again when its lease has run out");
        }
    }

    /// Delivers everything that is due now, then returns.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drain(&self) -> Result<(), sqlx::Error> {
        self.work(None).await?;
        let mut busy = self.0.busy.subscribe();
        // The sender lives as long as we do.
        let _ = busy.wait_for(|crews| *crews == 0).await;
        Ok(())
    }

    /// Delivers this one row if it is due and nobody else has it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn deliver(&self, id: &str) -> Result<(), sqlx::Error> {
        self.work(Some(id.to_owned())).await
    }

    /// Takes leave of the servers it is still connected to: for commands that end here.
    pub async fn close(&self) {
        for route in &self.0.routes {
            route.transport.close().await;
        }
    }

    async fn work(&self, only: Option<String>) -> Result<(), sqlx::Error> {
        let mut crew = Crew::new(self.0.clone(), only);
        let mut renew = interval(RENEW);
        loop {
            crew.round().await?;
            if crew.is_idle() {
                // What came back meanwhile may be due again.
                crew.look();
                crew.round().await?;
            }
            if crew.is_idle() {
                return Ok(());
            }
            tokio::select! {
                () = crew.finished() => {}
                _ = renew.tick() => crew.renew().await,
            }
        }
    }

    async fn purge(&self) {
        let outbox = &self.0.outbox;
        let kept = Duration::from_secs(u64::from(outbox.settings.keep_days) * 24 * 3600);
        let before = outbox.clock.now() - kept;
        loop {
            let done = async {
                let mut tx = outbox.db.write().await?;
                let more = store::purge(&mut tx, before).await?;
                tx.commit().await?;
                Ok::<_, sqlx::Error>(more)
            };
            match done.await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return tracing::warn!(%error, "old history of the outbox could not be purged"),
            }
        }
    }
}
