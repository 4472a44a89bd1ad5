//! The read state of messages and the unread count.

use sqlx::sqlite::SqliteConnection;

use super::flags::{self, Flag};

/// Sets the read state of `rows`. Returns the rows that changed, sorted.
pub async fn mark(conn: &mut SqliteConnection, rows: &[i64], read: bool) -> Result<Vec<i64>, sqlx::Error> {
    let list = serde_json::to_string(rows).unwrap_or_default();
    let mut changed: Vec<i64> = sqlx::query_scalar(
        "update messages set read = ?1 where id in (select value from json_each(?2)) and read <> ?1 returning id",
    )
    .bind(read)
    .bind(list)
    .fetch_all(&mut *conn)
    .await?;
    changed.sort_unstable();
    flags::set(conn, Flag::Read, &changed, read).await?;
    change_unread(conn, if read { -count(changed.len()) } else { count(changed.len()) }).await?;
    Ok(changed)
}

/// Sets the read state of all messages. Returns how many changed.
pub async fn mark_all(conn: &mut SqliteConnection, read: bool) -> Result<usize, sqlx::Error> {
    let result = sqlx::query("update messages set read = ?1 where read <> ?1").bind(read).execute(&mut *conn).await?;
    let changed = usize::try_from(result.rows_affected()).unwrap_or(usize::MAX);
    flags::set_all_read(conn, read).await?;
    change_unread(conn, if read { -count(changed) } else { count(changed) }).await?;
    Ok(changed)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

async fn change_unread(conn: &mut SqliteConnection, unread: i64) -> Result<(), sqlx::Error> {
    sqlx::query("update counters set unread = unread + ?").bind(unread).execute(conn).await?;
    Ok(())
}
