//! A GET request to a running inbox, for `readyz` and `dump`. HTTP/1.0, so that the server closes the connection behind
//! its answer and sends no chunks.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// Largest answer in bytes; larger than any message that is accepted by default.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;

/// Where an inbox is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InboxUrl {
    pub is_https: bool,
    /// Host and port.
    pub authority: String,
    /// Path without a slash at the end.
    pub path: String,
    /// `name:password`.
    pub login: Option<String>,
}

impl InboxUrl {
    /// Parses `http://name:password@host:8025/path/`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = (!url.username().is_empty())
            .then(|| format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default())));
        Some(InboxUrl {
            is_https: url.scheme() == "https",
            authority: format!("{}:{}", url.host_str()?, url.port_or_known_default()?),
            path: url.path().trim_end_matches('/').to_owned(),
            login,
        })
    }
}

/// Status and body of `path`, which begins with a slash.
///
/// # Errors
/// The server cannot be reached, is too slow, or does not speak HTTP.
pub(super) fn get(url: &InboxUrl, path: &str, timeout: Duration) -> io::Result<(u16, Vec<u8>)> {
    let stream = connect(&url.authority, timeout)?;
    let login = url.login.as_ref().map(|login| format!("Authorization: Basic {}\r\n", STANDARD.encode(login)));
    let (authority, login) = (&url.authority, login.unwrap_or_default());
    let request = format!("GET {}{path} HTTP/1.0\r\nHost: {authority}\r\n{login}\r\n", url.path);
    if !url.is_https {
        return exchange(stream, request.as_bytes());
    }
    let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let is_own = is_own(stream.peer_addr()?.ip());
    let client = ClientConnection::new(tls_config(is_own)?, name).map_err(io::Error::other)?;
    exchange(StreamOwned::new(client, stream), request.as_bytes())
}

fn connect(authority: &str, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in authority.to_socket_addrs()?.collect::<Vec<SocketAddr>>() {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn exchange(mut stream: impl Read + Write, request: &[u8]) -> io::Result<(u16, Vec<u8>)> {
    stream.write_all(request)?;
    stream.flush()?;
    let mut answer = Vec::new();
    match stream.take(MAX_ANSWER).read_to_end(&mut answer) {
        // Some servers close a TLS connection without its last alert.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        _ => {}
    }
    let no_http = || io::Error::other("no HTTP server");
    let end = memchr::memmem::find(&answer, b"\r\n\r\n").ok_or_else(no_http)?;
    let head = std::str::from_utf8(answer.get(..end).unwrap_or_default()).map_err(|_| no_http())?;
    let status = head.strip_prefix("HTTP/1.").and_then(|head| head.split(' ').nth(1)?.parse().ok());
    Ok((status.ok_or_else(no_http)?, answer.split_off(end + 4)))
}

/// True for an address of this machine: a socket can be bound to it.
fn is_own(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

/// A server on this machine often has a certificate that nobody signed, and every certificate of it is accepted. That of
/// another machine must be valid, since the request may hold a password.
fn tls_config(is_own: bool) -> io::Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(io::Error::other)?;
    let builder = match is_own {
        true => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
        false => builder.with_platform_verifier().map_err(io::Error::other)?,
    };
    Ok(Arc::new(builder.with_no_client_auth()))
}

#[derive(Debug)]
struct AnyCertificate(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_of_this_machine_may_show_any_certificate() {
        assert!(is_own("127.0.0.1".parse().unwrap()));
        for other in ["192.0.2.1", "2001:db8::1", "8.8.8.8"] {
            assert!(!is_own(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn an_address_has_its_port_its_path_and_its_login() {
        let url = InboxUrl::parse("http://dev:a%40b@mail.test/inbox/").unwrap();
        assert_eq!((url.authority.as_str(), url.path.as_str()), ("mail.test:80", "/inbox"));
        assert_eq!((url.login.as_deref(), url.is_https), (Some("dev:a@b"), false));
        assert_eq!(InboxUrl::parse("https://[::1]:8025").unwrap().authority, "[::1]:8025");
        assert_eq!(InboxUrl::parse("ftp://x"), None);
        assert_eq!(InboxUrl::parse("localhost:8025"), None);
    }
}
