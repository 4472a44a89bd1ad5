//! SQL of the users.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::accounts::user::User;
use crate::clock::Time;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;

fn user(row: &AnyRow) -> Result<User, sqlx::Error> {
    let time = |name: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(name)?.map(Time::from_millis));
    let locale: String = row.try_get("locale")?;
    let email: String = row.try_get("email")?;
    Ok(User {
        id: row.try_get("id")?,
        email: email.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        locale: Locale::from_tag(&locale).unwrap_or(Locale::En),
        created_at: Time::from_millis(row.try_get("created_at")?),
        verified_at: time("verified_at")?,
        disabled_at: time("disabled_at")?,
    })
}

pub async fn by_key(conn: &mut Conn, email_key: &str) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(
        "select id, email, name, password_hash, locale, created_at, verified_at, disabled_at
         from users where email_key = $1",
    )
    .bind(email_key)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(user).transpose()
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(
        "select id, email, name, password_hash, locale, created_at, verified_at, disabled_at from users where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(user).transpose()
}

/// Returns the users after the id `after`, ordered by id, at most `limit`.
pub async fn list(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<User>, sqlx::Error> {
    let rows = sqlx::query(
        "select id, email, name, password_hash, locale, created_at, verified_at, disabled_at
         from users where id > $1 order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(user).collect()
}

/// Inserts a user. Returns false if the address already belongs to one.
pub async fn insert(conn: &mut Conn, user: &User) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into users (id, email, email_key, name, password_hash, locale, created_at, verified_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (email_key) do nothing",
    )
    .bind(&user.id)
    .bind(user.email.to_string())
    .bind(user.email.canonical())
    .bind(&user.name)
    .bind(&user.password_hash)
    .bind(user.locale.tag())
    .bind(user.created_at.millis())
    .bind(user.verified_at.map(Time::millis))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes other changes of this user wait for this transaction. Every use of a user's link takes this lock first;
/// otherwise two concurrent uses would deadlock by deleting each other's links.
pub async fn lock(conn: &mut Conn, id: &str) -> Result<(), sqlx::Error> {
    // SQLite has no "for update".
    sqlx::query("update users set disabled_at = disabled_at where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// As [`lock`], but only while the password is still the one of `hash` and the account is enabled. Returns false if it
/// was changed, reset or disabled since the check, so that a change commits only while the check still holds.
pub async fn lock_with_password(conn: &mut Conn, id: &str, hash: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update users set disabled_at = disabled_at where id = $1 and password_hash = $2 and disabled_at is null",
    )
    .bind(id)
    .bind(hash)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn set_name(conn: &mut Conn, id: &str, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("update users set name = $2 where id = $1").bind(id).bind(name).execute(conn).await?;
    Ok(())
}

pub async fn set_password(conn: &mut Conn, id: &str, hash: &str, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update users set password_hash = $2, password_changed_at = $3 where id = $1")
        .bind(id)
        .bind(hash)
        .bind(now.millis())
        .execute(conn)
        .await?;
    Ok(())
}

/// Replaces the hash by one of the same password with the current parameters.
pub async fn rehash(conn: &mut Conn, id: &str, hash: &str) -> Result<(), sqlx::Error> {
    sqlx::query("update users set password_hash = $2 where id = $1").bind(id).bind(hash).execute(conn).await?;
    Ok(())
}

/// Marks the address as confirmed.
pub async fn set_verified(conn: &mut Conn, id: &str, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update users set verified_at = $2 where id = $1").bind(id).bind(now.millis()).execute(conn).await?;
    Ok(())
}

/// Changes a user's address. Returns false if another user has it.
pub async fn set_email(conn: &mut Conn, id: &str, email: &Address, now: Time) -> Result<bool, sqlx::Error> {
    // A constraint violation would abort PostgreSQL's transaction, so the statement checks for the conflict itself. The
    // unique index still decides a race.
    let done = sqlx::query(
        "update users set email = $2, email_key = $3, verified_at = $4
         where id = $1 and not exists (select 1 from users other where other.email_key = $3 and other.id <> $1)",
    )
    .bind(id)
    .bind(email.to_string())
    .bind(email.canonical())
    .bind(now.millis())
    .execute(conn)
    .await;
    match done {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(e) if e.as_database_error().is_some_and(|d| d.is_unique_violation()) => Ok(false),
        Err(e) => Err(e),
    }
}

pub async fn set_disabled(conn: &mut Conn, id: &str, at: Option<Time>) -> Result<(), sqlx::Error> {
    sqlx::query("update users set disabled_at = $2 where id = $1")
        .bind(id)
        .bind(at.map(Time::millis))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes a user. Sessions and links are deleted by foreign keys.
pub async fn delete(conn: &mut Conn, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from users where id = $1").bind(id).execute(conn).await?;
    Ok(())
}
