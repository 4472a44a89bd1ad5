//! The claiming half of a tick: leases due rows for the transports that may be used, and starts their deliveries.

use std::time::Duration;

use crate::clock::Time;
use crate::db::Conn;

use super::circuit::{Circuit, CircuitState, Suspects};
use super::delivery_loop::{DeliveryLoop, MAX_IN_PROGRESS, WorkerState};
use super::job::{LEASE, is_stored_kind};
use super::log;
use super::settings::TransportConfig;
use super::store::{self, Claim, Claimed};

/// How long the right to probe a transport lasts; it lapses if the process stops before the probe ends.
const PROBE: Duration = Duration::from_secs(60);

impl DeliveryLoop {
    /// Probes transports whose pause is over, then claims due rows and starts their deliveries.
    pub(super) async fn claim(&mut self) -> Result<(), sqlx::Error> {
        let shared = self.shared.clone();
        let outbox = &shared.outbox;
        let now = outbox.clock.now();
        let (circuits, due) = {
            let mut conn = outbox.db.read().await?;
            (store::circuits(&mut conn).await?, store::anything_due(&mut conn, now).await?)
        };
        self.has_more = false;
        for route in &shared.routes {
            match circuits.iter().find(|circuit| circuit.name == route.name()) {
                Some(circuit) => self.probe(route, circuit, now).await?,
                None => register_transport(&shared, route).await?,
            }
        }
        if due {
            let claimed = self.claim_due(now).await?;
            self.has_more = claimed.len() + self.in_progress.len() >= MAX_IN_PROGRESS;
            claimed.into_iter().for_each(|claimed| self.spawn_delivery(claimed));
        }
        Ok(())
    }

    async fn probe(&mut self, route: &TransportConfig, circuit: &Circuit, now: Time) -> Result<(), sqlx::Error> {
        let Some(seen) = circuit.paused_until.filter(|_| circuit.state(now) == CircuitState::ProbeDue) else {
            return Ok(());
        };
        let mut tx = self.shared.outbox.db.write().await?;
        let ours = store::claim_probe(&mut tx, route.name(), seen, now + PROBE).await?;
        tx.commit().await?;
        if ours {
            self.spawn_probe(route);
        }
        Ok(())
    }

    /// Probes all transports, except those whose server asked for a long pause.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn probe_all(&mut self) -> Result<(), sqlx::Error> {
        let shared = self.shared.clone();
        let now = shared.outbox.clock.now();
        for route in &shared.routes {
            register_transport(&shared, route).await?;
        }
        let mut conn = shared.outbox.db.read().await?;
        let circuits = store::circuits(&mut conn).await?;
        for route in &shared.routes {
            let circuit = circuits.iter().find(|circuit| circuit.name == route.name());
            if let Some(reason) = circuit.and_then(|circuit| circuit.reason.as_deref()) {
                log::still_paused(route.name(), reason);
            }
            if circuit.is_none_or(|circuit| circuit.may_be_mended(now)) {
                self.spawn_probe(route);
            }
        }
        Ok(())
    }

    /// In one transaction: releases expired leases, expires rows, claims due rows, and lets the composer write what
    /// must be on disk before a message is sent.
    async fn claim_due(&self, now: Time) -> Result<Vec<Claimed>, sqlx::Error> {
        let shared = &self.shared;
        let mut tx = shared.outbox.db.write().await?;
        store::release_expired_leases(&mut tx, &shared.owner, now).await?;
        let expired = store::expire(&mut tx, now).await?;
        let circuits = store::circuits(&mut tx).await?;
        let available = |route: &&TransportConfig| {
            let circuit = circuits.iter().find(|circuit| circuit.name == route.name())?;
            matches!(circuit.state(now), CircuitState::Closed | CircuitState::HalfOpen).then(|| circuit.clone())
        };
        let mut usable: Vec<(&TransportConfig, Circuit)> =
            shared.routes.iter().filter_map(|route| Some((route, available(&route)?))).collect();
        if usable.is_empty() {
            // Without another transport, rows that were not rejected yet show whether the rejections were about
            // recipients.
            let suspected = |route: &&TransportConfig| {
                let circuit = circuits.iter().find(|circuit| circuit.name == route.name())?;
                (circuit.suspects(now) == Suspects::Never).then(|| circuit.clone())
            };
            usable.extend(shared.routes.iter().filter_map(|route| Some((route, suspected(&route)?))));
        }
        let awaited = |route: &&TransportConfig| circuits.iter().any(|c| c.name == route.name() && c.is_awaited(now));
        let awaited: Vec<_> = shared.routes.iter().filter(awaited).map(TransportConfig::name).collect();
        let mut claimed = Vec::new();
        let mut carried = false;
        for (route, circuit) in &usable {
            let others: Vec<_> = awaited.iter().copied().filter(|name| *name != route.name()).collect();
            let capacity = MAX_IN_PROGRESS.saturating_sub(self.in_progress.len() + claimed.len());
            let taken = self.claim_for(&mut tx, route, circuit, now, capacity, (!carried).then_some(&others)).await?;
            carried |= circuit.state(now) == CircuitState::Closed;
            claimed.extend(taken);
        }
        for one in claimed.iter().filter(|one| !is_stored_kind(&one.row.kind)) {
            shared.composer.before_delivery(&mut tx, &one.row, now).await?;
        }
        tx.commit().await?;
        expired.iter().for_each(log::expired);
        Ok(claimed)
    }

    async fn claim_for(
        &self,
        conn: &mut Conn,
        route: &TransportConfig,
        circuit: &Circuit,
        now: Time,
        capacity: usize,
        others: Option<&Vec<&'static str>>,
    ) -> Result<Vec<Claimed>, sqlx::Error> {
        let shared = &self.shared;
        let busy = self.in_progress.values().filter(|task| task.transport() == route.name()).count();
        let capacity =
            if circuit.state(now) == CircuitState::Closed { capacity } else { usize::from(busy == 0).min(capacity) };
        let mut limit = i64::try_from(capacity).unwrap_or(0);
        let micros = now.millis().saturating_mul(1_000);
        let used = match route.rate {
            Some(_) => store::rate_used(conn, route.name()).await?,
            None => 0,
        };
        if let Some(rate) = route.rate {
            limit = limit.min(rate.free(used, micros));
        }
        if limit == 0 {
            return Ok(Vec::new());
        }
        // Short, so that the Message-ID line stays within 78 characters with most domains (RFC 5322 §2.1.1).
        let random = u32::from_be_bytes(shared.entropy.bytes());
        let claim = Claim {
            owner: &shared.owner,
            transport: route.name(),
            from: &route.from,
            now,
            lease_until: now + LEASE,
            limit,
            others: others.map(Vec::as_slice),
            suspects: circuit.suspects(now),
            only: self.only.as_deref(),
            message_id_tail: &format!(".{random:08x}@{}", route.from.address.domain()),
        };
        let claimed = store::claim(conn, shared.outbox.db.dialect(), &claim).await?;
        if let Some(rate) = route.rate.filter(|_| !claimed.is_empty()) {
            let taken = i64::try_from(claimed.len()).unwrap_or(i64::MAX);
            store::use_rate(conn, route.name(), rate.take(used, micros, taken)).await?;
        }
        Ok(claimed)
    }
}

/// Adds a transport that the database does not know yet.
async fn register_transport(shared: &WorkerState, route: &TransportConfig) -> Result<(), sqlx::Error> {
    let mut tx = shared.outbox.db.write().await?;
    store::register_transport(&mut tx, route.name()).await?;
    tx.commit().await
}
