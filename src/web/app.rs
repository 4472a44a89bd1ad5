//! What every handler works with, put together once at start.

use crate::accounts::{Accounts, Site};
use crate::clock::Clock;
use crate::secret::{Entropy, SecretKey};

use super::Settings;

/// The web side's managed state.
pub struct App {
    pub settings: Settings,
    pub site: Site,
    pub clock: Clock,
    pub entropy: Entropy,
    pub key: SecretKey,
    pub accounts: Accounts,
    /// The address our letters come from, for pages that say what to look for.
    pub sender: String,
    /// Whether /dev/inbox is mounted.
    pub inbox: bool,
}
