//! The writer thread, with group commit: messages that arrive during one commit are in the next batch. A single client
//! waits only for its own fsync.
//!
//! The writer has a separate thread because it waits for the disk. It prepares the small messages of a batch, while the
//! sessions read the next ones. A batch takes half of what the sessions send: the other half converse meanwhile. In one
//! batch of all, the writer and the sessions would wait for each other.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::clock::{Clock, Time};
use crate::random::Entropy;

use super::event_bus::Notification;
use super::search::UnindexedCache;
use super::store::insert::MessageWriter;
use super::thread;
use super::types::{IncomingMessage, MessageId, NewMessage, SearchText, StorageRules, StoreError};
use super::write_lock::WriteLock;

/// Maximum number of messages in one transaction.
const MAX_BATCH: usize = 512;
/// Size in bytes after which a batch ends.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Smallest limit of a batch, in messages.
const SMALL_BATCH: usize = 5;
/// Maximum number of messages that wait for the writer.
pub(super) const QUEUE: usize = 1_024;

/// Maximum bytes of messages that wait for the writer, over all sessions.
pub(super) const MAX_WAITING: usize = 128 * 1024 * 1024;

/// A message to write, and the channel for the result.
pub(super) struct WriteJob {
    pub message: QueuedMessage,
    pub waiter: ReplySender,
}

/// A message that waits for the writer.
pub(super) enum QueuedMessage {
    /// A small message, which the writer prepares, and the time of its receipt.
    Received(IncomingMessage, Time),
    Prepared(NewMessage),
}

impl QueuedMessage {
    /// Approximate memory use in bytes, as [`NewMessage::weight`].
    fn weight(&self) -> usize {
        match self {
            QueuedMessage::Received(message, _) => 2 * message.bytes.len() + message.transcript.len() + 1_024,
            QueuedMessage::Prepared(message) => message.weight(),
        }
    }
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

/// What the preparation of a message needs. Clones share the cache of search texts.
#[derive(Clone)]
pub(super) struct Preparation {
    pub rules: Arc<StorageRules>,
    pub clock: Clock,
    pub entropy: Entropy,
    /// The texts of the messages that are not indexed yet.
    pub texts: UnindexedCache,
}

impl Preparation {
    /// Prepares one message; too slow for async threads if the message is large.
    ///
    /// # Errors
    /// The message cannot be compressed, or its parser panics: that must not end the writer.
    pub fn prepare(&self, message: IncomingMessage, received: Time) -> Result<NewMessage, StoreError> {
        let keeps_text = self.texts.has_space();
        let new = || NewMessage::new(message, &self.rules, received, &self.entropy, keeps_text);
        let prepared =
            catch_unwind(AssertUnwindSafe(new)).unwrap_or_else(|_| Err(io::Error::other("the parser panicked")));
        prepared.map_err(|error| StoreError::Unprepared(Arc::new(error)))
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
    preparation: Preparation,
    wake: Notification,
) -> io::Result<()> {
    let run = move || {
        let mut last = 0;
        while let Some(first) = jobs.blocking_recv() {
            // The batch is collected after the wait for the lock, so that it includes messages that arrive meanwhile.
            let guard = lock.blocking_wait();
            let limit = batch_limit(last, 1 + jobs.len());
            let batch = collect_batch(first, &mut jobs, limit, &preparation);
            last = batch.messages.len();
            if batch.messages.is_empty() {
                continue;
            }
            let outcome = messages.write(&batch.messages, preparation.clock.now());
            drop(guard);
            preparation.texts.add(outcome.iter().flat_map(|ids| texts_of_new_messages(ids, &batch.messages)));
            wake.now();
            send_results(batch.waiting, outcome);
        }
    };
    thread::spawn("inbox writer", run)
}

/// Number of messages that a batch may take: half of those that wait and of the last batch, whose senders may send the
/// next ones.
fn batch_limit(last: usize, waiting: usize) -> usize {
    (last + waiting).div_ceil(2).clamp(SMALL_BATCH, MAX_BATCH)
}

/// Prepares the waiting messages and those that arrive meanwhile, `limit` at most.
fn collect_batch(
    first: WriteJob,
    jobs: &mut mpsc::Receiver<WriteJob>,
    limit: usize,
    preparation: &Preparation,
) -> PreparedBatch {
    let (mut batch, mut taken, mut weight) = (PreparedBatch::default(), 0, 0);
    let mut next = Some(first);
    while let Some(job) = next {
        taken += 1;
        weight += job.message.weight();
        batch.add(job, preparation);
        next = (taken < limit && weight < MAX_BATCH_BYTES).then(|| jobs.try_recv().ok()).flatten();
    }
    batch
}

/// The messages of a batch, and what waits for them.
#[derive(Default)]
struct PreparedBatch {
    messages: Vec<NewMessage>,
    waiting: Vec<ReplySender>,
}

impl PreparedBatch {
    /// Prepares a message if it is not prepared yet. If it cannot be prepared, its sender gets the error at once.
    fn add(&mut self, job: WriteJob, preparation: &Preparation) {
        let prepared = match job.message {
            QueuedMessage::Received(message, at) => preparation.prepare(message, at),
            QueuedMessage::Prepared(message) => Ok(message),
        };
        match prepared {
            Ok(message) => {
                self.messages.push(message);
                self.waiting.push(job.waiter);
            }
            Err(error) => job.waiter.send(Err(error)),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_fall_into_two_groups_of_equal_size() {
        for (last, waiting, limit) in [(0, 50, 25), (25, 25, 25), (5, 5, 5), (0, 1, SMALL_BATCH), (3, 4, SMALL_BATCH)] {
            assert_eq!(batch_limit(last, waiting), limit, "{last} and {waiting}");
        }
        assert_eq!(batch_limit(MAX_BATCH, QUEUE), MAX_BATCH);
    }
}
