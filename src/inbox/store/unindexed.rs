//! Messages that are not indexed yet: those newer than the last segment.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::inbox::types::compression::decompress;
use crate::inbox::types::new_message::fallback_message_id;
use crate::inbox::types::{SearchText, SessionRecord};

use super::read::json;

/// The number of messages whose sizes [`backlog`] adds up.
const SAMPLE: i64 = 128;

/// A message that is not indexed yet.
#[derive(Clone, Copy, Debug)]
pub struct UnindexedRow {
    pub id: i64,
    pub read: bool,
    /// Bytes of the message with the header fields that Gatepost added.
    pub size: i64,
}

impl UnindexedRow {
    /// Reads the columns `id`, `read` and `size`.
    pub fn from_columns(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(UnindexedRow { id: row.try_get("id")?, read: row.try_get("read")?, size: row.try_get("size")? })
    }
}

/// The id of the newest indexed message, or 0. Messages with higher ids are not indexed yet.
pub async fn last_indexed(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let last = sqlx::query_scalar("select last from segments order by first desc limit 1").fetch_optional(conn).await?;
    Ok(last.unwrap_or_default())
}

/// The first `limit` messages with an id above `id`, oldest first. Deleted messages that can be restored are among
/// them, since no later segment could add them.
pub async fn after(conn: &mut SqliteConnection, id: i64, limit: usize) -> Result<Vec<UnindexedRow>, sqlx::Error> {
    let rows = sqlx::query(
        "select id, read, size from messages where id > ?1 \
         union all select id, read, size from deleted_messages where id > ?1 order by id limit ?2",
    )
    .bind(id)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    rows.iter().map(UnindexedRow::from_columns).collect()
}

/// An estimate of the number of unindexed messages, and the bytes of the oldest [`SAMPLE`] of them.
pub async fn backlog(conn: &mut SqliteConnection) -> Result<(i64, i64), sqlx::Error> {
    let last = last_indexed(conn).await?;
    sqlx::query_as(
        "select coalesce((select max(id) from messages) - max(?1, (select min(id) from messages) - 1), 0), \
         (select coalesce(sum(size), 0) from (select size from messages where id > ?1 order by id limit ?2))",
    )
    .bind(last)
    .bind(SAMPLE)
    .fetch_one(conn)
    .await
}

/// The columns from which the search text of a message is built.
pub struct StoredMessage {
    pub id: i64,
    session: Vec<u8>,
    raw: Vec<u8>,
}

impl StoredMessage {
    /// Builds the search text; too slow for async threads. A damaged column adds no text, and searches find the message
    /// by the other columns.
    pub fn search_text(&self) -> SearchText {
        let SessionRecord { envelope_from, envelope_to, trace, .. } = json(Some(&self.session)).unwrap_or_default();
        let bytes = decompress(&self.raw).unwrap_or_else(|error| {
            tracing::warn!(row = self.id, %error, "stored message has damaged bytes; searches cannot find its text");
            Vec::new()
        });
        SearchText::of(&bytes, &envelope_from, &envelope_to, fallback_message_id(&trace))
    }
}

/// The messages of `ids` that still exist or can be restored. Without the casts, a damaged value of another type would fail all of them.
pub async fn stored(conn: &mut SqliteConnection, ids: &[i64]) -> Result<Vec<StoredMessage>, sqlx::Error> {
    let rows = sqlx::query(
        "select c.message_id as id, cast(c.session as blob) as session, cast(c.raw as blob) as raw \
         from json_each(?) j join contents c on c.message_id = j.value \
         where exists (select 1 from messages where id = j.value) \
         or exists (select 1 from deleted_messages where id = j.value)",
    )
    .bind(serde_json::to_string(ids).unwrap_or_default())
    .fetch_all(conn)
    .await?;
    let columns = |row: &SqliteRow| {
        Ok(StoredMessage { id: row.try_get("id")?, session: row.try_get("session")?, raw: row.try_get("raw")? })
    };
    rows.iter().map(columns).collect()
}
