//! For whoever runs the server: is it up, is it ready, how is it doing.

use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Route, State, get, routes};
use rocket_db_pools::Connection;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use crate::clock::Time;
use crate::db::Database;
use crate::outbox::{Health, Outbox, Status as OutboxStatus};

use super::app::App;

pub fn routes() -> Vec<Route> {
    routes![healthz, readyz, metrics]
}

#[get("/healthz")]
fn healthz() -> &'static str {
    "ok\n"
}

/// Whether reasons may be told: to this machine, or to who brings the token.
struct Insider(bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Insider {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let headers = request.headers();
        // A proxy on this machine makes everybody look local.
        let forwarded = headers.contains("X-Forwarded-For") || headers.contains("Forwarded");
        let local = request.remote().is_some_and(|peer| peer.ip().to_canonical().is_loopback()) && !forwarded;
        let token = request.rocket().state::<App>().and_then(|app| app.settings.ops_token.as_ref());
        let given = headers.get_one("Authorization").and_then(|h| h.strip_prefix("Bearer "));
        let authorized = match (token, given) {
            (Some(token), Some(given)) => token.expose().as_bytes().ct_eq(given.as_bytes()).into(),
            _ => false,
        };
        Outcome::Success(Insider(local || authorized))
    }
}

/// 200 as long as the database answers: logins must not fall with mail.
#[get("/readyz")]
async fn readyz(
    insider: Insider,
    database: Option<Connection<Database>>,
    outbox: &State<Outbox>,
    app: &State<App>,
) -> (Status, (ContentType, String)) {
    let health = match database {
        Some(_) => outbox.health().await.ok(),
        None => None,
    };
    let (status, word) = match &health {
        None => (Status::ServiceUnavailable, "down"),
        Some(health) if is_well(health) => (Status::Ok, "ready"),
        Some(_) => (Status::Ok, "degraded"),
    };
    let body = json!({ "status": word, "checks": checks(health.as_ref(), insider.0, app.clock.now()) });
    (status, (ContentType::JSON, format!("{body}\n")))
}

/// A transport that others stand in for is nothing to be woken for, but nothing to be overlooked for weeks either.
fn is_well(health: &Health) -> bool {
    let transports = health.transports.iter().map(|transport| transport.status);
    transports.chain([health.status]).all(|status| status == OutboxStatus::Ready)
}

fn checks(health: Option<&Health>, insider: bool, now: Time) -> Value {
    let mut checks = Map::new();
    let database = if health.is_some() { "ready" } else { "down" };
    checks.insert("database".into(), check(database, None, None, insider));
    let Some(health) = health else { return Value::Object(checks) };
    let mut outbox = check(word(health.status), None, None, insider);
    if let Value::Object(outbox) = &mut outbox {
        outbox.insert("queued".into(), health.queued.into());
        outbox.insert("oldest_seconds".into(), health.oldest_seconds.into());
    }
    checks.insert("outbox".into(), outbox);
    for transport in &health.transports {
        let since = transport.since.filter(|at| *at <= now);
        let value = check(word(transport.status), transport.reason.as_deref(), since, insider);
        checks.insert(format!("transport.{}", transport.name), value);
    }
    Value::Object(checks)
}

fn check(status: &str, reason: Option<&str>, since: Option<Time>, insider: bool) -> Value {
    let reason = reason.filter(|_| insider);
    json!({ "status": status, "reason": reason, "since": since.map(Time::rfc3339) })
}

const fn word(status: OutboxStatus) -> &'static str {
    match status {
        OutboxStatus::Ready => "ready",
        OutboxStatus::Degraded => "degraded",
    }
}

/// Prometheus text format 0.0.4.
#[get("/metrics")]
async fn metrics(insider: Insider, outbox: &State<Outbox>) -> Result<(ContentType, String), Status> {
    if !insider.0 {
        return Err(Status::Forbidden);
    }
    let health = outbox.health().await.map_err(|_| Status::ServiceUnavailable)?;
    let mut text = format!(
        "# HELP gatepost_info The running version.\n# TYPE gatepost_info gauge\ngatepost_info{{version=\"{}\"}} 1\n\
         # HELP gatepost_outbox_queued Mails waiting to be delivered.\n# TYPE gatepost_outbox_queued gauge\n\
         gatepost_outbox_queued {}\n\
         # HELP gatepost_outbox_oldest_seconds Age of the oldest waiting mail.\n\
         # TYPE gatepost_outbox_oldest_seconds gauge\ngatepost_outbox_oldest_seconds {}\n\
         # HELP gatepost_transport_up Whether a transport is trusted at present.\n\
         # TYPE gatepost_transport_up gauge\n",
        env!("CARGO_PKG_VERSION"),
        health.queued,
        health.oldest_seconds,
    );
    for transport in &health.transports {
        let up = i32::from(transport.status == OutboxStatus::Ready);
        text.push_str(&format!("gatepost_transport_up{{transport=\"{}\"}} {up}\n", transport.name));
    }
    Ok((ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]), text))
}
