//! Writing the outcome of an attempt.

use sqlx::{AssertSqlSafe, query};

use crate::clock::Time;
use crate::db::Conn;

use super::super::disposition::{Disposition, Next};
use super::super::job::is_stored_kind;
use super::claim::Claimed;
use super::enqueue::recipients;

/// Rows per statement: each has eight parameters, and every SQLite build allows at least 999.
const ROWS_PER_INSERT: usize = 64;

/// Writes the outcome of a claim. Returns false, and writes nothing, if another worker holds the row by now. `pinned`
/// is the transport that a retry is pinned to.
pub(crate) async fn settle(
    conn: &mut Conn,
    claimed: &Claimed,
    verdict: &Disposition,
    pinned: Option<&'static str>,
    now: Time,
) -> Result<bool, sqlx::Error> {
    let held = match &verdict.next {
        Next::Sent => sent(conn, claimed, verdict, now).await?,
        Next::Dead => ended(conn, claimed, verdict, now, "dead").await?,
        Next::Cancelled => ended(conn, claimed, verdict, now, "cancelled").await?,
        Next::Retry { at, to } => {
            let waiting = to.as_deref().map(recipients);
            retry(conn, claimed, verdict, *at, waiting, pinned).await? && {
                cancel_superseded(conn, &claimed.row.id, now).await?;
                true
            }
        }
    };
    Ok(held)
}

/// SQL that appends the permanently rejected recipients of this attempt, the last parameter, to those of the row.
macro_rules! refused {
    ($last:literal) => {
        concat!("coalesce(coalesce(refused_recipients || ' · ', '') || cast(", $last, " as text), refused_recipients)")
    };
}

async fn sent(conn: &mut Conn, claimed: &Claimed, verdict: &Disposition, now: Time) -> Result<bool, sqlx::Error> {
    let done = query(concat!(
        "update outbox set state = 'sent', settled_at = $4, payload = 'null', lease_owner = null, lease_until = null, \
         last_code = null, reply = $5, remote_id = $6, pending_recipients = null, refused_recipients = ",
        refused!("$7"),
        ", last_error = ",
        refused!("$7"),
        " where id = $1 and lease_owner = $2 and attempts = $3 and state = 'leased'",
    ))
    .bind(claimed.row.id.clone())
    .bind(claimed.owner.clone())
    .bind(claimed.row.attempts)
    .bind(now.millis())
    .bind(verdict.reply.clone())
    .bind(verdict.remote_id.clone())
    .bind(verdict.refused.clone())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn ended(
    conn: &mut Conn,
    claimed: &Claimed,
    verdict: &Disposition,
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
    .bind(verdict.reply.clone())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn retry(
    conn: &mut Conn,
    claimed: &Claimed,
    verdict: &Disposition,
    at: Time,
    waiting: Option<String>,
    pinned: Option<&'static str>,
) -> Result<bool, sqlx::Error> {
    let done = query(concat!(
        "update outbox set state = 'queued', next_at = $4, lease_owner = null, lease_until = null, failures = $5, \
         ambiguous = $6, last_code = $7, last_error = $8, pinned_transport = coalesce($9, pinned_transport), suspicions = $12, \
         pending_recipients = coalesce($10, pending_recipients), refused_recipients = ",
        refused!("$11"),
        " where id = $1 and lease_owner = $2 and attempts = $3 and state = 'leased'",
    ))
    .bind(claimed.row.id.clone())
    .bind(claimed.owner.clone())
    .bind(claimed.row.attempts)
    .bind(at.millis())
    .bind(verdict.failures)
    .bind(verdict.ambiguous)
    .bind(verdict.code.map(i64::from))
    .bind(verdict.reply.clone())
    .bind(pinned)
    .bind(waiting)
    .bind(verdict.refused.clone())
    .bind(verdict.suspicions)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Cancels a row that was superseded while it was being delivered.
pub(super) async fn cancel_superseded(conn: &mut Conn, id: &str, now: Time) -> Result<(), sqlx::Error> {
    query(
        "update outbox set state = 'cancelled', settled_at = $2, last_error = 'superseded by a newer message' \
         where id = $1 and state = 'queued' and supersedes is not null and exists (select 1 from outbox newer \
         where newer.supersedes = outbox.supersedes and newer.created_at > outbox.created_at)",
    )
    .bind(id.to_owned())
    .bind(now.millis())
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds settled attempts to the timelines of their rows and deletes the bodies of sent messages. Two statements for
/// many rows, since a statement costs more than a row.
pub(crate) async fn record_attempts(
    conn: &mut Conn,
    settled: &[(&Claimed, &Disposition)],
    now: Time,
) -> Result<(), sqlx::Error> {
    for some in settled.chunks(ROWS_PER_INSERT) {
        let marks = marks(some.len(), 8);
        let sql = format!(
            "insert into outbox_attempts (outbox_id, number, started_at, ended_at, transport, outcome, code, reply) \
             values {marks}"
        );
        let mut insert = query(AssertSqlSafe(sql));
        for (claimed, verdict) in some {
            insert = insert
                .bind(claimed.row.id.clone())
                .bind(claimed.row.attempts)
                .bind(claimed.started_at.millis())
                .bind(now.millis())
                .bind(claimed.transport)
                .bind(verdict.outcome)
                .bind(verdict.code.map(i64::from))
                .bind(verdict.reply.clone());
        }
        insert.execute(&mut *conn).await?;
        // Other kinds have no stored body.
        let bodies: Vec<_> = some
            .iter()
            .filter(|(claimed, verdict)| verdict.next == Next::Sent && is_stored_kind(&claimed.row.kind))
            .map(|(claimed, _)| claimed.row.id.clone())
            .collect();
        if !bodies.is_empty() {
            let sql = format!("delete from outbox_bodies where outbox_id in {}", self::marks(1, bodies.len()));
            let delete = bodies.into_iter().fold(query(AssertSqlSafe(sql)), |delete, id| delete.bind(id));
            delete.execute(&mut *conn).await?;
        }
    }
    Ok(())
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
fn marks(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let marks: Vec<_> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", marks.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}
