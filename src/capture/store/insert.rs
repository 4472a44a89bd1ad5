//! The writer's statements. Each way to SQLite's thread and back costs more than a row does: a batch is opened in one,
//! written in few, and committed with the last.

use std::collections::HashMap;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::capture::arrival::Prepared;
use crate::capture::id::{MessageId, TOKEN};
use crate::capture::turn::Turns;
use crate::clock::Time;

use super::events::Kind;
use super::tags;
use super::value::Bound;

/// Rows written at a time; each size is a prepared statement of its own.
const CHUNKS: [usize; 10] = [64, 32, 16, 8, 7, 6, 5, 4, 2, 1];

/// Writes `batch` in one transaction and answers with an id each, in order; an arrival whose key is known gets the
/// first one's.
pub async fn batch(turns: &Turns, batch: Vec<Prepared>, now: Time) -> Result<Vec<MessageId>, sqlx::Error> {
    let mut tx = turns.wait().await;
    let has_keys = batch.iter().any(|prepared| prepared.repeat_key.is_some());
    let Sorted { mut ids, same, fresh } = if has_keys {
        tx.execute(sqlx::query("begin immediate")).await?;
        sorted(&mut tx, batch).await?
    } else {
        Sorted { ids: vec![None; batch.len()], same: (0..batch.len()).collect(), fresh: (0..).zip(batch).collect() }
    };
    if fresh.is_empty() {
        tx.commit().await?;
    } else {
        let (places, new): (Vec<usize>, Vec<Prepared>) = fresh.into_iter().unzip();
        let tokens: Vec<[u8; TOKEN]> = new.iter().map(|prepared| prepared.token).collect();
        let first = counted(&mut tx, &new, !has_keys).await?;
        if write(&mut tx, first, new, now).await? {
            tx.over();
        } else {
            tx.commit().await?;
        }
        for ((place, token), id) in places.into_iter().zip(tokens).zip(first.message..) {
            if let Some(slot) = ids.get_mut(place) {
                *slot = Some(MessageId::new(id, token));
            }
        }
    }
    let id = |n: usize| ids.get(n).copied().flatten();
    (0..ids.len()).map(|n| id(n).or_else(|| id(*same.get(n)?)).ok_or(sqlx::Error::RowNotFound)).collect()
}

/// A batch by what is to be written of it.
struct Sorted {
    /// Of those that are stored already.
    ids: Vec<Option<MessageId>>,
    /// The first in the batch with the same key, or the message itself.
    same: Vec<usize>,
    /// With their places in the batch.
    fresh: Vec<(usize, Prepared)>,
}

async fn sorted(conn: &mut SqliteConnection, batch: Vec<Prepared>) -> Result<Sorted, sqlx::Error> {
    let mut sorted = Sorted { ids: Vec::new(), same: Vec::new(), fresh: Vec::new() };
    let mut keys: HashMap<String, usize> = HashMap::new();
    for (n, prepared) in batch.into_iter().enumerate() {
        let (known, first) = match &prepared.repeat_key {
            Some(key) => (known(conn, key).await?, *keys.entry(key.clone()).or_insert(n)),
            None => (None, n),
        };
        if known.is_none() && first == n {
            sorted.fresh.push((n, prepared));
        }
        sorted.ids.push(known);
        sorted.same.push(first);
    }
    Ok(sorted)
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

/// The numbers that a batch's rows begin with.
#[derive(Clone, Copy)]
struct First {
    message: i64,
    event: i64,
}

const COUNT: &str = "update counters set last_message = last_message + ?1, last_event = last_event + ?1, \
                     messages = messages + ?1, unread = unread + ?1, bytes = bytes + ?2 \
                     returning last_message - ?1 + 1 as message, last_event - ?1 + 1 as event";

/// Takes the numbers, in a new transaction or in the one that is open.
async fn counted(conn: &mut SqliteConnection, new: &[Prepared], begin: bool) -> Result<First, sqlx::Error> {
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let bytes: i64 = new.iter().map(|p| p.size).sum();
    let sql = format!("{}{COUNT}", if begin { "begin immediate; " } else { "" });
    let row = sqlx::query(AssertSqlSafe(sql)).bind(count).bind(bytes).fetch_one(conn).await?;
    Ok(First { message: row.try_get("message")?, event: row.try_get("event")? })
}

/// Answers whether it has committed already.
async fn write(conn: &mut SqliteConnection, first: First, new: Vec<Prepared>, now: Time) -> Result<bool, sqlx::Error> {
    let mut extras = Vec::new();
    let mut rows = Vec::with_capacity(new.len());
    for (n, mut prepared) in (0..).zip(new) {
        let (key, tags) = (prepared.repeat_key.take(), std::mem::take(&mut prepared.tags));
        if key.is_some() || !tags.is_empty() {
            extras.push((first.message + n, key, tags));
        }
        rows.push((first.message + n, first.event + n, prepared));
    }
    while !rows.is_empty() {
        let size = CHUNKS.into_iter().find(|size| *size <= rows.len()).unwrap_or(1);
        let rest = rows.split_off(size);
        let commit = rest.is_empty() && extras.is_empty();
        // Only our own words: what is outside's is bound.
        let sql = AssertSqlSafe(inserts(size, commit));
        bound(sqlx::query(sql), rows, now).execute(&mut *conn).await?;
        rows = rest;
    }
    for (id, key, tags) in &extras {
        if let Some(key) = key {
            remember(conn, key, *id).await?;
        }
        tags::attach(conn, *id, tags).await?;
    }
    Ok(extras.is_empty())
}

/// One statement a table.
fn inserts(rows: usize, commit: bool) -> String {
    let tables = [
        ("messages (id, token, created, size, read, attachments, inlines, refused)", "(?, ?, ?, ?, 0, ?, ?, ?)"),
        ("contents (message_id, summary, session, trace, raw)", "(?, ?, ?, ?, ?)"),
        ("pending (message_id, words)", "(?, ?)"),
        ("events (seq, kind, message_id)", "(?, ?, ?)"),
    ];
    let insert = |(into, tuple): (&str, &str)| format!("insert into {into} values {}", vec![tuple; rows].join(", "));
    let mut sql = tables.map(insert).join("; ");
    if commit {
        sql.push_str("; commit");
    }
    sql
}

fn bound(mut query: Bound<'_>, mut rows: Vec<(i64, i64, Prepared)>, now: Time) -> Bound<'_> {
    for (id, _, p) in &rows {
        query = query.bind(*id).bind(p.token.to_vec()).bind(now.millis()).bind(p.size);
        query = query.bind(p.attachments).bind(p.inlines).bind(p.refused);
    }
    for (id, _, p) in &mut rows {
        let (summary, session) = (std::mem::take(&mut p.summary), std::mem::take(&mut p.session));
        let (trace, raw) = (std::mem::take(&mut p.trace), std::mem::take(&mut p.raw));
        query = query.bind(*id).bind(summary).bind(session).bind(trace).bind(raw);
    }
    for (id, _, p) in &mut rows {
        query = query.bind(*id).bind(std::mem::take(&mut p.words));
    }
    rows.iter().fold(query, |query, (id, event, _)| query.bind(*event).bind(Kind::Stored as i64).bind(*id))
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
