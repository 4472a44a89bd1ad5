//! The health of the outbox and its transports, for `/readyz`, the outbox page and `check`.

use std::time::Duration;

use serde::Serialize;

use crate::clock::Time;
use crate::db::Conn;

use super::store;

/// If the oldest waiting message is older than this, the outbox is degraded, whatever the state of the transports.
const TOO_OLD: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So many different recipients in a row are rarely all wrong: the server may reject this sender.
const MANY_DEAD: i64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    Ready,
    /// Mail waits or uses another transport; logins are not affected.
    Degraded,
}

#[derive(Clone, Debug, Serialize)]
pub struct Health {
    pub status: HealthStatus,
    /// Rows that wait or are being delivered.
    pub queued: i64,
    /// Age of the oldest of them; 0 if there are no such rows.
    pub oldest_seconds: u64,
    /// Different recipients given up within the last day, and since the last accepted message.
    pub dead_in_a_row: i64,
    /// Rows given up for good within the last hour.
    pub dead_last_hour: i64,
    /// In order of preference.
    pub transports: Vec<TransportHealth>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TransportHealth {
    pub name: &'static str,
    pub status: HealthStatus,
    /// What is wrong and how to fix it; for operators only.
    pub reason: Option<String>,
    /// When the status last changed; `None` if it never did.
    #[serde(skip)]
    pub since: Option<Time>,
}

pub(super) async fn health(conn: &mut Conn, names: &[&'static str], now: Time) -> Result<Health, sqlx::Error> {
    let (queued, oldest) = store::backlog(conn).await?;
    let dead_last_hour = store::dead_since(conn, now - HOUR).await?;
    let dead_in_a_row = store::dead_in_a_row(conn, now - DAY, now).await?;
    let circuits = store::circuits(conn).await?;
    let transports: Vec<_> = names
        .iter()
        .map(|name| {
            let circuit = circuits.iter().find(|circuit| circuit.name == *name);
            let reason = circuit.and_then(|circuit| circuit.reason.clone());
            let status = if reason.is_some() { HealthStatus::Degraded } else { HealthStatus::Ready };
            TransportHealth { name, status, reason, since: circuit.and_then(|circuit| circuit.since) }
        })
        .collect();
    let age = oldest.map(|at| now.since(at)).unwrap_or_default();
    let none_works = !transports.is_empty() && transports.iter().all(|t| t.status == HealthStatus::Degraded);
    let transport_status = if none_works { HealthStatus::Degraded } else { HealthStatus::Ready };
    let status = if age > TOO_OLD || dead_in_a_row >= MANY_DEAD { HealthStatus::Degraded } else { transport_status };
    let oldest_seconds = age.as_secs();
    Ok(Health { status, queued, oldest_seconds, dead_in_a_row, dead_last_hour, transports })
}
