//! The accounts domain: signups, users, links and sessions. It sends no mail, renders no page and knows no HTTP. Each
//! operation is one method of [`Accounts`] and one transaction.

mod admin;
mod common_passwords;
mod composer;
mod deletion;
mod email_change;
pub mod emails;
mod error;
mod hasher;
mod link;
mod login;
mod password;
mod profile;
mod purge;
mod recovery;
mod requester;
mod resend;
mod session;
mod settings;
mod signup;
mod site;
mod store;
mod throttle;
mod token;
mod user;
mod verify;

use crate::clock::Clock;
use crate::db::Db;
use crate::mail::Address;
use crate::random::Entropy;
use crate::secret::SecretKey;

use hasher::Hasher;
use link::Links;
use throttle::Throttles;

pub use admin::{AdminError, UserInfo};
pub use composer::EmailComposer;
pub use email_change::{ChangeEmailError, ConfirmEmail, ConfirmEmailError};
pub use error::Error;
pub use login::{LoggedIn, LoginAttempt, LoginError};
pub use password::{Password, PasswordError};
pub use profile::{ChangePasswordError, CurrentPasswordError};
pub use recovery::ResetError;
pub use requester::{KNOWN_TTL, Requester};
pub use resend::ResendError;
pub use session::{ListedSession, LoginSession};
pub use settings::{AccountLimits, HASH_QUEUE, RateLimit, Settings};
pub use signup::{NewSignup, SignupError};
pub use site::{PublicUrl, PublicUrlError, Site, is_local_path, split_port};
pub use token::read as read_token;
pub use user::{Name, NameError, account_address};
pub use verify::{ConfirmError, ConfirmView, Confirmation};

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
    outbox: crate::outbox::Outbox,
}

impl Accounts {
    pub fn new(
        db: Db,
        clock: Clock,
        entropy: Entropy,
        key: SecretKey,
        settings: Settings,
        site: Site,
        outbox: crate::outbox::Outbox,
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
