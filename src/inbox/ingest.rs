//! Stores messages. The steps of [`Inbox::store`] are separate, so that an import can prepare messages concurrently and
//! still hand them to the writer in order.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::handle::Inbox;
use super::types::{IncomingMessage, MessageId, NewMessage, StoreError};
use super::writer::{MAX_WAITING, ReplySender, WriteJob};

/// Size in bytes above which a message is parsed and compressed on a blocking thread.
const LARGE: usize = 64 * 1024;

/// A message that has its share of the memory for waiting messages.
pub(super) struct ReservedMessage {
    message: IncomingMessage,
    permit: OwnedSemaphorePermit,
}

/// A message that is parsed and compressed.
pub(super) struct PreparedMessage {
    message: NewMessage,
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

impl Inbox {
    /// Stores one message. Returns after the commit has been synced to disk, so the message survives a power cut.
    ///
    /// # Errors
    /// The message is not stored. [`StoreError::DiskFull`] and database errors can be temporary.
    pub async fn store(&self, arrival: IncomingMessage) -> Result<MessageId, StoreError> {
        let reserved = self.reserve(arrival).await?;
        let prepared = self.prepare(reserved).await?;
        let pending = self.enqueue(prepared).await?;
        self.stored(pending).await
    }

    /// Waits until there is memory for the message.
    pub(super) async fn reserve(&self, message: IncomingMessage) -> Result<ReservedMessage, StoreError> {
        let limit = self.0.settings.max_message_size;
        let size = message.bytes.len();
        if limit > 0 && u64::try_from(size).unwrap_or(u64::MAX) > limit {
            return Err(StoreError::TooLarge { limit });
        }
        // The list columns and the compressed bytes are in memory in addition to the message itself.
        let weight = u32::try_from(size.saturating_mul(2).clamp(4_096, MAX_WAITING)).unwrap_or(u32::MAX);
        let permit = self.0.memory.clone().acquire_many_owned(weight).await.map_err(|_| StoreError::Closed)?;
        Ok(ReservedMessage { message, permit })
    }

    /// Parses and compresses the message.
    pub(super) async fn prepare(&self, reserved: ReservedMessage) -> Result<PreparedMessage, StoreError> {
        let ReservedMessage { message, permit } = reserved;
        let (now, entropy, rules) = (self.0.clock.now(), self.0.entropy.clone(), self.0.rules.clone());
        let size = message.bytes.len();
        let counted =
            IngestedSize { bytes: u64::try_from(size).unwrap_or(u64::MAX), refused: message.refusal.is_some() };
        let keeps_text = self.0.search_caches.waiting.has_space();
        let prepare = move || NewMessage::new(message, &rules, now, &entropy, keeps_text);
        let prepared = match size > LARGE {
            true => tokio::task::spawn_blocking(prepare).await.map_err(|_| StoreError::Closed)?,
            false => prepare(),
        };
        Ok(PreparedMessage { message: prepared.map_err(|e| StoreError::Damaged(Arc::new(e)))?, permit, counted })
    }

    /// Hands the message to the writer, which stores messages in the order of these calls.
    pub(super) async fn enqueue(&self, prepared: PreparedMessage) -> Result<PendingMessage, StoreError> {
        let PreparedMessage { message, permit, counted } = prepared;
        let (done, stored) = oneshot::channel();
        let job = WriteJob { prepared: message, waiter: ReplySender { done, permit } };
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
