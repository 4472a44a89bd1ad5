//! A running server: its addresses, its long-running tasks and its shutdown.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::inbox::Inbox;
use crate::pop3::Pop3Server;
use crate::smtpd::{BoundListeners, SmtpServer};

use super::services::Services;

/// A running server. Dropping it stops it without waiting; [`RunningServer::shutdown`] waits.
pub struct RunningServer {
    pub(super) http: SocketAddr,
    pub(super) inbox_http: Option<SocketAddr>,
    pub(super) smtp: Option<BoundListeners>,
    pub(super) pop3: Option<SocketAddr>,
    pub(super) parts: Services,
    pub(super) tasks: Tasks,
}

impl RunningServer {
    /// The address of the pages.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// The address of the inbox's separate listener, if there is one.
    pub fn inbox_http(&self) -> Option<SocketAddr> {
        self.inbox_http
    }

    /// False if the inbox is not used, or its file is damaged.
    pub fn has_inbox(&self) -> bool {
        self.parts.inbox.is_some()
    }

    /// The SMTP address of the capture server, if the inbox is enabled.
    pub fn smtp(&self) -> Option<SocketAddr> {
        self.smtp.map(|bound| bound.smtp)
    }

    /// The address of the capture server for SMTP over TLS.
    pub fn smtps(&self) -> Option<SocketAddr> {
        self.smtp.and_then(|bound| bound.smtps)
    }

    /// The LMTP address of the capture server.
    pub fn lmtp(&self) -> Option<SocketAddr> {
        self.smtp.and_then(|bound| bound.lmtp)
    }

    /// The address of the POP3 server.
    pub fn pop3(&self) -> Option<SocketAddr> {
        self.pop3
    }

    /// Where the account database is, without its login.
    pub fn database(&self) -> &str {
        self.parts.db.location()
    }

    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    /// Delivers everything that is due and deletes everything that has expired; for tests, which move the clock.
    pub async fn drain(&self) {
        if let Err(e) = self.parts.accounts.purge().await {
            tracing::error!(error = %e, "purge failed");
        }
        if let Err(e) = self.parts.worker.drain().await {
            tracing::error!(error = %e, "cannot drain the outbox");
        }
    }

    /// Checks the transports now; for tests, which do not wait for the time of the check.
    pub async fn check_transports(&self) {
        self.parts.availability.check().await;
    }

    /// Waits until a long-running task ends unexpectedly; returns its name.
    pub async fn failed(&self) -> &'static str {
        self.tasks.failed().await
    }

    /// Stops accepting requests, finishes those in progress and closes the databases.
    pub async fn shutdown(self) {
        self.tasks.finish().await;
        self.parts.db.close().await;
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

/// The long-running tasks. They are stopped together, and an unexpected end of one is reported.
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

    /// Runs `task`, which should not end before the shutdown.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let (shutdown, ended, first) = (self.shutdown.clone(), self.ended.clone(), self.first.clone());
        self.tracker.spawn(async move {
            task.await;
            if !shutdown.is_cancelled() {
                let _ = first.set(name);
                ended.cancel();
            }
        });
    }

    /// Runs the task that `start` makes of the token of the shutdown.
    pub fn run<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        start: impl FnOnce(CancellationToken) -> F,
    ) {
        self.spawn(name, start(self.shutdown()));
    }

    /// Runs the inbox and its servers.
    pub fn run_inbox(&self, inbox: Option<Inbox>, smtp: Option<SmtpServer>, pop3: Option<Pop3Server>) {
        if let Some(inbox) = inbox {
            self.run("inbox retention", |shutdown| async move { inbox.run(shutdown).await });
        }
        if let Some(pop3) = pop3 {
            self.run("pop3", |shutdown| async move { pop3.run(shutdown).await });
        }
        if let Some(smtp) = smtp {
            self.run("smtp", |shutdown| async move { smtp.run(shutdown).await });
        }
    }

    /// Adds a Rocket instance to stop with the tasks.
    pub fn stop_with(&self, web: rocket::Shutdown) {
        if let Ok(mut list) = self.web.lock() {
            list.push(web);
        }
    }

    /// Waits until a task ends unexpectedly; returns its name.
    pub async fn failed(&self) -> &'static str {
        self.ended.cancelled().await;
        self.first.get().copied().unwrap_or("a task")
    }

    /// Stops all tasks and waits for them.
    pub async fn finish(&self) {
        self.stop();
        self.tracker.close();
        self.tracker.wait().await;
    }

    pub fn stop(&self) {
        self.shutdown.cancel();
        if let Ok(mut list) = self.web.lock() {
            list.drain(..).for_each(rocket::Shutdown::notify);
        }
    }
}
