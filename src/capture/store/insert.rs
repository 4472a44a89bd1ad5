//! The writer's statements: a batch of arrivals in a few multi-row inserts, since each statement costs a trip to
//! SQLite's thread.

use std::collections::HashMap;

use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Row as _};

use crate::capture::arrival::Prepared;
use crate::capture::id::{MessageId, TOKEN};
use crate::clock::Time;

use super::events::Kind;
use super::tags;

/// Rows per statement; each size is a prepared statement of its own.
const CHUNKS: [usize; 4] = [64, 16, 4, 1];

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

/// Writes `batch` inside the caller's transaction and answers with an id each, in order; an arrival whose key is
/// known gets the first one's.
pub async fn batch(conn: &mut SqliteConnection, batch: &[Prepared], now: Time) -> Result<Vec<MessageId>, sqlx::Error> {
    let mut ids: Vec<Option<MessageId>> = Vec::with_capacity(batch.len());
    let mut keys: HashMap<&str, usize> = HashMap::new();
    let mut fresh: Vec<usize> = Vec::with_capacity(batch.len());
    for (n, prepared) in batch.iter().enumerate() {
        let known = match &prepared.repeat_key {
            Some(key) => known(conn, key).await?,
            None => None,
        };
        let first = prepared.repeat_key.as_deref().map_or(n, |key| *keys.entry(key).or_insert(n));
        if known.is_none() && first == n {
            fresh.push(n);
        }
        ids.push(known);
    }
    let new: Vec<&Prepared> = fresh.iter().filter_map(|n| batch.get(*n)).collect();
    let first_row = write(conn, &new, now).await?;
    for (row, n) in (first_row..).zip(&fresh) {
        if let (Some(slot), Some(prepared)) = (ids.get_mut(*n), batch.get(*n)) {
            *slot = Some(MessageId::new(row, prepared.token));
        }
    }
    let repeated = |n: usize, p: &Prepared| {
        let first = p.repeat_key.as_deref().and_then(|key| keys.get(key)).copied().unwrap_or(n);
        ids.get(first).copied().flatten().ok_or(sqlx::Error::RowNotFound)
    };
    batch.iter().enumerate().map(|(n, p)| ids.get(n).copied().flatten().map_or_else(|| repeated(n, p), Ok)).collect()
}

/// The message that was stored with `key`, if it is still there.
async fn known(conn: &mut SqliteConnection, key: &str) -> Result<Option<MessageId>, sqlx::Error> {
    let row =
        sqlx::query("select m.id, m.token from repeat_keys k join messages m on m.id = k.message_id where k.key = ?")
            .bind(key)
            .fetch_optional(conn)
            .await?;
    row.map(|row| Ok(MessageId::new(row.try_get("id")?, token(&row.try_get::<Vec<u8>, _>("token")?)))).transpose()
}

/// A token column's bytes; one of another length is nobody's.
pub fn token(bytes: &[u8]) -> [u8; TOKEN] {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// Answers with the first of the rows it made.
async fn write(conn: &mut SqliteConnection, new: &[&Prepared], now: Time) -> Result<i64, sqlx::Error> {
    let Some(count) = i64::try_from(new.len()).ok().filter(|n| *n > 0) else { return Ok(0) };
    let bytes: i64 = new.iter().map(|p| p.size).sum();
    let row = sqlx::query(
        "update counters set last_message = last_message + ?1, last_event = last_event + ?1, \
         messages = messages + ?1, unread = unread + ?1, bytes = bytes + ?2 returning last_message, last_event",
    )
    .bind(count)
    .bind(bytes)
    .fetch_one(&mut *conn)
    .await?;
    let first: i64 = row.try_get::<i64, _>("last_message")? - count + 1;
    let seq: i64 = row.try_get::<i64, _>("last_event")? - count + 1;
    let rows: Vec<(i64, &Prepared)> = (first..).zip(new.iter().copied()).collect();
    messages(conn, &rows, now).await?;
    contents(conn, &rows).await?;
    pending(conn, &rows).await?;
    events(conn, &rows, seq).await?;
    for (id, prepared) in rows {
        if let Some(key) = &prepared.repeat_key {
            remember(conn, key, id).await?;
        }
        if !prepared.tags.is_empty() {
            tags::attach(conn, id, &prepared.tags).await?;
        }
    }
    Ok(first)
}

async fn messages(conn: &mut SqliteConnection, rows: &[(i64, &Prepared)], now: Time) -> Result<(), sqlx::Error> {
    let head = "insert into messages (id, token, created, size, read, attachments, inlines, refused) values ";
    chunked(conn, head, "(?, ?, ?, ?, 0, ?, ?, ?)", rows, |query, (id, p)| {
        let query = query.bind(id).bind(p.token.as_slice()).bind(now.millis()).bind(p.size);
        query.bind(p.attachments).bind(p.inlines).bind(p.refused)
    })
    .await
}

async fn contents(conn: &mut SqliteConnection, rows: &[(i64, &Prepared)]) -> Result<(), sqlx::Error> {
    let head = "insert into contents (message_id, summary, session, trace, raw) values ";
    chunked(conn, head, "(?, ?, ?, ?, ?)", rows, |query, (id, p)| {
        query.bind(id).bind(&p.summary).bind(&p.session).bind(&p.trace).bind(&p.raw)
    })
    .await
}

async fn pending(conn: &mut SqliteConnection, rows: &[(i64, &Prepared)]) -> Result<(), sqlx::Error> {
    let head = "insert into pending (message_id, sender, recipients, cc, bcc, reply_to, subject, ident, body, headers, \
                links, codes) values ";
    chunked(conn, head, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows, |query, (id, p)| {
        let w = &p.words;
        let query = query.bind(id).bind(&w.sender).bind(&w.recipients).bind(&w.cc).bind(&w.bcc).bind(&w.reply_to);
        query.bind(&w.subject).bind(&w.ident).bind(&w.body).bind(&w.headers).bind(&w.links).bind(&w.codes)
    })
    .await
}

async fn events(conn: &mut SqliteConnection, rows: &[(i64, &Prepared)], seq: i64) -> Result<(), sqlx::Error> {
    let numbered: Vec<(i64, i64)> = (seq..).zip(rows.iter().map(|(id, _)| *id)).collect();
    chunked(conn, "insert into events (seq, kind, message_id) values ", "(?, ?, ?)", &numbered, |query, (seq, id)| {
        query.bind(seq).bind(Kind::Stored as i64).bind(id)
    })
    .await
}

async fn remember(conn: &mut SqliteConnection, key: &str, id: i64) -> Result<(), sqlx::Error> {
    // The key of a message that was deleted since names the new one.
    sqlx::query("insert into repeat_keys (key, message_id) values (?, ?) on conflict (key) do update set message_id = excluded.message_id")
        .bind(key)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Inserts `rows` in as few statements as [`CHUNKS`] allows.
async fn chunked<'q, T: Copy>(
    conn: &mut SqliteConnection,
    head: &str,
    tuple: &str,
    rows: &'q [T],
    bind: impl Fn(Query<'q>, T) -> Query<'q>,
) -> Result<(), sqlx::Error> {
    let mut rest = rows;
    for size in CHUNKS {
        while let Some((chunk, tail)) = rest.split_at_checked(size) {
            // Only our own words: what is outside's is bound.
            let sql = AssertSqlSafe(format!("{head}{}", vec![tuple; size].join(", ")));
            let query = chunk.iter().fold(sqlx::query(sql), |query, row| bind(query, *row));
            query.execute(&mut *conn).await?;
            rest = tail;
        }
    }
    Ok(())
}
