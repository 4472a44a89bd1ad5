//! `gatepost readyz`: asks the running server whether it is ready, for health checks of containers.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes that are read of the answer.
const MAX_ANSWER: u64 = 64 * 1024;

/// Why the server is not ready.
#[derive(Debug, thiserror::Error)]
pub enum ReadyzError {
    #[error("cannot ask the server at {at}: {error}")]
    Unreachable { at: SocketAddr, error: io::Error },
    #[error("the server at {at} did not answer within {} seconds", TIMEOUT.as_secs())]
    Silent { at: SocketAddr },
    #[error("{0} did not answer as Gatepost does")]
    NotGatepost(SocketAddr),
    #[error("the server at {at} is not ready: {status}")]
    NotReady { at: SocketAddr, status: String },
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Asks `/readyz` of the server whose site listens at `site` and prints its status: `ready`, or `degraded` if it serves
/// pages but a transport fails. If nothing listens there, a server that is an inbox alone may listen at `inbox`.
///
/// # Errors
/// When the server cannot be reached, or is not ready.
pub async fn run(site: SocketAddr, inbox: Option<SocketAddr>, out: &mut (dyn Write + Send)) -> Result<(), ReadyzError> {
    let asked = status_of(site, parsed).await;
    let status = match (asked, inbox) {
        (Err(ReadyzError::Unreachable { at, error }), Some(inbox)) => match status_of(inbox, parsed_of_inbox).await {
            // Both are closed. The site is the address that its operator knows.
            Err(ReadyzError::Unreachable { .. }) => Err(ReadyzError::Unreachable { at, error }),
            asked => asked,
        },
        (asked, _) => asked,
    };
    Ok(writeln!(out, "{}", status?)?)
}

/// Reads code and status of an answer.
type AnswerReader = fn(&[u8]) -> Option<(u16, String)>;

async fn status_of(configured: SocketAddr, read: AnswerReader) -> Result<String, ReadyzError> {
    let at = SocketAddr::new(reachable(configured.ip()), configured.port());
    let answer = tokio::time::timeout(TIMEOUT, ask(at)).await.map_err(|_| ReadyzError::Silent { at })?;
    let answer = answer.map_err(|error| ReadyzError::Unreachable { at, error })?;
    match read(&answer).ok_or(ReadyzError::NotGatepost(at))? {
        (200, status) => Ok(status),
        (_, status) => Err(ReadyzError::NotReady { at, status }),
    }
}

/// A server that listens on every address is asked on the loopback address.
const fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    }
}

/// HTTP/1.0, so that the server closes the connection behind its answer and sends no chunks.
async fn ask(at: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(at).await?;
    stream.write_all(format!("GET /readyz HTTP/1.0\r\nHost: {at}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The status code and the body.
fn split(answer: &[u8]) -> Option<(u16, &str)> {
    let (head, body) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
    Some((head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?, body))
}

/// The inbox answers as Mailpit does: the code says all.
fn parsed_of_inbox(answer: &[u8]) -> Option<(u16, String)> {
    let (code, _) = split(answer)?;
    Some((code, if code == 200 { "ready" } else { "down" }.to_owned()))
}

/// The status code, and the word in the body's `status`.
fn parsed(answer: &[u8]) -> Option<(u16, String)> {
    let (code, body) = split(answer)?;
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some((code, body.get("status")?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_with_a_status_is_gateposts() {
        let answer = |text: &str| parsed(text.as_bytes());
        let ready = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"status\":\"ready\",\"checks\":{}}\n";
        assert_eq!(answer(ready), Some((200, "ready".to_owned())));
        let down = "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\"down\"}";
        assert_eq!(answer(down), Some((503, "down".to_owned())));
        for other in ["", "220 smtp\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nok", "HTTP/1.0 200 OK\r\n\r\n{}"] {
            assert_eq!(answer(other), None, "{other}");
        }
    }

    #[test]
    fn the_answer_of_an_inbox_is_its_code() {
        let answer = |text: &str| parsed_of_inbox(text.as_bytes());
        assert_eq!(answer("HTTP/1.0 200 OK\r\n\r\n"), Some((200, "ready".to_owned())));
        let down = "HTTP/1.0 503 Service Unavailable\r\n\r\nService Unavailable";
        assert_eq!(answer(down), Some((503, "down".to_owned())));
        assert_eq!(answer("220 smtp\r\n\r\n"), None);
    }

    #[test]
    fn a_wildcard_address_is_asked_on_loopback() {
        for (configured, asked) in [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.1", "192.0.2.1")] {
            assert_eq!(reachable(configured.parse().unwrap()), asked.parse::<IpAddr>().unwrap());
        }
    }
}
