//! The writer thread, with group commit: the messages that arrive during one commit are the next batch. A single client
//! waits only for its own fsync.
//!
//! The writer has a separate thread because it spends most of its time waiting for the disk.

use std::io;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::clock::Clock;

use super::event_bus::Notification;
use super::search::UnindexedCache;
use super::store::insert::MessageWriter;
use super::thread;
use super::types::{MessageId, NewMessage, SearchText, StoreError};
use super::write_lock::WriteLock;

/// Maximum number of messages in one transaction.
const MAX_BATCH: usize = 512;
/// Size in bytes after which a batch ends.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Maximum number of messages that wait for the writer.
pub(super) const QUEUE: usize = 1_024;

/// Maximum bytes of messages that wait for the writer, over all sessions.
pub(super) const MAX_WAITING: usize = 128 * 1024 * 1024;

/// A message to write, and the channel for the result.
pub(super) struct WriteJob {
    pub prepared: NewMessage,
    pub waiter: ReplySender,
}

/// Sends the result to the waiting task. The permit limits the memory of all waiting messages.
pub(super) struct ReplySender {
    pub done: oneshot::Sender<Result<MessageId, StoreError>>,
    pub permit: OwnedSemaphorePermit,
}

impl ReplySender {
    /// Sends the result. The message stays stored even if the task no longer waits.
    fn send(self, stored: Result<MessageId, StoreError>) {
        let _ = self.done.send(stored);
        drop(self.permit);
    }
}

/// Starts the writer thread. It ends when all senders are dropped and the queue is empty.
///
/// # Errors
/// The system cannot create a thread.
pub(super) fn start(
    mut messages: MessageWriter,
    mut jobs: mpsc::Receiver<WriteJob>,
    lock: WriteLock,
    clock: Clock,
    wake: Notification,
    texts: UnindexedCache,
) -> io::Result<()> {
    let run = move || {
        while let Some(first) = jobs.blocking_recv() {
            // The batch is collected after the wait for the lock, so that it includes messages that arrive meanwhile.
            let guard = lock.blocking_wait();
            let (batch, waiting) = collect_batch(first, &mut jobs);
            let outcome = messages.write(&batch, clock.now());
            drop(guard);
            texts.add(outcome.iter().flat_map(|ids| texts_of_new_messages(ids, &batch)));
            wake.now();
            send_results(waiting, outcome);
        }
    };
    thread::spawn("inbox writer", run)
}

/// Collects the waiting messages, within the limits of a batch.
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

/// The search texts of the messages that were stored. A message with a known idempotency key has the id of another one.
fn texts_of_new_messages(ids: &[MessageId], batch: &[NewMessage]) -> impl Iterator<Item = (i64, Arc<SearchText>)> {
    let new = ids.iter().zip(batch).filter(|(id, message)| id.token() == message.token);
    new.filter_map(|(id, message)| Some((id.row(), message.text.clone()?)))
}

fn send_results(waiting: Vec<ReplySender>, outcome: Result<Vec<MessageId>, StoreError>) {
    match outcome {
        Ok(ids) => {
            for (waiter, id) in waiting.into_iter().zip(ids) {
                waiter.send(Ok(id));
            }
        }
        Err(error) => {
            tracing::error!(messages = waiting.len(), %error, "cannot store messages in the inbox");
            for waiter in waiting {
                waiter.send(Err(error.duplicate()));
            }
        }
    }
}
