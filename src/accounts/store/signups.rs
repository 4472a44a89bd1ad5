//! SQL of the pending signups.

use sqlx::Row as _;
use sqlx::any::{AnyArguments, AnyRow};

use crate::accounts::signup::{Decoy, Signup, SignupData, SignupState};
use crate::clock::Time;
use crate::db::Conn;
use crate::i18n::Locale;

/// The value of `decoy_for` when no user has the address; not a user id.
const NOBODY: &str = "nobody";

type AnyQuery<'q> = sqlx::query::Query<'q, sqlx::Any, AnyArguments>;

/// A query for the columns that [`signup`] reads.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "select id, email, name, password_hash, locale, next, binding, decoy_for, created_at, expires_at ",
            "from signups where ",
            $condition
        )
    };
}

fn signup(row: &AnyRow) -> Result<Signup, sqlx::Error> {
    let locale: String = row.try_get("locale")?;
    let email: String = row.try_get("email")?;
    Ok(Signup {
        id: row.try_get("id")?,
        email: email.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
        locale: Locale::from_tag(&locale).unwrap_or(Locale::En),
        state: state(row)?,
        created_at: Time::from_millis(row.try_get("created_at")?),
        expires_at: Time::from_millis(row.try_get("expires_at")?),
    })
}

fn state(row: &AnyRow) -> Result<SignupState, sqlx::Error> {
    let hash: Option<String> = row.try_get("password_hash")?;
    let binding: Option<String> = row.try_get("binding")?;
    let submitted = match hash.zip(binding) {
        Some((password_hash, binding)) => {
            let (name, next) = (row.try_get("name")?, row.try_get("next")?);
            Some(SignupData { name, password_hash, next, binding })
        }
        None => None,
    };
    let decoy_for: Option<String> = row.try_get("decoy_for")?;
    Ok(match (decoy_for, submitted) {
        (Some(user), submitted) => SignupState::Decoy(Decoy { owner: Some(user).filter(|id| id != NOBODY), submitted }),
        (None, Some(data)) => SignupState::Submitted(data),
        (None, None) => SignupState::Requested,
    })
}

/// Writes a signup, replacing the one with the same id.
pub async fn put(conn: &mut Conn, signup: &Signup) -> Result<(), sqlx::Error> {
    let (data, decoy_for) = match &signup.state {
        SignupState::Submitted(data) => (Some(data), None),
        SignupState::Requested => (None, None),
        SignupState::Decoy(decoy) => (decoy.submitted.as_ref(), Some(decoy.owner.as_deref().unwrap_or(NOBODY))),
    };
    sqlx::query(
        "insert into signups
           (id, email, email_key, name, password_hash, locale, next, binding, decoy_for, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (id) do update set
           email = excluded.email, name = excluded.name, password_hash = excluded.password_hash,
           locale = excluded.locale, next = excluded.next, decoy_for = excluded.decoy_for,
           expires_at = excluded.expires_at",
    )
    .bind(&signup.id)
    .bind(signup.email.to_string())
    .bind(signup.email.canonical())
    .bind(data.map_or("", |data| data.name.as_str()))
    .bind(data.map(|data| data.password_hash.as_str()))
    .bind(signup.locale.tag())
    .bind(data.and_then(|data| data.next.as_deref()))
    .bind(data.map(|data| data.binding.as_str()))
    .bind(decoy_for)
    .bind(signup.created_at.millis())
    .bind(signup.expires_at.millis())
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Signup>, sqlx::Error> {
    find(conn, sqlx::query(select!("id = $1")).bind(id)).await
}

/// Returns the latest signup for an address by the browser whose cookie has this digest.
pub async fn by_binding(
    conn: &mut Conn,
    digest: &str,
    email_key: &str,
    now: Time,
    last_end: Time,
) -> Result<Option<Signup>, sqlx::Error> {
    let query = sqlx::query(select!(
        "email_key = $1 and expires_at > $2 and expires_at <= $3 and binding = $4 order by id desc limit 1"
    ));
    find(conn, query.bind(email_key).bind(now.millis()).bind(last_end.millis()).bind(digest)).await
}

/// Returns the latest signup of an address that can be confirmed.
pub async fn latest_pending(
    conn: &mut Conn,
    email_key: &str,
    now: Time,
    last_end: Time,
) -> Result<Option<Signup>, sqlx::Error> {
    let query = sqlx::query(select!(
        "email_key = $1 and expires_at > $2 and expires_at <= $3 and decoy_for is null order by id desc limit 1"
    ));
    find(conn, query.bind(email_key).bind(now.millis()).bind(last_end.millis())).await
}

async fn find(conn: &mut Conn, query: AnyQuery<'_>) -> Result<Option<Signup>, sqlx::Error> {
    query.fetch_optional(conn).await?.as_ref().map(signup).transpose()
}

/// Deletes all signups of an address, decoys included. Their links are deleted by foreign keys.
pub async fn delete_address(conn: &mut Conn, email_key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from signups where email_key = $1").bind(email_key).execute(conn).await?;
    Ok(())
}

/// Deletes the decoys that were written because this user had the address, including earlier addresses.
pub async fn delete_decoys(conn: &mut Conn, user_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from signups where decoy_for = $1").bind(user_id).execute(conn).await?;
    Ok(())
}
