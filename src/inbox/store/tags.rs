//! Tags and the messages that have them. A tag is deleted with the last message that has it.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use crate::inbox::types::tag_name::key;

/// Creates a tag from its name and its key. An existing tag keeps its spelling.
pub const NAME: &str = "insert into tags (name, key) values (?, ?) on conflict (key) do nothing";
/// Adds the tag with a key to a message.
pub const ATTACH: &str = "insert or ignore into message_tags (message_id, tag_id) select ?, id from tags where key = ?";

/// Adds tags to a message. Existing tags keep their spelling.
pub async fn attach(conn: &mut SqliteConnection, message: i64, names: &[String]) -> Result<(), sqlx::Error> {
    for name in names {
        sqlx::query(NAME).bind(name).bind(key(name)).execute(&mut *conn).await?;
        sqlx::query(ATTACH).bind(message).bind(key(name)).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The tags of a message.
pub async fn of(conn: &mut SqliteConnection, message: i64) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("select name from tags join message_tags on tag_id = id where message_id = ?")
        .bind(message)
        .fetch_all(conn)
        .await
}

pub async fn detach_all(conn: &mut SqliteConnection, message: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from message_tags where message_id = ?").bind(message).execute(conn).await?;
    Ok(())
}

pub async fn forget_unused(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from tags where not exists (select 1 from message_tags where tag_id = tags.id) \
         and id not in (select tag_id from deleted_message_tags)",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The tags of all accepted messages, sorted.
pub async fn names(conn: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select name from tags where exists (select 1 from message_tags where tag_id = tags.id and message_id not in \
         (select id from messages where refused = 1)) order by key",
    )
    .fetch_all(conn)
    .await
}

/// The tags of all accepted messages with the number of those messages, sorted.
pub async fn counted(conn: &mut SqliteConnection) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "select name, count(*) from tags join message_tags on tag_id = tags.id where message_id not in \
         (select id from messages where refused = 1) group by tags.id order by key",
    )
    .fetch_all(conn)
    .await
}

/// The tags of all messages, refused ones included, with the number of those messages, sorted.
pub async fn all_counted(conn: &mut SqliteConnection) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "select name, n from tags join (select tag_id, count(*) as n from message_tags group by tag_id) on tag_id = id \
         order by key",
    )
    .fetch_all(conn)
    .await
}

/// The id and the spelling of the tag `name`; case is ignored.
pub async fn find(conn: &mut SqliteConnection, name: &str) -> Result<Option<(i64, String)>, sqlx::Error> {
    let row = sqlx::query("select id, name from tags where key = ?").bind(key(name)).fetch_optional(conn).await?;
    row.map(|row| Ok((row.try_get("id")?, row.try_get("name")?))).transpose()
}

pub async fn rename(conn: &mut SqliteConnection, id: i64, name: &str) -> Result<(), sqlx::Error> {
    let query = sqlx::query("update tags set name = ?, key = ? where id = ?");
    query.bind(name).bind(key(name)).bind(id).execute(conn).await?;
    Ok(())
}

pub async fn delete(conn: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from message_tags where tag_id = ?").bind(id).execute(&mut *conn).await?;
    sqlx::query("delete from deleted_message_tags where tag_id = ?").bind(id).execute(&mut *conn).await?;
    sqlx::query("delete from tags where id = ?").bind(id).execute(&mut *conn).await?;
    Ok(())
}
