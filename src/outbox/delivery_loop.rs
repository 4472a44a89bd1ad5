//! The delivery loop of a worker. Each tick settles finished attempts, claims due rows and spawns their deliveries.
//! Transactions are short and never open during a delivery.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tracing::Instrument as _;

use crate::random::Entropy;
use crate::transport::{Failure, FailureKind};

use super::delivery::attempt;
use super::disposition::AttemptOutcome;
use super::job::{Composer, LEASE};
use super::queue::Outbox;
use super::settings::TransportConfig;
use super::store::{self, Claimed};

/// The most deliveries at once. More than the connections of any transport, so that no connection waits for the
/// database.
pub(super) const MAX_IN_PROGRESS: usize = 64;

const PANICKED: &str = "internal error in Gatepost during this attempt; see its log";

/// What the delivery loops of one worker share.
pub(super) struct WorkerState {
    pub outbox: Outbox,
    pub entropy: Entropy,
    pub routes: Vec<TransportConfig>,
    pub composer: Arc<dyn Composer>,
    /// The name of this worker on its leases.
    pub owner: String,
    /// How many delivery loops of this worker are delivering.
    pub busy: watch::Sender<usize>,
}

/// The deliveries and probes in progress, and the finished ones that are not settled yet.
pub(super) struct DeliveryLoop {
    pub(super) shared: Arc<WorkerState>,
    /// Deliver this row and no other.
    pub(super) only: Option<String>,
    tasks: JoinSet<Finished>,
    /// What is settled if the task panics.
    pub(super) in_progress: HashMap<Id, Finished>,
    pub(super) finished: Vec<Finished>,
    /// The next tick looks for due rows.
    pub(super) look_for_due_rows: bool,
    /// The last claim was cut off by [`MAX_IN_PROGRESS`], so more rows may be due.
    pub(super) has_more: bool,
    /// Counted in `WorkerState::busy`.
    is_busy: bool,
}

/// What a task did.
pub(super) enum Finished {
    Delivery(Box<Claimed>, AttemptOutcome),
    /// The check of the transport of this name.
    Probe(&'static str, Result<String, Failure>),
}

impl DeliveryLoop {
    pub fn new(shared: Arc<WorkerState>, only: Option<String>) -> Self {
        DeliveryLoop {
            shared,
            only,
            tasks: JoinSet::new(),
            in_progress: HashMap::new(),
            finished: Vec::new(),
            look_for_due_rows: true,
            has_more: false,
            is_busy: false,
        }
    }

    /// Makes the next tick look for due rows.
    pub fn wake(&mut self) {
        self.look_for_due_rows = true;
    }

    /// True if nothing is in progress and nothing is unsettled.
    pub fn is_idle(&self) -> bool {
        self.in_progress.is_empty() && self.finished.is_empty()
    }

    /// Waits until a task ends and collects all tasks that have ended; never returns when no task is in progress.
    pub async fn finished(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(joined) => self.take(joined),
        }
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            self.take(joined);
        }
    }

    fn take(&mut self, joined: Result<(Id, Finished), JoinError>) {
        let (id, finished) = match joined {
            Ok((id, finished)) => (id, Some(finished)),
            Err(error) => (error.id(), None),
        };
        let panicked = self.in_progress.remove(&id);
        self.finished.extend(finished.or(panicked));
    }

    pub(super) fn spawn_delivery(&mut self, claimed: Claimed) {
        let shared = self.shared.clone();
        let Some(route) = shared.routes.iter().find(|route| route.name() == claimed.transport) else { return };
        let transport = route.transport.clone();
        let claimed = Box::new(claimed);
        let if_it_panics = Finished::Delivery(claimed.clone(), AttemptOutcome::NotComposed(PANICKED.to_owned()));
        // Lines of the transport in the log belong to this row.
        let (id, transport_name, request) = (&claimed.row.id, claimed.transport, claimed.request.as_deref());
        let span = tracing::info_span!("delivery", id, transport = transport_name, request);
        let delivery = async move {
            let outcome = attempt(&shared.outbox.db, shared.composer.as_ref(), transport.as_ref(), &claimed.row).await;
            Finished::Delivery(claimed, outcome)
        };
        let task = self.tasks.spawn(delivery.instrument(span));
        self.in_progress.insert(task.id(), if_it_panics);
    }

    pub(super) fn spawn_probe(&mut self, route: &TransportConfig) {
        let (name, transport, from) = (route.name(), route.transport.clone(), route.from.address.clone());
        let if_it_panics = Finished::Probe(name, Err(Failure::new(FailureKind::Transient, PANICKED)));
        let task = self.tasks.spawn(async move { Finished::Probe(name, transport.check_from(&from).await) });
        self.in_progress.insert(task.id(), if_it_panics);
    }

    /// Settles finished attempts, then claims due rows if there is capacity.
    ///
    /// # Errors
    /// When the database fails; finished attempts are kept and settled in the next tick.
    pub async fn round(&mut self) -> Result<(), sqlx::Error> {
        self.settle().await?;
        // A long queue is claimed in large batches rather than one row after each delivery.
        let idle_capacity = self.has_more && self.in_progress.len() <= MAX_IN_PROGRESS / 2;
        if (self.look_for_due_rows || idle_capacity) && self.in_progress.len() < MAX_IN_PROGRESS {
            self.set_busy(true);
            self.claim().await?;
            self.look_for_due_rows = false;
        }
        self.set_busy(!self.is_idle());
        Ok(())
    }

    fn set_busy(&mut self, busy: bool) {
        if self.is_busy != busy {
            self.is_busy = busy;
            self.shared.busy.send_modify(|loops| if busy { *loops += 1 } else { *loops -= 1 });
        }
    }

    /// Renews the leases of this worker. A failure is logged; a lost lease is noticed when its row is settled.
    pub async fn renew(&self) {
        if self.is_idle() {
            return;
        }
        let outbox = &self.shared.outbox;
        let renewed = async {
            let mut tx = outbox.db.write().await?;
            store::renew(&mut tx, &self.shared.owner, outbox.clock.now() + LEASE).await?;
            tx.commit().await
        };
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "outbox: cannot renew leases");
        }
    }
}

impl Drop for DeliveryLoop {
    fn drop(&mut self) {
        self.set_busy(false);
    }
}

impl Finished {
    pub(super) fn transport(&self) -> &'static str {
        match self {
            Finished::Delivery(claimed, _) => claimed.transport,
            Finished::Probe(name, _) => name,
        }
    }
}
