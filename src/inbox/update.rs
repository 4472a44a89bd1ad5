//! Changes of stored messages: read state, tags, deletion. Each transaction also writes the events of its changes.

use sqlx::sqlite::SqliteConnection;

use super::handle::Inbox;
use super::search;
use super::store::events::{self, EventKind};
use super::store::{delete, documents, read, state, tags, undo};
use super::types::tag_name;
use super::types::{MessageId, Selection, StoreError};
use super::write_lock::WriteTransaction;

/// An error of renaming or deleting a tag. The texts are Mailpit's.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    #[error("invalid tag name: {0}")]
    Invalid(String),
    #[error("tag not found: {0}")]
    NotFound(String),
    #[error("tag already exists: {0}")]
    Exists(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Maximum number of changes with one event each. More changes at once become one `Pruned` event.
const MAX_SINGLE_EVENTS: usize = 200;
/// Maximum number of messages deleted in one transaction.
const DELETE_CHUNK: usize = 500;

impl Inbox {
    /// Sets the read state of messages and returns how many changed.
    ///
    /// # Errors
    /// The database fails. Nothing is changed.
    pub async fn set_read(&self, selection: &Selection, read: bool) -> Result<u64, StoreError> {
        let mut tx = self.begin_for(selection).await?;
        let changed = match self.selected(&mut tx, selection).await? {
            None => state::mark_all(&mut tx, read).await?,
            Some(rows) => {
                let changed = state::mark(&mut tx, &rows, read).await?;
                let kind = if read { EventKind::Read } else { EventKind::Unread };
                publish(&mut tx, kind, &changed).await?;
                changed.len()
            }
        };
        if changed > 0 {
            events::append(&mut tx, EventKind::Counted, None, None).await?;
        }
        self.finish(tx).await?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// Deletes messages permanently and returns their number. Deleting all messages also deletes the SMTP
    /// sessions. Large deletions use several transactions, so that SMTP clients do not wait long for the write lock.
    ///
    /// # Errors
    /// The database fails. Transactions that were committed before stay.
    pub async fn delete(&self, selection: &Selection) -> Result<u64, StoreError> {
        let mut tx = self.begin_for(selection).await?;
        let Some(rows) = self.selected(&mut tx, selection).await? else {
            let all = delete::everything(&mut tx).await?;
            self.0.sessions.clear();
            self.0.search_caches.waiting.forget(i64::MAX);
            events::append(&mut tx, EventKind::Truncated, None, None).await?;
            self.finish(tx).await?;
            return Ok(u64::try_from(all).unwrap_or(u64::MAX));
        };
        self.delete_rows(tx, &rows, None).await
    }

    /// Deletes rows, in transactions of at most [`DELETE_CHUNK`] of them, and returns their number. With a batch they can
    /// be restored. `tx` is the first of the transactions.
    pub(super) async fn delete_rows(
        &self,
        tx: WriteTransaction,
        rows: &[i64],
        batch: Option<i64>,
    ) -> Result<u64, StoreError> {
        let mut deleted = 0;
        let mut open = Some(tx);
        for chunk in rows.chunks(DELETE_CHUNK) {
            let mut tx = match open.take() {
                Some(tx) => tx,
                None => self.begin().await?,
            };
            let removed = match batch {
                Some(batch) => undo::put(&mut tx, batch, chunk).await?,
                None => delete::rows(&mut tx, chunk).await?,
            };
            publish_deleted(&mut tx, &removed, rows.len()).await?;
            self.finish(tx).await?;
            deleted += u64::try_from(removed.len()).unwrap_or(u64::MAX);
        }
        Ok(deleted)
    }

    /// Replaces the tags of each message and returns the cleaned names. Unknown ids are ignored.
    ///
    /// # Errors
    /// The database fails. Nothing is changed.
    pub async fn set_tags(&self, ids: &[MessageId], names: &[String]) -> Result<Vec<String>, StoreError> {
        let names = tag_name::cleaned(names.iter().cloned());
        let mut tx = self.begin().await?;
        let rows = read::rows_of(&mut tx, ids).await?;
        for row in &rows {
            tags::detach_all(&mut tx, *row).await?;
            tags::attach(&mut tx, *row, &names).await?;
        }
        tags::forget_unused(&mut tx).await?;
        publish(&mut tx, EventKind::Tagged, &rows).await?;
        self.finish(tx).await?;
        Ok(names)
    }

    /// Adds tags to each message and returns the cleaned names. A message that has the most tags keeps its own. Unknown
    /// ids are ignored.
    ///
    /// # Errors
    /// The database fails. Nothing is changed.
    pub async fn add_tags(&self, ids: &[MessageId], names: &[String]) -> Result<Vec<String>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = read::rows_of(&mut tx, ids).await?;
        for row in &rows {
            let own = tags::of(&mut tx, *row).await?;
            tags::attach(&mut tx, *row, &tag_name::cleaned(own.into_iter().chain(names.iter().cloned()))).await?;
        }
        publish(&mut tx, EventKind::Tagged, &rows).await?;
        self.finish(tx).await?;
        Ok(tag_name::cleaned(names.iter().cloned()))
    }

    /// Renames a tag on all messages.
    ///
    /// # Errors
    /// A name is invalid, missing or already in use, or the database fails.
    pub async fn rename_tag(&self, name: &str, new: &str) -> Result<(), TagError> {
        let new = tag_name::clean(new).ok_or_else(|| TagError::Invalid(new.to_owned()))?;
        let mut tx = self.begin().await?;
        let found = tags::find(&mut tx, name).await.map_err(StoreError::from)?;
        let (id, old) = found.ok_or_else(|| TagError::NotFound(name.to_owned()))?;
        if old == new {
            return Ok(());
        }
        let taken = tags::find(&mut tx, &new).await.map_err(StoreError::from)?;
        if taken.is_some_and(|(other, _)| other != id) {
            return Err(TagError::Exists(new));
        }
        tags::rename(&mut tx, id, &new).await.map_err(StoreError::from)?;
        events::append(&mut tx, EventKind::Pruned, None, None).await.map_err(StoreError::from)?;
        Ok(self.finish(tx).await?)
    }

    /// Removes a tag from all messages.
    ///
    /// # Errors
    /// [`TagError::NotFound`], or the database fails.
    pub async fn delete_tag(&self, name: &str) -> Result<(), TagError> {
        let mut tx = self.begin().await?;
        let found = tags::find(&mut tx, name).await.map_err(StoreError::from)?;
        let (id, _) = found.ok_or_else(|| TagError::NotFound(name.to_owned()))?;
        tags::delete(&mut tx, id).await.map_err(StoreError::from)?;
        events::append(&mut tx, EventKind::Pruned, None, None).await.map_err(StoreError::from)?;
        Ok(self.finish(tx).await?)
    }

    /// Keeps a text of another module under `name`, instead of an older one.
    ///
    /// # Errors
    /// The database fails. The older text stays.
    pub async fn save_document(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        documents::save(&mut tx, name, text).await?;
        Ok(tx.commit().await?)
    }

    /// Returns the selected rows; `None` if all messages are selected.
    pub(super) async fn selected(
        &self,
        conn: &mut WriteTransaction,
        selection: &Selection,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        Ok(match selection {
            Selection::All => None,
            Selection::Ids(ids) => Some(read::rows_of(conn, ids).await?),
            Selection::Matching(query) => Some(search::rows(conn, &self.0.search_caches, query).await?),
        })
    }

    /// Begins a transaction that changes `selection`. A search runs first to fill the search caches, so that the search
    /// inside the transaction is short.
    pub(super) async fn begin_for(&self, selection: &Selection) -> Result<WriteTransaction, StoreError> {
        if let Selection::Matching(query) = selection {
            search::newest(&mut *self.reader().await?, &self.0.search_caches, query, i64::MAX).await?;
        }
        self.begin().await
    }

    pub(super) async fn begin(&self) -> Result<WriteTransaction, StoreError> {
        Ok(self.0.write_lock.begin().await?)
    }

    pub(super) async fn finish(&self, tx: WriteTransaction) -> Result<(), StoreError> {
        tx.commit().await?;
        self.0.wake.now();
        Ok(())
    }
}

/// Writes one event per row, or one `Pruned` event for many rows.
pub(super) async fn publish(conn: &mut SqliteConnection, kind: EventKind, rows: &[i64]) -> Result<(), StoreError> {
    if rows.len() > MAX_SINGLE_EVENTS {
        return Ok(events::append(conn, EventKind::Pruned, None, None).await?);
    }
    for row in rows {
        events::append(conn, kind, Some(*row), None).await?;
    }
    Ok(())
}

/// Like [`publish`], for one chunk of a deletion; `all` is the number of messages in all chunks.
async fn publish_deleted(conn: &mut SqliteConnection, chunk: &[MessageId], all: usize) -> Result<(), StoreError> {
    if all > MAX_SINGLE_EVENTS {
        return Ok(events::append(conn, EventKind::Pruned, None, None).await?);
    }
    for id in chunk {
        events::append(conn, EventKind::Deleted, Some(id.row()), Some(id.to_string())).await?;
    }
    Ok(())
}
