//! For whoever runs the server: is it up, is it ready, how is it doing.

use std::sync::{Mutex, PoisonError};

use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Route, State, get, routes};
use rocket_db_pools::Connection;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use crate::clock::Time;
use crate::db::{Database, OpenError};
use crate::outbox::{Health, HealthStatus as OutboxStatus, Outbox};

use super::origin_check;
use super::state::App;

pub fn routes() -> Vec<Route> {
    routes![healthz, readyz, metrics]
}

#[get("/healthz")]
fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the answer may hold reasons and numbers: with `ops.token`, and in the debug profile from this machine. The
/// numbers move when somebody with an account is sent an email, so others must not see them.
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

/// Whether a program on this machine asks for itself. Behind a proxy on this machine every visitor has a loopback
/// address; the Host and the headers of the usual proxies give that away.
fn is_local(request: &Request<'_>) -> bool {
    let peer = request.remote().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let host = request.headers().get_one("Host").unwrap_or_default().to_ascii_lowercase();
    let forwarded = request.headers().iter().any(|header| {
        let name = header.name().as_str().to_ascii_lowercase();
        matches!(&*name, "forwarded" | "x-real-ip" | "via") || name.starts_with("x-forwarded-")
    });
    peer && origin_check::is_loopback_name(&host) && !forwarded
}

/// The token of `Bearer …`; a scheme is written in any case (RFC 9110 §11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// Since when the database has been away, as far as anybody asked.
#[derive(Debug, Default)]
pub struct FailingSince(Mutex<Option<Time>>);

impl FailingSince {
    fn note(&self, away: bool, now: Time) -> Option<Time> {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = away.then(|| since.unwrap_or(now));
        *since
    }
}

/// 200 as long as the database answers: logins must not fall with mail.
#[get("/readyz")]
async fn readyz(
    insider: OpsAccess,
    database: Result<Connection<Database>, Option<OpenError>>,
    outbox: &State<Outbox>,
    outage: &State<FailingSince>,
    app: &State<App>,
) -> (Status, (ContentType, String)) {
    // Given back at once: who holds one while waiting for another can hold up everybody.
    let health = match database.map(drop) {
        Ok(()) => outbox.health().await.map_err(|e| e.to_string()),
        Err(e) => Err(e.map_or_else(|| "it was never opened".to_owned(), |e| e.to_string())),
    };
    let now = app.clock.now();
    let away = outage.note(health.is_err(), now);
    let (status, body) = match health {
        Ok(health) if insider.0 => (Status::Ok, report(overall(&health, health.status), details(&health, now))),
        Ok(health) => {
            let status = health.transport_status;
            (Status::Ok, report(overall(&health, status), statuses(&health, status)))
        }
        Err(e) => {
            let reason = e.replace(['\n', '\r'], " ");
            let checks = checks_without(&reason, away, outbox.transports(), insider.0);
            (Status::ServiceUnavailable, report("down", checks))
        }
    };
    (status, (ContentType::JSON, format!("{body}\n")))
}

fn report(status: &str, checks: Map<String, Value>) -> Value {
    json!({ "status": status, "checks": checks })
}

/// A transport that others stand in for is nothing to be woken for, but nothing to be overlooked for weeks either.
fn overall(health: &Health, outbox: OutboxStatus) -> &'static str {
    let mut all = health.transports.iter().map(|transport| transport.status).chain([outbox]);
    word(if all.all(|status| status == OutboxStatus::Ready) { OutboxStatus::Ready } else { OutboxStatus::Degraded })
}

/// For insiders.
fn details(health: &Health, now: Time) -> Map<String, Value> {
    let mut checks = Map::new();
    checks.insert("database".into(), check("ready", None, None));
    let mut outbox = check(word(health.status), None, None);
    outbox["queued"] = health.queued.into();
    outbox["oldest_seconds"] = health.oldest_seconds.into();
    outbox["dead_last_hour"] = health.dead_last_hour.into();
    checks.insert("outbox".into(), outbox);
    for transport in &health.transports {
        let since = transport.since.filter(|at| *at <= now);
        let value = check(word(transport.status), transport.reason.as_deref(), since);
        checks.insert(format!("transport.{}", transport.name), value);
    }
    checks
}

/// For everybody else.
fn statuses(health: &Health, outbox: OutboxStatus) -> Map<String, Value> {
    let mut checks = Map::new();
    checks.insert("database".into(), status_alone("ready"));
    checks.insert("outbox".into(), status_alone(word(outbox)));
    for transport in &health.transports {
        checks.insert(format!("transport.{}", transport.name), status_alone(word(transport.status)));
    }
    checks
}

/// All that hangs on the database is down with it.
fn checks_without(reason: &str, since: Option<Time>, transports: &[&str], insider: bool) -> Map<String, Value> {
    const CONSEQUENCE: &str = "not known while the database is away";
    let down = |reason| if insider { check("down", Some(reason), since) } else { status_alone("down") };
    let mut outbox = down(CONSEQUENCE);
    if insider {
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

const fn word(status: OutboxStatus) -> &'static str {
    match status {
        OutboxStatus::Ready => "ready",
        OutboxStatus::Degraded => "degraded",
    }
}

/// Prometheus text format 0.0.4.
#[get("/metrics")]
async fn metrics(
    insider: OpsAccess,
    outbox: &State<Outbox>,
    app: &State<App>,
) -> Result<(ContentType, String), Status> {
    if !insider.0 {
        return Err(Status::Forbidden);
    }
    let health = outbox.health().await.ok();
    let mut text = String::new();
    gauge(&mut text, "info", "The running version.");
    sample(&mut text, "info", &format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1);
    text.push_str("# HELP gatepost_password_hashes_total Password hashes made.\n");
    text.push_str("# TYPE gatepost_password_hashes_total counter\n");
    sample(&mut text, "password_hashes_total", "", i64::try_from(app.accounts.password_hashes()).unwrap_or(i64::MAX));
    gauge(&mut text, "database_up", "Whether the database answers.");
    sample(&mut text, "database_up", "", health.is_some());
    if let Some(health) = health {
        gauge(&mut text, "outbox_queued", "Mails waiting to be delivered.");
        sample(&mut text, "outbox_queued", "", health.queued);
        gauge(&mut text, "outbox_oldest_seconds", "Age of the oldest waiting mail.");
        sample(&mut text, "outbox_oldest_seconds", "", i64::try_from(health.oldest_seconds).unwrap_or(i64::MAX));
        gauge(&mut text, "outbox_dead_last_hour", "Messages given up for good within the last hour.");
        sample(&mut text, "outbox_dead_last_hour", "", health.dead_last_hour);
        gauge(&mut text, "transport_up", "Whether a transport is trusted at present.");
        for transport in &health.transports {
            let label = format!("{{transport=\"{}\"}}", transport.name);
            sample(&mut text, "transport_up", &label, transport.status == OutboxStatus::Ready);
        }
    }
    Ok((ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]), text))
}

fn gauge(text: &mut String, name: &str, help: &str) {
    text.push_str(&format!("# HELP gatepost_{name} {help}\n# TYPE gatepost_{name} gauge\n"));
}

fn sample(text: &mut String, name: &str, labels: &str, value: impl Into<i64>) {
    text.push_str(&format!("gatepost_{name}{labels} {}\n", value.into()));
}
