//! Stored bytes of messages that cannot be composed again.

use sqlx::{Row as _, query};

use crate::db::Conn;

pub(crate) async fn keep_body(conn: &mut Conn, id: &str, body: &[u8]) -> Result<(), sqlx::Error> {
    query("insert into outbox_bodies (outbox_id, body) values ($1, $2)")
        .bind(id.to_owned())
        .bind(body.to_vec())
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn body(conn: &mut Conn, id: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row =
        query("select body from outbox_bodies where outbox_id = $1").bind(id.to_owned()).fetch_optional(conn).await?;
    row.map(|row| row.try_get("body")).transpose()
}
