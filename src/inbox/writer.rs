//! Group commit: what has queued up while the last batch went to disk is the next batch. No timer: a lone sender
//! waits for its own fsync only, and with many senders the fsync itself is the window in which a batch gathers.
//!
//! A thread of its own, since it mostly waits for the disk.

use std::io;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::clock::Clock;

use super::feed::Notification;
use super::id::MessageId;
use super::inbox::StoreError;
use super::incoming::NewMessage;
use super::store::insert::MessageWriter;
use super::thread;
use super::write_transaction::WriteLock;

/// Messages of one transaction.
const MAX_BATCH: usize = 512;
/// Bytes of one transaction.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Messages that wait for the writer.
pub(super) const QUEUE: usize = 1_024;

/// One message and who waits for it.
pub(super) struct WriteJob {
    pub prepared: NewMessage,
    pub waiter: ReplySender,
}

/// Who waits. The permit bounds the memory of all that wait.
pub(super) struct ReplySender {
    pub done: oneshot::Sender<Result<MessageId, StoreError>>,
    pub permit: OwnedSemaphorePermit,
}

impl ReplySender {
    /// A sender that has gone away meanwhile keeps its message: it was not told otherwise.
    fn answer(self, stored: Result<MessageId, StoreError>) {
        let _ = self.done.send(stored);
        drop(self.permit);
    }
}

/// Writes what comes until every sender is gone and the queue is empty.
///
/// # Errors
/// When the system has no thread to give.
pub(super) fn start(
    mut arrivals: MessageWriter,
    mut jobs: mpsc::Receiver<WriteJob>,
    turns: WriteLock,
    clock: Clock,
    wake: Notification,
) -> io::Result<()> {
    let run = move || {
        while let Some(first) = jobs.blocking_recv() {
            // Whoever writes now only makes the batch larger.
            let turn = turns.blocking_wait();
            let (batch, waiting) = collect_batch(first, &mut jobs);
            let outcome = arrivals.write(&batch, clock.now());
            drop(turn);
            wake.now();
            answer(waiting, outcome);
        }
    };
    thread::spawn("inbox writer", run)
}

/// All that wait, within the limits.
fn collect_batch(first: WriteJob, jobs: &mut mpsc::Receiver<WriteJob>) -> (Vec<NewMessage>, Vec<ReplySender>) {
    let mut weight = first.prepared.weight();
    let (mut batch, mut waiting) = (vec![first.prepared], vec![first.waiter]);
    while batch.len() < MAX_BATCH
        && weight < MAX_BATCH_BYTES
        && let Ok(WriteJob { prepared, waiter }) = jobs.try_recv()
    {
        weight += prepared.weight();
        batch.push(prepared);
        waiting.push(waiter);
    }
    (batch, waiting)
}

fn answer(waiting: Vec<ReplySender>, outcome: Result<Vec<MessageId>, StoreError>) {
    match outcome {
        Ok(ids) => {
            for (waiter, id) in waiting.into_iter().zip(ids) {
                waiter.answer(Ok(id));
            }
        }
        Err(error) => {
            tracing::error!(messages = waiting.len(), %error, "messages could not be stored in the inbox");
            for waiter in waiting {
                waiter.answer(Err(error.find_by_idempotency_key()));
            }
        }
    }
}
