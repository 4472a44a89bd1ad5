//! Queries and changes for operators: rows, attempts, requeueing and cancelling.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;
use sqlx::{Row as _, query};

use crate::clock::Time;
use crate::db::Conn;

use super::super::disposition::UNSUPPORTED;
use super::super::entry::{AttemptEntry, OutboxEntry};
use super::super::job::JobState;
use super::claim::addresses;

/// At most `limit` rows with an id below `before`, newest first.
pub(crate) async fn entries(
    conn: &mut Conn,
    state: Option<JobState>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<OutboxEntry>, sqlx::Error> {
    let rows = query(
        "select id, kind, recipients, state, transport, attempts, created_at, first_try_at, next_at, expires_at, \
         settled_at, last_code, last_error, reply, remote_id, message_id from outbox \
         where ($1 = '' or state = $1) and ($2 = '' or id < $2) order by id desc limit $3",
    )
    .bind(state.map(JobState::name).unwrap_or_default())
    .bind(before.unwrap_or_default().to_owned())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn entry(conn: &mut Conn, id: &str) -> Result<Option<OutboxEntry>, sqlx::Error> {
    let row = query(
        "select id, kind, recipients, state, transport, attempts, created_at, first_try_at, next_at, expires_at, \
         settled_at, last_code, last_error, reply, remote_id, message_id from outbox where id = $1",
    )
    .bind(id.to_owned())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<OutboxEntry, sqlx::Error> {
    let time = |name| row.try_get::<Option<i64>, _>(name).map(|at| at.map(Time::from_millis));
    let state: String = row.try_get("state")?;
    Ok(OutboxEntry {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        to: addresses(&row.try_get::<String, _>("recipients")?),
        state: JobState::parse(&state).ok_or_else(|| sqlx::Error::Decode(format!("outbox state {state}").into()))?,
        transport: row.try_get("transport")?,
        attempts: row.try_get("attempts")?,
        created_at: Time::from_millis(row.try_get("created_at")?),
        first_try_at: time("first_try_at")?,
        next_at: Time::from_millis(row.try_get("next_at")?),
        expires_at: Time::from_millis(row.try_get("expires_at")?),
        settled_at: time("settled_at")?,
        last_code: row.try_get("last_code")?,
        last_error: row.try_get("last_error")?,
        reply: row.try_get("reply")?,
        remote_id: row.try_get("remote_id")?,
        message_id: row.try_get("message_id")?,
    })
}

/// Rows by the hour of queueing, transport and state, from `since` on; the hours count from 1970. A row without an
/// attempt has no transport.
pub(in crate::outbox) async fn by_hour(
    conn: &mut Conn,
    since: Time,
) -> Result<Vec<(i64, String, JobState, i64)>, sqlx::Error> {
    // Ids begin with their time (UUIDv7), so the primary key finds the rows.
    let millis = since.millis().max(0);
    let first = format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff);
    let rows = query(
        "select created_at / 3600000 as hour, coalesce(transport, '') as transport, state, count(*) as n from outbox \
         where id >= $1 group by created_at / 3600000, coalesce(transport, ''), state",
    )
    .bind(first)
    .fetch_all(conn)
    .await?;
    let count = |row: &AnyRow| {
        let state: String = row.try_get("state")?;
        let state = JobState::parse(&state).unwrap_or(JobState::Queued);
        Ok((row.try_get("hour")?, row.try_get("transport")?, state, row.try_get("n")?))
    };
    rows.iter().map(count).collect()
}

/// The attempts of a row, oldest first.
pub(crate) async fn attempts(conn: &mut Conn, id: &str) -> Result<Vec<AttemptEntry>, sqlx::Error> {
    let rows = query(
        "select number, started_at, ended_at, transport, outcome, code, reply from outbox_attempts \
         where outbox_id = $1 order by number",
    )
    .bind(id.to_owned())
    .fetch_all(conn)
    .await?;
    let read = |row: &AnyRow| {
        Ok(AttemptEntry {
            number: row.try_get("number")?,
            started_at: Time::from_millis(row.try_get("started_at")?),
            ended_at: Time::from_millis(row.try_get("ended_at")?),
            transport: row.try_get("transport")?,
            outcome: row.try_get("outcome")?,
            code: row.try_get("code")?,
            reply: row.try_get("reply")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The transports that can never take the message of a row, and why, since it was last given up.
pub(crate) async fn unsupported_by(conn: &mut Conn, id: &str) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows = query(
        "select transport, reply from outbox_attempts where outbox_id = $1 and outcome = $2 and number > \
         coalesce((select max(number) from outbox_attempts where outbox_id = $1 and outcome = 'permanent'), 0) \
         order by number",
    )
    .bind(id.to_owned())
    .bind(UNSUPPORTED)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("transport")?, row.try_get("reply")?))).collect()
}

/// Makes a waiting or unsent row due now; false if it is being delivered, sent or unknown.
pub(crate) async fn requeue(conn: &mut Conn, id: &str, now: Time, expires_at: Time) -> Result<bool, sqlx::Error> {
    let done = query(
        "update outbox set state = 'queued', next_at = $2, settled_at = null, failures = 0, ambiguous = 0, \
         suspicions = 0, last_error = case when state = 'cancelled' then null else last_error end, \
         expires_at = case when expires_at > $3 then expires_at else $3 end \
         where id = $1 and state in ('queued', 'dead', 'expired', 'cancelled')",
    )
    .bind(id.to_owned())
    .bind(now.millis())
    .bind(expires_at.millis())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Cancels a waiting row; false if it is not waiting.
pub(crate) async fn cancel(conn: &mut Conn, id: &str, now: Time) -> Result<bool, sqlx::Error> {
    let done = query(
        "update outbox set state = 'cancelled', settled_at = $2, last_error = 'cancelled by the operator' \
         where id = $1 and state = 'queued'",
    )
    .bind(id.to_owned())
    .bind(now.millis())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many rows wait or are being delivered, and when the oldest of them was enqueued.
pub(crate) async fn backlog(conn: &mut Conn) -> Result<(i64, Option<Time>), sqlx::Error> {
    let row =
        query("select count(id) as waiting, min(created_at) as oldest from outbox where state in ('queued', 'leased')")
            .fetch_one(conn)
            .await?;
    Ok((row.try_get("waiting")?, row.try_get::<Option<i64>, _>("oldest")?.map(Time::from_millis)))
}

/// How many different recipients were given up after `since` and since the last accepted message.
pub(crate) async fn dead_in_a_row(conn: &mut Conn, since: Time, now: Time) -> Result<i64, sqlx::Error> {
    let row = query(
        "select count(distinct recipients) as dead from outbox where state = 'dead' and settled_at > $1 \
         and settled_at > coalesce((select max(settled_at) from outbox where settled_at > $1 and settled_at <= $2 \
         and state = 'sent'), 0)",
    )
    .bind(since.millis())
    .bind(now.millis())
    .fetch_one(conn)
    .await?;
    row.try_get("dead")
}

/// How many rows were given up for good after `since`.
pub(crate) async fn dead_since(conn: &mut Conn, since: Time) -> Result<i64, sqlx::Error> {
    let row = query("select count(id) as dead from outbox where settled_at > $1 and state = 'dead'")
        .bind(since.millis())
        .fetch_one(conn)
        .await?;
    row.try_get("dead")
}
