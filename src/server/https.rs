//! HTTPS for the pages of the inbox alone: a listener that ends TLS and passes the bytes to the HTTP front on loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional_with_sizes};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
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
/// Bytes that are read of a request without TLS.
const MAX_REQUEST: u64 = 64 * 1024;
/// The first byte of a TLS connection, the type of a handshake record (RFC 8446 §5.1).
const HANDSHAKE: u8 = 0x16;
/// The answer to a client that speaks HTTP without TLS.
const HTTPS_ONLY: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 55\r\n\
    Connection: close\r\n\r\nThis port speaks HTTPS. Begin the address with https://";

/// A bound HTTPS address.
pub struct HttpsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    connections: usize,
}

impl HttpsListener {
    /// Binds `address`.
    ///
    /// # Errors
    /// The port is in use, or the address does not belong to this machine.
    pub async fn bind(address: SocketAddr, acceptor: TlsAcceptor) -> io::Result<Self> {
        Ok(HttpsListener { listener: TcpListener::bind(address).await?, acceptor, connections: CONNECTIONS })
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
        let connections = Arc::new(Semaphore::new(self.connections));
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
    let Some(mut client) = timeout(HANDSHAKE_TIMEOUT, handshake(client, acceptor)).await.map_err(io::Error::from)??
    else {
        return Ok(());
    };
    let mut server = TcpStream::connect(front).await?;
    server.set_nodelay(true)?;
    copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await?;
    Ok(())
}

/// `None` for a client that speaks HTTP without TLS: it is answered so.
async fn handshake(mut client: TcpStream, acceptor: &TlsAcceptor) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    if client.peek(&mut first).await? == 1 && first[0] != HANDSHAKE && first[0].is_ascii_uppercase() {
        client.write_all(HTTPS_ONLY.as_bytes()).await?;
        client.shutdown().await?;
        // Closing with unread bytes would discard the answer.
        tokio::io::copy(&mut client.take(MAX_REQUEST), &mut tokio::io::sink()).await?;
        return Ok(None);
    }
    acceptor.accept(client).await.map(Some)
}

#[cfg(test)]
mod tests {
    use tokio_rustls::TlsConnector;

    use super::*;

    /// A server certificate for localhost, and a client that trusts it.
    fn certificate() -> (TlsAcceptor, TlsConnector) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tls.pem");
        std::fs::write(&path, certificate.pem() + &key.serialize_pem()).unwrap();
        let acceptor = crate::smtpd::tls_acceptor(&path, None).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client =
            rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let client = client.with_root_certificates(roots).with_no_client_auth();
        (acceptor, TlsConnector::from(Arc::new(client)))
    }

    #[tokio::test]
    async fn bytes_pass_both_ways_and_a_connection_beyond_the_limit_waits_for_its_turn() {
        let (acceptor, connector) = certificate();
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front_address = front.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = front.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        let mut https = HttpsListener::bind("127.0.0.1:0".parse().unwrap(), acceptor).await.unwrap();
        https.connections = 1;
        let (at, stop) = (https.address().unwrap(), CancellationToken::new());
        let running = tokio::spawn(https.run(front_address, stop.clone()));
        let connect = async || {
            let stream = TcpStream::connect(at).await.unwrap();
            connector.connect("localhost".try_into().unwrap(), stream).await.unwrap()
        };
        let mut first = connect().await;
        first.write_all(b"hello").await.unwrap();
        let mut echo = [0; 5];
        first.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"hello");
        assert!(timeout(Duration::from_millis(200), connect()).await.is_err(), "the only place is taken");
        drop(first);
        let mut second = timeout(Duration::from_secs(20), connect()).await.unwrap();
        second.write_all(b"again").await.unwrap();
        second.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"again");
        drop(second);
        stop.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_without_tls_is_answered_with_the_scheme_to_use() {
        let https = HttpsListener::bind("127.0.0.1:0".parse().unwrap(), certificate().0).await.unwrap();
        let (at, stop) = (https.address().unwrap(), CancellationToken::new());
        let running = tokio::spawn(https.run(at, stop.clone()));
        let mut client = TcpStream::connect(at).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, HTTPS_ONLY);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
        drop(client);
        stop.cancel();
        running.await.unwrap();
    }
}
