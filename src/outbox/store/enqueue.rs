//! Inserting rows.

use sqlx::query;

use crate::clock::Time;
use crate::db::Conn;
use crate::mail::Address;
use crate::random::Entropy;
use crate::request_id;

use super::super::job::NewJob;

/// Inserts a row in the caller's transaction and returns its id; waiting rows that it supersedes are cancelled.
pub async fn enqueue(conn: &mut Conn, draft: &NewJob, now: Time, entropy: &Entropy) -> Result<String, sqlx::Error> {
    if let Some(key) = &draft.supersedes {
        supersede(conn, key, now).await?;
    }
    let id = entropy.id(now);
    query(
        "insert into outbox (id, kind, recipients, payload, supersedes, state, created_at, expires_at, next_at, \
         attempts, failures, ambiguous, user_id, request_id) \
         values ($1, $2, $3, $4, $5, 'queued', $6, $7, $6, 0, 0, 0, $8, $9)",
    )
    .bind(id.clone())
    .bind(draft.kind.clone())
    .bind(recipients(&draft.to))
    .bind(draft.payload.to_string())
    .bind(draft.supersedes.clone())
    .bind(now.millis())
    .bind(draft.expires_at.millis())
    .bind(draft.user_id.clone())
    .bind(request_id::current())
    .execute(conn)
    .await?;
    tracing::debug!(id, kind = draft.kind, "a message is enqueued with this transaction");
    Ok(id)
}

async fn supersede(conn: &mut Conn, key: &str, now: Time) -> Result<(), sqlx::Error> {
    query(
        "update outbox set state = 'cancelled', settled_at = $2, last_error = 'superseded by a newer message' \
         where supersedes = $1 and state = 'queued'",
    )
    .bind(key.to_owned())
    .bind(now.millis())
    .execute(conn)
    .await?;
    Ok(())
}

/// The value of a recipients column: a JSON array.
pub(crate) fn recipients(to: &[Address]) -> String {
    serde_json::Value::from(to.iter().map(Address::to_string).collect::<Vec<_>>()).to_string()
}
