//! What the throttles share: their state, the keys of counters, and the cookie of known browsers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Notify;

use crate::accounts::requester::KNOWN_TTL;
use crate::accounts::settings::AccountLimits;
use crate::clock::{Clock, Time};
use crate::db::Db;
use crate::random::Entropy;
use crate::secret::SecretKey;

/// The throttles of an installation; clones share them.
#[derive(Clone)]
pub struct Throttles {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    pub(super) key: SecretKey,
    pub(super) limits: AccountLimits,
    /// Notified when the outcome of a password in this process is known.
    pub(super) outcomes: Arc<Notify>,
}

impl Throttles {
    pub fn new(db: Db, clock: Clock, entropy: Entropy, key: SecretKey, limits: AccountLimits) -> Self {
        Throttles { db, clock, entropy, key, limits, outcomes: Arc::default() }
    }

    /// A dated and signed value bound to an address, for a browser whose user has proved to be the address's owner by a
    /// password or by an emailed link. It exempts the browser from the quotas that all clients share for the address,
    /// and from nothing else.
    pub fn known_cookie(&self, address_key: &str) -> String {
        let at = self.clock.now().millis().to_string();
        let signature = self.key.sign("known-browser", &[address_key.as_bytes(), at.as_bytes()]);
        format!("{at}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub fn is_known(&self, cookie: Option<&str>, address_key: &str) -> bool {
        let Some((at, signature)) = cookie.and_then(|cookie| cookie.split_once('.')) else { return false };
        let Some((since, signature)) = at.parse().ok().zip(URL_SAFE_NO_PAD.decode(signature).ok()) else {
            return false;
        };
        (Time::from_millis(since) + KNOWN_TTL).is_pending(self.clock.now(), KNOWN_TTL)
            && self.key.verify("known-browser", &[address_key.as_bytes(), at.as_bytes()], &signature)
    }

    /// The key of a counter: an HMAC, so that the table contains no addresses and no client addresses.
    pub(super) fn counter_key(&self, scope: &str, index: usize, parts: &[&str]) -> String {
        let parts: Vec<&[u8]> = parts.iter().map(|p| p.as_bytes()).collect();
        URL_SAFE_NO_PAD.encode(self.key.sign(&format!("counter:{scope}:{index}"), &parts))
    }
}
