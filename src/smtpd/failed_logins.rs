//! Wrong passwords of SMTP clients and of the inbox's pages and API. A client that sends many is refused for a while,
//! without a look at its passwords; its next session or connection makes no difference.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Time;

/// Wrong passwords of one client in one [`WINDOW`]; further passwords are refused.
pub const MAX_FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Clients that are counted at once. When they are more, the counts begin anew.
const MAX_CLIENTS: usize = 10_000;

/// The counts of all clients; clones share them.
#[derive(Clone, Debug, Default)]
pub struct FailedLogins(Arc<Mutex<HashMap<String, FailureWindow>>>);

#[derive(Debug)]
struct FailureWindow {
    count: u32,
    ends_at: Time,
}

impl FailedLogins {
    /// How long a client must wait before its next password is compared; `None` if it need not wait.
    pub fn wait(&self, client: &str, now: Time) -> Option<Duration> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get(&key(client)).filter(|window| window.ends_at.is_pending(now, WINDOW))?;
        (window.count >= MAX_FAILURES).then(|| window.ends_at.since(now))
    }

    /// Counts and logs a wrong password of `client`, a network address. `what` is what was to be opened.
    pub fn record(&self, client: &str, what: &'static str, now: Time) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_CLIENTS {
            windows.retain(|_, window| window.ends_at.is_pending(now, WINDOW));
        }
        if windows.len() >= MAX_CLIENTS {
            windows.clear();
        }
        let new = || FailureWindow { count: 0, ends_at: now + WINDOW };
        let window = windows.entry(key(client)).or_insert_with(new);
        if !window.ends_at.is_pending(now, WINDOW) {
            *window = new();
        }
        window.count = window.count.saturating_add(1);
        let failures = window.count;
        if failures >= MAX_FAILURES {
            tracing::warn!(client, what, failures, "a client sent many wrong passwords and is refused for a while");
        } else {
            tracing::info!(client, what, failures, "a password was wrong");
        }
    }
}

/// An IPv6 client counts by its /64, since a subscriber owns at least that.
fn key(client: &str) -> String {
    match client.parse::<Ipv6Addr>() {
        Ok(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Err(_) => client.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_waits_after_ten_failures_until_its_minute_ends() {
        let (failed, now) = (FailedLogins::default(), Time::from_millis(1_000_000));
        for _ in 0..MAX_FAILURES {
            assert_eq!(failed.wait("2001:db8::1", now), None);
            failed.record("2001:db8::1", "SMTP", now);
        }
        assert_eq!(failed.wait("2001:db8::2", now), Some(WINDOW), "it has the same /64");
        assert_eq!(failed.wait("2001:db8:0:1::1", now), None);
        assert_eq!(failed.wait("192.0.2.1", now), None);
        let later = now + WINDOW;
        assert_eq!(failed.wait("2001:db8::1", later), None);
        failed.record("2001:db8::1", "SMTP", later);
        assert_eq!(failed.wait("2001:db8::1", later), None, "the count has begun anew");
    }

    #[test]
    fn the_number_of_clients_is_bounded_and_a_clock_that_was_ahead_blocks_nobody() {
        let (failed, now) = (FailedLogins::default(), Time::from_millis(1_000_000_000));
        for n in 0..MAX_CLIENTS + 10 {
            failed.record(&n.to_string(), "SMTP", now);
        }
        assert!(failed.0.lock().unwrap().len() <= MAX_CLIENTS);
        (0..MAX_FAILURES).for_each(|_| failed.record("a", "SMTP", now));
        assert!(failed.wait("a", now).is_some() && failed.wait("a", now - Duration::from_secs(86_400)).is_none());
    }
}
