//! The inbox without a site (`gatepost mailpit`): SMTP, POP3, pages and API. It opens no account database.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use figment::Figment;
use rocket::figment::providers::Serialized;
use tokio_util::sync::CancellationToken;

use crate::accounts::emails::AccountEmails;
use crate::accounts::{PublicUrl, Site};
use crate::clock::Clock;
use crate::config::mailpit::{MailpitConfig, MetricsAddress};
use crate::i18n::Locale;
use crate::inbox::Inbox;
use crate::link_check::{self, LinkCheck};
use crate::outbox::Release;
use crate::pop3::Pop3Server;
use crate::random::Entropy;
use crate::site_folder::SiteFolder;
use crate::smtpd::{FaultRegistry, SmtpServer, tls_acceptor};
use crate::web;
use crate::web::inbox::{InboxState, Mount, RequestLimits};

use super::https::HttpsListener;
use super::passed_sockets::PassedSockets;
use super::running::Tasks;
use super::services::StartError;
use super::site::{behind_front, reachable};
use super::tls_provider::install_crypto;
use super::web_listeners::WebListeners;

const LISTEN: &str = "--listen (MP_UI_BIND_ADDR)";
const METRICS: &str = "--enable-prometheus (MP_ENABLE_PROMETHEUS)";

/// The server of the inbox alone.
pub struct InboxServer;

/// A running [`InboxServer`]. Dropping it stops it without waiting.
pub struct RunningInbox {
    /// URL of the pages, with a slash at the end.
    pub url: String,
    pub http: SocketAddr,
    pub metrics: Option<SocketAddr>,
    pub smtp: SocketAddr,
    pub pop3: Option<SocketAddr>,
    tasks: Tasks,
    /// The folder of a temporary inbox, removed at the end.
    _folder: Option<tempfile::TempDir>,
}

/// What the listeners of one start share.
struct InboxParts {
    config: MailpitConfig,
    state: InboxState,
    listeners: WebListeners,
    tasks: Tasks,
}

impl InboxServer {
    /// Binds all addresses and starts serving.
    ///
    /// # Errors
    /// When an address cannot be bound, or the file of the messages cannot be opened.
    pub async fn start(mut config: MailpitConfig, clock: Clock, entropy: Entropy) -> Result<RunningInbox, StartError> {
        install_crypto();
        let folder = place_store(&mut config)?;
        let opened = Inbox::open_with(config.store.clone(), config.rules.clone(), clock.clone(), entropy.clone()).await;
        let inbox = opened.map_err(|error| StartError::Inbox { path: config.store.path.clone(), error })?;
        let faults = FaultRegistry::new(config.smtpd.chaos);
        faults.restore(&inbox).await;
        if faults.set_chaos(config.chaos).is_err() {
            tracing::warn!("the chaos triggers are out of range");
        }
        let tasks = Tasks::new(CancellationToken::new());
        let listeners = WebListeners::new(config.smtpd.limits.connections, Vec::new(), tasks.clone());
        config.smtpd.limits.connections = listeners.smtp_connections();
        let (smtpd, passed) = (&config.smtpd, &mut |_| Ok(None));
        let smtp =
            SmtpServer::bind(smtpd, passed, inbox.clone(), faults.clone(), clock.clone(), entropy.clone()).await?;
        let pop3 = match &config.pop3 {
            Some(settings) => Some(Pop3Server::bind(settings, inbox.clone()).await?),
            None => None,
        };
        let (smtp_address, pop3_address) = (smtp.bound().smtp, pop3.as_ref().map(Pop3Server::address));
        let state = inbox_state(&config, inbox.clone(), faults, &smtp, clock, entropy);
        let parts = InboxParts { config, state, listeners, tasks };
        let http = parts.serve_pages().await?;
        let metrics = parts.serve_metrics().await?;
        parts.tasks.run_inbox(Some(inbox), Some(smtp), pop3);
        let scheme = if parts.config.ui_tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}{}/", reachable(http), parts.config.webroot);
        Ok(RunningInbox {
            url,
            http,
            metrics,
            smtp: smtp_address,
            pop3: pop3_address,
            tasks: parts.tasks,
            _folder: folder,
        })
    }
}

impl RunningInbox {
    /// Waits until a long-running task ends unexpectedly; returns its name.
    pub async fn failed(&self) -> &'static str {
        self.tasks.failed().await
    }

    /// Stops accepting clients and finishes what is in progress.
    pub async fn shutdown(self) {
        self.tasks.finish().await;
    }
}

impl Drop for RunningInbox {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

impl InboxParts {
    /// Pages and API, behind TLS if there is a certificate.
    async fn serve_pages(&self) -> Result<SocketAddr, StartError> {
        let at = self.config.http_address;
        let Some(tls) = &self.config.ui_tls else {
            let front = self.listeners.bind(at, LISTEN, &mut PassedSockets::default())?;
            let address = front.address();
            let origin = PublicUrl::pending();
            origin.settle(format!("http://{}", reachable(address)));
            return self.listeners.serve(front, None, |peers| self.pages(origin, at, peers)).await;
        };
        let acceptor = tls_acceptor(&tls.certificate, tls.key.as_deref())?;
        let unbound = |error| StartError::Listen { at, setting: LISTEN, error };
        let https = HttpsListener::bind(at, acceptor).await.map_err(unbound)?;
        let address = https.address().map_err(unbound)?;
        let origin = PublicUrl::pending();
        origin.settle(format!("https://{}", reachable(address)));
        let inner = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let front = self.listeners.bind(inner, LISTEN, &mut PassedSockets::default())?;
        let inner = self.listeners.serve(front, None, |peers| self.pages(origin, at, peers)).await?;
        self.tasks.spawn("HTTPS", https.run(inner, self.listeners.shutdown()));
        Ok(address)
    }

    fn pages(&self, origin: PublicUrl, at: SocketAddr, peers: web::ClientPeers) -> rocket::Rocket<rocket::Build> {
        let base = self.config.webroot.clone();
        let mount = Mount { assets: base.clone(), base, is_alone: true, origin };
        web::mount_inbox(rocket::custom(figment()), mount, self.web_settings(at), self.state.clone(), peers)
    }

    /// The metrics at an address of their own, if the settings say so.
    async fn serve_metrics(&self) -> Result<Option<SocketAddr>, StartError> {
        let MetricsAddress::Own(at) = self.config.metrics else { return Ok(None) };
        let front = self.listeners.bind(at, METRICS, &mut PassedSockets::default())?;
        let origin = PublicUrl::pending();
        origin.settle(format!("http://{}", reachable(front.address())));
        let (settings, state) = (self.web_settings(at), self.state.clone());
        let build = |peers| web::mount_metrics(rocket::custom(figment()), origin, settings, state, peers);
        self.listeners.serve(front, None, build).await.map(Some)
    }

    fn web_settings(&self, at: SocketAddr) -> web::Settings {
        web::Settings { local_names: !at.ip().is_loopback(), ..self.config.web.clone() }
    }
}

/// Sets the path of a temporary store, and the folders that depend on the path.
fn place_store(config: &mut MailpitConfig) -> Result<Option<tempfile::TempDir>, StartError> {
    let folder = match &config.database {
        Some(_) => None,
        None => {
            let folder =
                tempfile::Builder::new().prefix("gatepost-mailpit-").tempdir().map_err(StartError::Temporary)?;
            config.store.path = folder.path().join("inbox.db");
            Some(folder)
        }
    };
    let parent = config.store.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    config.smtpd.certificate_folder = parent.unwrap_or(Path::new(".")).to_owned();
    Ok(folder)
}

fn inbox_state(
    config: &MailpitConfig,
    inbox: Inbox,
    faults: FaultRegistry,
    smtp: &SmtpServer,
    clock: Clock,
    entropy: Entropy,
) -> InboxState {
    let name = "Gatepost".to_owned();
    let links = LinkCheck::new(link_check::Settings {
        internal: config.check_internal_links,
        user_agent: format!("Mailpit/{}", web::inbox::VERSION),
    });
    InboxState {
        inbox,
        links: Arc::new(links),
        faults,
        memory: smtp.budget(),
        failed_logins: smtp.failed_logins(),
        release: Release {
            allowed: Vec::new(),
            transports: Vec::new(),
            queue: None,
            clock: clock.clone(),
            entropy: entropy.clone(),
        },
        settings: web::inbox::Settings {
            database: config.store.path.display().to_string(),
            smtp_address: reachable(smtp.bound().smtp),
            ..config.pages.clone()
        },
        site: Site {
            public_url: PublicUrl::pending(),
            default_locale: Locale::En,
            folder: SiteFolder::new(Path::new("site").to_owned(), false, &name, &AccountEmails),
            name,
        },
        limits: RequestLimits::new(&config.store.path),
        started: clock.now(),
        clock,
        entropy,
    }
}

/// Rocket's settings. No file and no variable of Rocket is read.
fn figment() -> Figment {
    let defaults = Figment::from(rocket::Config::default());
    behind_front(&defaults).merge(Serialized::global("log_level", "off")).merge(Serialized::global("ip_header", false))
}
