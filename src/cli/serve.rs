//! `gatepost serve`: starts the server, prints its addresses and stops on a signal.

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::secret::Entropy;
use crate::server::{RunningServer, Server, StartError};

/// The signal for a write beyond the process's file size limit.
#[cfg(target_os = "linux")]
const SIGXFSZ: i32 = 25;

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

/// Runs the server until SIGTERM or SIGINT.
///
/// # Errors
/// When the server cannot start, or one of its parts stops unexpectedly.
pub async fn run(config: Config) -> Result<(), ServeError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // By default SIGXFSZ ends the process. With a handler, a file over `ulimit -f` is an ordinary write error.
    #[cfg(target_os = "linux")]
    let _too_large = signal(SignalKind::from_raw(SIGXFSZ))?;
    let running = Server::start(config, Clock::system(), Entropy::system()).await?;
    announce(&running);
    let ignored = config::ignored_variables();
    if !ignored.is_empty() {
        tracing::warn!("ignored Mailpit variables: {}", ignored.join(", "));
    }
    let ended = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        part = running.failed() => Some(part),
    };
    tracing::info!("stopping; finishing requests and deliveries in progress");
    running.shutdown().await;
    ended.map_or(Ok(()), |part| Err(ServeError::Ended(part)))
}

/// Prints one line per address on standard output, for people and for programs that wait for it. A closed standard
/// output is ignored.
fn announce(running: &RunningServer) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening http://{}", running.http());
    for (scheme, address) in
        [("http", running.inbox_http()), ("smtp", running.smtp()), ("smtps", running.smtps()), ("lmtp", running.lmtp())]
    {
        if let Some(address) = address {
            let _ = writeln!(out, "listening {scheme}://{address}");
        }
    }
}
