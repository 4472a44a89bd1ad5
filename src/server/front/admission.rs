//! Which connections are accepted: a limit for all together, and one per client while they are scarce.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::web::{FrontCounters, FrontRefusal};

use super::limits::FrontLimits;

/// Counts the connections of all listeners. Clones share the counts.
#[derive(Clone)]
pub struct Admission(Arc<AdmissionState>);

struct AdmissionState {
    connections: usize,
    per_client: usize,
    trusted: Vec<IpNet>,
    counters: Arc<FrontCounters>,
    open: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    all: usize,
    /// By client; trusted ones are not counted here.
    by_client: HashMap<IpAddr, usize>,
}

/// A connection that was accepted; released when dropped.
pub struct Admitted {
    admission: Admission,
    /// The client; `None` if it is trusted.
    client: Option<IpAddr>,
}

impl Admission {
    /// `trusted`: proxies that speak for many clients.
    pub fn new(limits: &FrontLimits, trusted: Vec<IpNet>, counters: Arc<FrontCounters>) -> Self {
        Admission(Arc::new(AdmissionState {
            connections: limits.connections,
            per_client: limits.per_client,
            trusted,
            counters,
            open: Mutex::default(),
        }))
    }

    /// Accepts a connection of `peer`.
    ///
    /// # Errors
    /// When all connections are in use, or the client has its share.
    pub fn admit(&self, peer: IpAddr) -> Result<Admitted, FrontRefusal> {
        let client = self.client(peer);
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.0.connections {
            return Err(FrontRefusal::TooManyConnections);
        }
        let are_scarce = open.all * 2 > self.0.connections;
        if let Some(client) = client {
            let count = open.by_client.entry(client).or_default();
            if are_scarce && *count >= self.0.per_client {
                return Err(FrontRefusal::TooManyOfClient);
            }
            *count += 1;
        }
        open.all += 1;
        self.0.counters.connections.store(open.all, Ordering::Relaxed);
        Ok(Admitted { admission: self.clone(), client })
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

    fn release(&self, client: Option<IpAddr>) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        self.0.counters.connections.store(open.all, Ordering::Relaxed);
        if let Some(client) = client
            && let Some(count) = open.by_client.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                open.by_client.remove(&client);
            }
        }
    }
}

impl Admitted {
    pub fn is_trusted(&self) -> bool {
        self.client.is_none()
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.admission.release(self.client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connections: usize, per_client: usize) -> Admission {
        let limits = FrontLimits { connections, per_client, ..FrontLimits::default() };
        Admission::new(&limits, vec!["10.0.0.0/8".parse().unwrap()], Arc::default())
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
        for peer in ["10.1.2.3", "127.0.0.1", "::1", "203.0.113.9"] {
            assert_eq!(admit(&admission, peer).err(), Some(FrontRefusal::TooManyConnections), "{peer}");
        }
    }

    #[test]
    fn nothing_is_kept_of_clients_that_are_gone() {
        let admission = admission(10, 1);
        for host in 0..200 {
            drop(admit(&admission, &format!("203.0.113.{host}")));
        }
        let open = admission.0.open.lock().unwrap();
        assert!(open.all == 0 && open.by_client.is_empty());
    }
}
