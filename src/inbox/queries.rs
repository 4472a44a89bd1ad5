//! What only reads: pages, searches, single messages, counts. On connections of its own, so the writer is never
//! kept waiting.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Sqlite};

use super::id::MessageId;
use super::inbox::{Inbox, PageRequest, StoreError};
use super::message::{CapturedMessage, Counts, InboxPage, SearchResult, Summary};
use super::query::Query;
use super::search;
use super::store::{read, tags};

/// Damaged messages that the search for the newest readable one passes over.
const MAX_PASSED_OVER: usize = 1_000;

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
    pub async fn list(&self, window: &PageRequest) -> Result<Vec<Summary>, StoreError> {
        let mut conn = self.reader().await?;
        // One moment for both statements, so that no page is short; so below.
        let mut tx = conn.begin().await?;
        let rows = read::page(&mut tx, window).await?;
        let messages = read::summaries(&mut tx, &rows).await?;
        tx.commit().await?;
        Ok(messages)
    }

    /// A page of the messages that match, newest first, and how many there are on all pages.
    pub async fn search(&self, query: &Query, window: &PageRequest) -> Result<SearchResult, StoreError> {
        let mut conn = self.reader().await?;
        let mut tx = conn.begin().await?;
        let page = search::page(&mut tx, &self.0.recall, query, window).await?;
        let messages = read::summaries(&mut tx, &page.rows).await?;
        tx.commit().await?;
        Ok(SearchResult { messages, total: page.total, unread: page.unread })
    }

    /// A page of the list, or of the messages that match, with the numbers that stand beside it.
    pub async fn page(&self, query: Option<&Query>, window: &PageRequest) -> Result<InboxPage, StoreError> {
        let mut conn = self.reader().await?;
        let mut tx = conn.begin().await?;
        let counts = read::counts(&mut tx).await?;
        let (rows, total, unread) = match query {
            Some(query) => {
                let page = search::page(&mut tx, &self.0.recall, query, window).await?;
                (page.rows, page.total, page.unread)
            }
            None if window.arrived => (read::page(&mut tx, window).await?, counts.arrived(), counts.accepted_unread()),
            None => (read::page(&mut tx, window).await?, counts.messages, counts.unread),
        };
        let messages = read::summaries(&mut tx, &rows).await?;
        let tags = tags::names(&mut tx).await?;
        tx.commit().await?;
        Ok(InboxPage { found: SearchResult { messages, total, unread }, counts, tags })
    }

    /// One message with its bytes; `None` when there is no such message.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when its bytes cannot be read, or the database's failure.
    pub async fn message(&self, id: MessageId) -> Result<Option<CapturedMessage>, StoreError> {
        let mut conn = self.reader().await?;
        let Some(row) = read::rows_of(&mut conn, &[id]).await?.pop() else { return Ok(None) };
        read::captured(&mut conn, row).await.map_err(damaged)
    }

    /// A line of the list by its id.
    pub async fn summary(&self, id: MessageId) -> Result<Option<Summary>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = read::rows_of(&mut conn, &[id]).await?;
        Ok(read::summaries(&mut conn, &rows).await?.pop())
    }

    /// The newest readable message that arrived, or the newest readable one that matches. Damaged messages are passed
    /// over: one of them must not hide all others from those who ask for the latest.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when too many of them are damaged, or the database's failure.
    pub async fn newest(&self, query: Option<&Query>) -> Result<Option<CapturedMessage>, StoreError> {
        let mut conn = self.reader().await?;
        let (mut below, mut passed_over) = (i64::MAX, 0);
        loop {
            let row = match query {
                None => read::latest(&mut conn, below).await?,
                Some(query) => search::newest(&mut conn, &self.0.recall, query, below).await?,
            };
            let Some(row) = row else { return Ok(None) };
            match read::captured(&mut conn, row).await.map_err(damaged) {
                Ok(Some(captured)) => return Ok(Some(captured)),
                // Deleted in between.
                Ok(None) => {}
                Err(error @ StoreError::Damaged(_)) if passed_over < MAX_PASSED_OVER => {
                    tracing::warn!(row, %error, "a damaged message is passed over");
                    passed_over += 1;
                }
                Err(error) => return Err(error),
            }
            below = row;
        }
    }

    /// The id of [`Inbox::newest`].
    pub async fn latest(&self, query: Option<&Query>) -> Result<Option<MessageId>, StoreError> {
        Ok(self.newest(query).await?.map(|captured| captured.summary.id))
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

/// SQLITE_CORRUPT, the low byte of its extended codes: a page of the file is damaged.
const SQLITE_CORRUPT: i32 = 11;

/// The error of reading one message: its own damage apart from what concerns the whole database.
fn damaged(error: sqlx::Error) -> StoreError {
    let corrupt = |code: &str| code.parse::<i32>().is_ok_and(|code| code & 0xff == SQLITE_CORRUPT);
    match error {
        sqlx::Error::Io(error) => StoreError::Damaged(Arc::new(error)),
        sqlx::Error::Database(error) if error.code().as_deref().is_some_and(corrupt) => {
            StoreError::Damaged(Arc::new(std::io::Error::new(std::io::ErrorKind::InvalidData, error.to_string())))
        }
        error => error.into(),
    }
}
