//! HTTP to Google: one TLS set-up, plain http to loopback addresses only, a limit on every answer and on every
//! wait, and an account of how much of a request left this machine. Knows nothing of mail or tokens.

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

use super::limits::Limits;
use super::meter::{Meter, Metered};
use super::network;
use crate::transport::Failure;

/// TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(15);
/// Longest answer of the token address that is read, in bytes; real ones are below 2,000.
const MAX_FORM_ANSWER: usize = 64 * 1024;
/// Idle connections are dropped before Google does, so that a mail is not written into a closing one.
const IDLE: Duration = Duration::from_secs(30);

pub(super) const AGENT: &str = concat!("gatepost/", env!("CARGO_PKG_VERSION"));

/// Whether tokens, secrets and mail may go to `url`: https, or plain http that stays on this machine.
pub(super) fn may_carry_secrets(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback(),
        ("http", Some(Host::Domain(name))) => name.eq_ignore_ascii_case("localhost"),
        _ => false,
    }
}

/// Makes connections; clones share the TLS set-up.
#[derive(Clone, Default)]
pub(super) struct Http {
    tls: Arc<OnceLock<ClientConfig>>,
    pub limits: Limits,
}

/// A client with at most a few warm connections, and what it has written and read.
pub(super) struct Line<B> {
    pub client: Client<Connector, B>,
    pub meter: Meter,
}

/// A whole answer. Its headers may hold the address of an upload, hence no `Debug`.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn retry_after(&self) -> Option<&str> {
        self.header(RETRY_AFTER)
    }
}

impl Line<Full<Bytes>> {
    /// One request and its whole answer of at most `longest` bytes, whatever its status. `mail`: so many bytes of the
    /// request are the last of a mail, which may have been sent once they are out.
    ///
    /// # Errors
    /// When no whole answer came in time.
    pub async fn exchange(
        &self,
        url: &Url,
        request: request::Builder,
        body: Bytes,
        (longest, limit): (usize, Duration),
        mail: Option<usize>,
    ) -> Result<Answer, Failure> {
        // hyper leaves the length of nothing out, and Google refuses a PUT without one (411).
        let request = request.header(CONTENT_LENGTH, body.len()).header(USER_AGENT, AGENT);
        let request = request.uri(url.as_str()).body(Full::new(body));
        let request = request.map_err(|_| network::no_address(url))?;
        // Heads come on top of the body.
        self.meter.start(2 * longest as u64);
        let sent = || mail.is_some_and(|bytes| self.meter.written() >= bytes as u64);
        let exchange = async {
            let response = self.client.request(request).await.map_err(|e| network::failure(url, &e, sent()))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, longest).collect().await;
            let body = body.map_err(|e| network::failure(url, e.as_ref(), sent()))?.to_bytes().to_vec();
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| Err(network::timed_out(url, limit, sent())))
    }
}

impl Http {
    pub fn new(limits: Limits) -> Self {
        Http { tls: Arc::default(), limits }
    }

    pub fn line<B>(&self) -> Line<B>
    where
        B: Body + Send + 'static + Unpin,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let meter = Meter::default();
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .build(self.connector(meter.clone()));
        Line { client, meter }
    }

    fn connector(&self, meter: Meter) -> Connector {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let tls = self.tls.get_or_init(tls).clone();
        let inner =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        Connector { inner, meter }
    }

    /// Connects to `url`, TLS included, and hangs up.
    ///
    /// # Errors
    /// When nobody answers there or the certificate is not believed.
    pub async fn reach(&self, url: &Url) -> Result<(), Failure> {
        let uri: Uri = url.as_str().parse().map_err(|_| network::no_address(url))?;
        let meter = Meter::default();
        meter.start(0);
        self.connector(meter).call(uri).await.map(drop).map_err(|e| network::failure(url, e.as_ref(), false))
    }

    /// Posts a form and reads the answer whatever its status.
    ///
    /// # Errors
    /// When no whole answer came in time.
    pub async fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<Answer, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let line = self.line::<Full<Bytes>>();
        line.exchange(url, request, Bytes::from(body), (MAX_FORM_ANSWER, self.limits.form), None).await
    }
}

/// The system's trust store. Without a usable one https fails with "not trusted", and this line says why.
fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    #[expect(clippy::expect_used, reason = "ring offers TLS 1.2 and 1.3, the safe defaults")]
    let builder = || {
        ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
    };
    builder().with_platform_verifier().map(|b| b.with_no_client_auth()).unwrap_or_else(|e| {
        tracing::error!(error = %e, "the system's trust store cannot be read; install the ca-certificates package");
        builder().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    })
}

type Plain = TokioIo<TcpStream>;

/// Connects where secrets may go, within a time limit, and meters the connection.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector>,
    meter: Meter,
}

/// An address that [`may_carry_secrets`] forbids.
#[derive(Debug, thiserror::Error)]
#[error("plain http to another machine is refused")]
pub(super) struct PlainRefused;

impl Service<Uri> for Connector {
    type Response = Metered<MaybeHttpsStream<Plain>>;
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
        let meter = self.meter.clone();
        Box::pin(async move {
            let late =
                |_| io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {} s", CONNECT.as_secs()));
            let stream = tokio::time::timeout(CONNECT, connecting).await.map_err(late)??;
            Ok(Metered::new(stream, meter))
        })
    }
}
