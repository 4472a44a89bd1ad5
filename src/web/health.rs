//! Health and metrics for operators: `/healthz` (liveness), `/readyz` (readiness) and `/metrics`.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Route, State, get, routes};
use rocket_db_pools::Connection;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use crate::clock::Time;
use crate::db::{Database, OpenError};
use crate::outbox::{Availability, Health, HealthStatus as OutboxStatus, Outbox};

use super::front_counters::{FrontCounters, FrontRefusal};
use super::origin_check;
use super::prometheus::Metrics;
use super::state::App;
use super::write_probe::WriteProbe;

pub fn routes() -> Vec<Route> {
    routes![healthz, readyz, metrics]
}

#[get("/healthz")]
fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the response may contain failure details and numbers: for requests with `ops.token`, and in the debug
/// profile for requests from localhost. Others must not see the numbers, since they change when an account is sent an
/// email and so reveal that the account exists.
struct OpsAccess(bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OpsAccess {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(app) = request.rocket().state::<App>() else { return Outcome::Success(OpsAccess(false)) };
        let given = request.headers().get_one("Authorization").and_then(bearer);
        let authorized = match (&app.settings.ops_token, given) {
            (Some(token), Some(given)) => token.expose().as_bytes().ct_eq(given.as_bytes()).into(),
            _ => false,
        };
        Outcome::Success(OpsAccess(authorized || (app.settings.debug && is_local(request))))
    }
}

/// True if a program on this machine sent the request for itself. Requests through a proxy on this machine also have a
/// loopback address; they are recognized by their Host and by the headers that proxies usually add.
fn is_local(request: &Request<'_>) -> bool {
    let peer = request.remote().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let host = request.headers().get_one("Host").unwrap_or_default().to_ascii_lowercase();
    let forwarded = request.headers().iter().any(|header| {
        let name = header.name().as_str().to_ascii_lowercase();
        matches!(&*name, "forwarded" | "x-real-ip" | "via") || name.starts_with("x-forwarded-")
    });
    peer && origin_check::is_loopback_name(&host) && !forwarded
}

/// The token of `Bearer …`. The scheme is case-insensitive (RFC 9110 §11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// When the database was first found unavailable by a readiness check; `None` while it is available.
#[derive(Debug, Default)]
pub struct FailingSince(Mutex<Option<Time>>);

impl FailingSince {
    fn record(&self, failing: bool, now: Time) -> Option<Time> {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = failing.then(|| since.unwrap_or(now));
        *since
    }
}

/// Replies 200 as long as the database responds and takes writes, even if no transport works: logins must not stop because mail does.
#[get("/readyz")]
async fn readyz(
    access: OpsAccess,
    database: Result<Connection<Database>, Option<OpenError>>,
    outbox: &State<Outbox>,
    availability: &State<Availability>,
    failing_since: &State<FailingSince>,
    write_probe: &State<WriteProbe>,
    app: &State<App>,
) -> (Status, (ContentType, String)) {
    let now = app.clock.now();
    // The connection is released first: requests that hold one while they wait for another can deadlock the pool.
    let health = match database.map(drop) {
        Ok(()) => match write_probe.check(&app.accounts, now).await {
            Ok(()) => outbox.health().await.map_err(|e| e.to_string()),
            Err(reason) => Err(reason),
        },
        Err(e) => Err(e.map_or_else(|| "the database was never opened".to_owned(), |e| e.to_string())),
    };
    let since = failing_since.record(health.is_err(), now);
    let (status, body) = match health {
        Ok(health) if access.0 => (Status::Ok, report(overall(&health), details(&health, now))),
        Ok(_) => (Status::Ok, public_report(availability)),
        Err(e) => {
            let reason = e.replace(['\n', '\r'], " ");
            let checks = checks_without_database(&reason, since, outbox.transports(), access.0);
            (Status::ServiceUnavailable, report("down", checks))
        }
    };
    (status, (ContentType::JSON, format!("{body}\n")))
}

fn report(status: &str, checks: Map<String, Value>) -> Value {
    json!({ "status": status, "checks": checks })
}

/// The overall status. It is degraded if one transport fails, even while others deliver the mail: not urgent, but it
/// must not go unnoticed for weeks.
fn overall(health: &Health) -> &'static str {
    let mut all = health.transports.iter().map(|transport| transport.status).chain([health.status]);
    status_name(ready_if(all.all(|status| status == OutboxStatus::Ready)))
}

const fn ready_if(holds: bool) -> OutboxStatus {
    if holds { OutboxStatus::Ready } else { OutboxStatus::Degraded }
}

/// The checks with failure details and numbers, see [`OpsAccess`].
fn details(health: &Health, now: Time) -> Map<String, Value> {
    let mut checks = Map::new();
    checks.insert("database".into(), check("ready", None, None));
    let lost = (health.dead_in_a_row > 0 && health.status == OutboxStatus::Degraded).then(|| {
        let count = health.dead_in_a_row;
        format!("{count} recipients in a row were given up, see `gatepost mail list --state dead`")
    });
    let mut outbox = check(status_name(health.status), lost.as_deref(), None);
    outbox["queued"] = health.queued.into();
    outbox["oldest_seconds"] = health.oldest_seconds.into();
    outbox["dead_last_hour"] = health.dead_last_hour.into();
    checks.insert("outbox".into(), outbox);
    for transport in &health.transports {
        let since = transport.since.filter(|at| *at <= now);
        let value = check(status_name(transport.status), transport.reason.as_deref(), since);
        checks.insert(format!("transport.{}", transport.name), value);
    }
    checks
}

/// The report without details. Nothing of it depends on messages, see [`Availability`].
fn public_report(availability: &Availability) -> Value {
    let ready = |status| status == OutboxStatus::Ready;
    let statuses: Vec<_> = availability.transports().collect();
    let any_works = statuses.is_empty() || statuses.iter().any(|(_, status)| ready(*status));
    let all_work = statuses.iter().all(|(_, status)| ready(*status));
    let mut checks = Map::new();
    checks.insert("database".into(), status_alone("ready"));
    checks.insert("outbox".into(), status_alone(status_name(ready_if(any_works))));
    for (name, status) in statuses {
        checks.insert(format!("transport.{name}"), status_alone(status_name(status)));
    }
    report(status_name(ready_if(all_work)), checks)
}

/// The checks while the database is unavailable: everything that needs it is down.
fn checks_without_database(
    reason: &str,
    since: Option<Time>,
    transports: &[&str],
    with_details: bool,
) -> Map<String, Value> {
    const CONSEQUENCE: &str = "unknown while the database is unavailable";
    let down = |reason| if with_details { check("down", Some(reason), since) } else { status_alone("down") };
    let mut outbox = down(CONSEQUENCE);
    if with_details {
        for number in ["queued", "oldest_seconds", "dead_last_hour"] {
            outbox[number] = Value::Null;
        }
    }
    let mut checks = Map::new();
    checks.insert("database".into(), down(reason));
    checks.insert("outbox".into(), outbox);
    for name in transports {
        checks.insert(format!("transport.{name}"), down(CONSEQUENCE));
    }
    checks
}

fn check(status: &str, reason: Option<&str>, since: Option<Time>) -> Value {
    json!({ "status": status, "reason": reason, "since": since.map(Time::rfc3339) })
}

fn status_alone(status: &str) -> Value {
    json!({ "status": status })
}

const fn status_name(status: OutboxStatus) -> &'static str {
    match status {
        OutboxStatus::Ready => "ready",
        OutboxStatus::Degraded => "degraded",
    }
}

#[get("/metrics")]
async fn metrics(access: OpsAccess, outbox: &State<Outbox>, app: &State<App>) -> Result<Metrics, Status> {
    if !access.0 {
        return Err(Status::Forbidden);
    }
    let health = outbox.health().await.ok();
    let mut metrics = Metrics::new("gatepost");
    metrics.labelled("gauge", ("info", "version"), "The running version.", [(env!("CARGO_PKG_VERSION"), 1)]);
    metrics.counter("password_hashes_total", "Password hashes made.", app.accounts.password_hashes());
    front_metrics(&mut metrics, &app.front);
    metrics.gauge("database_up", "1 if the database responds.", health.is_some());
    if let Some(health) = health {
        metrics.gauge("outbox_queued", "Messages waiting for delivery.", health.queued);
        metrics.gauge("outbox_oldest_seconds", "Age of the oldest waiting message.", health.oldest_seconds);
        metrics.gauge("outbox_dead_last_hour", "Messages given up within the last hour.", health.dead_last_hour);
        let dead = "Recipients given up since the last accepted message.";
        metrics.gauge("outbox_dead_in_a_row", dead, health.dead_in_a_row);
        let up = health.transports.iter().map(|each| (each.name, each.status == OutboxStatus::Ready));
        metrics.labelled("gauge", ("transport_up", "transport"), "1 if the transport is ready.", up);
    }
    Ok(metrics)
}

fn front_metrics(metrics: &mut Metrics, front: &FrontCounters) {
    let connections = front.connections.load(Ordering::Relaxed) as u64;
    metrics.gauge("http_connections", "Open HTTP connections.", connections);
    let help = "HTTP connections and requests that a limit refused or ended.";
    let refused = FrontRefusal::ALL.map(|refusal| (refusal.name(), front.refused(refusal)));
    metrics.labelled("counter", ("http_refused_total", "reason"), help, refused);
}
