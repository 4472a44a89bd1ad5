//! Moving pending text into the trigram index.

use sqlx::sqlite::SqliteConnection;

/// Characters of text taken in one turn: some 20 ms of work, for which senders may have to wait.
const MAX_SIZE: i64 = 128 * 1024;

/// Takes up to `limit` of the oldest pending messages into the index inside the caller's transaction; answers with how many.
pub async fn swallow(conn: &mut SqliteConnection, limit: i64) -> Result<u64, sqlx::Error> {
    let Some(last) = next(conn, limit).await? else { return Ok(0) };
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

/// The last of the oldest waiting messages that fit one turn; at least one.
async fn next(conn: &mut SqliteConnection, limit: i64) -> Result<Option<i64>, sqlx::Error> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "select message_id, length(body) + length(headers) + length(links) from pending order by message_id limit ?",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let mut size = 0;
    let fitting = rows.iter().take_while(|(_, length)| {
        let fits = size < MAX_SIZE;
        size += length;
        fits
    });
    Ok(fitting.last().map(|(id, _)| *id))
}
