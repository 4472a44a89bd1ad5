//! The rules of accounts that an operator sets.

use std::time::Duration;

/// Checked `[accounts]` settings.
#[derive(Clone, Debug)]
pub struct Settings {
    pub signups_open: bool,
    /// Whether new addresses may be at a domain without a dot (`root@localhost`): the debug profile, where all mail may
    /// be captured. No server takes mail for one from elsewhere.
    pub one_label_domains: bool,
    /// Code points, 8 to 64.
    pub password_min_length: usize,
    pub signup_life: Duration,
    pub verify_link_life: Duration,
    pub reset_link_life: Duration,
    pub session_idle: Duration,
    pub session_life: Duration,
    pub remember_idle: Duration,
    pub remember_life: Duration,
    pub reveal_accounts: bool,
    pub welcome_letter: bool,
    /// A path of this site.
    pub logout_redirect: String,
    pub limits: Limits,
    /// Callers that may wait for a password hash; see [`HASH_QUEUE`].
    pub hash_queue: usize,
    /// How long a letter without a link is tried (`outbox.letter_life`).
    pub letter_life: Duration,
}

/// Seconds of waiting at most, whatever the machine; no operator has a reason to change it, so it is no setting.
pub const HASH_QUEUE: usize = 128;

/// `[accounts.limits]`: each is a list of rates that must all hold; an empty list is "off".
#[derive(Clone, Debug)]
pub struct Limits {
    pub login_failures: Vec<Rate>,
    pub login_failures_per_address: Vec<Rate>,
    pub login_failures_per_client: Vec<Rate>,
    pub signups_per_client: Vec<Rate>,
    pub letters_per_address_and_client: Vec<Rate>,
    pub letters_per_address: Vec<Rate>,
    pub letters_per_client: Vec<Rate>,
}

/// So many in a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub window: Duration,
}
