//! The HTTP client for Google: a size limit and a timeout for every answer, and a count of the request bytes written. It
//! knows nothing about messages or tokens.

use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{AsHeaderName, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use hyper::http::request;
use hyper::{HeaderMap, Method, Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use tower_service::Service;
use url::{Url, form_urlencoded};

use crate::transport::interface::Failure;
use crate::transport::tls::client_config;

use super::connector::Connector;
use super::counting_stream::ByteCounter;
use super::http_error;
use super::proxy::Proxies;
use super::timeouts::GmailTimeouts;

/// The longest answer of the token endpoint that is read, in bytes; real ones are below 2,000.
const MAX_FORM_ANSWER: usize = 64 * 1024;
/// Idle timeout of a connection, shorter than Google's, so that no message is written to a connection that Google is
/// closing.
const IDLE: Duration = Duration::from_secs(30);

pub(super) const AGENT: &str = concat!("gatepost/", env!("CARGO_PKG_VERSION"));

/// Creates connections; clones share the TLS settings.
#[derive(Clone)]
pub(super) struct Http {
    tls: Arc<OnceLock<Result<ClientConfig, Failure>>>,
    proxies: Proxies,
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
    /// Uses the proxy that the environment names.
    pub fn new(limits: GmailTimeouts) -> Self {
        Http { tls: Arc::default(), proxies: Proxies::from_environment(), limits }
    }

    /// # Errors
    /// When the system's trust store cannot be read, or the proxy cannot be used.
    pub fn line<B>(&self) -> Result<HttpConnection<B>, Failure>
    where
        B: Body + Send + 'static + Unpin,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let counter = ByteCounter::default();
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .build(self.connector(counter.clone())?);
        Ok(HttpConnection { client, counter })
    }

    fn connector(&self, counter: ByteCounter) -> Result<Connector, Failure> {
        let tls = self.tls.get_or_init(|| client_config(None)).clone()?;
        Ok(Connector::new(tls, self.proxies.clone(), counter))
    }

    /// Connects to `url`, TLS included, and closes the connection; returns the proxy in between, if there is one.
    ///
    /// # Errors
    /// When the connection fails or the certificate is not trusted.
    pub async fn reach(&self, url: &Url) -> Result<Option<String>, Failure> {
        let uri: Uri = url.as_str().parse().map_err(|_| http_error::no_address(url))?;
        let counter = ByteCounter::default();
        counter.start(0);
        let proxy = self.proxies.name(&uri);
        let connection = self.connector(counter)?.call(uri).await;
        connection.map(|_| proxy).map_err(|e| http_error::failure(url, e.as_ref(), false))
    }

    /// Posts a form and reads the answer, whatever its status.
    ///
    /// # Errors
    /// When no complete answer arrives in time.
    pub async fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<HttpAnswer, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let line = self.line::<Full<Bytes>>()?;
        line.exchange(url, request, Bytes::from(body), (MAX_FORM_ANSWER, self.limits.form), None).await
    }
}
