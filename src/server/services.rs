//! The services that both the server and the commands use: databases, accounts, outbox and transports.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::accounts::{Accounts, EmailComposer};
use crate::clock::Clock;
use crate::config::{Config, TransportKind};
use crate::db::{Db, OpenError};
use crate::inbox::{self, Inbox};
use crate::outbox::{Availability, Outbox, TransportConfig, Worker};
use crate::pop3::Pop3StartError;
use crate::random::Entropy;
use crate::site_folder::SiteError;
use crate::smtpd::{self, FaultRegistry, TlsError};
use crate::transport::gmail::Gmail;
use crate::transport::smtp::Smtp;
use crate::transport::{Capture, DamagedInbox, Transport};

use super::passed_sockets::PassedSocketError;

/// The opened services.
#[derive(Clone)]
pub struct Services {
    pub clock: Clock,
    pub entropy: Entropy,
    pub db: Db,
    /// The inbox, if its pages, the SMTP server or the capture transport use it.
    pub inbox: Option<Inbox>,
    pub faults: FaultRegistry,
    pub worker: Worker,
    pub outbox: Outbox,
    pub availability: Availability,
    pub accounts: Accounts,
}

/// Why the server did not start. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot open the database: {0}")]
    Database(#[from] OpenError),
    #[error(transparent)]
    SiteFolder(#[from] SiteError),
    #[error("cannot open the inbox {}: {error}{}", path.display(), cure(error))]
    Inbox { path: PathBuf, error: inbox::InboxOpenError },
    #[error(transparent)]
    Smtp(#[from] smtpd::SmtpStartError),
    #[error(transparent)]
    Pop3(#[from] Pop3StartError),
    #[error("cannot listen on {at}: {}; set another {setting}", obstacle(error))]
    Listen { at: SocketAddr, setting: &'static str, error: io::Error },
    #[error(transparent)]
    Passed(#[from] PassedSocketError),
    #[error("cannot listen on a free port of 127.0.0.1")]
    Loopback,
    #[error("pages and API: {0}")]
    Https(#[from] TlsError),
    #[error("cannot create a temporary folder for the messages: {0}; name a file with --database")]
    Temporary(io::Error),
    #[error("cannot set up the web server: {0}")]
    Web(Box<rocket::Error>),
}

/// What helps against a damaged database.
const DAMAGE_CURE: &str = "move it away or restore a backup";

/// The end of an error line; empty if only the error itself says what to do.
fn cure(error: &inbox::InboxOpenError) -> String {
    if error.is_damage() { format!("; the file is damaged: {DAMAGE_CURE}") } else { String::new() }
}

/// Why an address cannot be bound.
fn obstacle(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "the port is in use; stop the other program".to_owned(),
        io::ErrorKind::AddrNotAvailable => "the address does not belong to this machine".to_owned(),
        _ => error.to_string(),
    }
}

impl From<rocket::Error> for StartError {
    fn from(e: rocket::Error) -> Self {
        StartError::Web(Box::new(e))
    }
}

impl Services {
    /// Opens the databases and connects accounts, outbox and transports.
    ///
    /// # Errors
    /// When a database or the inbox cannot be opened.
    pub async fn open(config: &Config, clock: Clock, entropy: Entropy) -> Result<Self, StartError> {
        let db = Db::open(config.database_url.expose()).await?;
        let inbox = if needs_inbox(config) { open_unless_damaged(config, &clock, &entropy).await? } else { None };
        let routes = routes(config, inbox.as_ref(), &clock, &entropy);
        let availability = Availability::new(&routes);
        let composer = EmailComposer {
            db: db.clone(),
            clock: clock.clone(),
            key: config.secret_key.clone(),
            settings: config.accounts.clone(),
            site: config.site.clone(),
            reply_to: config.mail.reply_to.clone(),
        };
        let outbox = config.outbox.clone();
        let worker = Worker::new(db.clone(), clock.clone(), entropy.clone(), routes, Arc::new(composer), outbox);
        let outbox = worker.outbox();
        let accounts = Accounts::new(
            db.clone(),
            clock.clone(),
            entropy.clone(),
            config.secret_key.clone(),
            config.accounts.clone(),
            config.site.clone(),
            outbox.clone(),
        );
        let faults = FaultRegistry::new(config.inbox.smtpd.chaos);
        Ok(Services { clock, entropy, db, inbox, faults, worker, outbox, availability, accounts })
    }
}

/// True if the pages, the SMTP server or the capture transport use the inbox. Opened services without it then mean that
/// its file is damaged.
pub fn needs_inbox(config: &Config) -> bool {
    config.inbox.enabled || config.mail.uses_capture()
}

/// Opens the inbox; `None` if its file is damaged: accounts work without it.
async fn open_unless_damaged(config: &Config, clock: &Clock, entropy: &Entropy) -> Result<Option<Inbox>, StartError> {
    match open_inbox(&config.inbox.store, clock, entropy).await {
        Err(StartError::Inbox { path, error }) if error.is_damage() => {
            let path = path.display();
            tracing::error!(%path, %error, "the inbox is off: its file is damaged; {DAMAGE_CURE}");
            Ok(None)
        }
        opened => opened.map(Some),
    }
}

/// Opens the inbox.
///
/// # Errors
/// When its file cannot be opened.
pub async fn open_inbox(settings: &inbox::Settings, clock: &Clock, entropy: &Entropy) -> Result<Inbox, StartError> {
    let opened = Inbox::open(settings.clone(), clock.clone(), entropy.clone()).await;
    opened.map_err(|error| StartError::Inbox { path: settings.path.clone(), error })
}

/// The transports of `mail.transport`, in order of preference. Without the inbox, which `capture` needs, its file is
/// damaged.
pub fn routes(config: &Config, inbox: Option<&Inbox>, clock: &Clock, entropy: &Entropy) -> Vec<TransportConfig> {
    let damaged = || {
        let (transport, from) = (Arc::new(DamagedInbox), config.mail.from.clone());
        TransportConfig { transport, from, rate: None }
    };
    let route = |way: &TransportKind| match (way, inbox) {
        (TransportKind::Capture, None) => Some(damaged()),
        _ => route(config, *way, inbox, clock, entropy),
    };
    config.mail.transports.iter().filter_map(route).collect()
}

/// The configured transport `way`; `None` if it is not configured.
pub fn route(
    config: &Config,
    way: TransportKind,
    inbox: Option<&Inbox>,
    clock: &Clock,
    entropy: &Entropy,
) -> Option<TransportConfig> {
    let (transport, from, rate): (Arc<dyn Transport>, _, _) = match way {
        TransportKind::Capture => (Arc::new(Capture::new(inbox?.clone())), config.mail.from.clone(), None),
        TransportKind::Smtp => {
            let outlet = config.mail.smtp.clone()?;
            (Arc::new(Smtp::new(outlet.settings)), outlet.from, outlet.rate)
        }
        TransportKind::Gmail => {
            let outlet = config.mail.gmail.clone();
            (Arc::new(Gmail::new(outlet.settings, clock.clone(), entropy.clone())), outlet.from, outlet.rate)
        }
    };
    Some(TransportConfig { transport, from, rate })
}
