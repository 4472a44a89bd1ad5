//! Settings of the outbox and of each transport as a worker uses it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{RateLimit, Time};
use crate::mail::Mailbox;
use crate::transport::Transport;

/// `[outbox]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Days that settled rows are kept; stored bodies are deleted at delivery.
    pub keep_days: u32,
    /// How long a message without an expiry of its own is retried.
    pub message_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { keep_days: 30, message_ttl: Duration::from_secs(2 * 24 * 3600) }
    }
}

/// One transport as the worker uses it.
#[derive(Clone)]
pub struct TransportConfig {
    pub transport: Arc<dyn Transport>,
    /// The sender of this transport: its own `from` setting, else `mail.from`.
    pub from: Mailbox,
    pub rate: Option<RateLimit>,
}

impl TransportConfig {
    pub fn name(&self) -> &'static str {
        self.transport.name()
    }

    /// Why other servers will reject mail with this From: its domain means a different machine on each machine. Only the
    /// inbox takes it.
    pub fn sender_error(&self) -> Option<String> {
        let from = &self.from.address;
        let domain = from.domain();
        let is_local = domain.split('.').next_back() == Some("localhost") || domain == "localhost.localdomain";
        (is_local && self.name() != "capture").then(|| {
            let name = self.name();
            format!(
                "from address {from} will be rejected by other servers; set mail.from (or mail.{name}.from) to your own \
                 address"
            )
        })
    }
}

/// The rate of a transport, counted over all processes.
impl RateLimit {
    /// How many messages may be sent at `now`, by the generic cell rate algorithm; both times are in microseconds since
    /// 1970. A quarter of `count` may be sent at once, the others at even steps, so that no window of this length holds
    /// more than `count`, wherever it begins.
    pub(super) fn free(self, used_until: i64, now: i64) -> i64 {
        let unused = now + self.capacity() * self.interval() - self.used(used_until, now);
        (unused / self.interval()).clamp(0, self.capacity())
    }

    /// The new `used_until` after `taken` messages.
    pub(super) fn take(self, used_until: i64, now: i64, taken: i64) -> i64 {
        self.used(used_until, now) + taken * self.interval()
    }

    fn used(self, used_until: i64, now: i64) -> i64 {
        let far = Time::from_millis(now / 1_000).last_end(self.window).millis().saturating_mul(1_000);
        if used_until > far { now } else { used_until.max(now) }
    }

    fn capacity(self) -> i64 {
        i64::from(self.count.div_ceil(4).max(1))
    }

    fn interval(self) -> i64 {
        let window = i64::try_from(self.window.as_micros()).unwrap_or(i64::MAX / 4);
        (window / (i64::from(self.count) - self.capacity() + 1).max(1)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_lets_a_quarter_through_at_once_and_the_others_evenly() {
        let rate = RateLimit { count: 60, window: Duration::from_secs(46) };
        let now = 1_000_000_000;
        assert_eq!(rate.free(0, now), 15);
        let used = rate.take(0, now, 15);
        assert_eq!(rate.free(used, now), 0);
        assert_eq!(rate.free(used, now + 999_999), 0);
        assert_eq!(rate.free(used, now + 2_500_000), 2);
        assert_eq!(rate.free(used, now + 3_600_000_000), 15);
        assert_eq!(rate.free(now + 3_600_000_000, now), 15, "used while the clock was an hour ahead");
    }

    #[test]
    fn no_window_sees_more_than_the_count_wherever_it_begins() {
        for (count, idle) in [(1, 0), (2, 3), (5, 7), (10, 100), (60, 30)] {
            let rate = RateLimit { count, window: Duration::from_millis(100) };
            let (mut used, mut left) = (0, Vec::new());
            for millis in 0..1_000 {
                // After a pause the whole burst may leave again.
                if millis % 150 < idle {
                    continue;
                }
                let now = 1_000_000_000 + millis * 1_000;
                let free = rate.free(used, now);
                used = rate.take(used, now, free);
                left.extend((0..free).map(|_| millis));
            }
            for begin in 0..1_000 {
                let seen = left.iter().filter(|at| (begin..begin + 100).contains(*at)).count();
                assert!(seen <= count as usize, "{seen} of {count} from {begin} on");
            }
            assert!(left.len() >= 3 * count as usize, "{count}: {}", left.len());
        }
    }
}
