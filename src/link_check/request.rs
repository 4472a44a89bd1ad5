//! One HEAD request to a link of a message: resolves the host name, checks all its addresses, connects to one of them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::public::is_public;

/// Maximum size of a response head in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// Maximum number of redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("Blocked private/reserved address")]
    Blocked,
    #[error("unsupported URL")]
    Unsupported,
    #[error("no such host")]
    NoSuchHost,
    #[error("{}", without_code(.0))]
    Connect(#[from] io::Error),
    #[error("certificate or TLS failure")]
    Tls,
    #[error("no valid HTTP response")]
    Http(#[from] hyper::Error),
    #[error("too many redirects: stopped after 3")]
    Redirects,
}

/// The message of an operating system error without its number, in lower case: `connection refused`.
fn without_code(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Sends the requests of the link check.
pub struct Requester {
    /// True if internal (not public) addresses may be reached.
    pub internal: bool,
    pub user_agent: String,
    tls: OnceLock<Option<Arc<ClientConfig>>>,
}

impl Requester {
    pub fn new(internal: bool, user_agent: String) -> Self {
        Requester { internal, user_agent, tls: OnceLock::new() }
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

    async fn request_once(&self, url: &Url) -> Result<Response<hyper::body::Incoming>, RequestError> {
        let host = url.host().ok_or(RequestError::Unsupported)?;
        let port = url.port_or_known_default().ok_or(RequestError::Unsupported)?;
        let addresses = self.allowed(resolve(&host, port).await?)?;
        let stream = TcpStream::connect(addresses.as_slice()).await?;
        match url.scheme() {
            "http" => self.exchange(TokioIo::new(stream), url).await,
            "https" => {
                let config = self.tls().ok_or(RequestError::Tls)?;
                let name = match host {
                    Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| RequestError::Tls)?,
                    Host::Ipv4(ip) => ServerName::from(IpAddr::V4(ip)),
                    Host::Ipv6(ip) => ServerName::from(IpAddr::V6(ip)),
                };
                let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|_| RequestError::Tls)?;
                self.exchange(TokioIo::new(stream), url).await
            }
            _ => Err(RequestError::Unsupported),
        }
    }

    /// `addresses`, if all of them may be reached. A name with both a public and an internal address is an attack.
    fn allowed(&self, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, RequestError> {
        if addresses.is_empty() {
            return Err(RequestError::NoSuchHost);
        }
        match self.internal || addresses.iter().all(|address| is_public(address.ip())) {
            true => Ok(addresses),
            false => Err(RequestError::Blocked),
        }
    }

    async fn exchange<S>(&self, stream: S, url: &Url) -> Result<Response<hyper::body::Incoming>, RequestError>
    where
        S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::Builder::new().max_buf_size(MAX_HEAD).handshake(stream).await?;
        let mut target = url.path().to_owned();
        if let Some(query) = url.query() {
            target = format!("{target}?{query}");
        }
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let request = Request::builder()
            .method(Method::HEAD)
            .uri(target)
            .header(HOST, authority)
            .header(USER_AGENT, &self.user_agent)
            .body(Empty::<Bytes>::new())
            .map_err(|_| RequestError::Unsupported)?;
        // The connection is polled here and dropped with the response, so that nothing outlives the timeout.
        let mut response = std::pin::pin!(sender.send_request(request));
        tokio::select! {
            response = &mut response => Ok(response?),
            ended = connection => { ended?; Ok(response.await?) }
        }
    }

    fn tls(&self) -> Option<Arc<ClientConfig>> {
        let build = || {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
            Some(Arc::new(builder.with_platform_verifier().ok()?.with_no_client_auth()))
        };
        self.tls.get_or_init(build).clone()
    }
}

async fn resolve(host: &Host<&str>, port: u16) -> Result<Vec<SocketAddr>, RequestError> {
    match host {
        Host::Ipv4(ip) => Ok(vec![SocketAddr::new(IpAddr::V4(*ip), port)]),
        Host::Ipv6(ip) => Ok(vec![SocketAddr::new(IpAddr::V6(*ip), port)]),
        Host::Domain(name) => {
            let addresses = tokio::net::lookup_host((*name, port)).await.map_err(|_| RequestError::NoSuchHost)?;
            Ok(addresses.take(16).collect())
        }
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
        assert!(matches!(requester(false).allowed(addresses), Err(RequestError::Blocked)));
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
