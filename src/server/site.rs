//! The web server: Rocket with the project's routes, fairings and state.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use rocket::fairing::AdHoc;
use rocket::figment::providers::Serialized;
use rocket::{Build, Rocket};
use tokio::sync::oneshot;

use crate::accounts::PublicUrl;
use crate::config::Config;
use crate::inbox::Inbox;
use crate::link_check::{self, LinkCheck};
use crate::web::inbox::{self, InboxDeps, InboxState, Mount, Pattern, Release};
use crate::web::{self, App};

use super::running::Tasks;
use super::{Services, StartError};

/// The configured address of the site.
pub(super) fn address(config: &Config) -> SocketAddr {
    let ip = config.rocket.expose().extract_inner("address").unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    SocketAddr::new(ip, config.rocket.expose().extract_inner("port").unwrap_or(0))
}

/// Sets a public URL that is not configured, for a command that writes links while no server runs.
pub fn settle_public_url(config: &Config) {
    let at = address(config);
    let host = if at.ip().is_unspecified() { format!("localhost:{}", at.port()) } else { at.to_string() };
    config.site.public_url.settle(format!("http://{host}"));
}

/// The site, ready to ignite. It sends its address to `bound` when it listens.
pub(super) fn rocket(
    config: &Config,
    parts: &Services,
    state: Option<InboxState>,
    bound: oneshot::Sender<SocketAddr>,
) -> Rocket<Build> {
    let url = Serialized::global("databases.gatepost.url", config.database_url.expose());
    let app = App {
        settings: config.web.clone(),
        site: config.site.clone(),
        clock: parts.clock.clone(),
        entropy: parts.entropy.clone(),
        key: config.secret_key.clone(),
        accounts: parts.accounts.clone(),
        sender: config.mail.from.address.to_string(),
        inbox: config.inbox.enabled,
    };
    let public_url = config.site.public_url.clone();
    let rocket = web::mount(rocket::custom(without_signals(config.rocket.expose()).merge(url)), app)
        .manage(parts.outbox.clone());
    let rocket = match state {
        Some(state) => {
            inbox::mount(rocket, Mount { base: INBOX.to_owned(), origin: config.site.public_url.clone() }, state)
        }
        None => rocket,
    };
    rocket.attach(on_listening(bound, move |at| public_url.settle(format!("http://{at}"))))
}

/// Disables Rocket's signal handling: the command handles signals, and [`super::RunningServer`] stops Rocket.
fn without_signals(figment: &figment::Figment) -> figment::Figment {
    figment
        .clone()
        .merge(Serialized::global("shutdown.ctrlc", false))
        .merge(Serialized::global("shutdown.signals", [""; 0]))
}

/// A fairing that sends the bound address, with the port chosen for port 0, before the first request is served.
fn on_listening(bound: oneshot::Sender<SocketAddr>, settle: impl Fn(SocketAddr) + Send + Sync + 'static) -> AdHoc {
    let bound = Mutex::new(Some(bound));
    AdHoc::on_liftoff("address", move |rocket| {
        Box::pin(async move {
            let at = SocketAddr::new(rocket.config().address, rocket.config().port);
            settle(at);
            if let Some(sender) = bound.lock().ok().and_then(|mut sender| sender.take()) {
                let _ = sender.send(at);
            }
        })
    })
}

/// Logs why Rocket stopped, except for a bind error, which [`StartError::Listen`] reports.
pub(super) fn log_end(part: &str, error: &rocket::Error) {
    if !matches!(error.kind(), rocket::error::ErrorKind::Bind(_)) {
        tracing::error!(error = %error.kind(), "{part} stopped");
    }
}

/// The path of the inbox on the site's listener.
const INBOX: &str = "/dev/inbox";

/// The state of the inbox's pages and API; `smtp` is the address of the capture server.
pub(super) fn inbox_state(config: &Config, parts: &Services, store: &Inbox, smtp: SocketAddr) -> InboxState {
    let settings = &config.inbox;
    let (username, password) = settings.login.clone().unzip();
    let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
    InboxState::new(InboxDeps {
        inbox: store.clone(),
        links: LinkCheck::new(link_check::Settings {
            internal: settings.check_internal_links,
            user_agent: format!("Mailpit/{}", inbox::VERSION),
        }),
        faults: parts.faults.clone(),
        release: Release {
            allowed: settings.release_to.iter().map(|text| Pattern::new(text)).collect(),
            transports: config.mail.transports.iter().map(|way| way.name()).collect(),
            db: parts.db.clone(),
            outbox: parts.outbox.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        },
        settings: inbox::Settings {
            username: username.unwrap_or_default(),
            password,
            max_message_size: settings.store.max_message_size,
            database: settings.store.path.display().to_string(),
            smtp_address: smtp.to_string(),
        },
        site: config.site.clone(),
        clock,
        entropy,
    })
}

/// Serves the inbox's pages and API at `/` on a separate listener; returns its address.
pub(super) async fn inbox_listener(
    config: &Config,
    state: InboxState,
    at: SocketAddr,
    tasks: &Tasks,
) -> Result<SocketAddr, StartError> {
    let figment = without_signals(config.rocket.expose())
        .merge(Serialized::global("address", at.ip()))
        .merge(Serialized::global("port", at.port()));
    let url = PublicUrl::pending();
    let own = url.clone();
    let (bound, address) = oneshot::channel();
    let rocket = web::mount_inbox(rocket::custom(figment), url, config.web.clone(), state);
    let rocket = rocket.attach(on_listening(bound, move |at| own.settle(format!("http://{at}"))));
    let ignited = rocket.ignite().await?;
    let stop = ignited.shutdown();
    tasks.spawn("inbox web", async move {
        if let Err(e) = ignited.launch().await {
            log_end("the inbox's web server", &e);
        }
    });
    let at = address.await.map_err(|_| StartError::Listen(at))?;
    tasks.stop_with(stop);
    Ok(at)
}
