//! How many connections at once: as many as the server bears.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Providers count connections, and four already outrun any of their limits.
const MOST: usize = 4;
/// After this long with fewer, one more is tried.
const WIDEN: Duration = Duration::from_secs(60);

/// The right to one connection; `None` never happens.
pub(super) type Turn = Option<OwnedSemaphorePermit>;

pub(super) struct Lanes {
    turns: Arc<Semaphore>,
    open: Mutex<Open>,
}

struct Open {
    count: usize,
    changed: Instant,
}

impl Lanes {
    pub fn new() -> Self {
        Lanes { turns: Arc::new(Semaphore::new(MOST)), open: Mutex::new(Open { count: MOST, changed: Instant::now() }) }
    }

    pub async fn turn(&self) -> Turn {
        self.widen(Instant::now());
        self.turns.clone().acquire_owned().await.ok()
    }

    fn widen(&self, now: Instant) {
        let mut open = self.open();
        if open.count < MOST && now.saturating_duration_since(open.changed) >= WIDEN {
            *open = Open { count: open.count + 1, changed: now };
            self.turns.add_permits(1);
        }
    }

    /// Gives up the lane of a turn that the server refused; false when it is the only one in use, and the refusal means
    /// something else.
    pub fn narrow(&self, turn: &mut Turn) -> bool {
        let mut open = self.open();
        if open.count - self.turns.available_permits() < 2 {
            return false;
        }
        if let Some(turn) = turn.take() {
            turn.forget();
            *open = Open { count: open.count - 1, changed: Instant::now() };
        }
        true
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_refused_beside_others_closes_a_lane_and_one_is_tried_again_after_a_while() {
        let lanes = Lanes::new();
        let mut turns = Vec::new();
        for _ in 0..MOST {
            turns.push(lanes.turn().await);
        }
        let narrowed: Vec<_> = turns.iter_mut().map(|turn| lanes.narrow(turn)).collect();
        assert_eq!(narrowed, [true, true, true, false], "the last one says what is the matter");
        drop(turns);
        assert_eq!(lanes.turns.available_permits(), 1);
        let now = Instant::now();
        for (minutes, expected) in [(0, 1), (1, 2), (1, 2), (2, 3), (3, 4), (4, 4)] {
            lanes.widen(now + WIDEN * minutes);
            assert_eq!(lanes.turns.available_permits(), expected, "after {minutes}");
        }
    }
}
