//! HTTPS for the pages of the inbox alone: a listener that ends TLS and passes the bytes to the HTTP front on loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Simultaneous connections. Further ones wait in the queue of the operating system.
const CONNECTIONS: usize = 512;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after a failed accept. The usual cause is a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time for connections to end after the shutdown of the front.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes that are passed at a time.
const BUFFER: usize = 16 * 1024;

/// A bound HTTPS address.
pub struct HttpsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl HttpsListener {
    /// Binds `address`.
    ///
    /// # Errors
    /// The port is in use, or the address does not belong to this machine.
    pub async fn bind(address: SocketAddr, acceptor: TlsAcceptor) -> io::Result<Self> {
        Ok(HttpsListener { listener: TcpListener::bind(address).await?, acceptor })
    }

    /// # Errors
    /// The system does not tell the address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`. `front` has the limits of time and size of HTTP.
    pub async fn run(self, front: SocketAddr, shutdown: CancellationToken) {
        let tracker = TaskTracker::new();
        tokio::select! {
            () = self.accept(front, &tracker) => {}
            () = shutdown.cancelled() => {}
        }
        tracker.close();
        let _ = timeout(GRACE, tracker.wait()).await;
    }

    async fn accept(&self, front: SocketAddr, tracker: &TaskTracker) {
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(permit) = connections.clone().acquire_owned().await else { return };
            let client = match self.listener.accept().await {
                Ok((client, _)) => client,
                Err(error) => {
                    tracing::warn!(outcome = "https_not_accepted", %error, "cannot accept an HTTPS connection");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let acceptor = self.acceptor.clone();
            tracker.spawn(async move {
                if let Err(error) = relay(client, &acceptor, front).await {
                    tracing::debug!(%error, "an HTTPS connection failed");
                }
                drop(permit);
            });
        }
    }
}

async fn relay(client: TcpStream, acceptor: &TlsAcceptor, front: SocketAddr) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(client)).await.map_err(io::Error::from)??;
    let mut server = TcpStream::connect(front).await?;
    server.set_nodelay(true)?;
    copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await?;
    Ok(())
}
