//! One connection: passes bytes between a client and Rocket, and ends when a limit is exceeded.
//!
//! One task handles both directions. It reads into a buffer that all connections of a thread share, and keeps bytes only
//! when the other side does not take them, so an idle connection needs no memory for them.

mod closing;
mod download;
mod upload;

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::web::{ClientPeer, FrontRefusal};

use super::exchange::{Due, Exchange};
use super::head_wait::HeadWait;
use super::limits::FrontLimits;
use super::pace::Pace;
use super::request_head::RequestError;

/// Bytes read at a time, and most bytes that are kept per direction besides a request head.
const CHUNK: usize = 16 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
}

/// The connection of a client, and its connection to Rocket from the first request on.
pub struct Relay<'a> {
    limits: &'a FrontLimits,
    wait: HeadWait,
    /// The client is a proxy, or on this machine.
    is_trusted: bool,
    client: TcpStream,
    rocket: Option<RocketConnection>,
    exchange: Exchange,
    /// Bytes of the client for Rocket. The first `passed` of them may pass now.
    up: Vec<u8>,
    passed: usize,
    /// Bytes of Rocket for the client.
    down: Vec<u8>,
    client_ended: bool,
    /// When the client closed its side behind a complete request. It may still wait for the response, or be gone.
    ended_since: Option<Instant>,
    rocket_ended: bool,
    /// Rocket reads nothing more. What the client still sends is discarded.
    discards: bool,
    /// The exchange has changed, so that waiting bytes may pass.
    changed: bool,
    idle_since: Instant,
    head_since: Option<Instant>,
    upload: Pace,
    download: Pace,
}

/// A connection to Rocket. The client's address is removed before the socket closes.
pub struct RocketConnection {
    #[expect(dead_code, reason = "dropping it removes the client's address")]
    pub peer: ClientPeer,
    pub stream: TcpStream,
}

/// Why a relay stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayEnd {
    /// A side closed or broke the connection, or it was idle for too long.
    Closed,
    /// Rocket has ended the connection after its last response.
    Finished,
    Refused(FrontRefusal),
}

impl From<RequestError> for RelayEnd {
    fn from(error: RequestError) -> Self {
        RelayEnd::Refused(match error {
            RequestError::Malformed | RequestError::NeedsRewrite => FrontRefusal::Malformed,
            RequestError::HeadTooLarge => FrontRefusal::LargeHead,
        })
    }
}

impl<'a> Relay<'a> {
    /// `wait` gets the time since which the connection waits for a request, and can end it. `is_trusted`: the client is a
    /// proxy, or on this machine.
    pub fn new(client: TcpStream, limits: &'a FrontLimits, wait: HeadWait, is_trusted: bool) -> Self {
        // Nagle's algorithm could delay the end of an answer by up to 40 ms.
        let _ = client.set_nodelay(true);
        Relay {
            limits,
            wait,
            is_trusted,
            client,
            rocket: None,
            exchange: Exchange::new(limits.head_size),
            up: Vec::new(),
            passed: 0,
            down: Vec::new(),
            client_ended: false,
            ended_since: None,
            rocket_ended: false,
            discards: false,
            changed: false,
            idle_since: Instant::now(),
            head_since: None,
            upload: Pace::default(),
            download: Pace::default(),
        }
    }

    /// Connects the relay to Rocket.
    pub fn connect(&mut self, rocket: RocketConnection) {
        self.rocket = Some(rocket);
    }

    /// Passes bytes until the connection ends, or until the first request has arrived and Rocket is not connected yet
    /// (`None`). When it is to stop, it ends as soon as no request is in progress.
    pub async fn run(&mut self) -> Option<RelayEnd> {
        let token = self.wait.stop().clone();
        let mut stop = pin!(token.cancelled());
        let mut timer = pin!(sleep_until(Instant::now() + self.limits.head));
        let mut is_stopping = token.is_cancelled();
        poll_fn(|cx| {
            let now = Instant::now();
            is_stopping = is_stopping || stop.as_mut().poll(cx).is_ready();
            match self.poll(cx, now) {
                Ok(Poll::Ready(())) => return Poll::Ready(None),
                Ok(Poll::Pending) => {}
                Err(end) => return Poll::Ready(Some(end)),
            }
            let due = self.due(now);
            if is_stopping && self.down.is_empty() && matches!(due, Due::Request | Due::Head) {
                return Poll::Ready(Some(RelayEnd::Closed));
            }
            self.wait.set(self.may_end_for_another(due).then_some(self.idle_since));
            // The timer usually fires early: a request moves its deadline, and setting a timer is not free.
            if let Some(end) = self.deadline(due).filter(|end| *end < timer.deadline()) {
                timer.as_mut().reset(end);
            }
            while timer.as_mut().poll(cx).is_ready() {
                if let Some(end) = self.overdue(due, Instant::now()) {
                    return Poll::Ready(Some(end));
                }
                let next = Instant::now() + self.limits.head;
                timer.as_mut().reset(self.deadline(due).unwrap_or(next));
            }
            Poll::Pending
        })
        .await
    }

    /// What is due; notes since when.
    fn due(&mut self, now: Instant) -> Due {
        let due = self.exchange.due(self.up.get(self.passed..).unwrap_or_default());
        match due {
            Due::Head => _ = self.head_since.get_or_insert(now),
            Due::Request | Due::Body | Due::Response => self.head_since = None,
        }
        if due != Due::Body {
            self.upload.stop();
        }
        due
    }

    /// True if the connection may be closed for a new one. A proxy may be sending the next request on a connection that
    /// it has used before, and would answer 502.
    fn may_end_for_another(&self, due: Due) -> bool {
        self.down.is_empty()
            && match due {
                Due::Request => self.rocket.is_none() || !self.is_trusted,
                Due::Head => true,
                Due::Body | Due::Response => false,
            }
    }

    fn idle(&self) -> Duration {
        if self.is_trusted { self.limits.idle_trusted } else { self.limits.idle }
    }

    fn deadline(&self, due: Due) -> Option<Instant> {
        let due_end = match due {
            Due::Request => Some(self.idle_since + self.idle()),
            Due::Head => self.head_since.map(|since| since + self.limits.head),
            Due::Body => self.upload.deadline(self.limits.window),
            Due::Response => None,
        };
        let ended =
            self.ended_since.filter(|_| self.exchange.is_unanswered()).map(|since| since + self.limits.half_closed);
        self.download.deadline(self.limits.window).into_iter().chain(due_end).chain(ended).min()
    }

    /// The end of the connection if a deadline has passed.
    fn overdue(&mut self, due: Due, now: Instant) -> Option<RelayEnd> {
        let (window, least) = (self.limits.window, self.limits.window_bytes);
        if self.download.is_too_slow(now, window, least) {
            return Some(RelayEnd::Refused(FrontRefusal::SlowReader));
        }
        if self.exchange.is_unanswered() && self.ended_since.is_some_and(|since| now >= since + self.limits.half_closed)
        {
            return Some(RelayEnd::Closed);
        }
        match due {
            Due::Request if self.down.is_empty() && now >= self.idle_since + self.idle() => Some(RelayEnd::Closed),
            Due::Head if self.head_since.is_some_and(|since| now >= since + self.limits.head) => {
                Some(RelayEnd::Refused(FrontRefusal::SlowHead))
            }
            Due::Body if self.upload.is_too_slow(now, window, least) => Some(RelayEnd::Refused(FrontRefusal::SlowBody)),
            Due::Request | Due::Head | Due::Body | Due::Response => None,
        }
    }

    /// Moves bytes in both directions as far as the sockets allow. Ready: a request has arrived, and Rocket is not
    /// connected.
    fn poll(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<Poll<()>, RelayEnd> {
        loop {
            self.changed = false;
            self.poll_up(cx, now)?;
            if self.rocket.is_none() {
                return Ok(if self.passed > 0 { Poll::Ready(()) } else { Poll::Pending });
            }
            self.poll_down(cx, now)?;
            if !self.changed {
                return Ok(Poll::Pending);
            }
        }
    }
}
