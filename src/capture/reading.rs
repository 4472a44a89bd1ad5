//! What only reads: pages, searches, single messages, counts. On connections of its own, so the writer is never
//! kept waiting.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Sqlite};

use super::id::MessageId;
use super::inbox::{Inbox, StoreError, Window};
use super::message::{Captured, Counts, Found, Page, Summary};
use super::query::Query;
use super::search;
use super::store::{read, tags};

impl Inbox {
    pub(super) async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.0.readers.acquire().await?)
    }

    /// # Errors
    /// When the database fails; so below.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        Ok(read::counts(&mut *self.reader().await?).await?)
    }

    /// Bytes of the database file.
    pub async fn file_size(&self) -> Result<u64, StoreError> {
        Ok(read::file_size(&mut *self.reader().await?).await?)
    }

    /// A page of the list, newest first.
    pub async fn list(&self, window: &Window) -> Result<Vec<Summary>, StoreError> {
        let mut conn = self.reader().await?;
        // One moment for both statements, so that no page is short; so below.
        let mut tx = conn.begin().await?;
        let rows = read::page(&mut tx, window).await?;
        let messages = read::summaries(&mut tx, &rows).await?;
        tx.commit().await?;
        Ok(messages)
    }

    /// A page of the messages that match, newest first, and how many there are on all pages.
    pub async fn search(&self, query: &Query, window: &Window) -> Result<Found, StoreError> {
        let mut conn = self.reader().await?;
        let mut tx = conn.begin().await?;
        let page = search::page(&mut tx, &self.0.recall, query, window).await?;
        let messages = read::summaries(&mut tx, &page.rows).await?;
        tx.commit().await?;
        Ok(Found { messages, total: page.total, unread: page.unread })
    }

    /// A page of the list, or of the messages that match, with the numbers that stand beside it.
    pub async fn page(&self, query: Option<&Query>, window: &Window) -> Result<Page, StoreError> {
        let mut conn = self.reader().await?;
        let mut tx = conn.begin().await?;
        let counts = read::counts(&mut tx).await?;
        let (rows, total, unread) = match query {
            Some(query) => {
                let page = search::page(&mut tx, &self.0.recall, query, window).await?;
                (page.rows, page.total, page.unread)
            }
            None if window.arrived => (read::page(&mut tx, window).await?, counts.arrived(), counts.arrived_unread()),
            None => (read::page(&mut tx, window).await?, counts.messages, counts.unread),
        };
        let messages = read::summaries(&mut tx, &rows).await?;
        let tags = tags::names(&mut tx).await?;
        tx.commit().await?;
        Ok(Page { found: Found { messages, total, unread }, counts, tags })
    }

    /// One message with its bytes; `None` when there is no such message.
    pub async fn message(&self, id: MessageId) -> Result<Option<Captured>, StoreError> {
        let mut conn = self.reader().await?;
        read::captured(&mut conn, id).await.map_err(|e| match e {
            sqlx::Error::Io(e) => StoreError::Damaged(Arc::new(e)),
            e => e.into(),
        })
    }

    /// A line of the list by its id.
    pub async fn summary(&self, id: MessageId) -> Result<Option<Summary>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = read::rows_of(&mut conn, &[id]).await?;
        Ok(read::summaries(&mut conn, &rows).await?.pop())
    }

    /// The newest message that arrived, or the newest that matches.
    pub async fn latest(&self, query: Option<&Query>) -> Result<Option<MessageId>, StoreError> {
        let mut conn = self.reader().await?;
        let row = match query {
            None => read::latest(&mut conn).await?,
            Some(query) => search::newest(&mut conn, &self.0.recall, query).await?,
        };
        let rows: Vec<i64> = row.into_iter().collect();
        Ok(read::summaries(&mut conn, &rows).await?.pop().map(|s| s.id))
    }

    /// Whether that message matches; for those who wait for one.
    pub async fn matches(&self, id: MessageId, query: &Query) -> Result<bool, StoreError> {
        Ok(search::matches(&mut *self.reader().await?, &self.0.recall, query, id).await?)
    }

    /// Tags in use, sorted.
    pub async fn tags(&self) -> Result<Vec<String>, StoreError> {
        Ok(tags::names(&mut *self.reader().await?).await?)
    }

    /// Tags in use with the number of their messages.
    pub async fn tag_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let counted = tags::counted(&mut *self.reader().await?).await?;
        Ok(counted.into_iter().map(|(name, n)| (name, u64::try_from(n).unwrap_or_default())).collect())
    }
}
