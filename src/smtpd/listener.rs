//! The listening sockets: bind, accept, limit, stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::inbox::{Inbox, SessionOutcome, thread};
use crate::random::Entropy;

use super::budget::MemoryBudget;
use super::connection;
use super::connection_context::ConnectionContext;
use super::failed_logins::FailedLogins;
use super::fault_registry::FaultRegistry;
use super::session_config::{Protocol, SessionConfig};
use super::settings::Settings;
use super::tls::{self, TlsError};

/// Pause after a failed accept. The usual cause is a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Threads that parse and compress large messages. More threads would hold more messages in memory.
const BLOCKING_THREADS: usize = 4;
const BUSY: &str = "421 4.3.2 Too many connections, try again later\r\n";

/// A server whose ports are bound; [`SmtpServer::run`] serves them.
pub struct SmtpServer {
    listeners: Vec<(std::net::TcpListener, ConnectionContext)>,
    bound: BoundListeners,
    budget: MemoryBudget,
    failed_logins: FailedLogins,
    connections: Arc<Semaphore>,
    shutdown: CancellationToken,
    grace: Duration,
}

/// The addresses in use, with the actual ports where the settings have port 0.
#[derive(Clone, Copy, Debug)]
pub struct BoundListeners {
    pub smtp: SocketAddr,
    pub smtps: Option<SocketAddr>,
    pub lmtp: Option<SocketAddr>,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SmtpStartError {
    #[error("inbox.{setting}: cannot listen on {address}: {source}; stop the other program, or set another address")]
    Bind { setting: &'static str, address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl SmtpServer {
    /// Binds the ports, except those for which `passed` has a socket that listens already. Connections wait in the
    /// queues of the operating system until [`SmtpServer::run`].
    ///
    /// # Errors
    /// A port is in use, or the certificate cannot be used.
    pub async fn bind(
        settings: &Settings,
        passed: &mut (dyn FnMut(SocketAddr) -> io::Result<Option<std::net::TcpListener>> + Send),
        inbox: Inbox,
        faults: FaultRegistry,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, SmtpStartError> {
        let shutdown = CancellationToken::new();
        let config = session_config(settings, &inbox, faults, clock, entropy);
        let (budget, failed_logins) = (config.budget.clone(), config.failed_logins.clone());
        let lmtp = Arc::new(SessionConfig { protocol: Protocol::Lmtp, ..config.clone() });
        let smtp = Arc::new(config);
        let tls = tls::load(settings)?;
        let context = |config: &Arc<SessionConfig>, implicit_tls| {
            let (config, inbox, tls, shutdown) = (config.clone(), inbox.clone(), tls.clone(), shutdown.clone());
            ConnectionContext { config, inbox, tls, implicit_tls, shutdown }
        };
        let wanted = [
            ("smtp_address", Some(settings.smtp_address), context(&smtp, settings.implicit_tls)),
            ("smtps_address", settings.smtps_address, context(&smtp, true)),
            ("lmtp_address", settings.lmtp_address, context(&lmtp, false)),
        ];
        let mut bound = Vec::new();
        let mut listeners = Vec::new();
        for (setting, address, context) in wanted {
            let Some(address) = address else {
                bound.push(None);
                continue;
            };
            let failed = |source| SmtpStartError::Bind { setting, address, source };
            let listener = match passed(address).map_err(failed)? {
                Some(socket) => socket,
                None => TcpListener::bind(address).await.and_then(TcpListener::into_std).map_err(failed)?,
            };
            bound.push(Some(listener.local_addr().map_err(failed)?));
            listeners.push((listener, context));
        }
        let at = |index: usize| bound.get(index).copied().flatten();
        let bound = BoundListeners { smtp: at(0).unwrap_or(settings.smtp_address), smtps: at(1), lmtp: at(2) };
        let connections = Arc::new(Semaphore::new(settings.limits.connections));
        let grace = settings.limits.grace;
        Ok(SmtpServer { listeners, bound, budget, failed_logins, connections, shutdown, grace })
    }

    /// The memory of the messages that are being received.
    pub fn budget(&self) -> MemoryBudget {
        self.budget.clone()
    }

    /// The wrong passwords of clients.
    pub fn failed_logins(&self) -> FailedLogins {
        self.failed_logins.clone()
    }

    pub fn bound(&self) -> BoundListeners {
        self.bound
    }

    /// Serves until `shutdown`. Messages that are being received then have the grace period to finish.
    ///
    /// All sessions share one thread of their own. They are many and short, so moving them between threads would cost
    /// more than the work itself. A burst of messages does not delay the pages of the site.
    pub async fn run(self, shutdown: CancellationToken) {
        let (ended, end) = oneshot::channel::<()>();
        let serve = move || {
            let runtime = Builder::new_current_thread().max_blocking_threads(BLOCKING_THREADS).enable_all().build();
            let served = runtime.and_then(|runtime| runtime.block_on(self.serve(shutdown)));
            if let Err(error) = served {
                tracing::error!(%error, "cannot run the SMTP server");
            }
            drop(ended);
        };
        if let Err(error) = thread::spawn("smtp", serve) {
            tracing::error!(%error, "cannot create the thread of the SMTP server");
        }
        let _ = end.await;
    }

    async fn serve(self, shutdown: CancellationToken) -> io::Result<()> {
        let tracker = TaskTracker::new();
        let mut accepting = Vec::new();
        for (listener, context) in self.listeners {
            let listener = TcpListener::from_std(listener)?;
            accepting.push(accept(listener, context, self.connections.clone(), tracker.clone()));
        }
        tokio::select! {
            _ = futures::future::join_all(accepting) => {}
            () = shutdown.cancelled() => {}
        }
        self.shutdown.cancel();
        tracker.close();
        // One second more than the limit of the sessions. Then the runtime drops the sessions that have not ended.
        let _ = tokio::time::timeout(self.grace + Duration::from_secs(1), tracker.wait()).await;
        Ok(())
    }
}

/// What all sessions share.
fn session_config(
    settings: &Settings,
    inbox: &Inbox,
    faults: FaultRegistry,
    clock: Clock,
    entropy: Entropy,
) -> SessionConfig {
    SessionConfig {
        protocol: Protocol::Smtp,
        hostname: settings.hostname.clone(),
        names: settings.names,
        starttls: settings.starttls,
        requires_tls: settings.requires_tls,
        users: settings.users.clone(),
        recipients: settings.recipients.clone(),
        strict_header: settings.strict_header,
        max_message_size: max_message_size(settings),
        limits: settings.limits.clone(),
        faults,
        budget: MemoryBudget::new(settings.limits.held.max(settings.max_message_size.saturating_mul(2))),
        failed_logins: FailedLogins::default(),
        replies: inbox.error_replies().clone(),
        clock,
        entropy,
    }
}

/// The limit in bytes. 0 in the settings means no limit per message; the budget for all messages together still
/// applies.
fn max_message_size(settings: &Settings) -> usize {
    if settings.max_message_size == 0 { usize::MAX } else { settings.max_message_size }
}

async fn accept(listener: TcpListener, context: ConnectionContext, connections: Arc<Semaphore>, tracker: TaskTracker) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(outcome = "not_accepted", %error, "cannot accept an SMTP connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = connections.clone().try_acquire_owned() else {
            reply_busy(stream).await;
            let reply = BUSY.trim_end();
            context.config.replies.publish(&peer.ip().to_canonical().to_string(), reply);
            context.record_refused(peer, SessionOutcome::TooManyConnections, reply, &format!("S: {reply}\n"));
            continue;
        };
        // Nagle's algorithm could delay replies by up to 40 ms.
        let _ = stream.set_nodelay(true);
        let context = context.clone();
        tracker.spawn(async move {
            connection::serve(stream, peer, context).await;
            drop(permit);
        });
    }
}

/// Rejects a connection with 421. The reply fits into the empty send buffer, so this never waits for the client.
async fn reply_busy(mut stream: TcpStream) {
    let _ = tokio::time::timeout(ACCEPT_PAUSE, stream.write_all(BUSY.as_bytes())).await;
}
