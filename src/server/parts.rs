//! What both the server and the commands work with: databases, accounts, outbox, transports.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::accounts::{Accounts, LetterAuthor};
use crate::capture::{self, Inbox};
use crate::clock::Clock;
use crate::config::{Config, Way};
use crate::db::{Db, OpenError};
use crate::outbox::{Outbox, Route, Worker};
use crate::secret::Entropy;
use crate::smtpd::{self, Faults};
use crate::transport::gmail::Gmail;
use crate::transport::smtp::Smtp;
use crate::transport::{Capture, Transport};

/// Everything below the web, opened.
#[derive(Clone)]
pub struct Parts {
    pub clock: Clock,
    pub entropy: Entropy,
    pub db: Db,
    /// The inbox's store, when pages, SMTP server or the capture transport need it.
    pub inbox: Option<Inbox>,
    pub faults: Faults,
    pub worker: Worker,
    pub outbox: Outbox,
    pub accounts: Accounts,
}

/// Why nothing was started: one line each.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the database could not be opened: {0}")]
    Database(#[from] OpenError),
    #[error("the inbox could not be opened: {0}")]
    Inbox(#[from] capture::OpenError),
    #[error(transparent)]
    Smtp(#[from] smtpd::StartError),
    #[error("{0} cannot be bound: another program has it, or the address is not this machine's")]
    Listen(SocketAddr),
    #[error("the web server could not be set up: {0}")]
    Web(Box<rocket::Error>),
}

impl From<rocket::Error> for StartError {
    fn from(e: rocket::Error) -> Self {
        StartError::Web(Box::new(e))
    }
}

impl Parts {
    /// Opens databases and puts accounts, outbox and transports together.
    ///
    /// # Errors
    /// A database or inbox that cannot be opened.
    pub async fn open(config: &Config, clock: Clock, entropy: Entropy) -> Result<Self, StartError> {
        let db = Db::open(config.database_url.expose()).await?;
        let inbox = if config.inbox.enabled || config.mail.uses_capture() {
            Some(open_inbox(config, &clock, &entropy).await?)
        } else {
            None
        };
        let routes = routes(config, inbox.as_ref(), &clock, &entropy);
        let author = LetterAuthor {
            db: db.clone(),
            clock: clock.clone(),
            key: config.secret_key.clone(),
            settings: config.accounts.clone(),
            site: config.site.clone(),
            reply_to: config.mail.reply_to.clone(),
        };
        let outbox = config.outbox.clone();
        let worker = Worker::new(db.clone(), clock.clone(), entropy.clone(), routes, Arc::new(author), outbox);
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
        let faults = Faults::new(config.inbox.smtpd.chaos);
        Ok(Parts { clock, entropy, db, inbox, faults, worker, outbox, accounts })
    }
}

/// # Errors
/// When its file cannot be opened.
pub async fn open_inbox(config: &Config, clock: &Clock, entropy: &Entropy) -> Result<Inbox, capture::OpenError> {
    Inbox::open(config.inbox.store.clone(), clock.clone(), entropy.clone()).await
}

/// The transports of `mail.transport`, in order of preference.
pub fn routes(config: &Config, inbox: Option<&Inbox>, clock: &Clock, entropy: &Entropy) -> Vec<Route> {
    config.mail.transports.iter().filter_map(|way| route(config, *way, inbox, clock, entropy)).collect()
}

/// One transport as it is set up; `None` when its settings are not there.
pub fn route(config: &Config, way: Way, inbox: Option<&Inbox>, clock: &Clock, entropy: &Entropy) -> Option<Route> {
    let (transport, from, rate): (Arc<dyn Transport>, _, _) = match way {
        Way::Capture => (Arc::new(Capture::new(inbox?.clone())), config.mail.from.clone(), None),
        Way::Smtp => {
            let outlet = config.mail.smtp.clone()?;
            (Arc::new(Smtp::new(outlet.settings)), outlet.from, outlet.rate)
        }
        Way::Gmail => {
            let outlet = config.mail.gmail.clone();
            (Arc::new(Gmail::new(outlet.settings, clock.clone(), entropy.clone())), outlet.from, outlet.rate)
        }
    };
    Some(Route { transport, from, rate })
}
