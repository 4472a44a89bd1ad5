//! Mailpit's event WebSocket.

use std::sync::Arc;
use std::time::Duration;

use rocket::futures::{SinkExt as _, StreamExt as _};
use rocket::response::{self, Responder};
use rocket::{Request, Shutdown, State, get};
use rocket_ws::frame::{CloseCode, CloseFrame};
use rocket_ws::result::Error;
use rocket_ws::stream::DuplexStream;
use rocket_ws::{Channel, Message, WebSocket};
use tokio::sync::broadcast::error::RecvError;

use crate::capture::{Change, Counts, Inbox};

use super::super::inbox::Postroom;
use super::client::Client;
use super::events::{REFUSED, Told};
use super::reply::Refusal;

const PING: Duration = Duration::from_secs(54);
/// Silence after which the other side is gone; a pong counts as a sign of life.
const GONE: Duration = Duration::from_secs(60);
/// A frame that the other side does not take for so long ends the connection: it would hold events for ever.
const SLOW: Duration = Duration::from_secs(10);
/// Counts follow the first change after this long, so at most four times a second.
const STATS: Duration = Duration::from_millis(250);
/// Frames from clients are ignored; longer ones end the connection.
const MAX_FRAME: usize = 64 * 1024;

#[get("/api/events")]
pub fn events(
    _client: Client,
    room: &State<Postroom>,
    socket: WebSocket,
    shutdown: Shutdown,
) -> Result<Upgrade, Refusal> {
    let place = Arc::clone(&room.live).try_acquire_owned().map_err(|_| Refusal::Busy)?;
    let inbox = room.inbox.clone();
    let limit = Some(MAX_FRAME);
    let config = rocket_ws::Config { max_message_size: limit, max_frame_size: limit, ..Default::default() };
    Ok(Upgrade(socket.config(config).channel(move |mut stream| {
        Box::pin(async move {
            let _place = place;
            let code = tell(&mut stream, &inbox, shutdown).await;
            let _ = tokio::time::timeout(SLOW, close(&mut stream, code)).await;
            Ok(())
        })
    })))
}

/// What follows the answer is no body, and has no length (RFC 9110 §8.6).
pub struct Upgrade(Channel<'static>);

impl<'r> Responder<'r, 'static> for Upgrade {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        response.set_streamed_body(tokio::io::empty());
        Ok(response)
    }
}

/// Asked for without an upgrade: there is something here, but not for plain HTTP.
#[get("/api/events", rank = 9)]
pub fn no_upgrade(_client: Client) -> Refusal {
    Refusal::bad("Bad Request\n")
}

async fn sent(stream: &mut DuplexStream, frame: Message) -> bool {
    matches!(tokio::time::timeout(SLOW, stream.send(frame)).await, Ok(Ok(())))
}

/// The other side's own Close is answered with its code (RFC 6455 §5.5.1): the answer waits already, and no further
/// frame may follow it.
async fn close(stream: &mut DuplexStream, code: CloseCode) -> Result<(), Error> {
    stream.flush().await?;
    stream.close(Some(CloseFrame { code, reason: "".into() })).await
}

/// What to say to a client whose frame could not be read (RFC 6455 §7.4.1).
fn complaint(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(_) => CloseCode::Size,
        Error::Utf8 => CloseCode::Invalid,
        _ => CloseCode::Protocol,
    }
}

/// Until either side ends; the answer is why, should the other side not have said it.
async fn tell(stream: &mut DuplexStream, inbox: &Inbox, mut shutdown: Shutdown) -> CloseCode {
    let mut refusals = inbox.error_replies().listen();
    let Ok(mut feed) = inbox.feed(None).await else { return CloseCode::Error };
    let mut counts = inbox.counts().await.ok();
    let mut ping = tokio::time::interval(PING);
    ping.reset();
    let mut heard = tokio::time::Instant::now();
    let mut stats = Box::pin(tokio::time::sleep(STATS));
    loop {
        let frame = tokio::select! {
            event = feed.next() => match event.map(|event| event.change) {
                Some(Change::Counted(now)) => {
                    if counts.replace(now).is_none() {
                        stats.as_mut().reset(tokio::time::Instant::now() + STATS);
                    }
                    continue;
                }
                Some(change) => {
                    let told = Told::new(&change);
                    if told.kind == REFUSED {
                        continue;
                    }
                    if let Some(tags) = Told::first_tags(&change)
                        && !sent(stream, Message::Text(tags.frame())).await
                    {
                        break CloseCode::Away;
                    }
                    Message::Text(told.frame())
                }
                None => break CloseCode::Away,
            },
            refusal = refusals.recv() => match refusal {
                Ok(reply) => Message::Text(Told::error(&reply).frame()),
                // Some were lost to a reader this slow.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break CloseCode::Away,
            },
            () = &mut stats, if counts.is_some() => {
                let now: Counts = counts.take().unwrap_or_default();
                Message::Text(Told::stats(&now).frame())
            }
            heard_now = stream.next() => match heard_now {
                Some(Ok(Message::Close(_))) | None => break CloseCode::Normal,
                Some(Err(error)) => break complaint(&error),
                Some(Ok(_)) => {
                    heard = tokio::time::Instant::now();
                    continue;
                }
            },
            _ = ping.tick() => {
                if heard.elapsed() > PING + GONE {
                    break CloseCode::Away;
                }
                Message::Ping(Vec::new())
            }
            () = &mut shutdown => break CloseCode::Away,
        };
        if !sent(stream, frame).await {
            break CloseCode::Away;
        }
    }
}
