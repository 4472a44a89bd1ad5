//! Ours: the events as server-sent events, each with a number from which a client goes on after a lost connection.

use std::sync::Arc;
use std::time::Duration;

use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::stream::{Event, EventStream};
use rocket::{Shutdown, State, get};

use crate::capture::{Change, Feed};

use super::super::inbox::Postroom;
use super::client::Client;
use super::events::Told;
use super::reply::{Problem, Refusal};

/// What a browser waits before it comes back.
const RETRY: Duration = Duration::from_millis(1_000);
/// A comment at least this often, so that proxies keep the line and a dead one is noticed.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// The number of the last event that a returning client has seen.
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
pub async fn stream(
    _client: Client,
    room: &State<Postroom>,
    last: LastEvent,
    mut shutdown: Shutdown,
) -> Result<EventStream![], Problem> {
    let place = Arc::clone(&room.live).try_acquire_owned().map_err(|_| Problem::from(Refusal::Busy))?;
    let mut feed = room.inbox.feed(last.0).await?;
    let counts = room.inbox.counts().await?;
    let from = feed.position();
    Ok(EventStream! {
        let _place = place;
        yield Event::retry(RETRY);
        yield event(&Told::stats(&counts)).id(from.to_string());
        loop {
            tokio::select! {
                next = next(&mut feed) => match next {
                    Some(event) => yield event,
                    None => break,
                },
                () = &mut shutdown => break,
            }
        }
    }
    .heartbeat(HEARTBEAT))
}

async fn next(feed: &mut Feed) -> Option<Event> {
    let next = feed.next().await?;
    let told = event(&Told::new(&next.change));
    // Counts may come before the last event of their number: only what happened is gone on from.
    Some(if matches!(next.change, Change::Counted(_)) { told } else { told.id(next.seq.to_string()) })
}

fn event(told: &Told) -> Event {
    Event::data(told.data.to_string()).event(told.kind)
}
