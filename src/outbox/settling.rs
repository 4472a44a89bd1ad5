//! The settling half of a tick: records the outcomes of attempts in their rows, the timelines and the circuits.

use crate::clock::Time;
use crate::db::Conn;
use crate::transport::{Failure, FailureKind, FailureScope};

use super::circuit::{Circuit, CircuitState, Signal, Transition, is_suspect, is_transport_fault};
use super::delivery_loop::{DeliveryLoop, Finished};
use super::disposition::{AttemptOutcome, Disposition, Ways, decide};
use super::log;
use super::settings::TransportConfig;
use super::store::{self, Claimed, Settlement};

impl DeliveryLoop {
    /// Records the outcomes of all finished attempts in one transaction.
    ///
    /// # Errors
    /// When the database fails; the outcomes are kept for the next call.
    pub async fn settle(&mut self) -> Result<(), sqlx::Error> {
        if self.finished.is_empty() {
            return Ok(());
        }
        let outbox = &self.shared.outbox;
        let now = outbox.clock.now();
        let mut tx = outbox.db.write().await?;
        let mut circuits = store::circuits(&mut tx).await?;
        let before = circuits.clone();
        let mut transitions = Vec::new();
        let mut outcomes = Vec::new();
        for back in &self.finished {
            let suspected = circuits.iter().any(|c| c.name == back.transport() && c.suspect.is_some());
            let ways = Ways { several: self.shared.routes.len() > 1, proven: !suspected, ..Ways::default() };
            if let Some(transition) = self.record_outcome(&mut tx, &mut circuits, back, now).await? {
                transitions.push((back.transport(), transition));
            }
            if let Finished::Delivery(claimed, outcome) = back {
                let ways = self.with_untried(&mut tx, claimed, outcome, ways).await?;
                let disposition = decide(claimed.counters, outcome, &ways, now, &self.shared.entropy);
                let pinned = self.pinned_transport(claimed, &disposition);
                outcomes.push(Settlement { claimed, disposition, pinned });
            }
        }
        let held = store::settle(&mut tx, &outcomes, now).await?;
        let recorded: Vec<_> = outcomes.iter().zip(&held).filter(|(_, held)| **held).map(|(one, _)| one).collect();
        store::record_attempts(&mut tx, &recorded, now).await?;
        for circuit in circuits.iter().filter(|circuit| !before.contains(circuit)) {
            store::save(&mut tx, circuit).await?;
        }
        tx.commit().await?;
        transitions.into_iter().for_each(|(transport, transition)| log::transport(transport, &transition));
        outcomes.iter().zip(held).for_each(|(one, held)| log::mail(one.claimed, &one.disposition, held));
        self.finished.clear();
        // A successful probe allows new claims, and a message that is due again at once may use another transport.
        self.look_for_due_rows |=
            circuits != before || circuits.iter().any(|circuit| circuit.state(now) != CircuitState::Closed);
        Ok(())
    }

    /// Adds what is known of the other transports, if the one of this attempt can never take the message.
    async fn with_untried(
        &self,
        conn: &mut Conn,
        claimed: &Claimed,
        outcome: &AttemptOutcome,
        ways: Ways,
    ) -> Result<Ways, sqlx::Error> {
        let routes = &self.shared.routes;
        let is_unsupported =
            matches!(outcome, AttemptOutcome::Failed(failure) if failure.scope == FailureScope::Unsupported);
        if !is_unsupported || routes.len() < 2 {
            return Ok(ways);
        }
        let mut known = store::unsupported_by(conn, &claimed.row.id).await?;
        let at = routes.iter().position(|route| route.name() == claimed.transport).unwrap_or(0);
        let mut others = routes.iter().cycle().skip(at + 1).take(routes.len() - 1).map(TransportConfig::name);
        let untried = others.find(|name| !known.contains_key(*name));
        let repeated = known.remove(claimed.transport).is_some();
        Ok(Ways { untried, unsupported: known.into_values().collect(), repeated, ..ways })
    }

    /// The transport that a retry is pinned to, as long as messages wait for it: the one that may have accepted the
    /// message, or the next one after a second attempt with an unknown outcome.
    fn pinned_transport(&self, claimed: &Claimed, disposition: &Disposition) -> Option<&'static str> {
        if disposition.only_by.is_some() {
            return disposition.only_by;
        }
        let routes = &self.shared.routes;
        let is_pinned = disposition.pinned || (disposition.elsewhere && routes.len() > 1);
        let at = routes.iter().position(|route| route.name() == claimed.transport).filter(|_| is_pinned)?;
        let next = (at + usize::from(disposition.elsewhere || disposition.ambiguous > 1)) % routes.len();
        routes.get(next).map(TransportConfig::name)
    }

    /// Passes what an attempt or a probe shows about its transport to the circuit of that transport.
    async fn record_outcome(
        &self,
        conn: &mut Conn,
        circuits: &mut [Circuit],
        back: &Finished,
        now: Time,
    ) -> Result<Option<Transition>, sqlx::Error> {
        let routes = &self.shared.routes;
        let name = back.transport();
        let preferred = routes.iter().position(|route| route.name() == name).unwrap_or(0);
        let is_closed = |route: &TransportConfig| {
            circuits.iter().any(|circuit| circuit.name == route.name() && circuit.state(now) == CircuitState::Closed)
        };
        let alternative = routes.iter().any(|route| route.name() != name && is_closed(route));
        let better = routes.iter().take(preferred).any(is_closed);
        let masked;
        let sign = match back {
            Finished::Delivery(claimed, AttemptOutcome::Failed(failure)) if is_suspect(failure) => {
                let row = claimed.row.id.as_str();
                let before = circuits.iter().find(|circuit| circuit.name == name).and_then(|c| c.suspect.as_deref());
                let again = match before {
                    Some(before) => !store::same_recipients(conn, before, row).await?,
                    None => false,
                };
                // Masked, since the reason is shown at /readyz and in the log as long as the suspicion lasts.
                masked = Failure { reason: log::masked(&claimed.row.to, &failure.reason), ..failure.clone() };
                Signal::Suspect { failure: &masked, row, again }
            }
            Finished::Delivery(_, AttemptOutcome::Failed(failure)) if is_transport_fault(failure) => {
                Signal::Failed(failure)
            }
            Finished::Delivery(_, AttemptOutcome::Failed(failure)) if failure.class != FailureKind::Permanent => {
                Signal::Deferred(failure)
            }
            Finished::Delivery(_, AttemptOutcome::Taken(_)) => Signal::Accepted,
            Finished::Delivery(_, AttemptOutcome::Failed(_)) => Signal::Answered,
            Finished::Delivery(_, AttemptOutcome::Skipped(_) | AttemptOutcome::NotComposed(_)) => return Ok(None),
            Finished::Probe(_, Ok(_)) => Signal::ProbePassed { idle: better || !store::row_due(conn, now).await? },
            Finished::Probe(_, Err(failure)) => Signal::ProbeFailed(failure),
        };
        let circuit = circuits.iter_mut().find(|circuit| circuit.name == name);
        Ok(circuit.and_then(|circuit| circuit.record(&sign, now, alternative)))
    }
}
