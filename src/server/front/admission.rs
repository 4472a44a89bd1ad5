//! Which connections are accepted: a limit for all together, and one per client while they are scarce. At the limit a
//! connection that waits for a request ends for a new one, so that silent connections keep nobody out.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::web::{FrontCounters, FrontRefusal};

use super::head_wait::HeadWait;
use super::limits::FrontLimits;
use super::refusal::WAITING;

/// Sockets for connections that end and are no longer counted: half of them may wait for the client.
const ENDING: usize = 2 * WAITING;

/// Counts the connections of all listeners. Clones share the counts.
#[derive(Clone)]
pub struct Admission(Arc<AdmissionState>);

struct AdmissionState {
    connections: usize,
    per_client: usize,
    trusted: Vec<IpNet>,
    counters: Arc<FrontCounters>,
    shutdown: CancellationToken,
    epoch: Instant,
    /// One permit per socket of a client, from before it is accepted until it is closed.
    sockets: Arc<Semaphore>,
    open: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    /// By number, in the order in which they were accepted.
    all: BTreeMap<u64, OpenConnection>,
    next: u64,
    /// By client; trusted ones are not counted here.
    by_client: HashMap<IpAddr, usize>,
}

struct OpenConnection {
    /// The client; `None` if it is trusted.
    client: Option<IpAddr>,
    wait: HeadWait,
}

/// A connection that was accepted; released when dropped.
pub struct Admitted {
    admission: Admission,
    number: u64,
    is_trusted: bool,
    pub wait: HeadWait,
}

impl Admission {
    /// `trusted`: proxies that speak for many clients. The connections end after `shutdown`.
    pub fn new(
        limits: &FrontLimits,
        trusted: Vec<IpNet>,
        counters: Arc<FrontCounters>,
        shutdown: CancellationToken,
    ) -> Self {
        Admission(Arc::new(AdmissionState {
            connections: limits.connections,
            per_client: limits.per_client,
            trusted,
            counters,
            shutdown,
            epoch: Instant::now(),
            sockets: Arc::new(Semaphore::new(limits.connections + ENDING)),
            open: Mutex::default(),
        }))
    }

    /// Waits until the limit of open files has space for another socket of a client. Those that end are not counted by
    /// [`Admission::admit`], and without this limit a burst of connections would open more files than the process may.
    pub async fn socket(&self) -> Option<OwnedSemaphorePermit> {
        self.0.sockets.clone().acquire_owned().await.ok()
    }

    /// Accepts a connection of `peer`. If all are in use, the one that has waited longest for a request is released,
    /// and ends.
    ///
    /// # Errors
    /// When all connections are in use and none waits for a request, or the client has its share.
    pub fn admit(&self, peer: IpAddr) -> Result<Admitted, FrontRefusal> {
        let client = self.client(peer);
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let are_scarce = open.all.len() * 2 > self.0.connections;
        if are_scarce && client.is_some_and(|client| open.of_client(client) >= self.0.per_client) {
            return Err(FrontRefusal::TooManyOfClient);
        }
        if open.all.len() >= self.0.connections {
            let number = open.longest_waiting().ok_or(FrontRefusal::TooManyConnections)?;
            if let Some(ended) = open.remove(number) {
                ended.wait.end();
            }
        }
        let wait = HeadWait::new(self.0.epoch, &self.0.shutdown);
        let number = open.add(OpenConnection { client, wait: wait.clone() });
        self.0.counters.connections.store(open.all.len(), Ordering::Relaxed);
        Ok(Admitted { admission: self.clone(), number, is_trusted: client.is_none(), wait })
    }

    /// The key by which a client is counted: its IPv4 address, or the /64 of its IPv6 address. `None` if it is trusted.
    fn client(&self, peer: IpAddr) -> Option<IpAddr> {
        let address = peer.to_canonical();
        if address.is_loopback() || self.0.trusted.iter().any(|network| network.contains(&address)) {
            return None;
        }
        Some(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }

    /// True while the connection is counted. It is not if it was released for another.
    fn holds(&self, number: u64) -> bool {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).all.contains_key(&number)
    }

    fn release(&self, number: u64) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(number);
        self.0.counters.connections.store(open.all.len(), Ordering::Relaxed);
    }
}

impl OpenConnections {
    fn of_client(&self, client: IpAddr) -> usize {
        self.by_client.get(&client).copied().unwrap_or_default()
    }

    fn longest_waiting(&self) -> Option<u64> {
        let waiting = self.all.iter().filter_map(|(number, open)| Some((open.wait.since()?, *number)));
        waiting.min().map(|(_, number)| number)
    }

    fn add(&mut self, connection: OpenConnection) -> u64 {
        let number = self.next;
        self.next += 1;
        if let Some(client) = connection.client {
            *self.by_client.entry(client).or_default() += 1;
        }
        self.all.insert(number, connection);
        number
    }

    fn remove(&mut self, number: u64) -> Option<OpenConnection> {
        let removed = self.all.remove(&number)?;
        if let Some(client) = removed.client
            && let Some(count) = self.by_client.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                self.by_client.remove(&client);
            }
        }
        Some(removed)
    }
}

impl Admitted {
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// True if the connection was released for a new one.
    pub fn is_displaced(&self) -> bool {
        !self.admission.holds(self.number)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.admission.release(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn admission(connections: usize, per_client: usize) -> Admission {
        let limits = FrontLimits { connections, per_client, ..FrontLimits::default() };
        Admission::new(&limits, vec!["10.0.0.0/8".parse().unwrap()], Arc::default(), CancellationToken::new())
    }

    fn admit(admission: &Admission, peer: &str) -> Result<Admitted, FrontRefusal> {
        admission.admit(peer.parse().unwrap())
    }

    #[test]
    fn a_client_gets_its_share_only_while_more_than_half_of_the_connections_are_in_use() {
        let admission = admission(10, 2);
        let mut held: Vec<_> =
            (0..6).map(|_| admit(&admission, "203.0.113.1").unwrap_or_else(|e| panic!("{e:?}"))).collect();
        assert_eq!(admit(&admission, "203.0.113.1").err(), Some(FrontRefusal::TooManyOfClient));
        // The IPv4 address in its IPv6 form is the same client.
        assert_eq!(admit(&admission, "::ffff:203.0.113.1").err(), Some(FrontRefusal::TooManyOfClient));
        let other = admit(&admission, "203.0.113.2");
        assert!(other.is_ok());
        drop(other);
        held.pop();
        assert!(admit(&admission, "203.0.113.1").is_ok());
    }

    #[test]
    fn an_ipv6_subscriber_is_one_client_and_trusted_peers_are_exempt() {
        let admission = admission(10, 1);
        let _held: Vec<_> = (0..6).filter_map(|_| admit(&admission, "127.0.0.1").ok()).collect();
        let _first = admit(&admission, "2001:db8:0:1::1").unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(admit(&admission, "2001:db8:0:1:ffff::2").err(), Some(FrontRefusal::TooManyOfClient));
        assert!(admit(&admission, "2001:db8:0:2::1").is_ok());
        let _trusted: Vec<_> = (0..3).filter_map(|_| admit(&admission, "10.1.2.3").ok()).collect();
        for open in admission.0.open.lock().unwrap().all.values() {
            open.wait.set(None);
        }
        for peer in ["10.1.2.3", "127.0.0.1", "::1", "203.0.113.9"] {
            assert_eq!(admit(&admission, peer).err(), Some(FrontRefusal::TooManyConnections), "{peer}");
        }
    }

    #[test]
    fn the_connection_that_has_waited_longest_for_a_request_ends_for_a_new_one() {
        let admission = admission(3, 3);
        let [first, second, third] = ["203.0.113.1", "203.0.113.2", "203.0.113.3"]
            .map(|peer| admit(&admission, peer).unwrap_or_else(|e| panic!("{e:?}")));
        first.wait.set(None);
        second.wait.set(Some(Instant::now() + Duration::from_secs(1)));
        let fourth = admit(&admission, "203.0.113.3").unwrap_or_else(|e| panic!("{e:?}"));
        assert!(third.is_displaced() && third.wait.stop().is_cancelled());
        assert_eq!([&first, &second, &fourth].map(Admitted::is_displaced), [false; 3]);
        drop(third);
        assert_eq!(admission.0.open.lock().unwrap().of_client("203.0.113.3".parse().unwrap()), 1);
        second.wait.set(None);
        fourth.wait.set(None);
        assert_eq!(admit(&admission, "203.0.113.4").err(), Some(FrontRefusal::TooManyConnections));
    }

    #[test]
    fn nothing_is_kept_of_clients_that_are_gone() {
        let admission = admission(10, 1);
        for host in 0..200 {
            drop(admit(&admission, &format!("203.0.113.{host}")));
        }
        let open = admission.0.open.lock().unwrap();
        assert!(open.all.is_empty() && open.by_client.is_empty());
    }

    #[tokio::test]
    async fn a_socket_is_open_only_while_there_is_space_for_those_that_end() {
        use futures::FutureExt as _;
        let admission = admission(2, 2);
        let socket = || admission.socket().now_or_never().flatten();
        let mut open: Vec<_> = std::iter::from_fn(socket).take(1_000).collect();
        assert_eq!(open.len(), 2 + ENDING);
        open.pop();
        let next = socket();
        assert!(next.is_some() && socket().is_none(), "one has closed");
    }
}
