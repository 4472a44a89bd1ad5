//! The signals that stop the server: SIGTERM and SIGINT, on other systems than Unix Ctrl-C.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signal for a write beyond the process's file size limit.
#[cfg(target_os = "linux")]
const SIGXFSZ: i32 = 25;

/// Installed handlers. Process 1 of a container needs them too: without a handler the kernel ignores SIGTERM there.
#[cfg(unix)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    /// By default SIGXFSZ ends the process. With a handler, a file over `ulimit -f` is an ordinary write error.
    #[cfg(target_os = "linux")]
    _too_large: Signal,
}

#[cfg(unix)]
impl StopSignals {
    /// # Errors
    /// The system refuses a handler.
    pub fn install() -> io::Result<Self> {
        Ok(StopSignals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(target_os = "linux")]
            _too_large: signal(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    /// Waits for a signal.
    pub async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    /// # Errors
    /// None; a console without Ctrl-C shows when it is waited for.
    pub fn install() -> io::Result<Self> {
        Ok(StopSignals)
    }

    /// Waits for Ctrl-C; for ever where it cannot be received.
    pub async fn received(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot receive Ctrl-C");
            std::future::pending::<()>().await;
        }
    }
}
