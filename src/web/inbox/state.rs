//! The state that the inbox's pages and API share, and the path and origin they are mounted at.

use std::path::Path;
use std::sync::Arc;

use ipnet::IpNet;
use tokio::sync::Semaphore;

use crate::accounts::{PublicUrl, Site};
use crate::clock::{Clock, Time};
use crate::inbox::{Inbox, SettingNames};
use crate::link_check::LinkCheck;
use crate::outbox::Release;
use crate::random::Entropy;
use crate::secret::Logins;
use crate::smtpd::{FailedLogins, FaultRegistry, MemoryBudget};

use super::large_answers::LargeAnswers;
use super::long_poll::LongPollSlots;

/// Event streams and WebSockets open at once.
const MAX_LIVE: usize = 256;
/// Long polls open at once.
const MAX_WAITING: usize = 256;
/// Pictures decoded at once; each can take up to 128 MiB.
const MAX_DECODING: usize = 2;

/// The settings of the inbox's pages and API.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The names of the settings in cures.
    pub names: SettingNames,
    /// Who has access. If empty, every client that reaches the listener has.
    pub logins: Logins,
    /// Who may use `POST /send`, instead of `logins`.
    pub send: SendAccess,
    /// Mailpit's label of the server, in the API and in the title of the pages.
    pub label: String,
    /// True if a message with a known Message-ID is not stored.
    pub ignores_duplicates: bool,
    /// True if answers are not compressed.
    pub is_uncompressed: bool,
    /// True if the pages have no button that deletes all messages.
    pub hides_delete_all: bool,
    /// Limit of one message in bytes; 0 means no limit.
    pub max_message_size: u64,
    /// The database's name in the API.
    pub database: String,
    /// Address of the SMTP server, for the empty list.
    pub smtp_address: String,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// Who may use `POST /send`.
#[derive(Clone, Debug, Default)]
pub enum SendAccess {
    /// Those who may use the rest of the API.
    #[default]
    AsApi,
    /// Everybody who reaches the listener.
    Open,
    /// Only these.
    Logins(Logins),
}

/// The state that each Rocket instance with the pages and the API manages; clones share it.
#[derive(Clone)]
pub struct InboxState {
    pub inbox: Inbox,
    pub links: Arc<LinkCheck>,
    pub faults: FaultRegistry,
    /// The memory of the messages that are being received, by SMTP or by the API.
    pub memory: MemoryBudget,
    pub failed_logins: FailedLogins,
    pub release: Release,
    pub settings: Settings,
    /// The site whose email previews and outgoing mail the pages show.
    pub site: Site,
    pub started: Time,
    pub clock: Clock,
    pub entropy: Entropy,
    pub limits: RequestLimits,
}

/// What the requests of all clients share.
#[derive(Clone)]
pub struct RequestLimits {
    /// A permit for each event stream and WebSocket.
    pub live_connections: Arc<Semaphore>,
    /// A slot for each long poll.
    pub long_polls: LongPollSlots,
    /// The memory of requests that read large messages.
    pub large_answers: LargeAnswers,
    /// A permit for each picture that is being decoded.
    pub picture_permits: Arc<Semaphore>,
    /// The permit to build a message, which takes up to three times the memory of its JSON.
    pub compose_permit: Arc<Semaphore>,
}

impl RequestLimits {
    /// `database`: the path of the inbox's file, beside which large answers wait.
    pub fn new(database: &Path) -> Self {
        let permits = |count| Arc::new(Semaphore::new(count));
        RequestLimits {
            live_connections: permits(MAX_LIVE),
            long_polls: LongPollSlots::new(MAX_WAITING),
            large_answers: LargeAnswers::new(database),
            picture_permits: permits(MAX_DECODING),
            compose_permit: permits(1),
        }
    }
}

/// Path and origin of the pages and the API in one Rocket instance.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Path without a slash at the end: `/dev/inbox`, or empty on the inbox's own listener.
    pub base: String,
    /// Path before `/static/`, without a slash at the end: empty, or the same as `base` behind Mailpit's `--webroot`.
    pub assets: String,
    /// True if the server has no accounts, and no outgoing mail.
    pub is_alone: bool,
    /// The origin that serves `/static/`, for the policy of the pages; known once the server listens.
    pub origin: PublicUrl,
}

impl Mount {
    /// True for the paths of the pages and the API.
    pub fn contains(&self, path: &str) -> bool {
        path.strip_prefix(self.base.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
