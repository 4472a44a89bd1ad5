//! SQL of the login sessions.

use sqlx::Row as _;

use crate::accounts::session::{ListedSession, LoginSession};
use crate::clock::Time;
use crate::db::Conn;

pub struct NewSession<'a> {
    pub id: &'a str,
    pub user_id: &'a str,
    pub token_digest: &'a str,
    pub created_at: Time,
    pub remembered: bool,
    pub device: Option<&'a str>,
}

pub async fn insert(conn: &mut Conn, new: &NewSession<'_>) -> Result<(), sqlx::Error> {
    let now = new.created_at.millis();
    sqlx::query(
        "insert into sessions (id, user_id, token, created_at, seen_at, remembered_at, device)
         values ($1, $2, $3, $4, $4, $5, $6)",
    )
    .bind(new.id)
    .bind(new.user_id)
    .bind(new.token_digest)
    .bind(now)
    .bind(new.remembered.then_some(now))
    .bind(new.device)
    .execute(conn)
    .await?;
    Ok(())
}

/// Returns the session with this token digest, if its user is enabled.
pub async fn by_token(conn: &mut Conn, token_digest: &str) -> Result<Option<LoginSession>, sqlx::Error> {
    let row = sqlx::query(
        "select s.id, s.user_id, s.created_at, s.seen_at, s.remembered_at, u.email
         from sessions s join users u on u.id = s.user_id where s.token = $1 and u.disabled_at is null",
    )
    .bind(token_digest)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(LoginSession {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        email: row.try_get("email")?,
        created_at: Time::from_millis(row.try_get("created_at")?),
        seen_at: Time::from_millis(row.try_get("seen_at")?),
        remembered: row.try_get::<Option<i64>, _>("remembered_at")?.is_some(),
    }))
}

/// Returns a user's sessions, `first` and then the most recently used, at most `limit`.
pub async fn of_user(
    conn: &mut Conn,
    user_id: &str,
    first: &str,
    limit: i64,
) -> Result<Vec<ListedSession>, sqlx::Error> {
    let rows = sqlx::query(
        "select id, created_at, seen_at, remembered_at, device from sessions where user_id = $1
         order by case when id = $2 then 0 else 1 end, seen_at desc, id limit $3",
    )
    .bind(user_id)
    .bind(first)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ListedSession {
                id: row.try_get("id")?,
                created_at: Time::from_millis(row.try_get("created_at")?),
                seen_at: Time::from_millis(row.try_get("seen_at")?),
                remembered: row.try_get::<Option<i64>, _>("remembered_at")?.is_some(),
                device: row.try_get("device")?,
            })
        })
        .collect()
}

/// Records a use, unless a later one is recorded. A use after `last_end` was recorded while the clock was wrong.
pub async fn touch(conn: &mut Conn, id: &str, now: Time, last_end: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update sessions set seen_at = $2 where id = $1 and (seen_at < $2 or seen_at > $3)")
        .bind(id)
        .bind(now.millis())
        .bind(last_end.millis())
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a session a new token. Returns false if the session no longer exists.
pub async fn renew(conn: &mut Conn, id: &str, token_digest: &str, now: Time) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("update sessions set token = $2, seen_at = $3 where id = $1")
        .bind(id)
        .bind(token_digest)
        .bind(now.millis())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends one session of a user. Returns false if the user has no such session.
pub async fn end(conn: &mut Conn, user_id: &str, id: &str) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query("delete from sessions where user_id = $1 and id = $2").bind(user_id).bind(id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the session of a token. Returns the id of its user.
pub async fn end_token(conn: &mut Conn, token_digest: &str) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query("delete from sessions where token = $1 returning user_id")
        .bind(token_digest)
        .fetch_optional(conn)
        .await?;
    row.map(|row| row.try_get("user_id")).transpose()
}

/// Ends all sessions of a user except `keep`; an empty `keep` ends all.
pub async fn end_others(conn: &mut Conn, user_id: &str, keep: &str) -> Result<u64, sqlx::Error> {
    let done = sqlx::query("delete from sessions where user_id = $1 and id <> $2")
        .bind(user_id)
        .bind(keep)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
