//! SQL of the throttle counters.

use sqlx::Row as _;

use crate::clock::Time;
use crate::db::Conn;

/// Adds one to the window of `key`, or begins a new one that ends at `new_end`. Returns the count and the end.
pub async fn add(conn: &mut Conn, key: &str, now: Time, new_end: Time) -> Result<(i64, Time), sqlx::Error> {
    let row = sqlx::query(
        "insert into counters (key, count, resets_at) values ($1, 1, $3)
         on conflict (key) do update set
           count = case when counters.resets_at <= $2 then 1 else counters.count + 1 end,
           resets_at = case when counters.resets_at <= $2 then excluded.resets_at else counters.resets_at end
         returning count, resets_at",
    )
    .bind(key)
    .bind(now.millis())
    .bind(new_end.millis())
    .fetch_one(conn)
    .await?;
    Ok((row.try_get("count")?, Time::from_millis(row.try_get("resets_at")?)))
}

pub async fn get(conn: &mut Conn, key: &str) -> Result<Option<(i64, Time)>, sqlx::Error> {
    let row =
        sqlx::query("select count, resets_at from counters where key = $1").bind(key).fetch_optional(conn).await?;
    row.map(|row| Ok((row.try_get("count")?, Time::from_millis(row.try_get("resets_at")?)))).transpose()
}

/// Subtracts one from the window of `key`.
pub async fn give_back(conn: &mut Conn, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("update counters set count = count - 1 where key = $1 and count > 0").bind(key).execute(conn).await?;
    Ok(())
}

pub async fn clear(conn: &mut Conn, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from counters where key = $1").bind(key).execute(conn).await?;
    Ok(())
}
