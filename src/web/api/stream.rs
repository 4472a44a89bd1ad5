//! The events as server-sent events. Each has a number, from which a client resumes after a lost connection. Mailpit
//! does not have this route.

use std::sync::Arc;
use std::time::Duration;

use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::stream::{Event, EventStream};
use rocket::{Route, Shutdown, get, routes};
use tokio::time::timeout;

use crate::inbox::{Change, Subscription};

use super::super::error::WebError;
use super::super::problem_json::ApiProblem;
use super::auth::ApiAuth;
use super::events::EventPayload;
use super::operation::operations;

/// Time that a browser waits before it reconnects.
const RETRY: Duration = Duration::from_millis(1_000);
/// Longest silence. After it an event without content keeps the connection open in proxies, and tells scripts, which do
/// not see comments, that the server lives.
const HEARTBEAT: Duration = Duration::from_secs(20);

operations! { "messages":
    get "/api/v1/stream" "Stream" [], None => ("text/event-stream", ""), [503];
}

pub fn routes() -> Vec<Route> {
    routes![stream]
}

/// The number of the last event that a reconnecting client has received.
pub struct LastEvent(Option<i64>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LastEvent {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let header = request.headers().get_one("Last-Event-ID");
        Outcome::Success(LastEvent(header.and_then(|text| text.trim().parse().ok())))
    }
}

#[get("/api/v1/stream")]
pub async fn stream(state: ApiAuth<'_>, last: LastEvent, mut shutdown: Shutdown) -> Result<EventStream![], ApiProblem> {
    let permit = Arc::clone(&state.limits.live_connections).try_acquire_owned().map_err(|_| WebError::Busy)?;
    let mut feed = state.inbox.feed(last.0).await?;
    let counts = state.inbox.counts().await?;
    let from = feed.position();
    Ok(EventStream! {
        let _permit = permit;
        yield Event::retry(RETRY);
        yield event(&EventPayload::stats_with_refused(&counts)).id(from.to_string());
        loop {
            tokio::select! {
                next = timeout(HEARTBEAT, next(&mut feed)) => match next {
                    Ok(Some(event)) => yield event,
                    Ok(None) => break,
                    Err(_) => yield Event::data("{}").event("ping"),
                },
                () = &mut shutdown => break,
            }
        }
    }
    .heartbeat(None))
}

async fn next(feed: &mut Subscription) -> Option<Event> {
    let next = feed.next().await?;
    let event = event(&match &next.change {
        Change::Counted(counts) => EventPayload::stats_with_refused(counts),
        change => EventPayload::new(change),
    });
    // Counts can precede the last event with their number, so a client resumes only from other events.
    Some(if matches!(next.change, Change::Counted(_)) { event } else { event.id(next.seq.to_string()) })
}

fn event(payload: &EventPayload) -> Event {
    Event::data(payload.data.to_string()).event(payload.kind)
}
