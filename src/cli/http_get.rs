//! A GET request to a running server, for `readyz` and `dump`. HTTP/1.0, so that the server closes the connection behind
//! its answer and sends no chunks.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::tls_client::{self, TrustedCertificates};

use super::connect::{connect, is_own};

/// Largest answer in bytes; larger than any message that is accepted by default.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    pub is_https: bool,
    /// Host and port.
    pub authority: String,
    /// Path without a slash at the end.
    pub path: String,
    /// `name:password`.
    pub login: Option<String>,
}

impl ServerUrl {
    /// Parses `http://name:password@host:8025/path/`.
    pub fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = (!url.username().is_empty())
            .then(|| format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default())));
        Some(ServerUrl {
            is_https: url.scheme() == "https",
            authority: format!("{}:{}", url.host_str()?, url.port_or_known_default()?),
            path: url.path().trim_end_matches('/').to_owned(),
            login,
        })
    }
}

/// Status and body of `path`, which begins with a slash. `timeout` is for connecting and for each read and write.
///
/// # Errors
/// The server cannot be reached, is too slow, or does not speak HTTP ([`io::ErrorKind::InvalidData`]).
pub fn get(url: &ServerUrl, path: &str, timeout: Duration) -> io::Result<(u16, Vec<u8>)> {
    let stream = connect(&url.authority, timeout)?;
    stream.set_read_timeout(Some(timeout)).and_then(|()| stream.set_write_timeout(Some(timeout)))?;
    let login = url.login.as_ref().map(|login| format!("Authorization: Basic {}\r\n", STANDARD.encode(login)));
    let (authority, login) = (&url.authority, login.unwrap_or_default());
    let request = format!("GET {}{path} HTTP/1.0\r\nHost: {authority}\r\n{login}\r\n", url.path);
    if !url.is_https {
        return exchange(stream, request.as_bytes());
    }
    let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    // A server on this machine often has a certificate that nobody signed. That of another machine must be valid, since
    // the request may hold a password.
    let trusted =
        if is_own(stream.peer_addr()?.ip()) { TrustedCertificates::Any } else { TrustedCertificates::Platform };
    let config = tls_client::config(trusted).map_err(io::Error::other)?;
    let client = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    exchange(StreamOwned::new(client, stream), request.as_bytes())
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
    let no_http = || io::Error::new(io::ErrorKind::InvalidData, "no HTTP server");
    let end = memchr::memmem::find(&answer, b"\r\n\r\n").ok_or_else(no_http)?;
    let head = std::str::from_utf8(answer.get(..end).unwrap_or_default()).map_err(|_| no_http())?;
    let status = head.strip_prefix("HTTP/1.").and_then(|head| head.split(' ').nth(1)?.parse().ok());
    let (status, length) = (status.ok_or_else(no_http)?, content_length(head));
    let body = answer.split_off(end + 4);
    if length.is_some_and(|length| length != body.len()) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer is incomplete"));
    }
    Ok((status, body))
}

fn content_length(head: &str) -> Option<usize> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_port_its_path_and_its_login() {
        let url = ServerUrl::parse("http://dev:a%40b@mail.test/inbox/").unwrap();
        assert_eq!((url.authority.as_str(), url.path.as_str()), ("mail.test:80", "/inbox"));
        assert_eq!((url.login.as_deref(), url.is_https), (Some("dev:a@b"), false));
        assert_eq!(ServerUrl::parse("https://[::1]:8025").unwrap().authority, "[::1]:8025");
        assert_eq!(ServerUrl::parse("ftp://x"), None);
        assert_eq!(ServerUrl::parse("localhost:8025"), None);
    }

    /// A server that answers with these bytes and closes the connection.
    struct Answer(&'static [u8]);

    impl Read for Answer {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Answer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error() {
        let whole = Answer(b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        assert_eq!(exchange(whole, b"").unwrap(), (200, b"hello".to_vec()));
        assert_eq!(exchange(Answer(b"HTTP/1.1 404 no\r\n\r\nx"), b"").unwrap(), (404, b"x".to_vec()));
        let cut = Answer(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhell");
        assert_eq!(exchange(cut, b"").unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(exchange(Answer(b"220 smtp\r\n"), b"").unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
