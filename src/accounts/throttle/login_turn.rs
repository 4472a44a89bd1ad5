//! The pace of logins at an address whose quota over all clients is used up. Time is divided into intervals of
//! `window / count`, and each allows one attempt. If it went to the first, a crowd of clients would take every
//! one. Therefore the first half of an interval belongs to clients that were refused in an earlier interval, a quarter
//! of them at a time, by a keyed draw; the second half is open to all. Clients of ever new addresses come too late, and
//! nobody can compute whose turn it is.

use std::time::Duration;

use crate::accounts::error::Error;
use crate::accounts::store;
use crate::clock::{RateLimit, Time};
use crate::db::Conn;

use super::throttles::Throttles;

/// Of this many intervals in a row, each client is drawn for one.
const CYCLE: u64 = 4;

/// The intervals of one window.
struct Intervals {
    began: Time,
    length: Duration,
    /// The number of the present interval.
    number: u64,
}

impl Intervals {
    fn new(rate: RateLimit, end: Time, now: Time) -> Self {
        let (began, length) = (end - rate.window, rate.window / rate.count);
        let number = now.since(began).as_millis() / length.as_millis().max(1);
        Intervals { began, length, number: u64::try_from(number).unwrap_or(u64::MAX) }
    }

    fn start_of(&self, number: u64) -> Time {
        self.began + self.length.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// The next interval after the present one for which the client is drawn; `draw` gives its position in a cycle.
    fn next_own(&self, draw: impl Fn(u64) -> u64) -> u64 {
        let cycle = self.number / CYCLE;
        let own = cycle * CYCLE + draw(cycle);
        if own > self.number { own } else { (cycle + 1) * CYCLE + draw(cycle + 1) }
    }
}

impl Throttles {
    /// Takes the attempt that the present interval allows, or returns how long to wait for another. `end` is the end of
    /// the window of failures.
    pub(super) async fn take_turn(
        &self,
        conn: &mut Conn,
        index: usize,
        rate: RateLimit,
        end: Time,
        (address_key, client): (&str, &str),
    ) -> Result<Option<Duration>, Error> {
        let now = self.clock.now();
        let intervals = Intervals::new(rate, end, now);
        let (start, next) = (intervals.start_of(intervals.number), intervals.start_of(intervals.number + 1));
        let turn = self.counter_key("login-turn", index, &[address_key]);
        let waiting = self.counter_key("login-waiting", index, &[address_key, client]);
        let draw = |cycle: u64| {
            let parts: [&[u8]; 3] = [address_key.as_bytes(), client.as_bytes(), &cycle.to_be_bytes()];
            u64::from(self.key.sign("login-draw", &parts)[0]) % CYCLE
        };

        let is_free = store::counters::get(conn, &turn, now, intervals.length).await?.is_none();
        let half = start + intervals.length / 2;
        let refused = store::counters::get(conn, &waiting, now, rate.window).await?;
        let waited = refused.is_some_and(|(_, end)| end - rate.window < start);
        let is_drawn = waited && draw(intervals.number / CYCLE) == intervals.number % CYCLE;
        if is_free && (is_drawn || now >= half) {
            store::counters::add(conn, &turn, 1, now, next.since(now)).await?;
            return Ok(None);
        }
        store::counters::add(conn, &waiting, 1, now, rate.window).await?;
        let again = if is_free { half } else { intervals.start_of(intervals.next_own(draw)) };
        Ok(Some(again.min(end).since(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_is_drawn_once_per_cycle_and_the_next_interval_is_a_later_one() {
        let rate = RateLimit { count: 30, window: Duration::from_secs(3_600) };
        let end = Time::from_millis(10_000_000);
        for second in [0, 119, 120, 500, 3_599] {
            let intervals = Intervals::new(rate, end, end - rate.window + Duration::from_secs(second));
            assert_eq!(intervals.number, second / 120);
            for own in 0..CYCLE {
                let next = intervals.next_own(|_| own);
                assert!(next > intervals.number && next <= intervals.number + 2 * CYCLE, "{second} {own} {next}");
                assert_eq!(next % CYCLE, own);
            }
        }
    }
}
