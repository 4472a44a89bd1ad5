//! Opens the TCP connection: tries all addresses of the server, as RFC 8305 ("Happy Eyeballs") describes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::transport::interface::{Failure, FailureKind};

use super::settings::Settings;

/// How long one address may be silent before the next one is tried as well (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The most addresses of a name that are tried.
const MAX_ADDRESSES: usize = 16;

/// Connects to the first address that answers.
///
/// # Errors
/// A transient failure when no address answers in time.
pub(super) async fn dial(settings: &Settings) -> Result<TcpStream, Failure> {
    let (host, port) = (settings.host.as_str(), settings.port);
    let connected = async { race(in_turn(lookup_host((host, port)).await?.collect())).await };
    let stream = timeout(settings.timeouts.connect, connected)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "timed out; is the port blocked?")))
        // Without this each message takes 44 ms longer: small writes wait for delayed acknowledgements.
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream));
    let reason = |error| format!("cannot connect to {host}:{port}: {error}");
    stream.map_err(|error| Failure::new(FailureKind::Transient, reason(error)))
}

/// Alternates between IPv6 and IPv4, and begins with the family that the system prefers (RFC 8305 §4).
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let preferred = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == preferred);
    let mut second = second.into_iter();
    let mut all: Vec<_> = first.into_iter().flat_map(|address| [Some(address), second.next()]).flatten().collect();
    all.extend(second);
    all.truncate(MAX_ADDRESSES);
    all
}

/// Tries the addresses one after another: the next one when the last attempt failed, or was silent for
/// [`ATTEMPT_DELAY`]. The attempts continue side by side, and the first connection wins.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut attempts = JoinSet::new();
    let mut left = addresses.into_iter();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        if let Some(address) = left.next() {
            attempts.spawn(TcpStream::connect(address));
        }
        tokio::select! {
            ended = attempts.join_next() => match ended {
                None => return Err(last),
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => last = error,
                Some(Err(error)) => last = io::Error::other(error),
            },
            () = sleep(ATTEMPT_DELAY), if left.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// A listener that accepts nothing, with a queue that is full: further attempts are never answered.
    async fn silent(ip: &str) -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{ip}:0").parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(Ok(stream)) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            queue.push(stream);
        }
        (address, listener, queue)
    }

    #[tokio::test]
    async fn a_silent_address_delays_the_next_one_by_a_quarter_of_a_second() {
        let mut kept = Vec::new();
        for ip in ["127.0.0.2", "127.0.0.3", "127.0.0.4"] {
            kept.push(silent(ip).await);
        }
        let live = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut addresses: Vec<_> = kept.iter().map(|(address, ..)| *address).collect();
        addresses.push(live.local_addr().unwrap());
        let begin = Instant::now();
        let stream = race(addresses).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), live.local_addr().unwrap());
        let waited = begin.elapsed();
        assert!(waited >= 3 * ATTEMPT_DELAY && waited < 12 * ATTEMPT_DELAY, "{waited:?}");
    }

    #[tokio::test]
    async fn a_refused_address_delays_nothing_and_the_last_error_is_reported() {
        let live = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = TcpListener::bind("127.0.0.2:0").await.unwrap().local_addr().unwrap();
        let begin = Instant::now();
        race(vec![closed, closed, live.local_addr().unwrap()]).await.unwrap();
        assert!(begin.elapsed() < ATTEMPT_DELAY);
        assert_eq!(race(vec![closed]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(race(Vec::new()).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_families_alternate() {
        let parse = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let six = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1"]);
        assert_eq!(in_turn(six), parse(&["[::1]:1", "1.0.0.1:1", "[::2]:1", "[::3]:1"]));
        let four = parse(&["1.0.0.1:1", "1.0.0.2:1", "[::1]:1", "[::2]:1", "[::3]:1"]);
        assert_eq!(in_turn(four), parse(&["1.0.0.1:1", "[::1]:1", "1.0.0.2:1", "[::2]:1", "[::3]:1"]));
        assert_eq!(in_turn(parse(&["1.0.0.1:1"; 99])).len(), MAX_ADDRESSES);
    }
}
