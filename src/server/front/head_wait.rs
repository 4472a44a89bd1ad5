//! Since when a connection waits for a request. When all connections are in use, the one that has waited longest is
//! closed for a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The value of a connection that may not be closed.
const BUSY: u64 = u64::MAX;

/// The waiting time of one connection. Clones share it: the relay writes it, the admission reads it.
#[derive(Clone, Debug)]
pub struct HeadWait(Arc<HeadWaitState>);

#[derive(Debug)]
struct HeadWaitState {
    epoch: Instant,
    /// Microseconds from `epoch` to the time from which the connection waits, or [`BUSY`].
    since: AtomicU64,
    stop: CancellationToken,
}

impl HeadWait {
    /// A connection that waits from now on, and stops when `shutdown` does. `epoch` precedes all connections.
    pub fn new(epoch: Instant, shutdown: &CancellationToken) -> Self {
        let since = AtomicU64::new(micros(epoch, Instant::now()));
        HeadWait(Arc::new(HeadWaitState { epoch, since, stop: shutdown.child_token() }))
    }

    /// Notes since when the connection waits for a request; `None` while it may not be closed.
    pub fn set(&self, since: Option<Instant>) {
        let since = since.map_or(BUSY, |since| micros(self.0.epoch, since));
        self.0.since.store(since, Ordering::Relaxed);
    }

    /// When the wait began, for comparisons; `None` while the connection may not be closed.
    pub fn since(&self) -> Option<u64> {
        Some(self.0.since.load(Ordering::Relaxed)).filter(|since| *since != BUSY)
    }

    /// Lets the connection end. A request that has arrived meanwhile is still answered.
    pub fn end(&self) {
        self.0.stop.cancel();
    }

    /// Cancelled when the connection is to end.
    pub fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }
}

fn micros(epoch: Instant, time: Instant) -> u64 {
    u64::try_from(time.saturating_duration_since(epoch).as_micros()).unwrap_or(BUSY - 1)
}
