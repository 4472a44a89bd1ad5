//! The settings of the POP3 server, and its limits.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Logins;

/// The validated settings of the POP3 server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Port 0 selects a free port.
    pub address: SocketAddr,
    /// Who may read. If empty, any name and password are accepted.
    pub logins: Logins,
    pub tls: Option<Pop3Tls>,
    pub limits: Pop3Limits,
}

/// The certificate of the server.
#[derive(Clone, Debug)]
pub struct Pop3Tls {
    /// A PEM file with the certificate chain.
    pub certificate: PathBuf,
    /// The private key, if it is not in the file of the certificate.
    pub key: Option<PathBuf>,
    /// True if the stream uses TLS from the first byte, false if the client may ask for it with STLS.
    pub implicit: bool,
}

/// Limits on memory and time.
#[derive(Clone, Debug)]
pub struct Pop3Limits {
    /// Simultaneous connections. Further ones are refused.
    pub connections: usize,
    /// Messages in memory at the same time, over all connections.
    pub messages: usize,
    /// Unknown and misplaced commands before the server closes the session.
    pub errors: u32,
    /// Wrong passwords before the server closes the session.
    pub login_failures: u32,
    /// Delay of the reply to a wrong password, multiplied by their number.
    pub login_pause: Duration,
    /// Time from the end of one command to the end of the next (RFC 1939 §3: at least ten minutes).
    pub idle: Duration,
    /// Time for the client to take the answer to one command.
    pub answer: Duration,
    /// Time for sessions to finish their command when the server shuts down.
    pub grace: Duration,
}

impl Default for Pop3Limits {
    fn default() -> Self {
        Pop3Limits {
            connections: 100,
            messages: 4,
            errors: 50,
            login_failures: 3,
            login_pause: Duration::from_millis(250),
            idle: Duration::from_secs(10 * 60),
            answer: Duration::from_secs(5 * 60),
            grace: Duration::from_secs(5),
        }
    }
}
