//! Deletions that can be undone for ten minutes. A batch holds the messages of one deletion.

use super::handle::Inbox;
use super::store::events::{self, EventKind};
use super::store::undo;
use super::types::{Selection, StoreError};
use super::update::publish;

/// A deletion that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndoBatch {
    pub id: i64,
    /// Number of messages.
    pub messages: u64,
}

impl Inbox {
    /// Deletes messages so that [`Inbox::undo`] can restore them. Lists, counts and searches leave them out. Large
    /// deletions use several transactions, so that SMTP clients do not wait long for the write lock.
    ///
    /// # Errors
    /// The database fails. Transactions that were committed before stay.
    pub async fn delete_for_now(&self, selection: &Selection) -> Result<UndoBatch, StoreError> {
        let mut tx = self.begin_for(selection).await?;
        let rows = self.selected(&mut tx, selection).await?;
        let id = undo::begin(&mut tx, self.0.clock.now(), rows.is_none()).await?;
        let Some(rows) = rows else {
            let all = undo::put_all(&mut tx, id).await?;
            events::append(&mut tx, EventKind::Truncated, None, None).await?;
            self.finish(tx).await?;
            return Ok(UndoBatch { id, messages: u64::try_from(all).unwrap_or(u64::MAX) });
        };
        let deleted = self.delete_rows(tx, &rows, Some(id)).await?;
        Ok(UndoBatch { id, messages: deleted })
    }

    /// Restores the messages of a batch with their ids, read states, tags and places in the list. Returns their number;
    /// 0 if the batch no longer exists.
    ///
    /// # Errors
    /// The database fails. Nothing is changed.
    pub async fn undo(&self, batch: i64) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let Some(rows) = undo::restore(&mut tx, batch).await? else { return Ok(0) };
        publish(&mut tx, EventKind::Restored, &rows).await?;
        self.finish(tx).await?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Returns the latest deletion that can still be undone.
    ///
    /// # Errors
    /// The database fails.
    pub async fn latest_undo(&self) -> Result<Option<UndoBatch>, StoreError> {
        let since = self.0.clock.now() - undo::UNDO_TIME;
        let latest = undo::latest(&mut *self.reader().await?, since).await?;
        Ok(latest.map(|(id, messages)| UndoBatch { id, messages }))
    }

    /// Returns a batch that can still be undone.
    pub async fn undo_batch(&self, id: i64) -> Result<Option<UndoBatch>, StoreError> {
        let messages = undo::size(&mut *self.reader().await?, id).await?;
        Ok(messages.filter(|messages| *messages > 0).map(|messages| UndoBatch { id, messages }))
    }
}
