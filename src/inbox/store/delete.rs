//! Deletes messages with everything that belongs to them, and updates the counts.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use crate::inbox::types::MessageId;

use super::flags::{self, Flag};
use super::read;
use super::segments;
use super::tags;

/// Deletes `rows`. Returns the ids of those that existed, sorted.
pub async fn rows(conn: &mut SqliteConnection, rows: &[i64]) -> Result<Vec<MessageId>, sqlx::Error> {
    let list = serde_json::to_string(rows).unwrap_or_default();
    let found = sqlx::query(
        "delete from messages where id in (select value from json_each(?)) returning id, token, size, read",
    )
    .bind(&list)
    .fetch_all(&mut *conn)
    .await?;
    let (mut bytes, mut unread) = (0_i64, 0_i64);
    let mut deleted = Vec::with_capacity(found.len());
    for row in &found {
        bytes += row.try_get::<i64, _>("size")?;
        unread += i64::from(!row.try_get::<bool, _>("read")?);
        deleted.push(MessageId::of_columns(row.try_get("id")?, row.try_get("token")?));
    }
    deleted.sort_unstable();
    let ids: Vec<i64> = deleted.iter().map(|id| id.row()).collect();
    flags::set(conn, Flag::Deleted, &ids, true).await?;
    segments::mark_deleted(conn, &ids).await?;
    orphans(conn, &list).await?;
    let count = i64::try_from(deleted.len()).unwrap_or(i64::MAX);
    sqlx::query(
        "update counters set messages = messages - ?1, unread = unread - ?2, bytes = bytes - ?3, deleted = deleted + ?1, \
         removals = removals + (?1 > 0)",
    )
    .bind(count)
    .bind(unread)
    .bind(bytes)
    .execute(&mut *conn)
    .await?;
    Ok(deleted)
}

pub(super) async fn orphans(conn: &mut SqliteConnection, list: &str) -> Result<(), sqlx::Error> {
    for sql in [
        "delete from contents where message_id in (select value from json_each(?))",
        "delete from idempotency_keys where message_id in (select value from json_each(?))",
        "delete from message_tags where message_id in (select value from json_each(?))",
    ] {
        sqlx::query(sql).bind(list).execute(&mut *conn).await?;
    }
    tags::forget_unused(conn).await
}

/// Deletes all messages, also those that could be restored, tags and SMTP sessions. Returns the number of messages. Their contents and index pieces can no longer be
/// found but stay in the file until [`prune`] deletes them, since freeing their pages takes seconds in a large inbox.
pub async fn everything(conn: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("select messages from counters").fetch_one(&mut *conn).await?;
    for sql in [
        "delete from messages",
        "delete from smtp_sessions",
        "delete from segments",
        "delete from flags",
        "delete from idempotency_keys",
        "delete from message_tags",
        "delete from tags",
        "delete from undo_batches",
        "delete from deleted_messages",
        "delete from deleted_message_tags",
        "update counters set deleted = deleted + messages, messages = 0, unread = 0, bytes = 0, removals = removals + 1",
    ] {
        sqlx::query(sql).execute(&mut *conn).await?;
    }
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Deletes up to `limit` contents and up to `limit` index pieces that [`everything`] left behind. Returns how many rows
/// it deleted.
pub async fn prune(conn: &mut SqliteConnection, limit: i64) -> Result<u64, sqlx::Error> {
    let mut pruned = 0;
    for sql in [
        "delete from contents where message_id in (select message_id from contents where message_id < \
         min(coalesce((select min(id) from messages), (select last + 1 from counters)), \
         coalesce((select min(id) from deleted_messages), (select last + 1 from counters))) order by message_id limit ?)",
        "delete from segment_parts where id in (select id from segment_parts where id < \
         coalesce((select min(id) * 256 from segments), 9223372036854775807) order by id limit ?)",
    ] {
        pruned += sqlx::query(sql).bind(limit).execute(&mut *conn).await?.rows_affected();
    }
    Ok(pruned)
}

/// The limits of what the inbox keeps; `None` means unlimited.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetentionPolicy {
    /// The limit for accepted messages, and separately for refused ones: a refused message must not displace one that
    /// was acknowledged with 250.
    pub messages: Option<i64>,
    /// The limit for all messages together. Refused messages are deleted first. The newest message is always kept, even
    /// if it alone exceeds the limit, since it has just been acknowledged with 250.
    pub bytes: Option<i64>,
    /// Messages received before this time, in milliseconds, are deleted.
    pub not_before: Option<i64>,
}

/// The oldest rows that exceed the limits of `keep`: at least `limit` if there are that many, and fewer than twice as
/// many.
pub async fn excess(conn: &mut SqliteConnection, keep: RetentionPolicy, limit: i64) -> Result<Vec<i64>, sqlx::Error> {
    let counts = read::counts(&mut *conn).await?;
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (mut bytes, mut left) = (number(counts.bytes), number(counts.messages));
    let mut excess_rows = Vec::new();
    for (refused, mut messages) in [(true, number(counts.refused)), (false, number(counts.arrived()))] {
        let oldest = match refused {
            true => "select id, created, size from messages where refused = 1 order by id limit ?",
            false => "select id, created, size from messages where refused = 0 order by id limit ?",
        };
        for row in sqlx::query(oldest).bind(limit).fetch_all(&mut *conn).await? {
            let (created, size): (i64, i64) = (row.try_get("created")?, row.try_get("size")?);
            let too_many = keep.messages.is_some_and(|keep| messages > keep);
            let too_large = left > 1 && keep.bytes.is_some_and(|keep| bytes > keep);
            if !(too_many || too_large || keep.not_before.is_some_and(|limit| created < limit)) {
                break;
            }
            excess_rows.push(row.try_get("id")?);
            (messages, left, bytes) = (messages - 1, left - 1, bytes - size);
        }
        // There may be more refused messages, and those are deleted before accepted ones.
        if number(excess_rows.len() as u64) >= limit {
            break;
        }
    }
    Ok(excess_rows)
}
