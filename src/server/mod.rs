//! Composition: connects the modules and runs them. It depends on every module and has no logic of its own.

mod file_limit;
mod front;
mod https;
mod inbox_alone;
mod passed_sockets;
mod running;
mod services;
mod site;
mod tls_provider;
mod web_listeners;

pub use inbox_alone::{InboxServer, RunningInbox};
pub use passed_sockets::PassedSockets;
pub use running::RunningServer;
pub use services::{Services, StartError, needs_inbox, open_inbox, route, routes};
pub use site::settle_public_url;
pub use tls_provider::install_crypto;

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::pop3::Pop3Server;
use crate::random::Entropy;
use crate::smtpd;

use running::Tasks;
use web_listeners::WebListeners;

/// The Gatepost server.
pub struct Server;

impl Server {
    /// Binds all addresses and starts serving.
    ///
    /// # Errors
    /// When an address cannot be bound, or a file or database cannot be opened.
    pub async fn start(config: Config, clock: Clock, entropy: Entropy) -> Result<RunningServer, StartError> {
        Server::start_on(PassedSockets::default(), config, clock, entropy).await
    }

    /// As [`Server::start`], but listens on the passed sockets where they have the address of a listener.
    ///
    /// # Errors
    /// As [`Server::start`], and when a socket belongs to no listener.
    pub async fn start_on(
        mut sockets: PassedSockets,
        config: Config,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<RunningServer, StartError> {
        install_crypto();
        sockets.check(&wanted_listeners(&config))?;
        config.site.folder.open()?;
        let parts = Services::open(&config, clock, entropy).await?;
        let shutdown = CancellationToken::new();
        let tasks = Tasks::new(shutdown.clone());
        let smtp = if config.inbox.enabled { config.inbox.smtpd.limits.connections } else { 0 };
        let listeners = WebListeners::new(smtp, config.web.trusted_proxies.clone(), tasks.clone());
        let capture = match &parts.inbox {
            Some(inbox) if config.inbox.enabled => {
                Some(bind_smtp(&config, &parts, inbox, listeners.smtp_connections(), &mut sockets).await?)
            }
            _ => None,
        };
        let smtp = capture.as_ref().map(smtpd::SmtpServer::bound);
        let pop3 = bind_pop3(&config, parts.inbox.as_ref()).await?;
        let pop3_address = pop3.as_ref().map(Pop3Server::address);

        let inbox = parts.inbox.as_ref().zip(capture.as_ref());
        let state = inbox.map(|(inbox, capture)| site::inbox_state(&config, &parts, inbox, capture));
        let front = listeners.bind(site::site_address(&config), SITE_LISTENER, &mut sockets)?;
        config.site.public_url.settle(site::origin_of(front.address()));
        let on_site = state.clone().filter(|_| config.inbox.on_site);
        let http = listeners
            .serve(front, Some(&parts.db), |peers| site::rocket(&config, &parts, on_site, listeners.counters(), peers))
            .await?;
        let inbox_http = match (config.inbox.http_address, state) {
            (Some(at), Some(state)) => {
                let front = listeners.bind(at, INBOX_LISTENER, &mut sockets)?;
                let address = front.address();
                let rocket = |peers| site::inbox_rocket(&config, state, address, peers);
                Some(listeners.serve(front, Some(&parts.db), rocket).await?)
            }
            _ => None,
        };

        for (transport, reason) in parts.outbox.sender_errors() {
            tracing::warn!(transport, reason, "emails will not arrive");
        }
        spawn_loops(&parts, capture, pop3, &tasks);
        Ok(RunningServer { http, inbox_http, smtp, pop3: pop3_address, parts, tasks })
    }
}

/// The setting of the site's listener, for errors.
pub const SITE_LISTENER: &str = "port (ROCKET_PORT) or address (ROCKET_ADDRESS)";
/// The setting of the inbox's own listener.
const INBOX_LISTENER: &str = "inbox.http_address";

/// One line for each listener of the settings whose address does not belong to this machine. The ports are not tested,
/// since a running server occupies them.
pub fn foreign_addresses(config: &Config) -> Vec<String> {
    let pop3 = config.inbox.pop3.as_ref().map(|pop3| ("inbox.pop3_address", pop3.address));
    let all = wanted_listeners(config).into_iter().chain(pop3.filter(|_| config.inbox.enabled));
    let is_foreign = |at: SocketAddr| {
        let bound = std::net::TcpListener::bind((at.ip(), 0));
        bound.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrNotAvailable)
    };
    let foreign = all.filter(|(_, at)| is_foreign(*at));
    foreign.map(|(setting, at)| format!("{} does not belong to this machine; set another {setting}", at.ip())).collect()
}

/// The listeners that the settings ask for.
fn wanted_listeners(config: &Config) -> Vec<(&'static str, SocketAddr)> {
    let mut wanted = vec![(SITE_LISTENER, site::site_address(config))];
    if config.inbox.enabled {
        let smtp = &config.inbox.smtpd;
        wanted.extend(config.inbox.http_address.map(|address| (INBOX_LISTENER, address)));
        wanted.push(("inbox.smtp_address", smtp.smtp_address));
        wanted.extend(smtp.smtps_address.map(|address| ("inbox.smtps_address", address)));
        wanted.extend(smtp.lmtp_address.map(|address| ("inbox.lmtp_address", address)));
    }
    wanted
}

async fn bind_smtp(
    config: &Config,
    parts: &Services,
    inbox: &crate::inbox::Inbox,
    connections: usize,
    sockets: &mut PassedSockets,
) -> Result<smtpd::SmtpServer, StartError> {
    parts.faults.restore(inbox).await;
    let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
    let mut settings = config.inbox.smtpd.clone();
    settings.limits.connections = connections;
    let passed = &mut |address| sockets.take(address);
    let bound = smtpd::SmtpServer::bind(&settings, passed, inbox.clone(), parts.faults.clone(), clock, entropy).await;
    Ok(bound?)
}

async fn bind_pop3(config: &Config, inbox: Option<&crate::inbox::Inbox>) -> Result<Option<Pop3Server>, StartError> {
    match (inbox, &config.inbox.pop3) {
        (Some(inbox), Some(settings)) if config.inbox.enabled => {
            Ok(Some(Pop3Server::bind(settings, inbox.clone()).await?))
        }
        _ => Ok(None),
    }
}

fn spawn_loops(parts: &Services, capture: Option<smtpd::SmtpServer>, pop3: Option<Pop3Server>, tasks: &Tasks) {
    let worker = parts.worker.clone();
    tasks.run("outbox", |shutdown| async move {
        let checked = shutdown.run_until_cancelled(worker.check_transports());
        tokio::join!(checked, worker.run(shutdown.clone()));
    });
    let availability = parts.availability.clone();
    tasks.run("transport checks", |shutdown| async move { availability.run(shutdown).await });
    let accounts = parts.accounts.clone();
    tasks.run("purge", |shutdown| async move { accounts.run_purge(shutdown).await });
    tasks.run_inbox(parts.inbox.clone(), capture, pop3);
}
