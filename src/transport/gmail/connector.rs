//! Opens the connections of the HTTP client: plain http to loopback only, a timeout, the proxy of the environment, TLS,
//! and a counter of the bytes.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;
use url::{Host, Url};

use super::counting_stream::{ByteCounter, CountingStream};
use super::proxy::{Dialer, Proxies};

/// Timeout for connecting: TCP, proxy and TLS together.
const CONNECT: Duration = Duration::from_secs(15);

/// True if tokens, secrets and messages may be sent to `url`: https, or plain http to loopback.
pub(super) fn may_carry_secrets(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback(),
        ("http", Some(Host::Domain(name))) => name.eq_ignore_ascii_case("localhost"),
        _ => false,
    }
}

/// Connects, within a timeout, only to addresses that [`may_carry_secrets`] allows, and counts the connection's bytes.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<Dialer>,
    counter: ByteCounter,
}

/// An address that [`may_carry_secrets`] rejects.
#[derive(Debug, thiserror::Error)]
#[error("plain http is allowed to loopback only")]
pub(super) struct PlainRefused;

impl Connector {
    pub fn new(tls: ClientConfig, proxies: Proxies, counter: ByteCounter) -> Self {
        let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        Connector { inner: https.wrap_connector(Dialer::new(proxies, CONNECT)), counter }
    }
}

impl Service<Uri> for Connector {
    type Response = CountingStream<MaybeHttpsStream<TokioIo<TcpStream>>>;
    type Error = Box<dyn StdError + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if !Url::parse(&uri.to_string()).is_ok_and(|url| may_carry_secrets(&url)) {
            return Box::pin(async { Err(PlainRefused.into()) });
        }
        let connecting = self.inner.call(uri);
        let counter = self.counter.clone();
        Box::pin(async move {
            let late =
                |_| io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {} s", CONNECT.as_secs()));
            let stream = tokio::time::timeout(CONNECT, connecting).await.map_err(late)??;
            Ok(CountingStream::new(stream, counter))
        })
    }
}
