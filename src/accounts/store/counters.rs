//! SQL of the throttle counters. A window that ends further off than it may last was written while a clock was wrong,
//! and counts as over.

use std::time::Duration;

use sqlx::Row as _;

use crate::clock::Time;
use crate::db::Conn;

/// Adds `n` to the window of `key`, or begins a new one. A window begins with its first event. Returns the count and
/// the window's end. Other transactions that add to `key`, even 0, wait for this one.
pub async fn add(conn: &mut Conn, key: &str, n: i64, now: Time, window: Duration) -> Result<(i64, Time), sqlx::Error> {
    let row = sqlx::query(
        "insert into counters (key, count, resets_at) values ($1, $2, $4)
         on conflict (key) do update set
           count = case when counters.resets_at <= $3 or counters.resets_at > $5 then excluded.count
             else counters.count + excluded.count end,
           resets_at = case when counters.resets_at <= $3 or counters.resets_at > $5 or counters.count = 0
             then excluded.resets_at else counters.resets_at end
         returning count, resets_at",
    )
    .bind(key)
    .bind(n)
    .bind(now.millis())
    .bind((now + window).millis())
    .bind(now.last_end(window).millis())
    .fetch_one(conn)
    .await?;
    Ok((row.try_get("count")?, Time::from_millis(row.try_get("resets_at")?)))
}

/// Returns the count and the end of the window of `key`; `None` if no window is running.
pub async fn get(conn: &mut Conn, key: &str, now: Time, window: Duration) -> Result<Option<(i64, Time)>, sqlx::Error> {
    let row =
        sqlx::query("select count, resets_at from counters where key = $1").bind(key).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let end = Time::from_millis(row.try_get("resets_at")?);
    Ok(end.is_pending(now, window).then_some((row.try_get("count")?, end)))
}

pub async fn clear(conn: &mut Conn, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from counters where key = $1").bind(key).execute(conn).await?;
    Ok(())
}
