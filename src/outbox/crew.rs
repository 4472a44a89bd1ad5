//! One round of a worker: settle what came back, claim what is due, send it off. Transactions are short and never
//! open during a delivery.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use crate::clock::Time;
use crate::db::Conn;
use crate::transport::{Class, Failure};

use super::circuit::{Circuit, News, Sign, Trust, is_own, is_suspect};
use super::delivery::attempt;
use super::journal;
use super::settings::Route;
use super::store::{self, Claim, Claimed, Suspects};
use super::verdict::{Outcome, Verdict, Ways, judge};
use super::worker::Shared;

/// A dead worker's rows are taken over after this; a living one renews long before. With the next look at the rows it
/// makes less than the half minute that README promises.
const LEASE: Duration = Duration::from_secs(28);
/// Mails in hand at once. More than any transport's connections, so that none of them waits for the database.
const IN_HAND: usize = 64;
/// The right to probe a transport lapses after this, should the prober die.
const PROBE: Duration = Duration::from_secs(60);

pub(super) struct Crew {
    shared: Arc<Shared>,
    only: Option<String>,
    tasks: JoinSet<Report>,
    in_hand: HashMap<Id, Task>,
    back: Vec<Back>,
    look: bool,
    more: bool,
    busy: bool,
}

enum Task {
    Delivery(Box<Claimed>),
    Probe(&'static str),
}

/// What came back and is not settled yet.
enum Back {
    Mail(Box<Claimed>, Outcome),
    Probe(&'static str, Result<String, Failure>),
}

enum Report {
    Delivered(Outcome),
    Probed(Result<String, Failure>),
}

impl Crew {
    pub fn new(shared: Arc<Shared>, only: Option<String>) -> Self {
        Crew {
            shared,
            only,
            tasks: JoinSet::new(),
            in_hand: HashMap::new(),
            back: Vec::new(),
            look: true,
            more: false,
            busy: false,
        }
    }

    /// The next round looks for due rows.
    pub fn look(&mut self) {
        self.look = true;
    }

    /// Nothing under way and nothing unsettled.
    pub fn is_idle(&self) -> bool {
        self.in_hand.is_empty() && self.back.is_empty()
    }

    /// Waits for deliveries to come back, for ever when none is under way; takes all that are back already.
    pub async fn finished(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(joined) => self.take(joined),
        }
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            self.take(joined);
        }
    }

    fn take(&mut self, joined: Result<(Id, Report), JoinError>) {
        let (id, report) = match joined {
            Ok((id, report)) => (id, Some(report)),
            Err(error) => (error.id(), None),
        };
        let panicked = || "a fault in Gatepost stopped this attempt; its log has the details".to_owned();
        match (self.in_hand.remove(&id), report) {
            (Some(Task::Probe(name)), Some(Report::Probed(result))) => self.back.push(Back::Probe(name, result)),
            (Some(Task::Probe(name)), _) => {
                self.back.push(Back::Probe(name, Err(Failure::new(Class::Transient, panicked()))));
            }
            (Some(Task::Delivery(claimed)), Some(Report::Delivered(outcome))) => {
                self.back.push(Back::Mail(claimed, outcome));
            }
            (Some(Task::Delivery(claimed)), _) => self.back.push(Back::Mail(claimed, Outcome::Unwritable(panicked()))),
            (None, _) => {}
        }
    }

    /// # Errors
    /// When the database refuses; what came back is kept and settled in the next round.
    pub async fn round(&mut self) -> Result<(), sqlx::Error> {
        self.settle().await?;
        // A long queue is claimed in large bites rather than one row per delivery.
        let hungry = self.more && self.in_hand.len() <= IN_HAND / 2;
        if (self.look || hungry) && self.in_hand.len() < IN_HAND {
            self.set_busy(true);
            self.claim().await?;
            self.look = false;
        }
        self.set_busy(!self.is_idle());
        Ok(())
    }

    fn set_busy(&mut self, busy: bool) {
        if self.busy != busy {
            self.busy = busy;
            self.shared.busy.send_modify(|crews| if busy { *crews += 1 } else { *crews -= 1 });
        }
    }

    /// Keeps this worker's leases; a failure shows at the next settling.
    pub async fn renew(&self) {
        if self.is_idle() {
            return;
        }
        let outbox = &self.shared.outbox;
        let kept = async {
            let mut tx = outbox.db.write().await?;
            store::renew(&mut tx, &self.shared.owner, outbox.clock.now() + LEASE).await?;
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "leases of the outbox could not be renewed");
        }
    }

    async fn claim(&mut self) -> Result<(), sqlx::Error> {
        let shared = self.shared.clone();
        let outbox = &shared.outbox;
        let now = outbox.clock.now();
        let (circuits, due) = {
            let mut conn = outbox.db.read().await?;
            (store::circuits(&mut conn).await?, store::anything_due(&mut conn, now).await?)
        };
        self.more = false;
        for route in &shared.routes {
            match circuits.iter().find(|circuit| circuit.name == route.name()) {
                Some(circuit) => self.probe(route, circuit, now).await?,
                None => introduce(&shared, route).await?,
            }
        }
        if due {
            let claimed = self.claim_due(now).await?;
            self.more = claimed.len() + self.in_hand.len() >= IN_HAND;
            claimed.into_iter().for_each(|claimed| self.send_off(claimed));
        }
        Ok(())
    }

    async fn probe(&mut self, route: &Route, circuit: &Circuit, now: Time) -> Result<(), sqlx::Error> {
        let Some(seen) = circuit.paused_until.filter(|_| circuit.trust(now) == Trust::Probe) else { return Ok(()) };
        let mut tx = self.shared.outbox.db.write().await?;
        let ours = store::grab_probe(&mut tx, route.name(), seen, now + PROBE).await?;
        tx.commit().await?;
        if ours {
            let transport = route.transport.clone();
            let task = self.tasks.spawn(async move { Report::Probed(transport.check().await) });
            self.in_hand.insert(task.id(), Task::Probe(route.name()));
        }
        Ok(())
    }

    /// One transaction: tidy up, lease, let the authors write what must be on disk before the mail leaves.
    async fn claim_due(&self, now: Time) -> Result<Vec<Claimed>, sqlx::Error> {
        let shared = &self.shared;
        let mut tx = shared.outbox.db.write().await?;
        store::reap(&mut tx, now).await?;
        let expired = store::expire(&mut tx, now).await?;
        let circuits = store::circuits(&mut tx).await?;
        let trusted = |route: &&Route| {
            let circuit = circuits.iter().find(|circuit| circuit.name == route.name())?;
            matches!(circuit.trust(now), Trust::Open | Trust::Half).then(|| circuit.clone())
        };
        let mut usable: Vec<(&Route, Circuit)> =
            shared.routes.iter().filter_map(|route| Some((route, trusted(&route)?))).collect();
        if usable.is_empty() {
            // With no other way out, mail that was not refused so finds out whether it is its recipients.
            let doubtful = |route: &&Route| {
                let circuit = circuits.iter().find(|circuit| circuit.name == route.name())?;
                (circuit.suspects(now) == Suspects::Never).then(|| circuit.clone())
            };
            usable.extend(shared.routes.iter().filter_map(|route| Some((route, doubtful(&route)?))));
        }
        let awaited = |route: &&Route| circuits.iter().any(|c| c.name == route.name() && c.is_awaited(now));
        let awaited: Vec<_> = shared.routes.iter().filter(awaited).map(Route::name).collect();
        let mut claimed = Vec::new();
        let mut carried = false;
        for (route, circuit) in &usable {
            let others: Vec<_> = awaited.iter().copied().filter(|name| *name != route.name()).collect();
            let room = IN_HAND.saturating_sub(self.in_hand.len() + claimed.len());
            let taken = self.claim_for(&mut tx, route, circuit, now, room, (!carried).then_some(&others)).await?;
            carried |= circuit.trust(now) == Trust::Open;
            claimed.extend(taken);
        }
        for one in claimed.iter().filter(|one| !super::plain::is_own_kind(&one.row.kind)) {
            shared.author.claimed(&mut tx, &one.row, now).await?;
        }
        tx.commit().await?;
        expired.iter().for_each(journal::expired);
        Ok(claimed)
    }

    async fn claim_for(
        &self,
        conn: &mut Conn,
        route: &Route,
        circuit: &Circuit,
        now: Time,
        room: usize,
        others: Option<&Vec<&'static str>>,
    ) -> Result<Vec<Claimed>, sqlx::Error> {
        let shared = &self.shared;
        let busy = self.in_hand.values().filter(|task| task.transport() == route.name()).count();
        let room = if circuit.trust(now) == Trust::Open { room } else { usize::from(busy == 0).min(room) };
        let mut limit = i64::try_from(room).unwrap_or(0);
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
        // Short, so that the header's line keeps to 78 characters with most domains (RFC 5322 §2.1.1).
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

    fn send_off(&mut self, claimed: Claimed) {
        let shared = self.shared.clone();
        let row = claimed.row.clone();
        let Some(transport) = shared.routes.iter().find(|route| route.name() == claimed.transport) else { return };
        let transport = transport.transport.clone();
        let task = self.tasks.spawn(async move {
            Report::Delivered(attempt(&shared.outbox.db, shared.author.as_ref(), transport.as_ref(), &row).await)
        });
        self.in_hand.insert(task.id(), Task::Delivery(Box::new(claimed)));
    }

    /// Writes all that came back in one transaction.
    ///
    /// # Errors
    /// When the database refuses; nothing is lost then, the next call tries again.
    pub async fn settle(&mut self) -> Result<(), sqlx::Error> {
        if self.back.is_empty() {
            return Ok(());
        }
        let outbox = &self.shared.outbox;
        let now = outbox.clock.now();
        let mut tx = outbox.db.write().await?;
        let mut circuits = store::circuits(&mut tx).await?;
        let before = circuits.clone();
        let mut news = Vec::new();
        let mut settled = Vec::new();
        for back in &self.back {
            let suspected = circuits.iter().any(|c| c.name == back.transport() && c.suspect.is_some());
            let ways = Ways { several: self.shared.routes.len() > 1, proven: !suspected };
            if let Some(told) = self.learn(&mut tx, &mut circuits, back, now).await? {
                news.push((back.transport(), told));
            }
            if let Back::Mail(claimed, outcome) = back {
                let verdict = judge(claimed.counters, outcome, ways, now, &self.shared.entropy);
                let held = store::settle(&mut tx, claimed, &verdict, self.tie(claimed, &verdict), now).await?;
                settled.push((claimed.clone(), verdict, held));
            }
        }
        let held: Vec<_> =
            settled.iter().filter(|(.., held)| *held).map(|(claimed, verdict, _)| (claimed, verdict)).collect();
        let noted: Vec<_> = held.iter().map(|(claimed, verdict)| (claimed.as_ref(), *verdict)).collect();
        store::note(&mut tx, &noted, now).await?;
        for circuit in circuits.iter().filter(|circuit| !before.contains(circuit)) {
            store::save(&mut tx, circuit).await?;
        }
        tx.commit().await?;
        self.back.clear();
        news.into_iter().for_each(|(transport, told)| journal::transport(transport, &told));
        settled.iter().for_each(|(claimed, verdict, held)| journal::mail(claimed, verdict, *held));
        // A probe may have opened the way, and a mail put back at once may leave by another.
        self.look |= circuits != before || circuits.iter().any(|circuit| circuit.trust(now) != Trust::Open);
        Ok(())
    }

    /// Whose a retry is, for as long as that one is awaited: the transport's that may have taken the mail, and after a
    /// second doubt the next one's, which may have an answer.
    fn tie(&self, claimed: &Claimed, verdict: &Verdict) -> Option<&'static str> {
        let routes = &self.shared.routes;
        let is_tied = verdict.tied || (verdict.elsewhere && routes.len() > 1);
        let at = routes.iter().position(|route| route.name() == claimed.transport).filter(|_| is_tied)?;
        let next = (at + usize::from(verdict.elsewhere || verdict.ambiguous > 1)) % routes.len();
        routes.get(next).map(Route::name)
    }

    async fn learn(
        &self,
        conn: &mut Conn,
        circuits: &mut [Circuit],
        back: &Back,
        now: Time,
    ) -> Result<Option<News>, sqlx::Error> {
        let routes = &self.shared.routes;
        let name = back.transport();
        let preferred = routes.iter().position(|route| route.name() == name).unwrap_or(0);
        let trusted = |route: &Route| {
            circuits.iter().any(|circuit| circuit.name == route.name() && circuit.trust(now) == Trust::Open)
        };
        let alternative = routes.iter().any(|route| route.name() != name && trusted(route));
        let better = routes.iter().take(preferred).any(trusted);
        let masked;
        let sign = match back {
            Back::Mail(claimed, Outcome::Failed(failure)) if is_suspect(failure) => {
                let row = claimed.row.id.as_str();
                let before = circuits.iter().find(|circuit| circuit.name == name).and_then(|c| c.suspect.as_deref());
                let again = match before {
                    Some(before) => !store::same_recipients(conn, before, row).await?,
                    None => false,
                };
                // It is read at /readyz and in the log for as long as the suspicion lasts.
                masked = Failure { reason: journal::masked(&claimed.row.to, &failure.reason), ..failure.clone() };
                Sign::Suspect { failure: &masked, row, again }
            }
            Back::Mail(_, Outcome::Failed(failure)) if is_own(failure) => Sign::Failed(failure),
            Back::Mail(_, Outcome::Failed(failure)) if failure.class != Class::Permanent => Sign::PutOff(failure),
            Back::Mail(_, Outcome::Taken(_)) => Sign::Takes,
            Back::Mail(_, Outcome::Failed(_)) => Sign::Answers,
            Back::Mail(_, Outcome::Moot(_) | Outcome::Unwritable(_)) => return Ok(None),
            Back::Probe(_, Ok(_)) => Sign::ProbePassed { idle: better || !store::row_due(conn, now).await? },
            Back::Probe(_, Err(failure)) => Sign::ProbeFailed(failure),
        };
        let circuit = circuits.iter_mut().find(|circuit| circuit.name == name);
        Ok(circuit.and_then(|circuit| circuit.learn(&sign, now, alternative)))
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.set_busy(false);
    }
}

impl Task {
    fn transport(&self) -> &'static str {
        match self {
            Task::Delivery(claimed) => claimed.transport,
            Task::Probe(name) => name,
        }
    }
}

impl Back {
    fn transport(&self) -> &'static str {
        match self {
            Back::Mail(claimed, _) => claimed.transport,
            Back::Probe(name, _) => name,
        }
    }
}

async fn introduce(shared: &Shared, route: &Route) -> Result<(), sqlx::Error> {
    let mut tx = shared.outbox.db.write().await?;
    store::introduce(&mut tx, route.name()).await?;
    tx.commit().await
}
