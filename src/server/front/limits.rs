//! The limits of the front. Tests pass smaller ones.

use std::time::Duration;

/// Most header fields of a request; the number that hyper reads.
pub const MAX_FIELDS: usize = 100;

/// Limits on connections, sizes and times.
#[derive(Clone, Debug)]
pub struct FrontLimits {
    /// Simultaneous connections over all listeners. Further connections get 503.
    pub connections: usize,
    /// Simultaneous connections of one client address (IPv6: of one /64) while more than half of `connections` are in
    /// use. Loopback and trusted proxies are exempt, since they speak for many clients.
    pub per_client: usize,
    /// Bytes of a request head, from the request line to the empty line.
    pub head_size: usize,
    /// Time from the first byte of a head to its last.
    pub head: Duration,
    /// Time that a connection may stay open without a request.
    pub idle: Duration,
    /// The same for loopback and trusted proxies. Longer than the 60 s after which nginx and others close their side,
    /// so that the proxy does not send a request on a connection that is being closed.
    pub idle_trusted: Duration,
    /// The interval over which the rate of a body or an answer is averaged.
    pub window: Duration,
    /// Bytes that must move within each `window` in which bytes are due.
    pub window_bytes: u64,
    /// Time to read and discard what a client still sends after its last answer. Without it the operating system would
    /// reset the connection, and the client could lose the answer.
    pub linger: Duration,
    /// Time in which the response to a request must begin whose client has closed its side. It may still wait for the
    /// response, or be gone.
    pub half_closed: Duration,
    /// Time for requests in progress to finish when the server stops. Longer than Rocket's own 5 s.
    pub grace: Duration,
}

impl Default for FrontLimits {
    fn default() -> Self {
        FrontLimits {
            connections: 4_096,
            per_client: 64,
            head_size: 32 * 1024,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            idle_trusted: Duration::from_secs(180),
            window: Duration::from_secs(10),
            window_bytes: 10 * 1024,
            linger: Duration::from_secs(2),
            half_closed: Duration::from_secs(10),
            grace: Duration::from_secs(8),
        }
    }
}
