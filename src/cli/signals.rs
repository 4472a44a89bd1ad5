//! The signals that stop the program: SIGTERM and SIGINT, or Ctrl-C on systems without them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

/// The signal for a write beyond the process's file size limit.
#[cfg(target_os = "linux")]
const SIGXFSZ: i32 = 25;

/// Installed handlers. A signal no longer ends the process.
pub struct StopSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// By default SIGXFSZ ends the process. With a handler, a file over `ulimit -f` is an ordinary write error.
    #[cfg(target_os = "linux")]
    _too_large: tokio::signal::unix::Signal,
}

impl StopSignals {
    /// # Errors
    /// The system does not accept a handler.
    #[cfg(unix)]
    pub fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(StopSignals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(target_os = "linux")]
            _too_large: signal(SignalKind::from_raw(SIGXFSZ))?,
        })
    }

    /// # Errors
    /// Never.
    #[cfg(not(unix))]
    pub fn install() -> io::Result<Self> {
        Ok(StopSignals {})
    }

    /// Waits for a signal.
    #[cfg(unix)]
    pub async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for Ctrl-C.
    #[cfg(not(unix))]
    pub async fn received(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Notices a signal while a command works, so that the command can remove what is half done. Clones share it.
#[derive(Clone, Default)]
pub struct Interruption {
    is_set: Arc<AtomicBool>,
    token: CancellationToken,
}

impl Interruption {
    /// Watches the signals from now on; must be called inside a runtime. A second signal ends the process.
    ///
    /// # Errors
    /// The system does not accept a handler.
    pub fn watch() -> io::Result<Self> {
        let interruption = Interruption::default();
        let mut signals = StopSignals::install()?;
        let noticed = interruption.clone();
        tokio::spawn(async move {
            signals.received().await;
            noticed.set();
            signals.received().await;
            std::process::exit(130);
        });
        Ok(interruption)
    }

    /// Acts as a signal does.
    pub fn set(&self) {
        self.is_set.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// Waits for a signal.
    pub async fn occurred(&self) {
        self.token.cancelled().await;
    }

    /// True after a signal.
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Acquire)
    }

    /// The result of `work`, or `None` after a signal; `work` is dropped then.
    pub async fn unless_set<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.token.run_until_cancelled(work).await
    }
}
