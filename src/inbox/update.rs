//! What changes the inbox besides arrivals: read state, tags, deletion. Each transaction has its events.

use sqlx::sqlite::SqliteConnection;

use super::id::MessageId;
use super::inbox::{Inbox, Selection, StoreError};
use super::search;
use super::store::events::{self, EventKind};
use super::store::{delete, read, state, tags};
use super::write_transaction::WriteTransaction;

/// Why a tag could not be renamed or deleted; the texts are Mailpit's.
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

/// Changes told one by one; more in one go become one "reload".
const MAX_TOLD: usize = 200;
/// Messages deleted in one transaction.
const DELETED_AT_ONCE: usize = 500;

impl Inbox {
    /// Marks messages; answers with how many were not so before.
    ///
    /// # Errors
    /// When the database fails; nothing is changed then.
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

    /// Deletes messages for good; answers with how many there were. Many go some at a time, so that senders get their
    /// turn in between.
    ///
    /// # Errors
    /// When the database fails; what was deleted until then stays deleted.
    pub async fn delete(&self, selection: &Selection) -> Result<u64, StoreError> {
        let mut tx = self.begin_for(selection).await?;
        let Some(rows) = self.selected(&mut tx, selection).await? else {
            let all = delete::everything(&mut tx).await?;
            events::append(&mut tx, EventKind::Truncated, None, None).await?;
            self.finish(tx).await?;
            return Ok(u64::try_from(all).unwrap_or(u64::MAX));
        };
        let mut deleted = 0;
        let mut open = Some(tx);
        for some in rows.chunks(DELETED_AT_ONCE) {
            let mut tx = match open.take() {
                Some(tx) => tx,
                None => self.begin().await?,
            };
            let gone = delete::rows(&mut tx, some).await?;
            publish_deleted(&mut tx, &gone, rows.len()).await?;
            self.finish(tx).await?;
            deleted += u64::try_from(gone.len()).unwrap_or(u64::MAX);
        }
        Ok(deleted)
    }

    /// Replaces the tags of each message; unknown ids are passed over. Answers with the names as they were cleaned.
    ///
    /// # Errors
    /// When the database fails; nothing is changed then.
    pub async fn set_tags(&self, ids: &[MessageId], names: &[String]) -> Result<Vec<String>, StoreError> {
        let names = tags::cleaned(names.iter().cloned());
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

    /// # Errors
    /// [`TagError`] says which name is wrong.
    pub async fn rename_tag(&self, name: &str, new: &str) -> Result<(), TagError> {
        let new = tags::clean(new).ok_or_else(|| TagError::Invalid(new.to_owned()))?;
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

    /// Takes a tag off every message.
    ///
    /// # Errors
    /// [`TagError::NotFound`], or the database's failure.
    pub async fn delete_tag(&self, name: &str) -> Result<(), TagError> {
        let mut tx = self.begin().await?;
        let found = tags::find(&mut tx, name).await.map_err(StoreError::from)?;
        let (id, _) = found.ok_or_else(|| TagError::NotFound(name.to_owned()))?;
        tags::delete(&mut tx, id).await.map_err(StoreError::from)?;
        events::append(&mut tx, EventKind::Pruned, None, None).await.map_err(StoreError::from)?;
        Ok(self.finish(tx).await?)
    }

    /// The rows meant; `None` for all there are.
    async fn selected(
        &self,
        conn: &mut WriteTransaction,
        selection: &Selection,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        Ok(match selection {
            Selection::All => None,
            Selection::Ids(ids) => Some(read::rows_of(conn, ids).await?),
            Selection::Matching(query) => Some(search::rows(conn, &self.0.recall, query).await?),
        })
    }

    /// The turn to change a selection. What a search for it has to work out is worked out before, while others write.
    async fn begin_for(&self, selection: &Selection) -> Result<WriteTransaction, StoreError> {
        if let Selection::Matching(query) = selection {
            search::newest(&mut *self.reader().await?, &self.0.recall, query, i64::MAX).await?;
        }
        self.begin().await
    }

    async fn begin(&self) -> Result<WriteTransaction, StoreError> {
        Ok(self.0.turns.begin().await?)
    }

    async fn finish(&self, tx: WriteTransaction) -> Result<(), StoreError> {
        tx.commit().await?;
        self.0.wake.now();
        Ok(())
    }
}

async fn publish(conn: &mut SqliteConnection, kind: EventKind, rows: &[i64]) -> Result<(), StoreError> {
    if rows.len() > MAX_TOLD {
        return Ok(events::append(conn, EventKind::Pruned, None, None).await?);
    }
    for row in rows {
        events::append(conn, kind, Some(*row), None).await?;
    }
    Ok(())
}

/// `all`: how many are going to be deleted.
async fn publish_deleted(conn: &mut SqliteConnection, gone: &[MessageId], all: usize) -> Result<(), StoreError> {
    if all > MAX_TOLD {
        return Ok(events::append(conn, EventKind::Pruned, None, None).await?);
    }
    for id in gone {
        events::append(conn, EventKind::Deleted, Some(id.row()), Some(id.to_string())).await?;
    }
    Ok(())
}
