//! Settings of the accounts module.

use std::time::Duration;

use crate::clock::RateLimit;

/// Validated `[accounts]` settings.
#[derive(Clone, Debug)]
pub struct Settings {
    pub signups_open: bool,
    /// Whether new addresses may be at a domain without a dot (`root@localhost`): the debug profile, where all mail may
    /// be captured. No server takes mail for one from elsewhere.
    pub one_label_domains: bool,
    /// Minimum password length in code points, 8 to 64.
    pub password_min_length: usize,
    pub signup_ttl: Duration,
    pub verification_link_ttl: Duration,
    pub password_reset_link_ttl: Duration,
    pub invitation_link_ttl: Duration,
    pub session_idle_timeout: Duration,
    pub session_lifetime: Duration,
    pub remember_idle_timeout: Duration,
    pub remember_lifetime: Duration,
    pub reveal_accounts: bool,
    pub welcome_email: bool,
    /// A local path.
    pub logout_redirect: String,
    pub limits: AccountLimits,
    /// How many password hashes may be queued; see [`HASH_QUEUE`].
    pub hash_queue: usize,
    /// How long the outbox retries an email without a link (`outbox.message_ttl`).
    pub message_ttl: Duration,
}

impl Settings {
    /// The lifetime of the longest-lived link.
    pub fn longest_link_ttl(&self) -> Duration {
        self.verification_link_ttl.max(self.password_reset_link_ttl).max(self.invitation_link_ttl)
    }
}

/// Size of the hash queue: a few seconds of waiting on any machine. Not configurable, since no operator has a reason to
/// change it.
pub const HASH_QUEUE: usize = 128;

/// `[accounts.limits]`. All rates of a list must hold; an empty list means "off".
#[derive(Clone, Debug)]
pub struct AccountLimits {
    pub login_failures: Vec<RateLimit>,
    pub login_failures_per_address: Vec<RateLimit>,
    pub login_failures_per_client: Vec<RateLimit>,
    pub signups_per_client: Vec<RateLimit>,
    pub emails_per_address_and_client: Vec<RateLimit>,
    pub emails_per_address: Vec<RateLimit>,
    pub emails_per_client: Vec<RateLimit>,
}

impl AccountLimits {
    /// The longest window of any limit.
    pub fn longest_window(&self) -> Duration {
        let all = [
            &self.login_failures,
            &self.login_failures_per_address,
            &self.login_failures_per_client,
            &self.signups_per_client,
            &self.emails_per_address_and_client,
            &self.emails_per_address,
            &self.emails_per_client,
        ];
        all.into_iter().flatten().map(|rate| rate.window).max().unwrap_or_default()
    }
}
