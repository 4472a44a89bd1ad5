//! Throttles: atomic counters in the database. They are incremented before any hashing and in a separate transaction,
//! so that they hold across processes and a failed operation does not roll them back.

use std::time::Duration;

use crate::clock::Time;
use crate::db::Conn;
use crate::mail::Address;

use super::settings::RateLimit;
use super::{Accounts, Error, store};

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

/// One throttle of an operation: its scope, what it counts, and its rates, all of which must hold.
struct Count<'a> {
    scope: &'a str,
    /// For the log.
    client: &'a str,
    parts: &'a [&'a str],
    rates: &'a [RateLimit],
}

impl Accounts {
    /// Counts a signup of `client` and the email that it requests.
    pub(super) async fn check_signup_limit(&self, address: &Address, client: &str) -> Result<EmailPermit, Error> {
        let mut tx = self.db.write().await?;
        let rates = &self.settings.limits.signups_per_client;
        let count = Count { scope: "signup", client, parts: &[client], rates };
        let permit = match self.increment(&mut tx, &count).await? {
            None => self.email_permit(&mut tx, RequestedEmail::Verify, address, client, false).await?,
            Some(wait) => EmailPermit::Throttled(wait),
        };
        tx.commit().await?;
        permit.unless_throttled()
    }

    /// Counts an email that `client` requested. If the client's quota is used up, the request is throttled. If the
    /// address's quota is used up, the email is silently withheld, since a different answer would reveal other requests
    /// for the address. `own_browser` is the one that signed up.
    pub(super) async fn check_email_limit(
        &self,
        kind: RequestedEmail,
        address: &Address,
        client: &str,
        own_browser: bool,
    ) -> Result<EmailPermit, Error> {
        let mut tx = self.db.write().await?;
        let permit = self.email_permit(&mut tx, kind, address, client, own_browser).await?;
        // A rejected request counts too.
        tx.commit().await?;
        permit.unless_throttled()
    }

    async fn email_permit(
        &self,
        conn: &mut Conn,
        kind: RequestedEmail,
        address: &Address,
        client: &str,
        own_browser: bool,
    ) -> Result<EmailPermit, Error> {
        let limits = &self.settings.limits;
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
        // The browser that signed up is not limited by what others requested for its address.
        if own_browser {
            return Ok(EmailPermit::Send);
        }
        let per_address = [kind.name(), key.as_str()];
        let rates = &limits.emails_per_address;
        let exceeded =
            self.increment(conn, &Count { scope: "email-address", client, parts: &per_address, rates }).await?;
        Ok(if exceeded.is_none() { EmailPermit::Send } else { EmailPermit::Withheld })
    }

    /// How long `client` must wait before it may request another email of this kind to `address`; zero if it may now.
    pub(super) async fn email_wait(
        &self,
        kind: RequestedEmail,
        address: &Address,
        client: &str,
    ) -> Result<Duration, Error> {
        let key = address.canonical();
        let parts = [kind.name(), key.as_str(), client];
        let now = self.clock.now();
        let mut conn = self.db.read().await?;
        let mut wait = Duration::ZERO;
        for (index, rate) in self.settings.limits.emails_per_address_and_client.iter().enumerate() {
            let key = self.counter_key("email-pair", index, &parts);
            if let Some((count, resets_at)) = store::counters::get(&mut conn, &key).await?
                && count >= i64::from(rate.count)
            {
                wait = wait.max(resets_at.since(now));
            }
        }
        Ok(wait)
    }

    /// Counts a login as failed before its password is checked, so that parallel attempts cannot exceed the limit.
    /// [`Accounts::reset_login_limit`] undoes it after a success.
    pub(super) async fn check_login_limit(
        &self,
        address_key: &str,
        client: &str,
        known_browser: bool,
    ) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let wait = self.login_wait(&mut tx, address_key, client, known_browser).await?;
        // A rejected attempt counts too.
        tx.commit().await?;
        wait.map_or(Ok(()), |wait| Err(Error::Throttled(wait)))
    }

    async fn login_wait(
        &self,
        conn: &mut Conn,
        address_key: &str,
        client: &str,
        known_browser: bool,
    ) -> Result<Option<Duration>, Error> {
        let limits = &self.settings.limits;
        let counts = [
            Count { scope: "login-client", client, parts: &[client], rates: &limits.login_failures_per_client },
            Count { scope: "login-pair", client, parts: &[address_key, client], rates: &limits.login_failures },
        ];
        for count in &counts {
            if let Some(wait) = self.increment(conn, count).await? {
                return Ok(Some(wait));
            }
        }
        if known_browser {
            return Ok(None);
        }
        self.address_wait(conn, address_key, client).await
    }

    /// Counts a login attempt for an address. Past the quota, one attempt is allowed every `window / count`; the first
    /// interval begins with the first rejected attempt. Many clients can delay the owner on a new browser, but never
    /// lock the account.
    async fn address_wait(&self, conn: &mut Conn, address_key: &str, client: &str) -> Result<Option<Duration>, Error> {
        let now = self.clock.now();
        for (index, rate) in self.settings.limits.login_failures_per_address.iter().enumerate() {
            let key = self.counter_key("login-address", index, &[address_key]);
            let (attempts, _) = store::counters::add(conn, &key, now, now + rate.window).await?;
            let beyond = attempts - i64::from(rate.count);
            if beyond > 0 {
                let key = self.counter_key("login-turn", index, &[address_key]);
                let (recent, end) = store::counters::add(conn, &key, now, now + rate.window / rate.count).await?;
                if beyond == 1 || recent > 1 {
                    tracing::info!(client, what = "login-address", "throttled");
                    return Ok(Some(end.since(now).max(Duration::from_millis(1))));
                }
            }
        }
        Ok(None)
    }

    /// Clears the failures of the client and address pair, and takes this attempt back from the counters of the client
    /// and of the address.
    pub(super) async fn reset_login_limit(
        &self,
        conn: &mut Conn,
        address_key: &str,
        client: &str,
    ) -> Result<(), Error> {
        let limits = &self.settings.limits;
        // The same order as in `login_wait`; otherwise two concurrent logins could deadlock.
        for index in 0..limits.login_failures_per_client.len() {
            store::counters::give_back(conn, &self.counter_key("login-client", index, &[client])).await?;
        }
        for index in 0..limits.login_failures.len() {
            store::counters::clear(conn, &self.counter_key("login-pair", index, &[address_key, client])).await?;
        }
        for index in 0..limits.login_failures_per_address.len() {
            store::counters::give_back(conn, &self.counter_key("login-address", index, &[address_key])).await?;
        }
        Ok(())
    }

    /// Increments the window of each rate in turn and stops at the first that exceeds its rate: attempts that the
    /// minute rejects do not use up the hour. Returns how long until that window ends.
    async fn increment(&self, conn: &mut Conn, count: &Count<'_>) -> Result<Option<Duration>, Error> {
        let now: Time = self.clock.now();
        for (index, rate) in count.rates.iter().enumerate() {
            let key = self.counter_key(count.scope, index, count.parts);
            let (n, resets_at) = store::counters::add(conn, &key, now, now + rate.window).await?;
            if n > i64::from(rate.count) {
                tracing::info!(client = count.client, what = count.scope, "throttled");
                return Ok(Some(resets_at.since(now).max(Duration::from_millis(1))));
            }
        }
        Ok(None)
    }

    /// The counter's key: an HMAC, so that the table contains no addresses and no client addresses.
    fn counter_key(&self, scope: &str, index: usize, parts: &[&str]) -> String {
        use base64::Engine as _;
        let parts: Vec<&[u8]> = parts.iter().map(|p| p.as_bytes()).collect();
        let mac = self.key.sign(&format!("counter:{scope}:{index}"), &parts);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac)
    }
}
