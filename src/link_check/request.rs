//! One HEAD request to a link of a message: resolves the host name, checks all its addresses, connects to one of them.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;
use url::Url;

use crate::tls_client::{self, TrustedCertificates};

use super::public::is_public;

/// Maximum size of a response head in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// Maximum number of redirects that are followed.
const MAX_REDIRECTS: usize = 3;
/// Addresses of a name that are tried.
const MAX_ADDRESSES: usize = 16;

/// Why a request failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RequestError {
    #[error("Blocked private/reserved address")]
    Blocked,
    #[error("unsupported URL")]
    Unsupported,
    #[error("no such host")]
    NoSuchHost,
    #[error("{0}")]
    Connect(String),
    #[error("certificate or TLS failure")]
    Tls,
    #[error("no valid HTTP response")]
    Http,
    #[error("too many redirects: stopped after 3")]
    Redirects,
}

impl From<io::Error> for RequestError {
    /// Keeps the message of the operating system without its number, in lower case: `connection refused`.
    fn from(error: io::Error) -> Self {
        let text = error.to_string();
        RequestError::Connect(text.split(" (os error").next().unwrap_or_default().to_lowercase())
    }
}

impl From<legacy::Error> for RequestError {
    fn from(error: legacy::Error) -> Self {
        let dialed = error.source().and_then(|source| source.downcast_ref::<RequestError>());
        match dialed {
            Some(failed) => failed.clone(),
            // The stream was connected, so its TLS has failed.
            None if error.is_connect() => RequestError::Tls,
            None => RequestError::Http,
        }
    }
}

/// Sends the requests of the link check.
pub struct Requester {
    /// True if internal (not public) addresses may be reached.
    pub internal: bool,
    pub user_agent: String,
    /// `None` if the platform trusts no authority.
    client: OnceLock<Option<Client<HttpsConnector<CheckedDialer>, Empty<Bytes>>>>,
}

impl Requester {
    pub fn new(internal: bool, user_agent: String) -> Self {
        Requester { internal, user_agent, client: OnceLock::new() }
    }

    /// The response status of `url`; with `follow`, that of the URL it redirects to. Every hop is checked again.
    ///
    /// # Errors
    /// If there is no response; [`RequestError::Blocked`] if a host name or a hop leads to an internal address.
    pub async fn head(&self, url: &Url, follow: bool) -> Result<StatusCode, RequestError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.request_once(&url).await?;
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match location {
                Some(location) if follow && response.status().is_redirection() => {
                    url = url.join(location).map_err(|_| RequestError::Unsupported)?;
                }
                _ => return Ok(response.status()),
            }
        }
        Err(RequestError::Redirects)
    }

    async fn request_once(&self, url: &Url) -> Result<Response<Incoming>, RequestError> {
        if !["http", "https"].contains(&url.scheme()) {
            return Err(RequestError::Unsupported);
        }
        let client = self.client.get_or_init(|| client(self.internal)).as_ref().ok_or(RequestError::Tls)?;
        let request = Request::head(url.as_str()).header(USER_AGENT, &self.user_agent).body(Empty::new());
        Ok(client.request(request.map_err(|_| RequestError::Unsupported)?).await?)
    }
}

/// A client that keeps no connection.
fn client(internal: bool) -> Option<Client<HttpsConnector<CheckedDialer>, Empty<Bytes>>> {
    let tls = tls_client::config(TrustedCertificates::Platform).ok()?;
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    let connector = https.wrap_connector(CheckedDialer { internal });
    let mut builder = Client::builder(TokioExecutor::new());
    Some(builder.pool_max_idle_per_host(0).http1_max_buf_size(MAX_HEAD).build(connector))
}

/// Resolves the host name, checks all its addresses, and connects to one of them.
#[derive(Clone)]
struct CheckedDialer {
    internal: bool,
}

impl Service<Uri> for CheckedDialer {
    type Response = TokioIo<TcpStream>;
    type Error = RequestError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let internal = self.internal;
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
            let addresses = lookup_host((host, port)).await.map_err(|_| RequestError::NoSuchHost)?;
            let addresses = allowed(addresses.take(MAX_ADDRESSES).collect(), internal)?;
            Ok(TokioIo::new(TcpStream::connect(addresses.as_slice()).await?))
        })
    }
}

/// `addresses`, if all of them may be reached. A name with both a public and an internal address is an attack.
fn allowed(addresses: Vec<SocketAddr>, internal: bool) -> Result<Vec<SocketAddr>, RequestError> {
    if addresses.is_empty() {
        return Err(RequestError::NoSuchHost);
    }
    match internal || addresses.iter().all(|address| is_public(address.ip())) {
        true => Ok(addresses),
        false => Err(RequestError::Blocked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Starts a server that sends the next of `responses` to each request. Returns its address.
    async fn server(responses: Vec<String>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for response in responses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 2048]).await.unwrap();
                stream.write_all(response.as_bytes()).await.unwrap();
            }
        });
        address
    }

    fn requester(internal: bool) -> Requester {
        Requester::new(internal, "Mailpit/v1".to_owned())
    }

    #[tokio::test]
    async fn an_internal_address_is_blocked_in_every_spelling() {
        for url in [
            "http://127.0.0.1/",
            "http://localhost/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://①②⑦.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest/meta-data/",
            "https://user@10.1.2.3:8443/",
            "http://0/",
        ] {
            let outcome = requester(false).head(&Url::parse(url).unwrap(), true).await;
            assert!(matches!(outcome, Err(RequestError::Blocked)), "{url}: {outcome:?}");
        }
    }

    #[test]
    fn a_name_with_one_internal_address_is_blocked() {
        let addresses = vec!["8.8.8.8:80".parse().unwrap(), "10.0.0.1:80".parse().unwrap()];
        assert!(matches!(allowed(addresses, false), Err(RequestError::Blocked)));
    }

    #[tokio::test]
    async fn redirects_are_followed_on_request_at_most_three_times() {
        let found = |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nConnection: close\r\n\r\n");
        let gone = "HTTP/1.1 410 Gone\r\nConnection: close\r\n\r\n".to_owned();

        let address = server(vec![found("/next"), gone]).await;
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        assert_eq!(requester(true).head(&url, true).await.unwrap(), StatusCode::GONE);

        let address = server(vec![found("/next")]).await;
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        assert_eq!(requester(true).head(&url, false).await.unwrap(), StatusCode::FOUND);

        let address = server(vec![found("/again"); 4]).await;
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        assert!(matches!(requester(true).head(&url, true).await, Err(RequestError::Redirects)));

        let address = server(vec![found("file:///etc/passwd")]).await;
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        assert!(matches!(requester(true).head(&url, true).await, Err(RequestError::Unsupported)));
    }

    #[tokio::test]
    async fn an_oversized_head_and_a_closed_port_are_errors() {
        let address = server(vec![format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(2 * MAX_HEAD))]).await;
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        assert!(requester(true).head(&url, true).await.is_err());

        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = Url::parse(&format!("http://{closed}/")).unwrap();
        assert_eq!(requester(true).head(&url, true).await.unwrap_err().to_string(), "connection refused");
    }
}
