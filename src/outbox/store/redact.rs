//! Deletion of personal data: removes a recipient from the outbox when their account ends.

use sqlx::{Row as _, query};

use crate::db::Conn;
use crate::mail::Address;

use super::claim::addresses;
use super::enqueue::recipients;

/// A row with a given address among its recipients.
struct RecipientMatch {
    id: String,
    user_id: Option<String>,
    to: Vec<Address>,
}

impl RecipientMatch {
    fn is_wholly_to(&self, address: &Address) -> bool {
        self.to.iter().all(|to| to.canonical() == address.canonical())
    }

    fn without(&self, address: &Address) -> Vec<Address> {
        self.to.iter().filter(|to| to.canonical() != address.canonical()).cloned().collect()
    }
}

/// Marks rows that went to `address` alone as data of the user `user_id`, who gives up the address.
///
/// # Errors
/// When the database fails.
pub async fn attribute(conn: &mut Conn, user_id: &str, address: &Address) -> Result<(), sqlx::Error> {
    for row in mentions(conn, address).await?.iter().filter(|row| row.user_id.is_none() && row.is_wholly_to(address)) {
        query("update outbox set user_id = $2 where id = $1")
            .bind(row.id.clone())
            .bind(user_id.to_owned())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Deletes all rows about the user `user_id` or to `address` alone, in any state; a worker that is delivering such a row
/// cannot settle it. Rows to several recipients continue without the address.
///
/// # Errors
/// When the database fails.
pub async fn delete_recipient(conn: &mut Conn, user_id: &str, address: &Address) -> Result<(), sqlx::Error> {
    query("delete from outbox where user_id = $1").bind(user_id.to_owned()).execute(&mut *conn).await?;
    for row in mentions(conn, address).await? {
        if row.is_wholly_to(address) {
            query("delete from outbox where id = $1").bind(row.id).execute(&mut *conn).await?;
        } else {
            remove_recipient(conn, &row, address).await?;
        }
    }
    Ok(())
}

/// The rows with this address among their recipients, however it is spelled.
async fn mentions(conn: &mut Conn, address: &Address) -> Result<Vec<RecipientMatch>, sqlx::Error> {
    // A Turkish database lowers I to another character than an address does. Wildcards of `like` in an address match
    // too many rows; the filter below removes them.
    let rows = query(
        "select id, user_id, recipients from outbox where lower(replace(recipients, 'I', 'i')) like $1 order by id",
    )
    .bind(format!("%\"{}\"%", address.canonical()))
    .fetch_all(conn)
    .await?;
    let read = |row: &sqlx::any::AnyRow| {
        let to = addresses(&row.try_get::<String, _>("recipients")?);
        Ok(RecipientMatch { id: row.try_get("id")?, user_id: row.try_get("user_id")?, to })
    };
    let found: Vec<RecipientMatch> = rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?;
    Ok(found.into_iter().filter(|row| row.to.iter().any(|to| to.canonical() == address.canonical())).collect())
}

/// Removes one of several recipients from a row and from the replies that are stored with it.
async fn remove_recipient(conn: &mut Conn, row: &RecipientMatch, address: &Address) -> Result<(), sqlx::Error> {
    query(
        "update outbox set recipients = $2, last_error = replace(last_error, $3, '***'), \
         reply = replace(reply, $3, '***') where id = $1",
    )
    .bind(row.id.clone())
    .bind(recipients(&row.without(address)))
    .bind(address.to_string())
    .execute(&mut *conn)
    .await?;
    query("update outbox_attempts set reply = replace(reply, $2, '***') where outbox_id = $1")
        .bind(row.id.clone())
        .bind(address.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
