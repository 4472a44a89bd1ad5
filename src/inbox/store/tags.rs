//! Tags: their names and the messages that have them. A tag is deleted with the last message that has it.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

/// Maximum bytes of a name; names are ASCII.
const MAX_NAME: usize = 100;
/// Maximum tags of one message.
const MAX_TAGS: usize = 50;

/// A name as Mailpit cleans it: ASCII alphanumerics and `- _ . @`, separated by single spaces. `None` if nothing is
/// left.
pub fn clean(name: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    let spaced: String = name.chars().map(|c| if is_allowed(c) { c } else { ' ' }).collect();
    let mut clean = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    clean.truncate(MAX_NAME);
    let clean = clean.trim_end().to_owned();
    (!clean.is_empty()).then_some(clean)
}

/// The cleaned names, sorted, without duplicates; case is ignored.
pub fn cleaned(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names.into_iter().filter_map(|n| clean(&n)) {
        if found.len() < MAX_TAGS && !found.iter().any(|f| f.eq_ignore_ascii_case(&name)) {
            found.push(name);
        }
    }
    found.sort_by_key(|n| n.to_ascii_lowercase());
    found
}

/// Creates a tag. An existing tag keeps its spelling.
pub const NAME: &str = "insert into tags (name) values (?) on conflict (name) do nothing";
/// Adds an existing tag to a message.
pub const ATTACH: &str =
    "insert or ignore into message_tags (message_id, tag_id) select ?, id from tags where name = ?";

/// Adds tags to a message. Existing tags keep their spelling.
pub async fn attach(conn: &mut SqliteConnection, message: i64, names: &[String]) -> Result<(), sqlx::Error> {
    for name in names {
        sqlx::query(NAME).bind(name).execute(&mut *conn).await?;
        sqlx::query(ATTACH).bind(message).bind(name).execute(&mut *conn).await?;
    }
    Ok(())
}

pub async fn detach_all(conn: &mut SqliteConnection, message: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from message_tags where message_id = ?").bind(message).execute(conn).await?;
    Ok(())
}

pub async fn forget_unused(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("delete from tags where not exists (select 1 from message_tags where tag_id = tags.id)")
        .execute(conn)
        .await?;
    Ok(())
}

/// The tags of all accepted messages, sorted.
pub async fn names(conn: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select name from tags where exists (select 1 from message_tags where tag_id = tags.id and message_id not in \
         (select id from messages where refused = 1)) order by name",
    )
    .fetch_all(conn)
    .await
}

/// The tags of all accepted messages with the number of those messages, sorted.
pub async fn counted(conn: &mut SqliteConnection) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "select name, count(*) from tags join message_tags on tag_id = tags.id where message_id not in \
         (select id from messages where refused = 1) group by tags.id order by name",
    )
    .fetch_all(conn)
    .await
}

/// The id and the spelling of the tag `name`; case is ignored.
pub async fn find(conn: &mut SqliteConnection, name: &str) -> Result<Option<(i64, String)>, sqlx::Error> {
    let row = sqlx::query("select id, name from tags where name = ?").bind(name).fetch_optional(conn).await?;
    row.map(|row| Ok((row.try_get("id")?, row.try_get("name")?))).transpose()
}

pub async fn rename(conn: &mut SqliteConnection, id: i64, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("update tags set name = ? where id = ?").bind(name).bind(id).execute(conn).await?;
    Ok(())
}

pub async fn delete(conn: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from message_tags where tag_id = ?").bind(id).execute(&mut *conn).await?;
    sqlx::query("delete from tags where id = ?").bind(id).execute(&mut *conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_as_mailpit_does() {
        assert_eq!(clean("  a  b/c<d>_e.f@g-h "), Some("a b c d _e.f@g-h".into()));
        assert_eq!(clean("한글 !!"), None);
        assert_eq!(clean(&"x".repeat(500)).unwrap().len(), 100);
        assert_eq!(cleaned(["b".into(), "A".into(), "B".into(), "".into()]), ["A", "b"]);
    }
}
