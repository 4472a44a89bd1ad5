//! The circuits and send rates of the transports, shared by all processes.

use std::time::Duration;

use sqlx::{Row as _, query};

use crate::clock::Time;
use crate::db::Conn;

use super::super::circuit::Circuit;

/// Inserts the row of a transport if it is missing.
pub(crate) async fn register_transport(conn: &mut Conn, name: &str) -> Result<(), sqlx::Error> {
    query(
        "insert into outbox_transports (name, failures, pauses, rate_used_until) values ($1, 0, 0, 0) \
         on conflict (name) do nothing",
    )
    .bind(name.to_owned())
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn circuits(conn: &mut Conn) -> Result<Vec<Circuit>, sqlx::Error> {
    let rows = query(
        "select name, reason, since, failures, pauses, paused_until, paused_for, suspect from outbox_transports \
         order by name",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &sqlx::any::AnyRow) -> Result<Circuit, sqlx::Error> {
    Ok(Circuit {
        name: row.try_get("name")?,
        reason: row.try_get("reason")?,
        since: row.try_get::<Option<i64>, _>("since")?.map(Time::from_millis),
        failures: row.try_get("failures")?,
        pauses: row.try_get("pauses")?,
        paused_until: row.try_get::<Option<i64>, _>("paused_until")?.map(Time::from_millis),
        paused_for: Duration::from_millis(u64::try_from(row.try_get::<i64, _>("paused_for")?).unwrap_or(0)),
        suspect: row.try_get("suspect")?,
    })
}

pub(crate) async fn save(conn: &mut Conn, circuit: &Circuit) -> Result<(), sqlx::Error> {
    query(
        "update outbox_transports set reason = $2, since = $3, failures = $4, pauses = $5, paused_until = $6, \
         suspect = $7, paused_for = $8 where name = $1",
    )
    .bind(circuit.name.clone())
    .bind(circuit.reason.clone())
    .bind(circuit.since.map(Time::millis))
    .bind(circuit.failures)
    .bind(circuit.pauses)
    .bind(circuit.paused_until.map(Time::millis))
    .bind(circuit.suspect.clone())
    .bind(i64::try_from(circuit.paused_for.as_millis()).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(())
}

/// Claims the right to probe a transport whose pause is over; false if another process was first. `seen` is the end of
/// the pause as it was read.
pub(crate) async fn claim_probe(conn: &mut Conn, name: &str, seen: Time, until: Time) -> Result<bool, sqlx::Error> {
    let done = query("update outbox_transports set paused_until = $3 where name = $1 and paused_until = $2")
        .bind(name.to_owned())
        .bind(seen.millis())
        .bind(until.millis())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The time up to which all processes have used the rate, in microseconds since 1970. Other claims for this transport
/// wait until the transaction ends.
pub(crate) async fn rate_used(conn: &mut Conn, name: &str) -> Result<i64, sqlx::Error> {
    let row = query(
        "update outbox_transports set rate_used_until = rate_used_until where name = $1 returning rate_used_until",
    )
    .bind(name.to_owned())
    .fetch_one(conn)
    .await?;
    row.try_get("rate_used_until")
}

pub(crate) async fn use_rate(conn: &mut Conn, name: &str, used_until: i64) -> Result<(), sqlx::Error> {
    query("update outbox_transports set rate_used_until = $2 where name = $1")
        .bind(name.to_owned())
        .bind(used_until)
        .execute(conn)
        .await?;
    Ok(())
}
