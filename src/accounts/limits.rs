//! Throttles: atomic counters in the database, taken before any hashing and in a transaction of their own, so that
//! they hold across processes and a failed operation does not give them back.

use std::time::Duration;

use crate::clock::Time;
use crate::db::Conn;
use crate::mail::Address;

use super::rules::Rate;
use super::{Accounts, Error, store};

/// Too much; when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("throttled for {} s", .0.as_secs())]
pub struct Throttled(pub Duration);

/// Which letters share a throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// Signup and resend, whatever letter comes of it.
    Verify,
    /// Forgot.
    Reset,
    /// The link to a new address.
    ChangeEmail,
}

impl LetterKind {
    const fn name(self) -> &'static str {
        match self {
            LetterKind::Verify => "verify",
            LetterKind::Reset => "reset",
            LetterKind::ChangeEmail => "change-email",
        }
    }
}

/// What becomes of a letter that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    Letter,
    /// The same client asked for it a moment ago, which it may be told.
    TooSoon,
    /// Too many others asked, which nobody is told.
    Withheld,
}

/// What an operation counts: a scope, what it is about, and the rates that must all hold.
struct Count<'a> {
    scope: &'a str,
    /// For the log.
    client: &'a str,
    parts: &'a [&'a str],
    rates: &'a [Rate],
}

impl Accounts {
    /// Counts a signup of `client`.
    pub(super) async fn count_signup(&self, conn: &mut Conn, client: &str) -> Result<Result<(), Throttled>, Error> {
        let rates = &self.settings.limits.signups_per_client;
        self.take(conn, &Count { scope: "signup", client, parts: &[client], rates }).await
    }

    /// Counts a letter that `client` asked for. The client's own quota refuses; the address's quotas only keep the
    /// letter back, silently, since an answer that differs would tell who else wrote to it.
    pub(super) async fn count_letter(
        &self,
        conn: &mut Conn,
        kind: LetterKind,
        address: &Address,
        client: &str,
        own_browser: bool,
    ) -> Result<Result<Grant, Throttled>, Error> {
        let limits = &self.settings.limits;
        let per_client = Count { scope: "email-client", client, parts: &[client], rates: &limits.letters_per_client };
        if let Err(throttled) = self.take(conn, &per_client).await? {
            return Ok(Err(throttled));
        }
        let key = address.canonical();
        let pair = [kind.name(), key.as_str(), client];
        let rates = &limits.letters_per_address_and_client;
        if self.take(conn, &Count { scope: "email-pair", client, parts: &pair, rates }).await?.is_err() {
            return Ok(Ok(Grant::TooSoon));
        }
        // The browser that signed up does not depend on what strangers asked for in its name.
        if own_browser {
            return Ok(Ok(Grant::Letter));
        }
        let per_address = [kind.name(), key.as_str()];
        let rates = &limits.letters_per_address;
        let taken = self.take(conn, &Count { scope: "email-address", client, parts: &per_address, rates }).await?;
        Ok(Ok(if taken.is_ok() { Grant::Letter } else { Grant::Withheld }))
    }

    /// How long until `client` may have another letter of this kind to `address`; zero when at once.
    pub(super) async fn letter_wait(
        &self,
        kind: LetterKind,
        address: &Address,
        client: &str,
    ) -> Result<Duration, Error> {
        let key = address.canonical();
        let parts = [kind.name(), key.as_str(), client];
        let now = self.clock.now();
        let mut conn = self.db.read().await?;
        let mut wait = Duration::ZERO;
        for (index, rate) in self.settings.limits.letters_per_address_and_client.iter().enumerate() {
            let key = self.counter_key("email-pair", index, &parts);
            if let Some((count, resets_at)) = store::counters::get(&mut conn, &key).await?
                && count >= i64::from(rate.count)
            {
                wait = wait.max(resets_at.since(now));
            }
        }
        Ok(wait)
    }

    /// Counts a login as failed before its password is looked at, so that parallel tries cannot slip through; a
    /// success gives it back by [`Accounts::forgive_login`].
    pub(super) async fn count_login(
        &self,
        conn: &mut Conn,
        address_key: &str,
        client: &str,
        known_browser: bool,
    ) -> Result<Result<(), Throttled>, Error> {
        let limits = &self.settings.limits;
        let counts = [
            Count { scope: "login-client", client, parts: &[client], rates: &limits.login_failures_per_client },
            Count { scope: "login-pair", client, parts: &[address_key, client], rates: &limits.login_failures },
        ];
        for count in &counts {
            if let Err(throttled) = self.take(conn, count).await? {
                return Ok(Err(throttled));
            }
        }
        if known_browser {
            return Ok(Ok(()));
        }
        self.slow_address(conn, address_key, client).await
    }

    /// Past the address's quota every further try takes a turn of window / count, the first of which begins with the
    /// try that is refused: a crowd of clients slows the owner down on a new browser but never locks the account.
    async fn slow_address(
        &self,
        conn: &mut Conn,
        address_key: &str,
        client: &str,
    ) -> Result<Result<(), Throttled>, Error> {
        let now = self.clock.now();
        for (index, rate) in self.settings.limits.login_failures_per_address.iter().enumerate() {
            let key = self.counter_key("login-address", index, &[address_key]);
            let (tries, _) = store::counters::add(conn, &key, now, now + rate.window).await?;
            let beyond = tries - i64::from(rate.count);
            if beyond > 0 {
                let key = self.counter_key("login-turn", index, &[address_key]);
                let (takers, end) = store::counters::add(conn, &key, now, now + rate.window / rate.count).await?;
                if beyond == 1 || takers > 1 {
                    tracing::info!(client, what = "login-address", "throttled");
                    return Ok(Err(Throttled(end.since(now).max(Duration::from_millis(1)))));
                }
            }
        }
        Ok(Ok(()))
    }

    /// A success clears the pair's failures and takes its own count back from the client's and the address's.
    pub(super) async fn forgive_login(&self, conn: &mut Conn, address_key: &str, client: &str) -> Result<(), Error> {
        let limits = &self.settings.limits;
        // In the order in which they are taken: two logins at once would else wait for each other.
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

    /// Adds one to each window of `count` in turn, until one is over: what the minute refuses does not use up the
    /// hour. Throttled until that window ends.
    async fn take(&self, conn: &mut Conn, count: &Count<'_>) -> Result<Result<(), Throttled>, Error> {
        let now: Time = self.clock.now();
        for (index, rate) in count.rates.iter().enumerate() {
            let key = self.counter_key(count.scope, index, count.parts);
            let (n, resets_at) = store::counters::add(conn, &key, now, now + rate.window).await?;
            if n > i64::from(rate.count) {
                tracing::info!(client = count.client, what = count.scope, "throttled");
                return Ok(Err(Throttled(resets_at.since(now).max(Duration::from_millis(1)))));
            }
        }
        Ok(Ok(()))
    }

    /// An HMAC: neither addresses nor clients stand in the table.
    fn counter_key(&self, scope: &str, index: usize, parts: &[&str]) -> String {
        use base64::Engine as _;
        let parts: Vec<&[u8]> = parts.iter().map(|p| p.as_bytes()).collect();
        let mac = self.key.sign(&format!("counter:{scope}:{index}"), &parts);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac)
    }
}
