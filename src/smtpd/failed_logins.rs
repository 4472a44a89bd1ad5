//! Wrong passwords of SMTP clients and of the inbox's pages and API. A client that sends many is refused for a while,
//! without a look at its passwords; its next session or connection makes no difference.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::clock::Time;

/// Wrong passwords of one client for one login name in one [`WINDOW`]; further passwords for that name are refused. A
/// program with an old password does not keep others at its address out.
pub const MAX_FAILURES: u32 = 10;
/// The same for all names together, so that a client cannot try many names.
const MAX_CLIENT_FAILURES: u32 = 100;
const WINDOW: Duration = Duration::from_secs(60);
/// Clients and names that are counted at once. When they are more, the counts begin anew.
const MAX_COUNTS: usize = 20_000;

/// The counts of all clients; clones share them.
#[derive(Clone, Debug, Default)]
pub struct FailedLogins(Arc<Mutex<HashMap<FailureKey, FailureWindow>>>);

/// A client, with a digest of the login name or without a name for all of them.
type FailureKey = (String, Option<[u8; 32]>);

#[derive(Debug)]
struct FailureWindow {
    count: u32,
    ends_at: Time,
}

impl FailedLogins {
    /// How long a client must wait before its next password for `name` is compared; `None` if it need not wait.
    pub fn wait(&self, client: &str, name: &str, now: Time) -> Option<Duration> {
        self.rest(keyed(client, name), MAX_FAILURES, now).or_else(|| self.wait_for_all(client, now))
    }

    /// How long a client must wait, whatever the name.
    pub fn wait_for_all(&self, client: &str, now: Time) -> Option<Duration> {
        self.rest((key(client), None), MAX_CLIENT_FAILURES, now)
    }

    fn rest(&self, key: FailureKey, limit: u32, now: Time) -> Option<Duration> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get(&key).filter(|window| window.ends_at.is_pending(now, WINDOW))?;
        (window.count >= limit).then(|| window.ends_at.since(now))
    }

    /// Counts and logs a wrong password of `client`, a network address, for the login `name`, which is not logged: some
    /// type their password there. `what` is what was to be opened.
    pub fn record(&self, client: &str, name: &str, what: &'static str, now: Time) {
        let failures = self.count(keyed(client, name), now);
        let all = self.count((key(client), None), now);
        if failures >= MAX_FAILURES || all >= MAX_CLIENT_FAILURES {
            tracing::warn!(client, what, failures, "a client sent many wrong passwords and is refused for a while");
        } else {
            tracing::info!(client, what, failures, "a password was wrong");
        }
    }

    fn count(&self, key: FailureKey, now: Time) -> u32 {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_COUNTS {
            windows.retain(|_, window| window.ends_at.is_pending(now, WINDOW));
        }
        if windows.len() >= MAX_COUNTS {
            windows.clear();
        }
        let new = || FailureWindow { count: 0, ends_at: now + WINDOW };
        let window = windows.entry(key).or_insert_with(new);
        if !window.ends_at.is_pending(now, WINDOW) {
            *window = new();
        }
        window.count = window.count.saturating_add(1);
        window.count
    }
}

fn keyed(client: &str, name: &str) -> FailureKey {
    (key(client), Some(Sha256::digest(name).into()))
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
    fn a_client_waits_after_ten_failures_of_a_name_until_its_minute_ends() {
        let (failed, now) = (FailedLogins::default(), Time::from_millis(1_000_000));
        for _ in 0..MAX_FAILURES {
            assert_eq!(failed.wait("2001:db8::1", "ann", now), None);
            failed.record("2001:db8::1", "ann", "SMTP", now);
        }
        assert_eq!(failed.wait("2001:db8::2", "ann", now), Some(WINDOW), "it has the same /64");
        assert_eq!(failed.wait("2001:db8::1", "bob", now), None, "another name is not kept out");
        assert_eq!(failed.wait("2001:db8:0:1::1", "ann", now), None);
        assert_eq!(failed.wait("192.0.2.1", "ann", now), None);
        let later = now + WINDOW;
        assert_eq!(failed.wait("2001:db8::1", "ann", later), None);
        failed.record("2001:db8::1", "ann", "SMTP", later);
        assert_eq!(failed.wait("2001:db8::1", "ann", later), None, "the count has begun anew");
    }

    #[test]
    fn a_client_that_tries_many_names_waits_too() {
        let (failed, now) = (FailedLogins::default(), Time::from_millis(1_000_000));
        for n in 0..MAX_CLIENT_FAILURES {
            assert_eq!(failed.wait("192.0.2.1", "ann", now), None);
            failed.record("192.0.2.1", &n.to_string(), "SMTP", now);
        }
        assert_eq!(failed.wait("192.0.2.1", "ann", now), Some(WINDOW));
        assert_eq!(failed.wait_for_all("192.0.2.1", now), Some(WINDOW));
        assert_eq!(failed.wait_for_all("192.0.2.2", now), None);
    }

    #[test]
    fn the_number_of_counts_is_bounded_and_a_clock_that_was_ahead_blocks_nobody() {
        let (failed, now) = (FailedLogins::default(), Time::from_millis(1_000_000_000));
        for n in 0..MAX_COUNTS {
            failed.record(&n.to_string(), "ann", "SMTP", now);
        }
        assert!(failed.0.lock().unwrap().len() <= MAX_COUNTS);
        (0..MAX_FAILURES).for_each(|_| failed.record("a", "ann", "SMTP", now));
        assert!(failed.wait("a", "ann", now).is_some());
        assert!(failed.wait("a", "ann", now - Duration::from_secs(86_400)).is_none());
    }
}
