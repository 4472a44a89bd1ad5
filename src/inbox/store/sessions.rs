//! SMTP sessions: insert, list, delete the oldest.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::clock::Time;
use crate::inbox::types::{EndedSession, SessionDetails, SessionFilter, SessionOutcome};

/// Sessions per statement.
const CHUNK: usize = 100;

/// Inserts sessions. One that equals a stored one adds to its count instead.
pub async fn insert(conn: &mut SqliteConnection, sessions: &[EndedSession]) -> Result<(), sqlx::Error> {
    for chunk in sessions.chunks(CHUNK) {
        let rows: Vec<_> = chunk.iter().map(row).collect();
        // `where true` keeps SQLite from reading `on conflict` as a join condition.
        sqlx::query(
            "insert into smtp_sessions (key, started, ended, count, delivered, outcome, details) \
             select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 \
             from json_each(?) where true on conflict (key) do update \
             set ended = max(ended, excluded.ended), count = count + excluded.count",
        )
        .bind(serde_json::to_string(&rows).unwrap_or_default())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

type SessionRow = (Option<String>, i64, i64, u64, bool, &'static str, String);

fn row(session: &EndedSession) -> SessionRow {
    let delivered = session.outcome == SessionOutcome::Delivered;
    let details = serde_json::to_string(&session.details).unwrap_or_default();
    let (started, ended) = (session.started.millis(), session.ended.millis());
    (session.key(), started, ended, session.count, delivered, session.outcome.code(), details)
}

/// The sessions of a page with their ids, newest first, and the number on all pages. A row that cannot be read is left
/// out.
pub async fn page(
    conn: &mut SqliteConnection,
    filter: SessionFilter,
    not_before: i64,
    start: u64,
    limit: u64,
) -> Result<(Vec<(i64, EndedSession)>, u64), sqlx::Error> {
    let delivered = match filter {
        SessionFilter::All => None,
        SessionFilter::Delivered => Some(true),
        SessionFilter::NotDelivered => Some(false),
    };
    let total: i64 = sqlx::query_scalar(
        "select count(*) from smtp_sessions where ended >= ? and delivered = coalesce(?, delivered)",
    )
    .bind(not_before)
    .bind(delivered)
    .fetch_one(&mut *conn)
    .await?;
    let rows = sqlx::query(
        "select id, started, ended, count, outcome, details from smtp_sessions \
         where ended >= ? and delivered = coalesce(?, delivered) order by ended desc, id desc limit ? offset ?",
    )
    .bind(not_before)
    .bind(delivered)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(i64::try_from(start).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        found.extend(read_row(row)?);
    }
    Ok((found, u64::try_from(total).unwrap_or_default()))
}

/// The number of sessions that did not deliver everything, without mere checks of the port.
pub async fn failed(conn: &mut SqliteConnection, not_before: i64) -> Result<u64, sqlx::Error> {
    let count: i64 =
        sqlx::query_scalar("select count(*) from smtp_sessions where ended >= ? and delivered = 0 and outcome <> ?")
            .bind(not_before)
            .bind(SessionOutcome::PortCheck.code())
            .fetch_one(conn)
            .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// One session; `None` if it does not exist or cannot be read.
pub async fn one(conn: &mut SqliteConnection, id: i64) -> Result<Option<(i64, EndedSession)>, sqlx::Error> {
    let row = sqlx::query("select id, started, ended, count, outcome, details from smtp_sessions where id = ?")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    Ok(row.as_ref().map(read_row).transpose()?.flatten())
}

fn read_row(row: &SqliteRow) -> Result<Option<(i64, EndedSession)>, sqlx::Error> {
    let outcome: String = row.try_get("outcome")?;
    let details: String = row.try_get("details")?;
    let outcome = SessionOutcome::ALL.iter().find(|known| known.code() == outcome);
    let details = serde_json::from_str::<SessionDetails>(&details).ok();
    let Some((outcome, details)) = outcome.zip(details) else { return Ok(None) };
    let session = EndedSession {
        started: Time::from_millis(row.try_get("started")?),
        ended: Time::from_millis(row.try_get("ended")?),
        count: u64::try_from(row.try_get::<i64, _>("count")?).unwrap_or_default(),
        outcome: *outcome,
        details,
    };
    Ok(Some((row.try_get("id")?, session)))
}

/// Deletes the sessions that ended before `not_before`.
pub async fn delete_old(conn: &mut SqliteConnection, not_before: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from smtp_sessions where ended < ?").bind(not_before).execute(conn).await?;
    Ok(())
}

/// Deletes all but the newest `keep` sessions of each kind.
pub async fn delete_excess(conn: &mut SqliteConnection, keep: usize) -> Result<(), sqlx::Error> {
    for delivered in [false, true] {
        sqlx::query(
            "delete from smtp_sessions where id in (select id from smtp_sessions where delivered = ? \
             order by ended desc, id desc limit -1 offset ?)",
        )
        .bind(delivered)
        .bind(i64::try_from(keep).unwrap_or(i64::MAX))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
