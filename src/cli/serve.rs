//! `gatepost serve` and `gatepost dev`: start the server, print its addresses and stop on a signal.

use std::io::Write as _;
use std::path::Path;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::random::Entropy;
use crate::server::{PassedSockets, RunningServer, Server, StartError};

use super::service_manager::{ServiceState, notify};
use super::signals::StopSignals;

/// Why the server did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot install signal handlers: {0}")]
    Signal(#[from] std::io::Error),
    #[error("{0} stopped unexpectedly; see the log")]
    Ended(&'static str),
}

/// How the start is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// The addresses on standard output, for people and for programs that wait for them; the rest in the log.
    Addresses,
    /// All of it on standard output, for a developer at a terminal.
    Everything,
}

/// Runs the server until SIGTERM or SIGINT. `sockets` are those that a service manager passed.
///
/// # Errors
/// When the server cannot start, or one of its parts stops unexpectedly.
pub async fn run(config: Config, sockets: PassedSockets, announcement: Announcement) -> Result<(), ServeError> {
    let mut signals = StopSignals::install()?;
    let facts = StartFacts::of(&config);
    let running = Server::start_on(sockets, config, Clock::system(), Entropy::system()).await?;
    announce(&running);
    facts.report(&running, announcement);
    notify(ServiceState::Ready);
    for line in config::ignored_variables() {
        tracing::warn!("{line}");
    }
    let ended = tokio::select! {
        () = signals.received() => None,
        part = running.failed() => Some(part),
    };
    notify(ServiceState::Stopping);
    tracing::info!("stopping; finishing requests and deliveries in progress");
    running.shutdown().await;
    ended.map_or(Ok(()), |part| Err(ServeError::Ended(part)))
}

/// Prints one line per address on standard output, for people and for programs that wait for it. A closed standard
/// output is ignored.
fn announce(running: &RunningServer) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening http://{}", running.http());
    let others = [
        ("http", running.inbox_http()),
        ("smtp", running.smtp()),
        ("smtps", running.smtps()),
        ("lmtp", running.lmtp()),
        ("pop3", running.pop3()),
    ];
    for (scheme, address) in others {
        if let Some(address) = address {
            let _ = writeln!(out, "listening {scheme}://{address}");
        }
    }
}

/// What was started, for the person who started it.
struct StartFacts {
    profile: String,
    /// The folder of the inbox, and of the SQLite database unless that is elsewhere.
    data: String,
    transports: String,
    shows_inbox: bool,
}

impl StartFacts {
    fn of(config: &Config) -> Self {
        let inbox = &config.inbox.store.path;
        let folder = inbox.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let names: Vec<_> = config.mail.transports.iter().map(|kind| kind.name()).collect();
        StartFacts {
            profile: config.profile.clone(),
            data: std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string(),
            transports: names.join(", "),
            shows_inbox: config.inbox.on_site,
        }
    }

    fn report(&self, running: &RunningServer, announcement: Announcement) {
        let site = format!("http://{}", running.http());
        let inbox = match (running.inbox_http(), self.shows_inbox) {
            (Some(address), _) => format!("http://{address}/"),
            (None, true) if running.has_inbox() => format!("{site}/dev/inbox"),
            (None, _) => "off".to_owned(),
        };
        let smtp = running.smtp().map_or_else(|| "off".to_owned(), |address| address.to_string());
        let rows = [
            ("profile", self.profile.as_str()),
            ("data", &self.data),
            ("database", running.database()),
            ("site", &site),
            ("inbox", &inbox),
            ("smtp", &smtp),
            ("transport", &self.transports),
        ];
        match announcement {
            Announcement::Everything => {
                let mut out = std::io::stdout();
                for (name, value) in rows {
                    let _ = writeln!(out, "{name:<10} {value}");
                }
            }
            Announcement::Addresses => {
                let line: Vec<_> = rows.iter().map(|(name, value)| format!("{name} {value}")).collect();
                tracing::info!("started: {}", line.join(", "));
            }
        }
    }
}
