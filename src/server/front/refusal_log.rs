//! Counts refusals and logs them: at most one line per reason and interval, so that an attack does not fill the log.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::web::{FrontCounters, FrontRefusal};

use super::refusal::log_line;

/// Least time between two lines of one reason.
const INTERVAL: Duration = Duration::from_secs(10);

/// Counts and logs the refusals of all listeners.
pub struct RefusalLog {
    counters: Arc<FrontCounters>,
    lines: Mutex<[LogState; FrontRefusal::ALL.len()]>,
}

#[derive(Clone, Copy, Default)]
struct LogState {
    last_line: Option<Instant>,
    /// Refusals since the last line.
    count: u64,
}

impl RefusalLog {
    pub fn new(counters: Arc<FrontCounters>) -> Self {
        RefusalLog { counters, lines: Mutex::default() }
    }

    pub fn record(&self, refusal: FrontRefusal, client: IpAddr) {
        self.counters.add(refusal);
        if let Some(count) = self.due(refusal, Instant::now()) {
            tracing::warn!(client = %client.to_canonical(), count, "{}", log_line(refusal));
        }
    }

    /// The refusals since the last line, if a line may be written now.
    fn due(&self, refusal: FrontRefusal, now: Instant) -> Option<u64> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let state = lines.get_mut(refusal as usize)?;
        state.count += 1;
        if state.last_line.is_some_and(|last| now < last + INTERVAL) {
            return None;
        }
        let count = state.count;
        *state = LogState { last_line: Some(now), count: 0 };
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_one_line_per_interval_with_the_number_of_refusals() {
        let log = RefusalLog::new(Arc::default());
        let start = Instant::now();
        assert_eq!(log.due(FrontRefusal::SlowHead, start), Some(1));
        assert_eq!(log.due(FrontRefusal::SlowHead, start), None);
        assert_eq!(log.due(FrontRefusal::SlowBody, start), Some(1));
        assert_eq!(log.due(FrontRefusal::SlowHead, start + INTERVAL), Some(2));
    }
}
