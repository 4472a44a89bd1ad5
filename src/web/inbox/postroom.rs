//! What the inbox's pages and API work with, put together once at start; and where they are mounted.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::accounts::{PublicUrl, Site};
use crate::capture::Inbox;
use crate::clock::{Clock, Time};
use crate::egress::LinkCheck;
use crate::secret::{Entropy, Secret};
use crate::smtpd::Faults;

use super::places::Places;
use super::release::Release;

/// Live pages and sockets at once.
const MAX_LIVE: usize = 256;
/// Long polls at once.
const MAX_WAITING: usize = 256;
/// Pictures decoded at once: each may take a lot of memory.
const MAX_DECODING: usize = 2;

/// What an operator sets for the inbox's pages and API.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub username: String,
    /// Without one, everybody who reaches the listener may read.
    pub password: Option<Secret<String>>,
    /// Bytes of one message; 0 is no limit.
    pub max_message_size: u64,
    /// What the API calls its database.
    pub database: String,
    /// Where mail is taken, as shown on the empty page.
    pub smtp_address: String,
}

/// Managed by each Rocket instance that mounts pages and API; clones share everything.
#[derive(Clone)]
pub struct Postroom {
    pub inbox: Inbox,
    pub links: Arc<LinkCheck>,
    pub faults: Faults,
    pub release: Release,
    pub settings: Settings,
    /// Whose letters and outgoing mail are shown beside what was captured.
    pub site: Site,
    pub clock: Clock,
    pub entropy: Entropy,
    pub started: Time,
    /// A place for each live page and socket.
    pub live: Arc<Semaphore>,
    /// A place for each long poll.
    pub waiting: Places,
    pub decoding: Arc<Semaphore>,
}

/// What [`Postroom::new`] is made of.
pub struct Furnishing {
    pub inbox: Inbox,
    pub links: LinkCheck,
    pub faults: Faults,
    pub release: Release,
    pub settings: Settings,
    pub site: Site,
    pub clock: Clock,
    pub entropy: Entropy,
}

impl Postroom {
    pub fn new(with: Furnishing) -> Self {
        let Furnishing { inbox, links, faults, release, settings, site, clock, entropy } = with;
        let places = |count| Arc::new(Semaphore::new(count));
        Postroom {
            inbox,
            links: Arc::new(links),
            faults,
            release,
            settings,
            site,
            started: clock.now(),
            clock,
            entropy,
            live: places(MAX_LIVE),
            waiting: Places::new(MAX_WAITING),
            decoding: places(MAX_DECODING),
        }
    }
}

/// Where pages and API stand in one Rocket instance.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Path without a slash at the end: `/dev/inbox`, or empty on a listener of their own.
    pub base: String,
    /// The origin that serves `/static/`, as the pages' policy names it; known once something listens.
    pub origin: PublicUrl,
}
