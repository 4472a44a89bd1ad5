//! Texts that other modules keep in the inbox's file, by name.

use sqlx::sqlite::SqliteConnection;

pub async fn load(conn: &mut SqliteConnection, name: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("select text from documents where name = ?").bind(name).fetch_optional(conn).await
}

pub async fn save(conn: &mut SqliteConnection, name: &str, text: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into documents (name, text) values (?, ?) on conflict (name) do update set text = excluded.text",
    )
    .bind(name)
    .bind(text)
    .execute(conn)
    .await?;
    Ok(())
}
