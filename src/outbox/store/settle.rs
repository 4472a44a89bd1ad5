//! The end of an attempt.

use sqlx::query;

use crate::clock::Time;
use crate::db::Conn;

use super::super::verdict::{Next, Verdict};
use super::claim::Claimed;
use super::enqueue::recipients;

/// Writes what became of a claim: false when somebody else holds the row by now, and nothing is written then.
pub(in crate::outbox) async fn settle(
    conn: &mut Conn,
    claimed: &Claimed,
    verdict: &Verdict,
    now: Time,
) -> Result<bool, sqlx::Error> {
    let held = match &verdict.next {
        Next::Sent => sent(conn, claimed, verdict, now).await?,
        Next::Dead => ended(conn, claimed, verdict, now, "dead").await?,
        Next::Cancelled => ended(conn, claimed, verdict, now, "cancelled").await?,
        Next::Retry { at, to } => {
            let to = recipients(to.as_deref().unwrap_or(&claimed.row.to));
            retry(conn, claimed, verdict, *at, to).await? && {
                cancel_superseded(conn, &claimed.row.id, now).await?;
                true
            }
        }
    };
    if held {
        note(conn, claimed, verdict, now).await?;
    }
    Ok(held)
}

async fn sent(conn: &mut Conn, claimed: &Claimed, verdict: &Verdict, now: Time) -> Result<bool, sqlx::Error> {
    let done = query(
        "update outbox set state = 'sent', settled_at = $4, payload = 'null', lease_owner = null, lease_until = null, \
         last_code = null, last_error = null, reply = $5, remote_id = $6 \
         where id = $1 and lease_owner = $2 and attempts = $3 and state = 'leased'",
    )
    .bind(claimed.row.id.clone())
    .bind(claimed.owner.clone())
    .bind(claimed.row.attempts)
    .bind(now.millis())
    .bind(verdict.words.clone())
    .bind(verdict.remote_id.clone())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    // Letters have no body here.
    if super::super::plain::is_own_kind(&claimed.row.kind) {
        query("delete from outbox_bodies where outbox_id = $1").bind(claimed.row.id.clone()).execute(conn).await?;
    }
    Ok(true)
}

async fn ended(
    conn: &mut Conn,
    claimed: &Claimed,
    verdict: &Verdict,
    now: Time,
    state: &'static str,
) -> Result<bool, sqlx::Error> {
    let done = query(
        "update outbox set state = $4, settled_at = $5, lease_owner = null, lease_until = null, failures = $6, \
         ambiguous = $7, last_code = $8, last_error = $9 \
         where id = $1 and lease_owner = $2 and attempts = $3 and state = 'leased'",
    )
    .bind(claimed.row.id.clone())
    .bind(claimed.owner.clone())
    .bind(claimed.row.attempts)
    .bind(state)
    .bind(now.millis())
    .bind(verdict.failures)
    .bind(verdict.ambiguous)
    .bind(verdict.code.map(i64::from))
    .bind(verdict.words.clone())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn retry(
    conn: &mut Conn,
    claimed: &Claimed,
    verdict: &Verdict,
    at: Time,
    to: String,
) -> Result<bool, sqlx::Error> {
    let done = query(
        "update outbox set state = 'queued', next_at = $4, lease_owner = null, lease_until = null, failures = $5, \
         ambiguous = $6, last_code = $7, last_error = $8, tied_to = coalesce($9, tied_to), recipients = $10 \
         where id = $1 and lease_owner = $2 and attempts = $3 and state = 'leased'",
    )
    .bind(claimed.row.id.clone())
    .bind(claimed.owner.clone())
    .bind(claimed.row.attempts)
    .bind(at.millis())
    .bind(verdict.failures)
    .bind(verdict.ambiguous)
    .bind(verdict.code.map(i64::from))
    .bind(verdict.words.clone())
    .bind(verdict.tied.then(|| claimed.transport.to_owned()))
    .bind(to)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A row in hand cannot be called off by a newer one; when it comes back, it is.
pub(super) async fn cancel_superseded(conn: &mut Conn, id: &str, now: Time) -> Result<(), sqlx::Error> {
    query(
        "update outbox set state = 'cancelled', settled_at = $2, last_error = 'a newer letter took its place' \
         where id = $1 and state = 'queued' and supersedes is not null and exists (select 1 from outbox newer \
         where newer.supersedes = outbox.supersedes and newer.created_at > outbox.created_at)",
    )
    .bind(id.to_owned())
    .bind(now.millis())
    .execute(conn)
    .await?;
    Ok(())
}

async fn note(conn: &mut Conn, claimed: &Claimed, verdict: &Verdict, now: Time) -> Result<(), sqlx::Error> {
    query(
        "insert into outbox_attempts (outbox_id, number, started_at, ended_at, transport, outcome, code, words) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(claimed.row.id.clone())
    .bind(claimed.row.attempts)
    .bind(claimed.started_at.millis())
    .bind(now.millis())
    .bind(claimed.transport)
    .bind(verdict.outcome)
    .bind(verdict.code.map(i64::from))
    .bind(verdict.words.clone())
    .execute(conn)
    .await?;
    Ok(())
}
