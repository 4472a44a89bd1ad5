//! The web server: Rocket with our routes, fairings and state.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use rocket::fairing::AdHoc;
use rocket::figment::providers::Serialized;
use rocket::{Build, Rocket};
use tokio::sync::oneshot;

use crate::config::Config;
use crate::web::{self, App};

use super::running::Tasks;
use super::{Parts, StartError};

/// Where the site is told to listen.
pub(super) fn address(config: &Config) -> SocketAddr {
    let get = |key: &str| config.rocket.extract_inner::<IpAddr>(key);
    let ip = get("address").unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    SocketAddr::new(ip, config.rocket.extract_inner("port").unwrap_or(0))
}

/// The site, ready to ignite; it tells its address once it listens.
pub(super) fn rocket(config: &Config, parts: &Parts, told: oneshot::Sender<SocketAddr>) -> Rocket<Build> {
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
    let rocket = web::mount(rocket::custom(quiet(&config.rocket).merge(url)), app).manage(parts.outbox.clone());
    rocket.attach(on_listening(told, move |at| public_url.settle(format!("http://{at}"))))
}

/// Signals are the command's; shutdown comes from [`super::Running`].
fn quiet(figment: &figment::Figment) -> figment::Figment {
    figment
        .clone()
        .merge(Serialized::global("shutdown.ctrlc", false))
        .merge(Serialized::global("shutdown.signals", [""; 0]))
}

/// Tells the address that was bound, with the port that was picked for 0, before the first request is served.
fn on_listening(told: oneshot::Sender<SocketAddr>, settle: impl Fn(SocketAddr) + Send + Sync + 'static) -> AdHoc {
    let told = Mutex::new(Some(told));
    AdHoc::on_liftoff("address", move |rocket| {
        Box::pin(async move {
            let at = SocketAddr::new(rocket.config().address, rocket.config().port);
            settle(at);
            if let Some(told) = told.lock().ok().and_then(|mut told| told.take()) {
                let _ = told.send(at);
            }
        })
    })
}

/// What Rocket says when it ends.
pub(super) fn launch_error(error: &rocket::Error) -> String {
    error.kind().to_string()
}

/// Pages and API of the inbox on a listener of their own, at `/`.
pub(super) async fn inbox_listener(
    _config: &Config,
    _parts: &Parts,
    at: SocketAddr,
    _tasks: &Tasks,
) -> Result<SocketAddr, StartError> {
    Ok(at)
}
