//! Limits the connections at once, and adapts the limit to what the server accepts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The most connections. Providers limit connections, and four already exceed any of their sending rates.
const MOST: usize = 4;
/// How long a lowered limit lasts before it is raised by one.
const WIDEN: Duration = Duration::from_secs(60);

/// The permit for one connection; `None` only after it was given up to lower the limit.
pub(super) type ConnectionPermit = Option<OwnedSemaphorePermit>;

pub(super) struct AdaptiveLimit {
    permits: Arc<Semaphore>,
    open: Mutex<OpenConnections>,
}

struct OpenConnections {
    count: usize,
    changed: Instant,
}

impl AdaptiveLimit {
    pub fn new() -> Self {
        let open = OpenConnections { count: MOST, changed: Instant::now() };
        AdaptiveLimit { permits: Arc::new(Semaphore::new(MOST)), open: Mutex::new(open) }
    }

    pub async fn acquire(&self) -> ConnectionPermit {
        self.increase(Instant::now());
        self.permits.clone().acquire_owned().await.ok()
    }

    fn increase(&self, now: Instant) {
        let mut open = self.open();
        if open.count < MOST && now.saturating_duration_since(open.changed) >= WIDEN {
            *open = OpenConnections { count: open.count + 1, changed: now };
            self.permits.add_permits(1);
        }
    }

    /// Lowers the limit by the connection that the server rejected. False if it is the only one in use: then the
    /// rejection has another cause.
    pub fn narrow(&self, permit: &mut ConnectionPermit) -> bool {
        let mut open = self.open();
        if open.count - self.permits.available_permits() < 2 {
            return false;
        }
        if let Some(permit) = permit.take() {
            permit.forget();
            *open = OpenConnections { count: open.count - 1, changed: Instant::now() };
        }
        true
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_rejected_connection_lowers_the_limit_and_it_rises_again_after_a_while() {
        let limit = AdaptiveLimit::new();
        let mut permits = Vec::new();
        for _ in 0..MOST {
            permits.push(limit.acquire().await);
        }
        let lowered: Vec<_> = permits.iter_mut().map(|permit| limit.narrow(permit)).collect();
        assert_eq!(lowered, [true, true, true, false], "the last rejection is reported");
        drop(permits);
        assert_eq!(limit.permits.available_permits(), 1);
        let now = Instant::now();
        for (minutes, expected) in [(0, 1), (1, 2), (1, 2), (2, 3), (3, 4), (4, 4)] {
            limit.increase(now + WIDEN * minutes);
            assert_eq!(limit.permits.available_permits(), expected, "after {minutes}");
        }
    }
}
