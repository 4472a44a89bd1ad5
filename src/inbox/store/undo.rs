//! Deletions that can be undone: messages in undo batches, and their purge.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use crate::clock::Time;
use crate::inbox::types::MessageId;

use super::delete::{self, RetentionPolicy};
use super::flags::{self, Flag};
use super::{read, segments, tags};

/// How long a deletion can be undone.
pub const UNDO_TIME: Duration = Duration::from_secs(10 * 60);
/// Maximum number of batches; of more, the oldest are purged.
pub const MAX_BATCHES: usize = 100;

/// Begins a batch and returns its number.
pub async fn begin(conn: &mut SqliteConnection, now: Time, everything: bool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "insert into undo_batches (created, messages, bytes, everything) values (?, 0, 0, ?) returning id",
    )
    .bind(now.millis())
    .bind(everything)
    .fetch_one(conn)
    .await
}

/// The number of messages in a batch; `None` if it no longer exists.
pub async fn size(conn: &mut SqliteConnection, batch: i64) -> Result<Option<u64>, sqlx::Error> {
    let count: Option<i64> =
        sqlx::query_scalar("select messages from undo_batches where id = ?").bind(batch).fetch_optional(conn).await?;
    Ok(count.map(|count| u64::try_from(count).unwrap_or_default()))
}

/// The latest batch with messages that began at `since` or later, and their number.
pub async fn latest(conn: &mut SqliteConnection, since: Time) -> Result<Option<(i64, u64)>, sqlx::Error> {
    let found: Option<(i64, i64)> = sqlx::query_as(
        "select id, messages from undo_batches where messages > 0 and created >= ? order by id desc limit 1",
    )
    .bind(since.millis())
    .fetch_optional(conn)
    .await?;
    Ok(found.map(|(id, count)| (id, u64::try_from(count).unwrap_or_default())))
}

/// Moves messages into a batch. Returns the ids of those that existed, sorted.
pub async fn put(conn: &mut SqliteConnection, batch: i64, rows: &[i64]) -> Result<Vec<MessageId>, sqlx::Error> {
    let list = serde_json::to_string(rows).unwrap_or_default();
    sqlx::query(
        "insert into deleted_messages (id, token, created, size, read, attachments, inlines, refused, own, sender, \
         template, mailboxes, batch) select id, token, created, size, read, attachments, inlines, refused, own, \
         sender, template, mailboxes, ? from messages where id in (select value from json_each(?))",
    )
    .bind(batch)
    .bind(&list)
    .execute(&mut *conn)
    .await?;
    let mut deleted = read::ids_of(conn, &list).await?;
    deleted.sort_unstable();
    sqlx::query("delete from messages where id in (select value from json_each(?))")
        .bind(&list)
        .execute(&mut *conn)
        .await?;
    flags::set(conn, Flag::Deleted, &deleted.iter().map(|id| id.row()).collect::<Vec<_>>(), true).await?;
    for sql in [
        "insert or ignore into deleted_message_tags select message_id, tag_id from message_tags \
         where message_id in (select value from json_each(?))",
        "delete from message_tags where message_id in (select value from json_each(?))",
    ] {
        sqlx::query(sql).bind(&list).execute(&mut *conn).await?;
    }
    let sums = sqlx::query_as(
        "select count(*), coalesce(sum(1 - read), 0), coalesce(sum(size), 0) from deleted_messages \
         where batch = ? and id in (select value from json_each(?))",
    );
    let sums = sums.bind(batch).bind(&list).fetch_one(&mut *conn).await?;
    take_from_counts(conn, batch, sums).await?;
    Ok(deleted)
}

/// Moves all messages into a batch. Returns their number.
pub async fn put_all(conn: &mut SqliteConnection, batch: i64) -> Result<usize, sqlx::Error> {
    sqlx::query(
        "insert into deleted_messages (id, token, created, size, read, attachments, inlines, refused, own, sender, \
         template, mailboxes, batch) select id, token, created, size, read, attachments, inlines, refused, own, \
         sender, template, mailboxes, ? from messages",
    )
    .bind(batch)
    .execute(&mut *conn)
    .await?;
    sqlx::query("insert or ignore into deleted_message_tags select message_id, tag_id from message_tags")
        .execute(&mut *conn)
        .await?;
    for sql in ["delete from message_tags", "delete from messages"] {
        sqlx::query(sql).execute(&mut *conn).await?;
    }
    let rows = rows_of(conn, batch).await?;
    flags::set(conn, Flag::Deleted, &rows, true).await?;
    let all = sqlx::query_as("select messages, unread, bytes from counters").fetch_one(&mut *conn).await?;
    take_from_counts(conn, batch, all).await?;
    Ok(rows.len())
}

async fn take_from_counts(
    conn: &mut SqliteConnection,
    batch: i64,
    (count, unread, bytes): (i64, i64, i64),
) -> Result<(), sqlx::Error> {
    sqlx::query("update undo_batches set messages = messages + ?, bytes = bytes + ? where id = ?")
        .bind(count)
        .bind(bytes)
        .bind(batch)
        .execute(&mut *conn)
        .await?;
    change_counts(conn, (-count, -unread, -bytes)).await
}

async fn change_counts(
    conn: &mut SqliteConnection,
    (messages, unread, bytes): (i64, i64, i64),
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update counters set messages = messages + ?1, unread = unread + ?2, bytes = bytes + ?3, \
         deleted = deleted - ?1, removals = removals + 1",
    )
    .bind(messages)
    .bind(unread)
    .bind(bytes)
    .execute(conn)
    .await?;
    Ok(())
}

/// The rows of a batch, sorted. One text instead of one row per id: fetching rows takes longer than finding them.
async fn rows_of(conn: &mut SqliteConnection, batch: i64) -> Result<Vec<i64>, sqlx::Error> {
    let list: String = sqlx::query_scalar(
        "select coalesce(group_concat(id), '') from (select id from deleted_messages where batch = ? order by id)",
    )
    .bind(batch)
    .fetch_one(conn)
    .await?;
    Ok(list.split(',').filter_map(|id| id.parse().ok()).collect())
}

/// Moves the messages of a batch back, with their read states and tags, and deletes the batch. Returns the rows, sorted;
/// `None` if the batch no longer exists.
pub async fn restore(conn: &mut SqliteConnection, batch: i64) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let known = sqlx::query("delete from undo_batches where id = ?").bind(batch).execute(&mut *conn).await?;
    if known.rows_affected() == 0 {
        return Ok(None);
    }
    let rows = rows_of(conn, batch).await?;
    let sums = sqlx::query_as(
        "select count(*), coalesce(sum(1 - read), 0), coalesce(sum(size), 0) from deleted_messages where batch = ?",
    );
    let sums = sums.bind(batch).fetch_one(&mut *conn).await?;
    let read: Vec<i64> = sqlx::query_scalar("select id from deleted_messages where batch = ? and read = 1")
        .bind(batch)
        .fetch_all(&mut *conn)
        .await?;
    sqlx::query(
        "insert into messages (id, token, created, size, read, attachments, inlines, refused, own, sender, template, \
         mailboxes) select id, token, created, size, read, attachments, inlines, refused, own, sender, template, \
         mailboxes from deleted_messages where batch = ?",
    )
    .bind(batch)
    .execute(&mut *conn)
    .await?;
    for sql in [
        "insert or ignore into message_tags select message_id, tag_id from deleted_message_tags \
         where message_id in (select id from deleted_messages where batch = ?)",
        "delete from deleted_message_tags where message_id in (select id from deleted_messages where batch = ?)",
        "delete from deleted_messages where batch = ?",
    ] {
        sqlx::query(sql).bind(batch).execute(&mut *conn).await?;
    }
    flags::set(conn, Flag::Deleted, &rows, false).await?;
    // All messages may have been marked meanwhile, which changes whole blocks of flags.
    flags::set(conn, Flag::Read, &rows, false).await?;
    flags::set(conn, Flag::Read, &read, true).await?;
    change_counts(conn, sums).await?;
    Ok(Some(rows))
}

/// Ends the batches that are too old, too many or larger than what the inbox keeps, and deletes up to `limit` of their
/// messages. Returns how many messages it deleted.
pub async fn purge(
    conn: &mut SqliteConnection,
    keep: RetentionPolicy,
    now: Time,
    limit: i64,
) -> Result<usize, sqlx::Error> {
    end_batches(conn, keep, now).await?;
    let found = sqlx::query(
        "select id from deleted_messages where batch not in (select id from undo_batches) order by id limit ?",
    )
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    let rows = found.iter().map(|row| row.try_get("id")).collect::<Result<Vec<i64>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    let list = serde_json::to_string(&rows).unwrap_or_default();
    for sql in [
        "delete from deleted_messages where id in (select value from json_each(?))",
        "delete from deleted_message_tags where message_id in (select value from json_each(?))",
    ] {
        sqlx::query(sql).bind(&list).execute(&mut *conn).await?;
    }
    segments::mark_deleted(conn, &rows).await?;
    delete::orphans(conn, &list).await?;
    Ok(rows.len())
}

async fn end_batches(conn: &mut SqliteConnection, keep: RetentionPolicy, now: Time) -> Result<(), sqlx::Error> {
    let oldest = now.millis().saturating_sub(i64::try_from(UNDO_TIME.as_millis()).unwrap_or(i64::MAX));
    let batches: Vec<(i64, i64, i64, i64, bool)> =
        sqlx::query_as("select id, created, messages, bytes, everything from undo_batches order by id desc")
            .fetch_all(&mut *conn)
            .await?;
    let (mut messages, mut bytes, mut ended) = (0_i64, 0_i64, false);
    for (position, (id, created, count, size, everything)) in batches.into_iter().enumerate() {
        messages = messages.saturating_add(count);
        bytes = bytes.saturating_add(size);
        let is_excess = position >= MAX_BATCHES
            || keep.messages.is_some_and(|keep| messages > keep)
            || keep.bytes.is_some_and(|keep| bytes > keep);
        // A clock that was wrong, and is set back, keeps no batch.
        if is_excess || created < oldest || created > now.millis() {
            ended = true;
            sqlx::query("delete from undo_batches where id = ?").bind(id).execute(&mut *conn).await?;
            if everything {
                sqlx::query("delete from smtp_sessions where ended <= ?").bind(created).execute(&mut *conn).await?;
            }
        }
    }
    if ended { tags::forget_unused(conn).await } else { Ok(()) }
}
