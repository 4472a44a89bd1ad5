//! The worker: delivers until it is stopped, or until no message is due. `delivery_loop` holds what one tick does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::db::Db;
use crate::random::Entropy;

use super::delivery_loop::{DeliveryLoop, WorkerState};
use super::job::Composer;
use super::queue::Outbox;
use super::settings::{Settings, TransportConfig};
use super::store;

/// The longest a new row waits when another process enqueued it.
const POLL: Duration = Duration::from_secs(1);
/// How often a live worker renews its leases; see `job::LEASE`.
const RENEW: Duration = Duration::from_secs(5);
const PURGE: Duration = Duration::from_secs(10 * 60);
/// How long deliveries in progress may continue after the stop signal; the next worker takes over the rest.
const GRACE: Duration = Duration::from_secs(20);
/// Wait after a database error, so that a full disk does not spin.
const RETRY_DATABASE: Duration = Duration::from_secs(1);

/// Delivers the rows of the outbox. Clones share one worker.
#[derive(Clone)]
pub struct Worker(pub(super) Arc<WorkerState>);

impl Worker {
    /// `routes` are in order of preference; `author` composes every kind but stored messages.
    pub fn new(
        db: Db,
        clock: Clock,
        entropy: Entropy,
        routes: Vec<TransportConfig>,
        author: Arc<dyn Composer>,
        settings: Settings,
    ) -> Self {
        let owner = entropy.id(clock.now());
        let names: Vec<_> = routes.iter().map(TransportConfig::name).collect();
        let sender_errors = routes.iter().filter_map(|route| Some((route.name(), route.sender_error()?))).collect();
        let outbox = Outbox { sender_errors, ..Outbox::new(db, clock, settings, &names) };
        Worker(Arc::new(WorkerState { outbox, entropy, routes, composer: author, owner, busy: watch::Sender::new(0) }))
    }

    /// The same outbox, for callers that enqueue or read.
    pub fn outbox(&self) -> Outbox {
        self.0.outbox.clone()
    }

    /// Wakes the worker: call it after the commit that enqueued something.
    pub fn notify(&self) {
        self.0.outbox.notify();
    }

    /// Checks every transport, so that a wrong setting is known before the first message.
    pub async fn check_transports(&self) {
        let mut delivery_loop = DeliveryLoop::new(self.0.clone(), None);
        let mut checked = delivery_loop.probe_all().await;
        while checked.is_ok() && !delivery_loop.is_idle() {
            delivery_loop.finished().await;
            checked = delivery_loop.settle().await;
        }
        if let Err(error) = checked {
            tracing::error!(%error, "outbox: cannot check the transports at the start");
        }
    }

    /// Delivers until `shutdown`, then finishes the deliveries in progress.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut delivery_loop = DeliveryLoop::new(self.0.clone(), None);
        let mut renew = interval(RENEW);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut purge = interval(PURGE);
        while !shutdown.is_cancelled() {
            if let Err(error) = delivery_loop.round().await {
                tracing::error!(%error, "outbox: database unreachable; retrying");
                sleep(RETRY_DATABASE).await;
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = delivery_loop.finished() => {}
                () = self.0.outbox.wake.notified() => delivery_loop.wake(),
                () = sleep(POLL) => delivery_loop.wake(),
                _ = renew.tick() => delivery_loop.renew().await,
                _ = purge.tick() => self.purge().await,
            }
        }
        self.finish(delivery_loop).await;
        self.close().await;
    }

    async fn finish(&self, mut delivery_loop: DeliveryLoop) {
        let deadline = Instant::now() + GRACE;
        let mut renew = interval(RENEW);
        while !delivery_loop.is_idle() && Instant::now() < deadline {
            tokio::select! {
                _ = timeout_at(deadline, delivery_loop.finished()) => {
                    if let Err(error) = delivery_loop.settle().await {
                        tracing::error!(%error, "outbox: cannot record the outcome of a delivery; retrying");
                        sleep(RETRY_DATABASE).await;
                    }
                }
                _ = renew.tick() => delivery_loop.renew().await,
            }
        }
        if !delivery_loop.is_idle() {
            tracing::warn!("stopped during a delivery; the message is retried when its lease expires");
        }
    }

    /// Delivers every row that is due now, then returns.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drain(&self) -> Result<(), sqlx::Error> {
        self.work(None).await?;
        let mut busy = self.0.busy.subscribe();
        // Cannot fail: `self` holds the sender.
        let _ = busy.wait_for(|loops| *loops == 0).await;
        Ok(())
    }

    /// Delivers this one row if it is due and no other worker holds it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliver(&self, id: &str) -> Result<(), sqlx::Error> {
        self.work(Some(id.to_owned())).await
    }

    /// Ends this worker's lease of a row, after its delivery was dropped: the row is queued again. True if there was a
    /// lease, so that the message may have been delivered.
    ///
    /// # Errors
    /// When the database fails; the lease then ends by itself.
    pub async fn end_lease(&self, id: &str) -> Result<bool, sqlx::Error> {
        let outbox = &self.0.outbox;
        let now = outbox.clock.now();
        let mut tx = outbox.db.write().await?;
        let was_leased = store::end_lease(&mut tx, id, &self.0.owner, now).await?;
        store::release_expired_leases(&mut tx, &self.0.owner, now).await?;
        tx.commit().await?;
        Ok(was_leased)
    }

    /// Closes the idle connections of all transports, for commands that end here.
    pub async fn close(&self) {
        for route in &self.0.routes {
            route.transport.close().await;
        }
    }

    async fn work(&self, only: Option<String>) -> Result<(), sqlx::Error> {
        let mut delivery_loop = DeliveryLoop::new(self.0.clone(), only);
        let mut renew = interval(RENEW);
        loop {
            delivery_loop.round().await?;
            if delivery_loop.is_idle() {
                // Rows that were settled in the meantime may be due again.
                delivery_loop.wake();
                delivery_loop.round().await?;
            }
            if delivery_loop.is_idle() {
                return Ok(());
            }
            tokio::select! {
                () = delivery_loop.finished() => {}
                _ = renew.tick() => delivery_loop.renew().await,
            }
        }
    }

    async fn purge(&self) {
        let outbox = &self.0.outbox;
        let retention = Duration::from_secs(u64::from(outbox.settings.keep_days) * 24 * 3600);
        let before = outbox.clock.now() - retention;
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
                Err(error) => return tracing::warn!(%error, "outbox: cannot delete old history"),
            }
        }
    }
}
