//! Mailpit's WebSocket of events.

use std::sync::Arc;
use std::time::Duration;

use rocket::futures::{SinkExt as _, StreamExt as _};
use rocket::response::{self, Responder};
use rocket::{Request, Route, Shutdown, get, routes};
use rocket_ws::frame::{CloseCode, CloseFrame};
use rocket_ws::result::Error;
use rocket_ws::stream::DuplexStream;
use rocket_ws::{Channel, Message, WebSocket};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use crate::inbox::{Change, Counts, Inbox};

use super::super::error::WebError;
use super::auth::ApiAuth;
use super::events::{EventPayload, REFUSED};
use super::operation::{JSON, operations};

const PING_INTERVAL: Duration = Duration::from_secs(54);
/// Time after a ping in which the client must send a pong or another frame.
const PONG_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time to write a frame. A client that reads slower would make the server buffer events without limit.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Delay of the counts after the first change, so that they are sent at most four times a second.
const STATS_DELAY: Duration = Duration::from_millis(250);
/// Limit of a client's frame in bytes. Frames are ignored; a longer one ends the connection.
const MAX_FRAME: usize = 64 * 1024;

operations! { "server":
    get "/api/events" "Events" [], None => (JSON, "Any"), [400, 403];
}

pub fn routes() -> Vec<Route> {
    routes![events, no_upgrade]
}

#[get("/api/events")]
pub fn events(state: ApiAuth<'_>, socket: WebSocket, shutdown: Shutdown) -> Result<Upgrade, WebError> {
    let permit = Arc::clone(&state.limits.live_connections).try_acquire_owned().map_err(|_| WebError::Busy)?;
    let inbox = state.inbox.clone();
    let limit = Some(MAX_FRAME);
    let config = rocket_ws::Config { max_message_size: limit, max_frame_size: limit, ..Default::default() };
    Ok(Upgrade(socket.config(config).channel(move |mut stream| {
        Box::pin(async move {
            let _permit = permit;
            let code = forward_events(&mut stream, &inbox, shutdown).await;
            let _ = tokio::time::timeout(WRITE_TIMEOUT, close(&mut stream, code)).await;
            Ok(())
        })
    })))
}

/// The 101 response. The bytes after it are not a body, so it has no Content-Length (RFC 9110 §8.6).
pub struct Upgrade(Channel<'static>);

impl<'r> Responder<'r, 'static> for Upgrade {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        response.set_streamed_body(tokio::io::empty());
        Ok(response)
    }
}

/// Answers a request without an upgrade with 400.
#[get("/api/events", rank = 9)]
pub fn no_upgrade(_client: ApiAuth<'_>) -> WebError {
    WebError::bad("Bad Request\n")
}

/// Sends a frame; false if the connection is lost or too slow.
async fn sent(stream: &mut DuplexStream, frame: Message) -> bool {
    matches!(tokio::time::timeout(WRITE_TIMEOUT, stream.send(frame)).await, Ok(Ok(())))
}

/// Closes the connection with `code`. The answer to a client's Close has the client's code (RFC 6455 §5.5.1); it is
/// queued already and must be the last frame, so it is flushed first.
async fn close(stream: &mut DuplexStream, code: CloseCode) -> Result<(), Error> {
    stream.flush().await?;
    stream.close(Some(CloseFrame { code, reason: "".into() })).await
}

/// The close code for a client whose frame is invalid (RFC 6455 §7.4.1).
fn close_code_for(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(_) => CloseCode::Size,
        Error::Utf8 => CloseCode::Invalid,
        _ => CloseCode::Protocol,
    }
}

/// Sends events until the client, the inbox or the server ends; returns the close code for the client.
async fn forward_events(stream: &mut DuplexStream, inbox: &Inbox, mut shutdown: Shutdown) -> CloseCode {
    let mut error_replies = inbox.error_replies().listen();
    let Ok(mut feed) = inbox.feed(None).await else { return CloseCode::Error };
    let mut counts = inbox.counts().await.ok();
    let mut ping = tokio::time::interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    let mut last_received = Instant::now();
    let mut stats = Box::pin(tokio::time::sleep(STATS_DELAY));
    loop {
        let frames = tokio::select! {
            event = feed.next() => match event.map(|event| event.change) {
                Some(Change::Counted(now)) => {
                    if counts.replace(now).is_none() {
                        stats.as_mut().reset(Instant::now() + STATS_DELAY);
                    }
                    Vec::new()
                }
                Some(change) => change_frames(&change),
                None => break CloseCode::Away,
            },
            reply = error_replies.recv() => match reply {
                Ok(reply) => vec![Message::Text(EventPayload::error(&reply).frame())],
                // A slow client misses some error replies.
                Err(RecvError::Lagged(_)) => Vec::new(),
                Err(RecvError::Closed) => break CloseCode::Away,
            },
            () = &mut stats, if counts.is_some() => {
                let now: Counts = counts.take().unwrap_or_default();
                vec![Message::Text(EventPayload::stats(&now).frame())]
            }
            received = stream.next() => match received {
                Some(Ok(Message::Close(_))) | None => break CloseCode::Normal,
                Some(Err(error)) => break close_code_for(&error),
                Some(Ok(_)) => {
                    last_received = Instant::now();
                    Vec::new()
                }
            },
            _ = ping.tick() => {
                if last_received.elapsed() > PING_INTERVAL + PONG_TIMEOUT {
                    break CloseCode::Away;
                }
                vec![Message::Ping(Vec::new())]
            }
            () = &mut shutdown => break CloseCode::Away,
        };
        if !all_sent(stream, frames).await {
            break CloseCode::Away;
        }
    }
}

/// Sends frames; false if the connection is lost or too slow.
async fn all_sent(stream: &mut DuplexStream, frames: Vec<Message>) -> bool {
    for frame in frames {
        if !sent(stream, frame).await {
            return false;
        }
    }
    true
}

/// The frames that report a change: none for a refused message, `prune` for a restored one, and the counts of the tags before a first tag.
fn change_frames(change: &Change) -> Vec<Message> {
    // Mailpit does not know restorations. Its clients load the list again after `prune`.
    let change = if matches!(change, Change::Restored(_)) { &Change::Pruned } else { change };
    let payload = EventPayload::new(change);
    if payload.kind == REFUSED {
        return Vec::new();
    }
    let tags = EventPayload::first_tag_counts(change);
    tags.into_iter().chain([payload]).map(|payload| Message::Text(payload.frame())).collect()
}
