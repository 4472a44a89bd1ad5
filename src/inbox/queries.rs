//! Read operations: pages, searches, single messages and counts. They use separate connections, so that the writer
//! never waits for them.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Sqlite};

use super::handle::Inbox;
use super::search;
use super::store::{documents, read, tags};
use super::types::{
    CapturedMessage, Counts, InboxPage, MessageId, PageRequest, Query, SearchResult, StoreError, Summary,
};

/// Maximum number of damaged messages that [`Inbox::newest`] skips.
const MAX_SKIPPED: usize = 1_000;

impl Inbox {
    pub(super) async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.0.readers.acquire().await?)
    }

    /// Returns the totals of the inbox.
    ///
    /// # Errors
    /// The database fails. The same applies to the methods below.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        Ok(read::counts(&mut *self.reader().await?).await?)
    }

    /// Size of the database file in bytes.
    pub async fn file_size(&self) -> Result<u64, StoreError> {
        Ok(read::file_size(&mut *self.reader().await?).await?)
    }

    /// Returns a page of the list, newest first.
    pub async fn list(&self, window: &PageRequest) -> Result<Vec<Summary>, StoreError> {
        let mut conn = self.reader().await?;
        // One transaction for both statements, so that no message of the page disappears between them.
        let mut tx = conn.begin().await?;
        let rows = read::page(&mut tx, window).await?;
        let messages = read::summaries(&mut tx, &rows).await?;
        tx.commit().await?;
        Ok(messages)
    }

    /// Returns a page of the messages that match, newest first, and the number of all matches.
    pub async fn search(&self, query: &Query, window: &PageRequest) -> Result<SearchResult, StoreError> {
        let mut conn = self.reader().await?;
        let mut tx = conn.begin().await?;
        let page = search::page(&mut tx, &self.0.search_caches, query, window).await?;
        let messages = read::summaries(&mut tx, &page.rows).await?;
        tx.commit().await?;
        Ok(SearchResult { messages, total: page.total, unread: page.unread })
    }

    /// Returns a page of the list, or of the messages that match, with the inbox's counts and tags.
    pub async fn page(&self, query: Option<&Query>, window: &PageRequest) -> Result<InboxPage, StoreError> {
        let mut conn = self.reader().await?;
        let mut tx = conn.begin().await?;
        let counts = read::counts(&mut tx).await?;
        let (rows, total, unread) = match query {
            Some(query) => {
                let page = search::page(&mut tx, &self.0.search_caches, query, window).await?;
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

    /// Returns one message with its bytes; `None` if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the message cannot be read; otherwise the database fails.
    pub async fn message(&self, id: MessageId) -> Result<Option<CapturedMessage>, StoreError> {
        let mut conn = self.reader().await?;
        let Some(row) = read::rows_of(&mut conn, &[id]).await?.pop() else { return Ok(None) };
        read::captured(&mut conn, row).await.map_err(read_error)
    }

    /// Returns the list entry of one message.
    pub async fn summary(&self, id: MessageId) -> Result<Option<Summary>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = read::rows_of(&mut conn, &[id]).await?;
        Ok(read::summaries(&mut conn, &rows).await?.pop())
    }

    /// Returns the newest message that matches `query`, or the newest accepted message if there is no query. Damaged
    /// messages are skipped, so that one of them does not hide the others.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if too many messages are damaged; otherwise the database fails.
    pub async fn newest(&self, query: Option<&Query>) -> Result<Option<CapturedMessage>, StoreError> {
        let mut conn = self.reader().await?;
        let (mut below, mut skipped) = (i64::MAX, 0);
        loop {
            let row = match query {
                None => read::latest(&mut conn, below).await?,
                Some(query) => search::newest(&mut conn, &self.0.search_caches, query, below).await?,
            };
            let Some(row) = row else { return Ok(None) };
            match read::captured(&mut conn, row).await.map_err(read_error) {
                Ok(Some(captured)) => return Ok(Some(captured)),
                // The message has been deleted since.
                Ok(None) => {}
                Err(error @ StoreError::Damaged(_)) if skipped < MAX_SKIPPED => {
                    tracing::warn!(row, %error, "skipping a damaged message");
                    skipped += 1;
                }
                Err(error) => return Err(error),
            }
            below = row;
        }
    }

    /// Returns the id of the message that [`Inbox::newest`] returns.
    pub async fn latest(&self, query: Option<&Query>) -> Result<Option<MessageId>, StoreError> {
        Ok(self.newest(query).await?.map(|captured| captured.summary.id))
    }

    /// Returns true if the message matches `query`. Used while waiting for a message.
    pub async fn matches(&self, id: MessageId, query: &Query) -> Result<bool, StoreError> {
        Ok(search::matches(&mut *self.reader().await?, &self.0.search_caches, query, id).await?)
    }

    /// Returns the text that [`Inbox::save_document`] keeps under `name`.
    pub async fn document(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(documents::load(&mut *self.reader().await?, name).await?)
    }

    /// Returns the tags in use, sorted.
    pub async fn tags(&self) -> Result<Vec<String>, StoreError> {
        Ok(tags::names(&mut *self.reader().await?).await?)
    }

    /// Returns the tags in use with their numbers of messages.
    pub async fn tag_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let counted = tags::counted(&mut *self.reader().await?).await?;
        Ok(counted.into_iter().map(|(name, n)| (name, u64::try_from(n).unwrap_or_default())).collect())
    }
}

/// SQLITE_CORRUPT: a page of the file is damaged. Extended codes have it as their low byte.
const SQLITE_CORRUPT: i32 = 11;

/// Converts an error of reading one message. Damage of the message becomes [`StoreError::Damaged`].
fn read_error(error: sqlx::Error) -> StoreError {
    let corrupt = |code: &str| code.parse::<i32>().is_ok_and(|code| code & 0xff == SQLITE_CORRUPT);
    match error {
        sqlx::Error::Io(error) => StoreError::Damaged(Arc::new(error)),
        sqlx::Error::Database(error) if error.code().as_deref().is_some_and(corrupt) => {
            StoreError::Damaged(Arc::new(std::io::Error::new(std::io::ErrorKind::InvalidData, error.to_string())))
        }
        error => error.into(),
    }
}
