//! The listening socket: bind, accept, limit, stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::inbox::Inbox;
use crate::smtpd::{TlsError, tls_acceptor};

use super::session::{Pop3Context, Pop3Session};
use super::settings::Settings;
use super::stream::{Pop3Stream, send};

/// Pause after a failed accept. The usual cause is a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
const BUSY: &[u8] = b"-ERR [SYS/TEMP] too many connections\r\n";

/// A server whose port is bound; [`Pop3Server::run`] serves it.
pub struct Pop3Server {
    listener: TcpListener,
    address: SocketAddr,
    context: Pop3Context,
    /// The TLS that a connection begins with.
    implicit: Option<TlsAcceptor>,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Pop3StartError {
    #[error("inbox.pop3_address: cannot listen on {address}: {source}; stop the other program, or set another address")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("POP3: {0}")]
    Tls(#[from] TlsError),
}

impl Pop3Server {
    /// Binds the port. Connections wait in the queue of the operating system until [`Pop3Server::run`].
    ///
    /// # Errors
    /// The port is in use, or the certificate cannot be used.
    pub async fn bind(settings: &Settings, inbox: Inbox) -> Result<Self, Pop3StartError> {
        let (mut starttls, mut implicit) = (None, None);
        if let Some(tls) = &settings.tls {
            let acceptor = tls_acceptor(&tls.certificate, tls.key.as_deref())?;
            *if tls.implicit { &mut implicit } else { &mut starttls } = Some(acceptor);
        }
        let address = settings.address;
        let failed = |source| Pop3StartError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let context = Pop3Context {
            inbox,
            logins: settings.logins.clone(),
            starttls,
            limits: settings.limits.clone(),
            messages: Arc::new(Semaphore::new(settings.limits.messages)),
            shutdown: CancellationToken::new(),
        };
        Ok(Pop3Server { listener, address, context, implicit })
    }

    /// The address in use, with the actual port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`. Commands in progress then have the grace period to finish.
    pub async fn run(self, shutdown: CancellationToken) {
        let tracker = TaskTracker::new();
        tokio::select! {
            () = self.accept(&tracker) => {}
            () = shutdown.cancelled() => {}
        }
        self.context.shutdown.cancel();
        tracker.close();
        let _ = timeout(self.context.limits.grace, tracker.wait()).await;
    }

    async fn accept(&self, tracker: &TaskTracker) {
        let connections = Arc::new(Semaphore::new(self.context.limits.connections));
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(outcome = "pop3_not_accepted", %error, "cannot accept a POP3 connection");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            let Ok(permit) = connections.clone().try_acquire_owned() else {
                // The reply fits into the empty send buffer, so this never waits for the client.
                let _ = timeout(ACCEPT_PAUSE, send(&mut Pop3Stream::Plain(stream), BUSY)).await;
                continue;
            };
            let (context, implicit) = (self.context.clone(), self.implicit.clone());
            tracker.spawn(async move {
                if let Err(error) = serve(stream, context, implicit).await {
                    tracing::debug!(client = %peer.ip(), %error, "a POP3 connection failed");
                }
                drop(permit);
            });
        }
    }
}

async fn serve(stream: TcpStream, context: Pop3Context, implicit: Option<TlsAcceptor>) -> io::Result<()> {
    let mut stream = Pop3Stream::Plain(stream);
    if let Some(acceptor) = implicit {
        stream = timeout(HANDSHAKE_TIMEOUT, stream.secure(&acceptor)).await.map_err(io::Error::from)??;
    }
    Pop3Session::new(context, stream).run().await
}
