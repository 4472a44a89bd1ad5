//! A server that runs: its addresses, its long-running parts, its end.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::smtpd;

use super::Parts;

/// A running server. Dropping it stops it without waiting; [`Running::shutdown`] waits.
pub struct Running {
    pub(super) http: SocketAddr,
    pub(super) inbox_http: Option<SocketAddr>,
    pub(super) smtp: Option<smtpd::Bound>,
    pub(super) parts: Parts,
    pub(super) tasks: Tasks,
}

impl Running {
    /// Where the pages are.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where the inbox's own listener is, when it has one.
    pub fn inbox_http(&self) -> Option<SocketAddr> {
        self.inbox_http
    }

    /// Where the capture server takes mail, when the inbox is on.
    pub fn smtp(&self) -> Option<SocketAddr> {
        self.smtp.map(|bound| bound.smtp)
    }

    /// Where it takes mail inside TLS.
    pub fn smtps(&self) -> Option<SocketAddr> {
        self.smtp.and_then(|bound| bound.smtps)
    }

    /// Where it speaks LMTP.
    pub fn lmtp(&self) -> Option<SocketAddr> {
        self.smtp.and_then(|bound| bound.lmtp)
    }

    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    /// Delivers everything that is due and forgets everything that has expired; for tests, which move the clock.
    pub async fn drain(&self) {
        if let Err(e) = self.parts.accounts.purge().await {
            tracing::error!(error = %e, "the purge failed");
        }
        if let Err(e) = self.parts.worker.drain().await {
            tracing::error!(error = %e, "the outbox could not be drained");
        }
    }

    /// Ends when a part that should run for ever has ended; returns its name.
    pub async fn failed(&self) -> &'static str {
        self.tasks.ended.cancelled().await;
        self.tasks.first.get().copied().unwrap_or("a part")
    }

    /// Stops taking requests, finishes what is in flight, closes the databases.
    pub async fn shutdown(self) {
        self.tasks.stop();
        self.tasks.tracker.close();
        self.tasks.tracker.wait().await;
        self.parts.db.close().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

/// The long-running parts: stopped together, and the end of one is noticed.
#[derive(Clone)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    shutdown: CancellationToken,
    web: Arc<std::sync::Mutex<Vec<rocket::Shutdown>>>,
    ended: CancellationToken,
    first: Arc<OnceLock<&'static str>>,
}

impl Tasks {
    pub fn new(shutdown: CancellationToken) -> Self {
        let ended = CancellationToken::new();
        Tasks { tracker: TaskTracker::new(), shutdown, web: Arc::default(), ended, first: Arc::default() }
    }

    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Runs `part` until it ends; before the shutdown nothing should.
    pub fn spawn(&self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let (shutdown, ended, first) = (self.shutdown.clone(), self.ended.clone(), self.first.clone());
        self.tracker.spawn(async move {
            part.await;
            if !shutdown.is_cancelled() {
                let _ = first.set(name);
                ended.cancel();
            }
        });
    }

    /// A Rocket instance to be stopped with the rest.
    pub fn stop_with(&self, web: rocket::Shutdown) {
        if let Ok(mut list) = self.web.lock() {
            list.push(web);
        }
    }

    fn stop(&self) {
        self.shutdown.cancel();
        if let Ok(mut list) = self.web.lock() {
            list.drain(..).for_each(rocket::Shutdown::notify);
        }
    }
}
