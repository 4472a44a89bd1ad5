//! `gatepost serve`: starts everything, says where it listens, stops on a signal.

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::secret::Entropy;
use crate::server::{Running, Server, StartError};

/// A file grows beyond the limit that the process was given.
#[cfg(target_os = "linux")]
const SIGXFSZ: i32 = 25;

/// Why the server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("signals cannot be watched: {0}")]
    Signal(#[from] std::io::Error),
    #[error("{0} stopped unexpectedly; the log says why")]
    Ended(&'static str),
}

/// # Errors
/// When something could not be started, or ended by itself.
pub async fn run(config: Config) -> Result<(), ServeError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // By default it ends the process: with somebody to hear it a file over `ulimit -f` is a failed write like any other.
    #[cfg(target_os = "linux")]
    let _too_large = signal(SignalKind::from_raw(SIGXFSZ))?;
    let running = Server::start(config, Clock::system(), Entropy::system()).await?;
    announce(&running);
    let idle = config::without_effect();
    if !idle.is_empty() {
        tracing::warn!("set for Mailpit, without effect here: {}", idle.join(", "));
    }
    let ended = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        part = running.failed() => Some(part),
    };
    tracing::info!("stopping: finishing what is in flight");
    running.shutdown().await;
    ended.map_or(Ok(()), |part| Err(ServeError::Ended(part)))
}

/// One line an address, on standard output, for people and for programs that wait for it. Whether anybody reads it is
/// nothing to stop for.
fn announce(running: &Running) {
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
