//! Claims and leases: which worker delivers a row, and until when.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Row as _, query};

use crate::clock::Time;
use crate::db::{Conn, Dialect};
use crate::mail::{Address, Mailbox};

use super::super::backoff;
use super::super::circuit::Suspects;
use super::super::disposition::FailureCounts;
use super::super::job::{Job, LEASE};

/// Which rows to take for one transport.
pub(crate) struct Claim<'a> {
    pub owner: &'a str,
    pub transport: &'static str,
    pub from: &'a Mailbox,
    pub now: Time,
    pub lease_until: Time,
    pub limit: i64,
    /// Transports whose pinned rows are not claimed. `None`: only rows pinned to this transport are claimed.
    pub others: Option<&'a [&'static str]>,
    /// What to do with rows that were rejected as if the transport were the cause.
    pub suspects: Suspects,
    /// Claim this row and no other.
    pub only: Option<&'a str>,
    /// End of a new Message-ID: `.<random>@<domain>`.
    pub message_id_tail: &'a str,
}

/// A row that this worker has claimed.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub row: Job,
    pub owner: String,
    pub transport: &'static str,
    pub started_at: Time,
    /// The id of the HTTP request that enqueued it; for the log.
    pub request: Option<String>,
    pub counters: FailureCounts,
}

/// True if a row can be claimed, has expired, or has an expired lease.
pub(crate) async fn anything_due(conn: &mut Conn, now: Time) -> Result<bool, sqlx::Error> {
    let row = query(
        "select 1 as due from outbox where (state = 'queued' and (next_at <= $1 or expires_at <= $1 or next_at > $2)) \
         or (state = 'leased' and (lease_until <= $1 or lease_until > $3)) limit 1",
    )
    .bind(now.millis())
    .bind(now.last_end(backoff::LONGEST).millis())
    .bind(now.last_end(LEASE).millis())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// True if a row can be claimed now.
pub(crate) async fn row_due(conn: &mut Conn, now: Time) -> Result<bool, sqlx::Error> {
    let row = query("select 1 as due from outbox where state = 'queued' and (next_at <= $1 or next_at > $2) limit 1")
        .bind(now.millis())
        .bind(now.last_end(backoff::LONGEST).millis())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// Claims due rows, oldest first. Must run in a write transaction.
pub(crate) async fn claim(conn: &mut Conn, dialect: Dialect, claim: &Claim<'_>) -> Result<Vec<Claimed>, sqlx::Error> {
    let lock = dialect.skip_locked();
    let pins = match claim.others {
        None => "pinned_transport = $3".to_owned(),
        Some([]) => "0 = 0".to_owned(),
        Some(others) => {
            let marks: Vec<_> = (0..others.len()).map(|n| format!("${}", n + 9)).collect();
            format!("coalesce(pinned_transport, '') not in ({})", marks.join(", "))
        }
    };
    let (never, order) = match claim.suspects {
        Suspects::AsOthers => ("", ""),
        Suspects::Last => ("", "case when suspicions > 0 then failures else 0 end, "),
        Suspects::Never => ("and suspicions = 0", ""),
    };
    // Materialized: PostgreSQL may otherwise run the inner select again per row and overstep its limit.
    let sql = format!(
        "with due as materialized (select id from outbox where state = 'queued' and (next_at <= $4 or \
         next_at > $8) and expires_at > $4 and ($7 = '' or id = $7) and {pins} {never} order by {order}next_at, id limit $6 {lock}) \
         update outbox set state = 'leased', lease_owner = $1, lease_until = $2, transport = $3, claimed_at = $4, \
         attempts = attempts + 1, first_try_at = coalesce(first_try_at, $4), \
         message_id = coalesce(message_id, id || $5) where id in (select id from due) \
         returning id, kind, coalesce(pending_recipients, recipients) as recipients, payload, message_id, created_at, first_try_at, \
         attempts, failures, ambiguous, suspicions, request_id"
    );
    let mut query = query(AssertSqlSafe(sql))
        .bind(claim.owner.to_owned())
        .bind(claim.lease_until.millis())
        .bind(claim.transport)
        .bind(claim.now.millis())
        .bind(claim.message_id_tail.to_owned())
        .bind(claim.limit)
        .bind(claim.only.unwrap_or_default().to_owned())
        .bind(claim.now.last_end(backoff::LONGEST).millis());
    for other in claim.others.unwrap_or_default() {
        query = query.bind(*other);
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter().map(|row| read(row, claim)).collect()
}

fn read(row: &sqlx::any::AnyRow, claim: &Claim<'_>) -> Result<Claimed, sqlx::Error> {
    let to = addresses(&row.try_get::<String, _>("recipients")?);
    let payload = serde_json::from_str(&row.try_get::<String, _>("payload")?).unwrap_or_default();
    Ok(Claimed {
        row: Job {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            to,
            payload,
            message_id: row.try_get("message_id")?,
            enqueued_at: Time::from_millis(row.try_get("created_at")?),
            date: Time::from_millis(row.try_get("first_try_at")?),
            from: claim.from.clone(),
            attempts: row.try_get("attempts")?,
        },
        owner: claim.owner.to_owned(),
        transport: claim.transport,
        started_at: claim.now,
        request: row.try_get("request_id")?,
        counters: FailureCounts {
            failures: row.try_get("failures")?,
            ambiguous: row.try_get("ambiguous")?,
            suspicions: row.try_get("suspicions")?,
        },
    })
}

/// True if two rows have the same recipients; false if one of them was deleted.
pub(crate) async fn same_recipients(conn: &mut Conn, a: &str, b: &str) -> Result<bool, sqlx::Error> {
    let rows = query("select recipients from outbox where id in ($1, $2)")
        .bind(a.to_owned())
        .bind(b.to_owned())
        .fetch_all(conn)
        .await?;
    let mut all = Vec::new();
    for row in &rows {
        let to = addresses(&row.try_get::<String, _>("recipients")?);
        all.push(to.iter().map(Address::canonical).collect::<BTreeSet<_>>());
    }
    Ok(a == b || matches!(all.as_slice(), [a, b] if a == b))
}

/// Reads the JSON array of a recipients column. Text that is not an address is left out: Gatepost never writes such
/// text.
pub(crate) fn addresses(column: &str) -> Vec<Address> {
    let texts: Vec<String> = serde_json::from_str(column).unwrap_or_default();
    texts.iter().filter_map(|text| Address::parse(text).ok()).collect()
}

/// Extends all leases of a worker.
pub(crate) async fn renew(conn: &mut Conn, owner: &str, until: Time) -> Result<(), sqlx::Error> {
    query("update outbox set lease_until = $2 where lease_owner = $1 and state = 'leased'")
        .bind(owner.to_owned())
        .bind(until.millis())
        .execute(conn)
        .await?;
    Ok(())
}
