//! The delivery loop of a worker. Each tick settles finished attempts, claims due rows and spawns their deliveries.
//! Transactions are short and never open during a delivery.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use crate::transport::{Failure, FailureKind};

use super::disposition::AttemptOutcome;
use super::store::{self, Claimed};
use super::worker::WorkerState;

/// Lease duration. Live workers renew well before it ends. With the polling interval, the row of a dead worker is
/// retried within the 30 seconds promised in the README.
pub(super) const LEASE: Duration = Duration::from_secs(28);
/// The most deliveries at once. More than the connections of any transport, so that no connection waits for the
/// database.
pub(super) const MAX_IN_PROGRESS: usize = 64;

/// The deliveries and probes in progress, and the finished ones that are not settled yet.
pub(super) struct DeliveryLoop {
    pub(super) shared: Arc<WorkerState>,
    /// Deliver this row and no other.
    pub(super) only: Option<String>,
    pub(super) tasks: JoinSet<TaskReport>,
    pub(super) in_progress: HashMap<Id, DeliveryTask>,
    pub(super) finished: Vec<Finished>,
    /// The next tick looks for due rows.
    pub(super) look_for_due_rows: bool,
    /// The last claim was cut off by [`MAX_IN_PROGRESS`], so more rows may be due.
    pub(super) has_more: bool,
    /// Counted in `WorkerState::busy`.
    is_busy: bool,
}

/// What a spawned task does.
pub(super) enum DeliveryTask {
    Delivery(Box<Claimed>),
    /// Checks the transport of this name.
    Probe(&'static str),
}

/// A finished task whose result is not settled yet.
pub(super) enum Finished {
    Delivery(Box<Claimed>, AttemptOutcome),
    Probe(&'static str, Result<String, Failure>),
}

/// What a spawned task returns.
pub(super) enum TaskReport {
    Delivered(AttemptOutcome),
    Probed(Result<String, Failure>),
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

    fn take(&mut self, joined: Result<(Id, TaskReport), JoinError>) {
        let (id, report) = match joined {
            Ok((id, report)) => (id, Some(report)),
            Err(error) => (error.id(), None),
        };
        let panicked = || "internal error in Gatepost during this attempt; see its log".to_owned();
        match (self.in_progress.remove(&id), report) {
            (Some(DeliveryTask::Probe(name)), Some(TaskReport::Probed(result))) => {
                self.finished.push(Finished::Probe(name, result))
            }
            (Some(DeliveryTask::Probe(name)), _) => {
                self.finished.push(Finished::Probe(name, Err(Failure::new(FailureKind::Transient, panicked()))));
            }
            (Some(DeliveryTask::Delivery(claimed)), Some(TaskReport::Delivered(outcome))) => {
                self.finished.push(Finished::Delivery(claimed, outcome));
            }
            (Some(DeliveryTask::Delivery(claimed)), _) => {
                self.finished.push(Finished::Delivery(claimed, AttemptOutcome::NotComposed(panicked())))
            }
            (None, _) => {}
        }
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

impl DeliveryTask {
    pub(super) fn transport(&self) -> &'static str {
        match self {
            DeliveryTask::Delivery(claimed) => claimed.transport,
            DeliveryTask::Probe(name) => name,
        }
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
