//! Who sends a request, as far as throttles and signups distinguish visitors.

use std::time::Duration;

/// A client and the cookies that its browser was given.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    /// The key that throttles count a client by.
    pub client: &'a str,
    /// The cookie that binds signups to their browser.
    pub signup: Option<&'a str>,
    /// The cookie of a browser that has logged in before, see `Throttles::known_cookie`.
    pub known: Option<&'a str>,
}

/// How long a browser counts as known after a login. Longer than any session, since the cookie is needed when sessions
/// have ended.
pub const KNOWN_TTL: Duration = Duration::from_secs(180 * 86_400);
