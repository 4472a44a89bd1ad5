//! Who sends a request, as far as throttles and signups distinguish visitors.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Time;

use super::Accounts;

/// A client and the cookies that its browser was given.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    /// The key that throttles count a client by.
    pub client: &'a str,
    /// The cookie that binds signups to their browser.
    pub signup: Option<&'a str>,
    /// The cookie of a browser that has logged in before, see [`Accounts::known_cookie`].
    pub known: Option<&'a str>,
}

/// How long a browser counts as known after a login. Longer than any session, since the cookie is needed when sessions
/// have ended.
pub const KNOWN_TTL: Duration = Duration::from_secs(180 * 86_400);

impl Accounts {
    /// A dated and signed value bound to an address, for a browser whose user has proved to be the address's owner by a
    /// password or by an emailed link. It exempts the browser from the quotas that all clients share for the address,
    /// and from nothing else.
    pub(super) fn known_cookie(&self, address_key: &str) -> String {
        let at = self.clock.now().millis().to_string();
        let signature = self.key.sign("known-browser", &[address_key.as_bytes(), at.as_bytes()]);
        format!("{at}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(super) fn is_known(&self, cookie: Option<&str>, address_key: &str) -> bool {
        let Some((at, signature)) = cookie.and_then(|cookie| cookie.split_once('.')) else { return false };
        let Some((since, signature)) = at.parse().ok().zip(URL_SAFE_NO_PAD.decode(signature).ok()) else {
            return false;
        };
        (Time::from_millis(since) + KNOWN_TTL).is_pending(self.clock.now(), KNOWN_TTL)
            && self.key.verify("known-browser", &[address_key.as_bytes(), at.as_bytes()], &signature)
    }
}
