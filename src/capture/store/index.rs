//! Moving pending text into the trigram index.

use sqlx::sqlite::SqliteConnection;

/// Takes up to `limit` of the oldest pending messages into the index inside the caller's transaction; answers with how many.
pub async fn swallow(conn: &mut SqliteConnection, limit: i64) -> Result<u64, sqlx::Error> {
    let last: Option<i64> =
        sqlx::query_scalar("select max(message_id) from (select message_id from pending order by message_id limit ?)")
            .bind(limit)
            .fetch_one(&mut *conn)
            .await?;
    let Some(last) = last else { return Ok(0) };
    sqlx::query(
        "insert into words (rowid, sender, recipients, cc, bcc, reply_to, subject, ident, body, headers, links, codes) \
         select message_id, sender, recipients, cc, bcc, reply_to, subject, ident, body, headers, links, codes \
         from pending where message_id <= ? order by message_id",
    )
    .bind(last)
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query("delete from pending where message_id <= ?").bind(last).execute(&mut *conn).await?;
    Ok(done.rows_affected())
}

/// How many messages wait.
pub async fn waiting(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from pending").fetch_one(conn).await
}
