//! The operations on accounts. Each is one method of [`Accounts`] and one transaction.

pub mod admin;
pub mod email_change;
pub mod login;
pub mod profile;
mod purge;
pub mod recovery;
pub mod resend;
mod sessions;
pub mod sign_up;
pub mod verify;

use crate::accounts::hasher::Hasher;
use crate::accounts::linked_email::Links;
use crate::accounts::settings::Settings;
use crate::accounts::site::Site;
use crate::accounts::throttle::Throttles;
use crate::clock::Clock;
use crate::db::Db;
use crate::mail::Address;
use crate::outbox::Outbox;
use crate::random::Entropy;
use crate::secret::SecretKey;

/// All operations on accounts.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    clock: Clock,
    entropy: Entropy,
    key: SecretKey,
    hasher: Hasher,
    links: Links,
    throttles: Throttles,
    settings: Settings,
    site: Site,
    outbox: Outbox,
}

impl Accounts {
    pub fn new(
        db: Db,
        clock: Clock,
        entropy: Entropy,
        key: SecretKey,
        settings: Settings,
        site: Site,
        outbox: Outbox,
    ) -> Self {
        let hasher = Hasher::new(entropy.clone(), settings.hash_queue);
        let links = Links::new(clock.clone(), entropy.clone(), key.clone(), &settings);
        let limits = settings.limits.clone();
        let throttles = Throttles::new(db.clone(), clock.clone(), entropy.clone(), key.clone(), limits);
        Accounts { db, clock, entropy, key, hasher, links, throttles, settings, site, outbox }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether an account may be opened at this address's domain, or moved there.
    pub fn takes_domain(&self, address: &Address) -> bool {
        self.settings.one_label_domains || address.domain().contains('.')
    }

    /// How many password hashes were computed since the start.
    pub fn password_hashes(&self) -> u64 {
        self.hasher.hash_count()
    }

    fn id(&self) -> String {
        self.entropy.id(self.clock.now())
    }
}
