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
    #[error("port is 0, so that only the server knows its port; set ROCKET_PORT to the one that it printed")]
    NoPort,
    #[error("the server at {at} did not answer within {} seconds", TIMEOUT.as_secs())]
    Silent { at: SocketAddr },
    #[error("{0} did not answer as Gatepost does")]
    NotGatepost(SocketAddr),
    #[error("the server at {at} is not ready: {status}")]
    NotReady { at: SocketAddr, status: String },
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Asks `/readyz` of the server that listens at `configured` and prints its status: `ready`, or `degraded` if it serves
/// pages but a transport fails.
///
/// # Errors
/// When the server cannot be reached, or is not ready.
pub async fn run(configured: SocketAddr, out: &mut (dyn Write + Send)) -> Result<(), ReadyzError> {
    let at = SocketAddr::new(reachable(configured.ip()), configured.port());
    if at.port() == 0 {
        return Err(ReadyzError::NoPort);
    }
    let answer = tokio::time::timeout(TIMEOUT, ask(at)).await.map_err(|_| ReadyzError::Silent { at })?;
    let answer = answer.map_err(|error| ReadyzError::Unreachable { at, error })?;
    let (code, status) = parsed(&answer).ok_or(ReadyzError::NotGatepost(at))?;
    if code != 200 {
        return Err(ReadyzError::NotReady { at, status });
    }
    Ok(writeln!(out, "{status}")?)
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

/// The status code, and the word in the body's `status`.
fn parsed(answer: &[u8]) -> Option<(u16, String)> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let code = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
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
    fn a_wildcard_address_is_asked_on_loopback() {
        for (configured, asked) in [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("192.0.2.1", "192.0.2.1")] {
            assert_eq!(reachable(configured.parse().unwrap()), asked.parse::<IpAddr>().unwrap());
        }
    }
}
