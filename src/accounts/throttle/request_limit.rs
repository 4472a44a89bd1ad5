//! Throttles of signups and of requested emails: atomic counters in the database, written in a transaction of their
//! own, so that they hold across processes and a failed operation does not roll them back. `login_limit` has those of
//! logins.

use std::time::Duration;

use crate::accounts::error::Error;
use crate::accounts::requester::Requester;
use crate::accounts::store;
use crate::clock::{RateLimit, Time};
use crate::db::Conn;
use crate::mail::Address;

use super::throttles::Throttles;

/// Requested emails by the throttle they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestedEmail {
    /// Signup and resend, whichever email results.
    Verify,
    /// The forgotten password.
    Reset,
    /// The link to a new address.
    ChangeEmail,
}

impl RequestedEmail {
    const fn name(self) -> &'static str {
        match self {
            RequestedEmail::Verify => "verify",
            RequestedEmail::Reset => "reset",
            RequestedEmail::ChangeEmail => "change-email",
        }
    }
}

/// What happens to a requested email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailPermit {
    Send,
    /// The same client requested it a moment ago. The page may say so.
    TooSoon,
    /// Other clients used up the address's quota. The page must not say so.
    Withheld,
    /// The client used up its own quota; the wait until its next request.
    Throttled(Duration),
}

impl EmailPermit {
    /// [`EmailPermit::Throttled`] as an error.
    const fn unless_throttled(self) -> Result<Self, Error> {
        match self {
            EmailPermit::Throttled(wait) => Err(Error::Throttled(wait)),
            permit => Ok(permit),
        }
    }
}

/// The first requests of clients have a quota of their own for each address: this many times the quota that repeated
/// requests share. A few clients that ask again and again therefore do not use up the emails of the others, and a crowd
/// of clients still cannot send any number of emails to one mailbox.
const FIRST_REQUESTS: u32 = 10;

/// One throttle of an operation: its scope, what it counts, and its rates, all of which must hold.
struct Count<'a> {
    scope: &'a str,
    /// For the log.
    client: &'a str,
    parts: &'a [&'a str],
    rates: &'a [RateLimit],
}

impl Throttles {
    /// Counts a signup and the email that it requests.
    pub async fn check_signup_limit(&self, address: &Address, requester: Requester<'_>) -> Result<EmailPermit, Error> {
        let mut tx = self.db.write().await?;
        let (client, rates) = (requester.client, &self.limits.signups_per_client);
        let count = Count { scope: "signup", client, parts: &[client], rates };
        let permit = match self.increment(&mut tx, &count).await? {
            None => self.email_permit(&mut tx, RequestedEmail::Verify, address, requester, false).await?,
            Some(wait) => EmailPermit::Throttled(wait),
        };
        tx.commit().await?;
        permit.unless_throttled()
    }

    /// Counts a requested email. If the client's quota is used up, the request is throttled. If the address's quota is
    /// used up, the email is silently withheld, since a different answer would reveal other requests for the address.
    /// `own_request` is one of the browser that signed up, or of the user.
    pub async fn check_email_limit(
        &self,
        kind: RequestedEmail,
        address: &Address,
        requester: Requester<'_>,
        own_request: bool,
    ) -> Result<EmailPermit, Error> {
        let mut tx = self.db.write().await?;
        let permit = self.email_permit(&mut tx, kind, address, requester, own_request).await?;
        // A rejected request counts too.
        tx.commit().await?;
        permit.unless_throttled()
    }

    async fn email_permit(
        &self,
        conn: &mut Conn,
        kind: RequestedEmail,
        address: &Address,
        requester: Requester<'_>,
        own_request: bool,
    ) -> Result<EmailPermit, Error> {
        let limits = &self.limits;
        let client = requester.client;
        let per_client = Count { scope: "email-client", client, parts: &[client], rates: &limits.emails_per_client };
        if let Some(wait) = self.increment(conn, &per_client).await? {
            return Ok(EmailPermit::Throttled(wait));
        }
        let key = address.canonical();
        let pair = [kind.name(), key.as_str(), client];
        let rates = &limits.emails_per_address_and_client;
        if self.increment(conn, &Count { scope: "email-pair", client, parts: &pair, rates }).await?.is_some() {
            return Ok(EmailPermit::TooSoon);
        }
        // The browsers of the address's owner are not limited by what others request.
        if own_request || self.is_known(requester.known, &key) || self.is_first_request(conn, &pair).await? {
            return Ok(EmailPermit::Send);
        }
        let (parts, rates) = ([kind.name(), key.as_str()], &limits.emails_per_address);
        let exceeded = self.increment(conn, &Count { scope: "email-address", client, parts: &parts, rates }).await?;
        Ok(if exceeded.is_none() { EmailPermit::Send } else { EmailPermit::Withheld })
    }

    /// True if a client requests an email for the first time in the longest window of the address's quota, and the
    /// quota of such requests is not used up. `pair` is the kind of email, the address and the client.
    async fn is_first_request(&self, conn: &mut Conn, pair: &[&str; 3]) -> Result<bool, Error> {
        let rates = &self.limits.emails_per_address;
        let Some(window) = rates.iter().map(|rate| rate.window).max() else { return Ok(true) };
        let key = self.counter_key("email-first", 0, pair);
        if store::counters::add(conn, &key, 1, self.clock.now(), window).await?.0 > 1 {
            return Ok(false);
        }
        let more = |rate: &RateLimit| RateLimit { count: rate.count.saturating_mul(FIRST_REQUESTS), ..*rate };
        let rates: Vec<_> = rates.iter().map(more).collect();
        let [kind, address, client] = *pair;
        let count = Count { scope: "email-first-requests", client, parts: &[kind, address], rates: &rates };
        Ok(self.increment(conn, &count).await?.is_none())
    }

    /// How long `client` must wait before it may request another email of this kind to `address`; zero if it may now.
    pub async fn email_wait(&self, kind: RequestedEmail, address: &Address, client: &str) -> Result<Duration, Error> {
        let key = address.canonical();
        let parts = [kind.name(), key.as_str(), client];
        let now = self.clock.now();
        let mut conn = self.db.read().await?;
        let mut wait = Duration::ZERO;
        for (index, rate) in self.limits.emails_per_address_and_client.iter().enumerate() {
            let key = self.counter_key("email-pair", index, &parts);
            if let Some((count, resets_at)) = store::counters::get(&mut conn, &key, now, rate.window).await?
                && count >= i64::from(rate.count)
            {
                wait = wait.max(resets_at.since(now));
            }
        }
        Ok(wait)
    }

    /// Increments the window of each rate in turn and stops at the first that exceeds its rate: attempts that the
    /// minute rejects do not use up the hour. Returns how long until that window ends.
    async fn increment(&self, conn: &mut Conn, count: &Count<'_>) -> Result<Option<Duration>, Error> {
        let now: Time = self.clock.now();
        for (index, rate) in count.rates.iter().enumerate() {
            let key = self.counter_key(count.scope, index, count.parts);
            let (n, resets_at) = store::counters::add(conn, &key, 1, now, rate.window).await?;
            if n > i64::from(rate.count) {
                tracing::info!(client = count.client, what = count.scope, "throttled");
                return Ok(Some(resets_at.since(now).max(Duration::from_millis(1))));
            }
        }
        Ok(None)
    }
}
