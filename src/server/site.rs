//! The web server: Rocket with the project's routes, fairings and state.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rocket::figment::providers::Serialized;
use rocket::{Build, Rocket};

use crate::accounts::PublicUrl;
use crate::config::{Config, TransportKind};
use crate::inbox::Inbox;
use crate::link_check::{self, LinkCheck};
use crate::outbox::{Pattern, Release, ReleaseQueue};
use crate::smtpd::SmtpServer;
use crate::web::inbox::{self, InboxState, Mount, RequestLimits};
use crate::web::{self, App, ClientPeers, FrontCounters};

use super::services::Services;

/// The configured address of the site.
pub fn site_address(config: &Config) -> SocketAddr {
    let ip = config.rocket.expose().extract_inner("address").unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    SocketAddr::new(ip, config.rocket.expose().extract_inner("port").unwrap_or(0))
}

/// Sets a public URL that is not configured, for a command that writes links. Returns false if the links lead nowhere,
/// since only the running server knows the port that `port = 0` gave it.
pub fn settle_public_url(config: &Config) -> bool {
    let (url, address) = (&config.site.public_url, site_address(config));
    let is_known = url.is_settled() || address.port() != 0;
    url.settle(origin_of(address));
    is_known
}

/// The site, ready to ignite.
pub(super) fn rocket(
    config: &Config,
    parts: &Services,
    state: Option<InboxState>,
    front: Arc<FrontCounters>,
    peers: ClientPeers,
) -> Rocket<Build> {
    let url = Serialized::global("databases.gatepost.url", config.database_url.expose());
    let app = App {
        settings: web::Settings {
            local_names: state.is_some() && !site_address(config).ip().is_loopback(),
            ..config.web.clone()
        },
        site: config.site.clone(),
        clock: parts.clock.clone(),
        entropy: parts.entropy.clone(),
        key: config.secret_key.clone(),
        accounts: parts.accounts.clone(),
        sender: config.mail.from.address.to_string(),
        front,
        inbox: state.is_some(),
        captures: state.is_some() && config.mail.transports.first() == Some(&TransportKind::Capture),
    };
    let figment = behind_front(config.rocket.expose()).merge(url);
    let rocket =
        web::mount(rocket::custom(figment), app, peers).manage(parts.outbox.clone()).manage(parts.availability.clone());
    match state {
        Some(state) => {
            let origin = config.site.public_url.clone();
            let mount = Mount { base: INBOX.to_owned(), assets: String::new(), is_alone: false, origin };
            inbox::mount(rocket, mount, state)
        }
        None => rocket,
    }
}

/// Rocket's settings behind the front: a free port of loopback. Signal handling is disabled, since the command handles
/// signals, and [`super::RunningServer`] stops Rocket.
pub(super) fn behind_front(figment: &figment::Figment) -> figment::Figment {
    figment
        .clone()
        .merge(Serialized::global("address", Ipv4Addr::LOCALHOST))
        .merge(Serialized::global("port", 0))
        .merge(Serialized::global("shutdown.ctrlc", false))
        .merge(Serialized::global("shutdown.signals", [""; 0]))
}

/// The origin of a listener.
pub(super) fn origin_of(at: SocketAddr) -> String {
    format!("http://{}", reachable(at))
}

/// Host and port of a listener for a program on this machine. A wildcard address is no address to connect to.
pub(super) fn reachable(at: SocketAddr) -> String {
    match at.ip().is_unspecified() {
        true => format!("localhost:{}", at.port()),
        false => at.to_string(),
    }
}

/// The path of the inbox on the site's listener.
const INBOX: &str = "/dev/inbox";

/// The state of the inbox's pages and API.
pub(super) fn inbox_state(config: &Config, parts: &Services, store: &Inbox, capture: &SmtpServer) -> InboxState {
    let settings = &config.inbox;
    let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
    let links = LinkCheck::new(link_check::Settings {
        internal: settings.check_internal_links,
        user_agent: format!("Mailpit/{}", inbox::VERSION),
    });
    InboxState {
        inbox: store.clone(),
        links: Arc::new(links),
        faults: parts.faults.clone(),
        memory: capture.budget(),
        failed_logins: capture.failed_logins(),
        release: Release {
            allowed: settings.release_to.iter().map(|text| Pattern::new(text)).collect(),
            transports: config.mail.transports.iter().map(|way| way.name()).collect(),
            queue: Some(ReleaseQueue { db: parts.db.clone(), outbox: parts.outbox.clone() }),
            clock: clock.clone(),
            entropy: entropy.clone(),
        },
        settings: inbox::Settings {
            logins: settings.logins.clone(),
            max_message_size: settings.store.max_message_size,
            database: settings.store.path.display().to_string(),
            smtp_address: reachable(capture.bound().smtp),
            trusted_proxies: config.web.trusted_proxies.clone(),
            ..inbox::Settings::default()
        },
        site: config.site.clone(),
        limits: RequestLimits::new(&settings.store.path),
        started: clock.now(),
        clock,
        entropy,
    }
}

/// The inbox's pages and API at `/` of a separate listener at `address`, ready to ignite.
pub(super) fn inbox_rocket(
    config: &Config,
    state: InboxState,
    address: SocketAddr,
    peers: ClientPeers,
) -> Rocket<Build> {
    let url = PublicUrl::pending();
    url.settle(origin_of(address));
    let settings = web::Settings { local_names: !address.ip().is_loopback(), ..config.web.clone() };
    let mount = Mount { base: String::new(), assets: String::new(), is_alone: false, origin: url };
    web::mount_inbox(rocket::custom(behind_front(config.rocket.expose())), mount, settings, state, peers)
}
