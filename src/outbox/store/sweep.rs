//! Changes without a delivery: expired leases, expired rows and old history.

use sqlx::{Row as _, query};

use crate::clock::Time;
use crate::db::Conn;
use crate::mail::Address;

use super::super::job::LEASE;
use super::claim::addresses;
use super::settle::cancel_superseded;

/// Rows deleted in one transaction, so that a long history does not block other writers.
const PURGE_BATCH: i64 = 500;

/// Requeues rows whose lease expired, or ends later than any lease of another worker can, and adds an `take_interrupted` attempt to their timelines. They may have been
/// delivered, so the retry is pinned to their transport. Must run in a write transaction.
pub(crate) async fn release_expired_leases(conn: &mut Conn, owner: &str, now: Time) -> Result<u64, sqlx::Error> {
    let rows = query(
        "update outbox set state = 'queued', next_at = $1, lease_owner = null, lease_until = null, \
         pinned_transport = transport, last_error = 'the worker stopped during this attempt; it may have arrived' \
         where state = 'leased' and (lease_until <= $1 or (lease_until > $2 and lease_owner <> $3)) \
         returning id, attempts, transport, claimed_at",
    )
    .bind(now.millis())
    .bind(now.last_end(LEASE).millis())
    .bind(owner.to_owned())
    .fetch_all(&mut *conn)
    .await?;
    for row in &rows {
        let id: String = row.try_get("id")?;
        query(
            "insert into outbox_attempts (outbox_id, number, started_at, ended_at, transport, outcome, reply) \
             values ($1, $2, $5, $3, $4, 'interrupted', 'the worker stopped during this attempt; it may have arrived') \
             on conflict (outbox_id, number) do nothing",
        )
        .bind(id.clone())
        .bind(row.try_get::<i64, _>("attempts")?)
        .bind(now.millis())
        .bind(row.try_get::<Option<String>, _>("transport")?.unwrap_or_default())
        .bind(row.try_get::<Option<i64>, _>("claimed_at")?.unwrap_or(now.millis()))
        .execute(&mut *conn)
        .await?;
        cancel_superseded(conn, &id, now).await?;
    }
    Ok(rows.len() as u64)
}

/// Makes the lease of a row expire now; false if `owner` does not hold it.
pub(crate) async fn end_lease(conn: &mut Conn, id: &str, owner: &str, now: Time) -> Result<bool, sqlx::Error> {
    let done = query("update outbox set lease_until = $3 where id = $1 and lease_owner = $2 and state = 'leased'")
        .bind(id.to_owned())
        .bind(owner.to_owned())
        .bind(now.millis())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends rows that no transport accepted in time; the last error stays.
pub(crate) async fn expire(conn: &mut Conn, now: Time) -> Result<Vec<ExpiredJob>, sqlx::Error> {
    let rows = query(
        "update outbox set state = 'expired', settled_at = $1, \
         last_error = coalesce(last_error, 'no transport accepted it in time') \
         where state = 'queued' and expires_at <= $1 returning id, kind, recipients, attempts, last_error",
    )
    .bind(now.millis())
    .fetch_all(conn)
    .await?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(ExpiredJob {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            to: addresses(&row.try_get::<String, _>("recipients")?),
            attempts: row.try_get("attempts")?,
            reason: row.try_get("last_error")?,
        })
    };
    rows.iter().map(read).collect()
}

/// An expired row, for the log.
pub(crate) struct ExpiredJob {
    pub id: String,
    pub kind: String,
    pub to: Vec<Address>,
    pub attempts: i64,
    pub reason: String,
}

/// Deletes rows settled before `before`; true if there may be more.
pub(crate) async fn purge(conn: &mut Conn, before: Time) -> Result<bool, sqlx::Error> {
    let done = query(
        "delete from outbox where id in (select id from outbox where settled_at < $1 order by settled_at limit $2)",
    )
    .bind(before.millis())
    .bind(PURGE_BATCH)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == PURGE_BATCH as u64)
}
