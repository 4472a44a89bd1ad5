//! Deletes expired rows.

use sqlx::AssertSqlSafe;

use crate::clock::Time;
use crate::db::{Conn, Dialect};

/// A kind of expired rows.
#[derive(Clone, Copy, Debug)]
pub enum ExpiredRows {
    /// Never confirmed.
    Signups { before: Time },
    /// So old that they are expired whenever their emails were sent.
    Links { made_before: Time },
    /// Windows that have ended, or that end further off than any window lasts.
    Counters { before: Time, after: Time },
    /// Likewise the slots of passwords being checked.
    LoginSlots { before: Time, after: Time },
    /// Past their absolute lifetime.
    Sessions { remembered_before: Time, others_before: Time },
}

/// Deletes at most `limit` rows, skipping rows that another transaction has locked. A counter that is being incremented
/// is still in use, and waiting for one while holding others could deadlock with a request.
pub async fn purge(conn: &mut Conn, dialect: Dialect, what: ExpiredRows, limit: i64) -> Result<u64, sqlx::Error> {
    let (table, key, condition, times) = match what {
        ExpiredRows::Signups { before } => ("signups", "id", "expires_at <= $2", [before, before]),
        ExpiredRows::Links { made_before } => ("links", "id", "created_at <= $2", [made_before, made_before]),
        ExpiredRows::Counters { before, after } => {
            ("counters", "key", "(resets_at <= $2 or resets_at > $3)", [before, after])
        }
        ExpiredRows::LoginSlots { before, after } => {
            ("login_slots", "id", "(expires_at <= $2 or expires_at > $3)", [before, after])
        }
        ExpiredRows::Sessions { remembered_before, others_before } => (
            "sessions",
            "id",
            "((remembered_at is not null and created_at <= $2) or (remembered_at is null and created_at <= $3))",
            [remembered_before, others_before],
        ),
    };
    let skip = dialect.skip_locked();
    // PostgreSQL requires a type for every parameter, even for one that is not used.
    let sql = format!(
        "with expired as materialized (select {key} from {table} where {condition} and $3 = $3 limit $1 {skip}) \
         delete from {table} where {key} in (select {key} from expired)"
    );
    let [first, second] = times.map(Time::millis);
    let done = sqlx::query(AssertSqlSafe(sql)).bind(limit).bind(first).bind(second).execute(conn).await?;
    Ok(done.rows_affected())
}
