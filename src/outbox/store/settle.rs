//! Writing the outcome of an attempt.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, Row as _, query};

use crate::clock::Time;
use crate::db::Conn;

use super::super::disposition::{Disposition, Next};
use super::super::job::is_stored_kind;
use super::claim::Claimed;
use super::enqueue::recipients;

/// Rows per statement: each has at most eight parameters, and every SQLite build allows at least 999.
const ROWS_PER_STATEMENT: usize = 64;

/// The outcome of a claim.
pub(crate) struct Settlement<'c> {
    pub claimed: &'c Claimed,
    pub disposition: Disposition,
    /// The transport that a retry is pinned to.
    pub pinned: Option<&'static str>,
}

/// Writes the outcomes of claims. Returns one flag for each, in order: false, and nothing is written, if another worker
/// holds the row by now.
pub(crate) async fn settle(conn: &mut Conn, outcomes: &[Settlement<'_>], now: Time) -> Result<Vec<bool>, sqlx::Error> {
    let delivered: Vec<_> = outcomes.iter().filter(|outcome| outcome.disposition.next == Next::Sent).collect();
    let delivered = sent(conn, &delivered, now).await?;
    let mut held = Vec::with_capacity(outcomes.len());
    for Settlement { claimed, disposition, pinned } in outcomes {
        held.push(match &disposition.next {
            Next::Sent => delivered.contains(&claimed.row.id),
            Next::Dead => ended(conn, claimed, disposition, now, "dead").await?,
            Next::Cancelled => ended(conn, claimed, disposition, now, "cancelled").await?,
            Next::Retry { at, to } => {
                let waiting = to.as_deref().map(recipients);
                retry(conn, claimed, disposition, *at, waiting, *pinned).await? && {
                    cancel_superseded(conn, &claimed.row.id, now).await?;
                    true
                }
            }
        });
    }
    Ok(held)
}

/// SQL that appends the permanently rejected recipients of an attempt to those of the row.
macro_rules! refused {
    ($refused:literal) => {
        concat!(
            "coalesce(coalesce(outbox.refused_recipients || ' · ', '') || ",
            $refused,
            ", outbox.refused_recipients)"
        )
    };
}

/// Writes the outcomes of delivered messages and returns the ids of the rows that were held. One statement for many
/// rows, since a statement costs more than a row.
async fn sent(conn: &mut Conn, outcomes: &[&Settlement<'_>], now: Time) -> Result<HashSet<String>, sqlx::Error> {
    let mut held = HashSet::new();
    for some in outcomes.chunks(ROWS_PER_STATEMENT) {
        let rows: Vec<_> = (0..some.len()).map(|row| row * 6 + 2).map(sent_row).collect();
        let sql = format!(
            "with done (id, owner, attempts, reply, remote_id, refused) as (values {}) \
             update outbox set state = 'sent', settled_at = $1, payload = 'null', lease_owner = null, \
             lease_until = null, last_code = null, reply = done.reply, remote_id = done.remote_id, \
             pending_recipients = null, refused_recipients = {refused}, last_error = {refused} from done \
             where outbox.id = done.id and outbox.lease_owner = done.owner and outbox.attempts = done.attempts \
             and outbox.state = 'leased' returning outbox.id as id",
            rows.join(", "),
            refused = refused!("done.refused"),
        );
        let mut update = query(AssertSqlSafe(sql)).bind(now.millis());
        for Settlement { claimed, disposition, .. } in some {
            update = update
                .bind(claimed.row.id.clone())
                .bind(claimed.owner.clone())
                .bind(claimed.row.attempts)
                .bind(disposition.reply.clone())
                .bind(disposition.remote_id.clone())
                .bind(disposition.refused.clone());
        }
        for row in update.fetch_all(&mut *conn).await? {
            held.insert(row.try_get("id")?);
        }
    }
    Ok(held)
}

/// The parameters of a row of [`sent`], from `first` on. PostgreSQL does not find their types by itself.
fn sent_row(first: usize) -> String {
    let types = ["text", "text", "bigint", "text", "text", "text"];
    let values: Vec<_> =
        types.iter().enumerate().map(|(at, kind)| format!("cast(${} as {kind})", first + at)).collect();
    format!("({})", values.join(", "))
}

async fn ended(
    conn: &mut Conn,
    claimed: &Claimed,
    disposition: &Disposition,
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
    .bind(disposition.failures)
    .bind(disposition.ambiguous)
    .bind(disposition.code.map(i64::from))
    .bind(disposition.reply.clone())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn retry(
    conn: &mut Conn,
    claimed: &Claimed,
    disposition: &Disposition,
    at: Time,
    waiting: Option<String>,
    pinned: Option<&'static str>,
) -> Result<bool, sqlx::Error> {
    let done = query(concat!(
        "update outbox set state = 'queued', next_at = $4, lease_owner = null, lease_until = null, failures = $5, \
         ambiguous = $6, last_code = $7, last_error = $8, suspicions = $9, \
         pinned_transport = coalesce($10, pinned_transport), \
         pending_recipients = coalesce($11, pending_recipients), refused_recipients = ",
        refused!("cast($12 as text)"),
        " where id = $1 and lease_owner = $2 and attempts = $3 and state = 'leased'",
    ))
    .bind(claimed.row.id.clone())
    .bind(claimed.owner.clone())
    .bind(claimed.row.attempts)
    .bind(at.millis())
    .bind(disposition.failures)
    .bind(disposition.ambiguous)
    .bind(disposition.code.map(i64::from))
    .bind(disposition.reply.clone())
    .bind(disposition.suspicions)
    .bind(pinned)
    .bind(waiting)
    .bind(disposition.refused.clone())
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
    settled: &[&Settlement<'_>],
    now: Time,
) -> Result<(), sqlx::Error> {
    for some in settled.chunks(ROWS_PER_STATEMENT) {
        let marks = marks(some.len(), 8);
        let sql = format!(
            "insert into outbox_attempts (outbox_id, number, started_at, ended_at, transport, outcome, code, reply) \
             values {marks}"
        );
        let mut insert = query(AssertSqlSafe(sql));
        for Settlement { claimed, disposition, .. } in some {
            insert = insert
                .bind(claimed.row.id.clone())
                .bind(claimed.row.attempts)
                .bind(claimed.started_at.millis())
                .bind(now.millis())
                .bind(claimed.transport)
                .bind(disposition.outcome)
                .bind(disposition.code.map(i64::from))
                .bind(disposition.reply.clone());
        }
        insert.execute(&mut *conn).await?;
        // Other kinds have no stored body.
        let bodies: Vec<_> = some
            .iter()
            .filter(|one| one.disposition.next == Next::Sent && is_stored_kind(&one.claimed.row.kind))
            .map(|one| one.claimed.row.id.clone())
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
