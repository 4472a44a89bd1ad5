//! SQL of the links in emails.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::accounts::link::Link;
use crate::accounts::token::Purpose;
use crate::clock::Time;
use crate::db::Conn;
use crate::mail::Address;

fn link(row: &AnyRow) -> Result<Link, sqlx::Error> {
    let time = |name: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(name)?.map(Time::from_millis));
    let new_email: Option<String> = row.try_get("new_email")?;
    Ok(Link {
        id: row.try_get("id")?,
        signup_id: row.try_get("signup_id")?,
        user_id: row.try_get("user_id")?,
        new_email: new_email.map(|e| e.parse()).transpose().map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
        expires_at: time("expires_at")?,
        used_at: time("used_at")?,
    })
}

/// Stores a link. Without a purpose it permits nothing: the placebo of an address without an account.
pub async fn insert(
    conn: &mut Conn,
    link: &Link,
    purpose: Option<Purpose>,
    digest: &str,
    now: Time,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into links (id, purpose, signup_id, user_id, new_email, created_at, digest)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&link.id)
    .bind(purpose.map_or("none", Purpose::name))
    .bind(&link.signup_id)
    .bind(&link.user_id)
    .bind(link.new_email.as_ref().map(ToString::to_string))
    .bind(now.millis())
    .bind(digest)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn by_id(conn: &mut Conn, id: &str, purpose: Purpose) -> Result<Option<Link>, sqlx::Error> {
    let row = sqlx::query(
        "select id, signup_id, user_id, new_email, expires_at, used_at from links where id = $1 and purpose = $2",
    )
    .bind(id)
    .bind(purpose.name())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(link).transpose()
}

/// Returns the link whose token has this digest.
pub async fn by_digest(conn: &mut Conn, digest: &str, purpose: Purpose) -> Result<Option<Link>, sqlx::Error> {
    let row = sqlx::query(
        "select id, signup_id, user_id, new_email, expires_at, used_at from links where digest = $1 and purpose = $2",
    )
    .bind(digest)
    .bind(purpose.name())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(link).transpose()
}

/// Restarts the link's lifetime, because its email is sent now.
pub async fn restart_lifetime(conn: &mut Conn, id: &str, expires_at: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update links set expires_at = $2 where id = $1 and used_at is null")
        .bind(id)
        .bind(expires_at.millis())
        .execute(conn)
        .await?;
    Ok(())
}

/// Marks the link as used. Returns false if it is used or expired, or expires after `last_end`. Of several concurrent
/// calls, one returns true.
pub async fn consume(conn: &mut Conn, id: &str, now: Time, last_end: Time) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update links set used_at = $2 where id = $1 and used_at is null and expires_at > $2 and expires_at <= $3",
    )
    .bind(id)
    .bind(now.millis())
    .bind(last_end.millis())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes a user's unused links to other addresses than `new`.
pub async fn delete_other_changes(conn: &mut Conn, user_id: &str, new: &Address) -> Result<(), sqlx::Error> {
    sqlx::query("delete from links where user_id = $1 and used_at is null and purpose = $2 and new_email <> $3")
        .bind(user_id)
        .bind(Purpose::ChangeEmail.name())
        .bind(new.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Returns the new address of a user's latest unused link to another address that was made in this period.
pub async fn pending_change(
    conn: &mut Conn,
    user_id: &str,
    since: Time,
    until: Time,
) -> Result<Option<Address>, sqlx::Error> {
    let row = sqlx::query(
        "select new_email from links where user_id = $1 and purpose = $2 and used_at is null
         and created_at > $3 and created_at <= $4 order by id desc limit 1",
    )
    .bind(user_id)
    .bind(Purpose::ChangeEmail.name())
    .bind(since.millis())
    .bind(until.millis())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let text: Option<String> = row.try_get("new_email")?;
    text.map(|text| text.parse()).transpose().map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

/// Deletes a user's unused links to another address.
pub async fn delete_changes(conn: &mut Conn, user_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from links where user_id = $1 and used_at is null and purpose = $2")
        .bind(user_id)
        .bind(Purpose::ChangeEmail.name())
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes all unused links of a user.
pub async fn delete_unused(conn: &mut Conn, user_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from links where user_id = $1 and used_at is null").bind(user_id).execute(conn).await?;
    Ok(())
}
