//! Stores messages. The steps of [`Inbox::store`] are separate, so that an import can prepare messages while the writer
//! stores others, and still hand them to it in order.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::handle::Inbox;
use super::types::{IncomingMessage, MessageId, StoreError};
use super::writer::{MAX_WAITING, QueuedMessage, ReplySender, WriteJob};

/// Size in bytes above which a message is prepared on a blocking thread, before it reaches the writer. The writer
/// prepares smaller ones itself, those of a batch one after the other: with ten sessions that takes a fifth less CPU
/// than between the steps of the sessions or on a thread of their own, and the batches are larger.
const LARGE: usize = 96 * 1024;

/// A message that has its share of the memory for waiting messages.
pub(super) struct ReservedMessage {
    message: QueuedMessage,
    permit: OwnedSemaphorePermit,
    counted: IngestedSize,
}

/// A message that waits for its commit.
pub(super) struct PendingMessage {
    stored: oneshot::Receiver<Result<MessageId, StoreError>>,
    counted: IngestedSize,
}

/// The values that [`super::ingest_stats`] counts.
struct IngestedSize {
    bytes: u64,
    refused: bool,
}

fn is_large(message: &IncomingMessage) -> bool {
    message.bytes.len() > LARGE
}

impl Inbox {
    /// Stores one message. Returns after the commit has been synced to disk, so the message survives a power cut.
    ///
    /// # Errors
    /// The message is not stored. [`StoreError::DiskFull`] and database errors can be temporary.
    pub async fn store(&self, arrival: IncomingMessage) -> Result<MessageId, StoreError> {
        let is_large = is_large(&arrival);
        let mut reserved = self.reserve(arrival).await?;
        if is_large {
            reserved = self.prepare(reserved).await?;
        }
        let pending = self.enqueue(reserved).await?;
        self.stored(pending).await
    }

    /// Waits until there is memory for the message.
    pub(super) async fn reserve(&self, message: IncomingMessage) -> Result<ReservedMessage, StoreError> {
        let limit = self.0.settings.max_message_size;
        let size = message.bytes.len();
        let bytes = u64::try_from(size).unwrap_or(u64::MAX);
        if limit > 0 && bytes > limit {
            return Err(StoreError::TooLarge { limit });
        }
        // The list columns and the compressed bytes are in memory in addition to the message itself.
        let weight = u32::try_from(size.saturating_mul(2).clamp(4_096, MAX_WAITING)).unwrap_or(u32::MAX);
        let permit = self.0.memory.clone().acquire_many_owned(weight).await.map_err(|_| StoreError::Closed)?;
        let counted = IngestedSize { bytes, refused: message.refusal.is_some() };
        Ok(ReservedMessage { message: QueuedMessage::Received(message, self.0.clock.now()), permit, counted })
    }

    /// Parses and compresses the message before it reaches the writer.
    pub(super) async fn prepare(&self, reserved: ReservedMessage) -> Result<ReservedMessage, StoreError> {
        let QueuedMessage::Received(message, received) = reserved.message else { return Ok(reserved) };
        let preparation = self.0.preparation.clone();
        let prepared = if is_large(&message) {
            let prepare = move || preparation.prepare(message, received);
            tokio::task::spawn_blocking(prepare).await.map_err(|_| StoreError::Closed)?
        } else {
            preparation.prepare(message, received)
        };
        Ok(ReservedMessage { message: QueuedMessage::Prepared(prepared?), ..reserved })
    }

    /// Hands the message to the writer, which stores messages in the order of these calls.
    pub(super) async fn enqueue(&self, reserved: ReservedMessage) -> Result<PendingMessage, StoreError> {
        let ReservedMessage { message, permit, counted } = reserved;
        let (done, stored) = oneshot::channel();
        let job = WriteJob { message, waiter: ReplySender { done, permit } };
        self.0.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        Ok(PendingMessage { stored, counted })
    }

    /// Waits for the commit.
    pub(super) async fn stored(&self, pending: PendingMessage) -> Result<MessageId, StoreError> {
        let id = pending.stored.await.map_err(|_| StoreError::Closed)??;
        self.0.ingest_stats.count(pending.counted.bytes, pending.counted.refused);
        Ok(id)
    }
}
