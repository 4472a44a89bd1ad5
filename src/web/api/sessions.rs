//! The SMTP sessions of the last hours, also those that brought no message. Mailpit does not have this route.

use rocket::{Route, get, routes};
use serde::Serialize;

use crate::inbox::{SessionFilter, SessionPage, SettingNames, StoredSession};

use super::super::problem_json::ApiProblem;
use super::auth::ApiAuth;
use super::operation::{JSON, LIMIT, START, operations};
use super::paging::Paging;
use super::reply::Json;

operations! { "server":
    get "/api/v1/sessions" "GetSessions" [
        ("delivered", "flag", "true: only sessions that delivered all their messages; false: only the others"),
        START,
        LIMIT,
    ], None => (JSON, "Sessions"), [400];
}

pub fn routes() -> Vec<Route> {
    routes![list]
}

/// A page of sessions, newest first.
#[derive(Serialize)]
pub struct SessionsJson {
    /// Number of sessions on all pages.
    total: u64,
    count: usize,
    start: u64,
    sessions: Vec<SmtpSessionJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SmtpSessionJson {
    #[serde(rename = "ID")]
    id: String,
    client: String,
    /// The name in EHLO.
    hello: String,
    protocol: String,
    username: String,
    started: String,
    ended: String,
    /// Number of equal sessions in this entry.
    count: u64,
    outcome: &'static str,
    reason: String,
    cure: &'static str,
    message_count: u64,
    /// IDs of its messages that still exist.
    messages: Vec<String>,
    transcript: String,
}

#[get("/api/v1/sessions?<delivered>&<paging..>")]
pub async fn list(
    state: ApiAuth<'_>,
    delivered: Option<&str>,
    paging: Paging<'_>,
) -> Result<Json<SessionsJson>, ApiProblem> {
    let filter = filter(delivered).ok_or_else(|| ApiProblem::bad("delivered must be true or false"))?;
    let start = paging.start();
    let page = state.inbox.sessions(filter, start, paging.of_list().limit.unwrap_or(u64::MAX)).await?;
    let SessionPage { sessions, total } = page;
    let sessions: Vec<_> =
        sessions.into_iter().map(|stored| SmtpSessionJson::new(stored, state.settings.names)).collect();
    Ok(Json(SessionsJson { total, count: sessions.len(), start, sessions }))
}

/// The value of the parameter `delivered`; `None` if it is invalid.
pub fn filter(delivered: Option<&str>) -> Option<SessionFilter> {
    match delivered.unwrap_or_default() {
        "" => Some(SessionFilter::All),
        "true" => Some(SessionFilter::Delivered),
        "false" => Some(SessionFilter::NotDelivered),
        _ => None,
    }
}

impl SmtpSessionJson {
    fn new(stored: StoredSession, names: SettingNames) -> Self {
        let StoredSession { id, session, messages } = stored;
        let details = session.details;
        SmtpSessionJson {
            id: id.to_string(),
            client: details.client,
            hello: details.hello,
            protocol: details.protocol,
            username: details.username,
            started: session.started.rfc3339(),
            ended: session.ended.rfc3339(),
            count: session.count,
            outcome: session.outcome.code(),
            reason: details.reason,
            cure: session.outcome.cure(names),
            message_count: details.message_count,
            messages: messages.iter().map(|summary| summary.id.to_string()).collect(),
            transcript: details.transcript,
        }
    }
}
