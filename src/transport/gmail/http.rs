//! The HTTP client for Google: shared TLS settings, plain http only to loopback, a size limit and a timeout for every
//! answer, and a count of the request bytes written. It knows nothing about messages or tokens.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{AsHeaderName, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use hyper::http::request;
use hyper::{HeaderMap, Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tower_service::Service;
use url::{Host, Url, form_urlencoded};

use super::counting_stream::{ByteCounter, CountingStream};
use super::http_error;
use super::timeouts::GmailTimeouts;
use crate::transport::Failure;

/// Timeout for connecting, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(15);
/// The longest answer of the token endpoint that is read, in bytes; real ones are below 2,000.
const MAX_FORM_ANSWER: usize = 64 * 1024;
/// Idle timeout of a connection, shorter than Google's, so that no message is written to a connection that Google is
/// closing.
const IDLE: Duration = Duration::from_secs(30);

pub(super) const AGENT: &str = concat!("gatepost/", env!("CARGO_PKG_VERSION"));

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

/// Creates connections; clones share the TLS settings.
#[derive(Clone, Default)]
pub(super) struct Http {
    tls: Arc<OnceLock<ClientConfig>>,
    pub limits: GmailTimeouts,
}

/// An HTTP client with at most one idle connection per host, and the counter of its bytes.
pub(super) struct HttpConnection<B> {
    pub client: Client<Connector, B>,
    pub counter: ByteCounter,
}

/// A complete answer. It has no `Debug`, since its headers may hold the secret address of an upload.
pub(super) struct HttpAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl HttpAnswer {
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn retry_after(&self) -> Option<&str> {
        self.header(RETRY_AFTER)
    }
}

impl HttpConnection<Full<Bytes>> {
    /// Sends one request and reads the complete answer of at most `longest` bytes, whatever its status. `mail` is the
    /// number of body bytes that complete a message: once they are written, the message may have been sent.
    ///
    /// # Errors
    /// When no complete answer arrives in time.
    pub async fn exchange(
        &self,
        url: &Url,
        request: request::Builder,
        body: Bytes,
        (longest, limit): (usize, Duration),
        mail: Option<usize>,
    ) -> Result<HttpAnswer, Failure> {
        // hyper omits Content-Length for an empty body, and Google refuses a PUT without it (411).
        let request = request.header(CONTENT_LENGTH, body.len()).header(USER_AGENT, AGENT);
        let request = request.uri(url.as_str()).body(Full::new(body));
        let request = request.map_err(|_| http_error::no_address(url))?;
        // Twice the limit, since the headers count too.
        self.counter.start(2 * longest as u64);
        let sent = || mail.is_some_and(|bytes| self.counter.written() >= bytes as u64);
        let exchange = async {
            let response = self.client.request(request).await.map_err(|e| http_error::failure(url, &e, sent()))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, longest).collect().await;
            let body = body.map_err(|e| http_error::failure(url, e.as_ref(), sent()))?.to_bytes().to_vec();
            Ok(HttpAnswer { status: head.status.as_u16(), headers: head.headers, body })
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| Err(http_error::timed_out(url, limit, sent())))
    }
}

impl Http {
    pub fn new(limits: GmailTimeouts) -> Self {
        Http { tls: Arc::default(), limits }
    }

    pub fn line<B>(&self) -> HttpConnection<B>
    where
        B: Body + Send + 'static + Unpin,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let counter = ByteCounter::default();
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .build(self.connector(counter.clone()));
        HttpConnection { client, counter }
    }

    fn connector(&self, counter: ByteCounter) -> Connector {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let tls = self.tls.get_or_init(tls).clone();
        let inner =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        Connector { inner, counter }
    }

    /// Connects to `url`, TLS included, and closes the connection.
    ///
    /// # Errors
    /// When the connection fails or the certificate is not trusted.
    pub async fn reach(&self, url: &Url) -> Result<(), Failure> {
        let uri: Uri = url.as_str().parse().map_err(|_| http_error::no_address(url))?;
        let counter = ByteCounter::default();
        counter.start(0);
        self.connector(counter).call(uri).await.map(drop).map_err(|e| http_error::failure(url, e.as_ref(), false))
    }

    /// Posts a form and reads the answer, whatever its status.
    ///
    /// # Errors
    /// When no complete answer arrives in time.
    pub async fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<HttpAnswer, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let line = self.line::<Full<Bytes>>();
        line.exchange(url, request, Bytes::from(body), (MAX_FORM_ANSWER, self.limits.form), None).await
    }
}

/// TLS settings with the system's trust store. Without a readable store every certificate is untrusted; the log line
/// below gives the reason.
fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    #[expect(clippy::expect_used, reason = "ring offers TLS 1.2 and 1.3, the safe defaults")]
    let builder = || {
        ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
    };
    builder().with_platform_verifier().map(|b| b.with_no_client_auth()).unwrap_or_else(|e| {
        tracing::error!(error = %e, "cannot read the system's trust store; install the package ca-certificates");
        builder().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    })
}

type Plain = TokioIo<TcpStream>;

/// Connects, within a timeout, only to addresses that [`may_carry_secrets`] allows, and counts the connection's bytes.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector>,
    counter: ByteCounter,
}

/// An address that [`may_carry_secrets`] rejects.
#[derive(Debug, thiserror::Error)]
#[error("plain http is allowed to loopback only")]
pub(super) struct PlainRefused;

impl Service<Uri> for Connector {
    type Response = CountingStream<MaybeHttpsStream<Plain>>;
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
