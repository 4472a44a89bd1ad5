//! Throttles of passwords. Only wrong passwords count. A password that is being checked holds a slot in each throttle,
//! so that parallel guesses cannot exceed a limit; when failures and slots reach the limit, the next attempt waits for
//! an outcome. Failures and slots are rows, so that they hold across processes.

use std::time::Duration;

use crate::accounts::error::Error;
use crate::accounts::store;
use crate::accounts::store::login_slots::{HeldSlots, SlotKeys};
use crate::clock::{RateLimit, Time};
use crate::db::Conn;

use super::throttles::Throttles;

/// When a slot is free again although its process did not release it: far longer than a full hash queue takes.
pub const SLOT_TTL: Duration = Duration::from_secs(30);
/// How often an attempt looks for a free slot before it gives up, about 15 s. Slots are held for the time of one hash.
const MAX_LOOKS: u32 = 300;

/// What a throttle counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ThrottleScope {
    Client,
    /// Address and client.
    Pair,
    Address,
}

impl ThrottleScope {
    const fn name(self) -> &'static str {
        match self {
            ThrottleScope::Client => "login-client",
            ThrottleScope::Pair => "login-pair",
            ThrottleScope::Address => "login-address",
        }
    }
}

struct Throttle {
    scope: ThrottleScope,
    /// The position in the setting's list.
    index: usize,
    rate: RateLimit,
    /// Of the counter of failures.
    key: String,
}

/// A password that may be checked. Its outcome must be recorded by [`PasswordAttempt::fail`] or
/// [`PasswordAttempt::succeed`]; if it is dropped, it counts as if it had never been made.
pub struct PasswordAttempt<'a> {
    shared: &'a Throttles,
    id: String,
    address_key: String,
    client: String,
    /// In the order in which transactions lock the counters.
    throttles: Vec<Throttle>,
    slots: SlotKeys,
    holds_slot: bool,
}

/// Whether an attempt may be made.
enum Admission {
    Granted,
    /// The outcome of others decides.
    Undecided,
    /// The wait until the next attempt.
    Refused(Duration),
}

impl Throttles {
    /// Waits until the password of an attempt may be checked.
    ///
    /// # Errors
    /// [`Error::Throttled`] when too many attempts have failed; [`Error::Busy`] when no outcome became known in time.
    pub async fn begin_attempt(
        &self,
        address_key: &str,
        client: &str,
        known_browser: bool,
    ) -> Result<PasswordAttempt<'_>, Error> {
        let mut attempt = self.new_attempt(address_key, client, known_browser);
        for look in 0..MAX_LOOKS {
            // Only the first look, and one that has seen a free slot, wait for the write lock.
            if look == 0 || !attempt.is_undecided().await? {
                match attempt.admit().await? {
                    Admission::Granted => return Ok(attempt),
                    Admission::Refused(wait) => return Err(Error::Throttled(wait)),
                    Admission::Undecided => {}
                }
            }
            // An outcome in this process is known at once, one in another process at the next look.
            let [jitter] = self.entropy.bytes();
            let _ =
                tokio::time::timeout(Duration::from_millis(20 + u64::from(jitter) / 4), self.outcomes.notified()).await;
        }
        Err(Error::Busy)
    }

    fn new_attempt(&self, address_key: &str, client: &str, known_browser: bool) -> PasswordAttempt<'_> {
        let limits = &self.limits;
        let pair = [address_key, client];
        let mut throttles = Vec::new();
        let mut add = |scope: ThrottleScope, rates: &[RateLimit], parts: &[&str]| {
            for (index, rate) in rates.iter().enumerate() {
                let key = self.counter_key(scope.name(), index, parts);
                throttles.push(Throttle { scope, index, rate: *rate, key });
            }
        };
        add(ThrottleScope::Client, &limits.login_failures_per_client, &[client]);
        add(ThrottleScope::Pair, &limits.login_failures, &pair);
        if !known_browser {
            add(ThrottleScope::Address, &limits.login_failures_per_address, &[address_key]);
        }
        let slots = SlotKeys {
            client: self.counter_key("slot-client", 0, &[client]),
            pair: self.counter_key("slot-pair", 0, &pair),
            address: (!known_browser).then(|| self.counter_key("slot-address", 0, &[address_key])),
        };
        PasswordAttempt {
            shared: self,
            id: self.entropy.id(self.clock.now()),
            address_key: address_key.to_owned(),
            client: client.to_owned(),
            throttles,
            slots,
            holds_slot: false,
        }
    }
}

impl PasswordAttempt<'_> {
    /// True if the attempt would have to wait for the outcome of others.
    async fn is_undecided(&self) -> Result<bool, Error> {
        let now = self.shared.clock.now();
        let mut conn = self.shared.db.read().await?;
        let mut failures = Vec::new();
        for throttle in &self.throttles {
            let running = store::counters::get(&mut conn, &throttle.key, now, throttle.rate.window).await?;
            failures.push(running.map_or(0, |(count, _)| count));
        }
        let held = store::login_slots::count(&mut conn, &self.slots, now, now.last_end(SLOT_TTL)).await?;
        Ok(self.waits(&failures, held))
    }

    /// True if no throttle is exhausted by failures alone, but one is by failures and held slots together.
    fn waits(&self, failures: &[i64], held: HeldSlots) -> bool {
        let is_full = |(throttle, failures): (&Throttle, &i64)| {
            let held = match throttle.scope {
                ThrottleScope::Client => held.client,
                ThrottleScope::Pair => held.pair,
                ThrottleScope::Address => held.address,
            };
            *failures < i64::from(throttle.rate.count) && failures + held >= i64::from(throttle.rate.count)
        };
        self.throttles.iter().zip(failures).any(is_full)
    }

    /// Takes a slot in every throttle, or in none.
    async fn admit(&mut self) -> Result<Admission, Error> {
        let shared = self.shared;
        let now = shared.clock.now();
        let mut tx = shared.db.write().await?;
        let mut failures = Vec::new();
        let mut slowed = Vec::new();
        for throttle in &self.throttles {
            // Adding 0 makes other attempts of this throttle wait until the slot is visible to them.
            let (count, end) = store::counters::add(&mut tx, &throttle.key, 0, now, throttle.rate.window).await?;
            if count >= i64::from(throttle.rate.count) {
                if throttle.scope != ThrottleScope::Address {
                    return Ok(self.refused(throttle.scope, end.since(now)));
                }
                slowed.push((throttle.index, throttle.rate, end));
            }
            failures.push(count);
        }
        let held = store::login_slots::count(&mut tx, &self.slots, now, now.last_end(SLOT_TTL)).await?;
        if self.waits(&failures, held) {
            return Ok(Admission::Undecided);
        }
        for (index, rate, end) in slowed {
            let turn = shared.take_turn(&mut tx, index, rate, end, (&self.address_key, &self.client)).await?;
            if let Some(wait) = turn {
                tx.commit().await?;
                return Ok(self.refused(ThrottleScope::Address, wait));
            }
        }
        store::login_slots::hold(&mut tx, &self.id, &self.slots, now + SLOT_TTL).await?;
        tx.commit().await?;
        self.holds_slot = true;
        Ok(Admission::Granted)
    }

    fn refused(&self, scope: ThrottleScope, wait: Duration) -> Admission {
        tracing::info!(client = self.client, what = scope.name(), "throttled");
        Admission::Refused(wait.max(Duration::from_millis(1)))
    }

    /// Counts the attempt as a failure. The caller answers after that, so that nobody learns an outcome that is not
    /// counted.
    pub async fn fail(mut self) -> Result<(), Error> {
        let now: Time = self.shared.clock.now();
        let mut tx = self.shared.db.write().await?;
        for throttle in &self.throttles {
            store::counters::add(&mut tx, &throttle.key, 1, now, throttle.rate.window).await?;
        }
        store::login_slots::release(&mut tx, &self.id).await?;
        tx.commit().await?;
        self.end();
        Ok(())
    }

    /// Records a success in the caller's transaction: the failures of address and client are forgotten.
    pub async fn succeed(&self, conn: &mut Conn) -> Result<(), Error> {
        for throttle in self.throttles.iter().filter(|throttle| throttle.scope == ThrottleScope::Pair) {
            store::counters::clear(conn, &throttle.key).await?;
        }
        Ok(store::login_slots::release(conn, &self.id).await?)
    }

    /// To be called after the commit that includes [`PasswordAttempt::succeed`].
    pub fn committed(mut self) {
        self.end();
    }

    /// Lets one waiting attempt look again.
    fn end(&mut self) {
        self.holds_slot = false;
        self.shared.outcomes.notify_one();
    }
}

impl Drop for PasswordAttempt<'_> {
    /// Frees the slot in the background when the request failed or its client disconnected.
    fn drop(&mut self) {
        if self.holds_slot
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (db, id) = (self.shared.db.clone(), std::mem::take(&mut self.id));
            runtime.spawn(async move {
                if let Ok(mut tx) = db.write().await
                    && store::login_slots::release(&mut tx, &id).await.is_ok()
                {
                    let _ = tx.commit().await;
                }
            });
        }
    }
}
