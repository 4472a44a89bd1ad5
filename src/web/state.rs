//! The state that every handler uses, created once at startup.

use std::sync::Arc;

use crate::accounts::{Accounts, Site};
use crate::clock::Clock;
use crate::random::Entropy;
use crate::secret::SecretKey;

use super::front_counters::FrontCounters;
use super::settings::Settings;

/// The managed state of the site.
pub struct App {
    pub settings: Settings,
    pub site: Site,
    pub clock: Clock,
    pub entropy: Entropy,
    pub key: SecretKey,
    pub accounts: Accounts,
    /// The sender address of account emails, for pages that say what to look for.
    pub sender: String,
    /// The counts of the HTTP front.
    pub front: Arc<FrontCounters>,
    /// True if /dev/inbox is mounted.
    pub inbox: bool,
    /// True if the emails go to that inbox.
    pub captures: bool,
}
