//! Group commit: what has queued up while the last batch went to disk is the next batch. No timer: a lone sender
//! waits for its own fsync only, and with many senders the fsync itself is the window in which a batch gathers.

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::clock::Clock;

use super::arrival::Prepared;
use super::feed::Wake;
use super::id::MessageId;
use super::inbox::StoreError;
use super::store::insert;
use super::turn::Turns;

/// Messages of one transaction.
const MAX_BATCH: usize = 512;
/// Bytes of one transaction.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Messages that wait for the writer.
pub(super) const QUEUE: usize = 1_024;

/// One message and who waits for it. The permit bounds the memory of all that wait.
pub(super) struct Job {
    pub prepared: Prepared,
    pub done: oneshot::Sender<Result<MessageId, StoreError>>,
    pub permit: OwnedSemaphorePermit,
}

/// Runs until every sender is gone and the queue is empty.
pub(super) async fn run(mut jobs: mpsc::Receiver<Job>, turns: Turns, clock: Clock, wake: Wake) {
    while let Some(first) = jobs.recv().await {
        let mut weight = first.prepared.weight();
        let mut batch = Vec::with_capacity(16);
        let mut waiting = Vec::with_capacity(16);
        let mut next = Some(first);
        while let Some(Job { prepared, done, permit }) = next.take() {
            batch.push(prepared);
            waiting.push((done, permit));
            if batch.len() >= MAX_BATCH || weight >= MAX_BATCH_BYTES {
                break;
            }
            if let Ok(job) = jobs.try_recv() {
                weight += job.prepared.weight();
                next = Some(job);
            }
        }
        let outcome = insert::batch(&turns, batch, clock.now()).await;
        wake.now();
        answer(waiting, outcome);
    }
}

type Waiting = (oneshot::Sender<Result<MessageId, StoreError>>, OwnedSemaphorePermit);

/// A sender that has gone away meanwhile keeps its message: it was not told otherwise.
fn answer(waiting: Vec<Waiting>, outcome: Result<Vec<MessageId>, sqlx::Error>) {
    match outcome {
        Ok(ids) => {
            for ((done, _), id) in waiting.into_iter().zip(ids) {
                let _ = done.send(Ok(id));
            }
        }
        Err(error) => {
            let error = StoreError::from(error);
            tracing::error!(messages = waiting.len(), %error, "messages could not be stored in the inbox");
            for (done, _) in waiting {
                let _ = done.send(Err(error.again()));
            }
        }
    }
}
