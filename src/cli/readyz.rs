//! `gatepost readyz`: asks the running server whether it is ready, for health checks of containers.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::time::Duration;

use super::connect::reachable;
use super::http_get::{self, ServerUrl};

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why the server is not ready.
#[derive(Debug, thiserror::Error)]
pub enum ReadyzError {
    #[error(
        "port = 0 picks another port at each start, so this command does not know it; set ROCKET_PORT to the port that \
         the server printed"
    )]
    AnyPort,
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

/// Asks `/readyz` of the server that listens at `configured` and prints its status: `ready`, or `degraded` if it serves
/// pages but a transport fails.
///
/// # Errors
/// When the server cannot be reached, or is not ready.
pub fn run(configured: SocketAddr, out: &mut dyn Write) -> Result<(), ReadyzError> {
    if configured.port() == 0 {
        return Err(ReadyzError::AnyPort);
    }
    let at = reachable(configured);
    let server = ServerUrl { is_https: false, authority: at.to_string(), path: String::new(), login: None };
    let (code, body) = http_get::get(&server, "/readyz", TIMEOUT).map_err(|error| match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => ReadyzError::Silent { at },
        ErrorKind::InvalidData => ReadyzError::NotGatepost(at),
        _ => ReadyzError::Unreachable { at, error },
    })?;
    let status = status(&body).ok_or(ReadyzError::NotGatepost(at))?;
    if code != 200 {
        return Err(ReadyzError::NotReady { at, status });
    }
    Ok(writeln!(out, "{status}")?)
}

/// The word in the body's `status`.
fn status(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("status")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_with_a_status_is_gateposts() {
        assert_eq!(status(b"{\"status\":\"ready\",\"checks\":{}}\n").as_deref(), Some("ready"));
        for other in ["", "ok", "{}", "{\"status\":1}"] {
            assert_eq!(status(other.as_bytes()), None, "{other}");
        }
    }
}
