//! The client's IP address: from the socket, or from a trusted proxy's X-Forwarded-For.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;
use rocket::Request;

/// The key that throttles count by: an IPv4 address, or the /64 of an IPv6 address, since a subscriber owns at least
/// that. An IPv4 client behind NAT64 counts by its IPv4 address.
pub fn client(request: &Request<'_>, trusted: &[IpNet]) -> String {
    let forwarded: Vec<&str> = request.headers().get("X-Forwarded-For").collect();
    let Some(peer) = request.remote().map(|socket| socket.ip().to_canonical()) else {
        return "unknown".to_owned();
    };
    if !forwarded.is_empty() && peer.is_loopback() && !is_trusted(peer, trusted) {
        warn_once();
    }
    throttle_key(resolve(peer, &forwarded, trusted))
}

/// Walks X-Forwarded-For from its end as long as a trusted hop wrote the entry.
fn resolve(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    /// A longer chain is not a real path.
    const MAX_HOPS: usize = 16;
    let mut client = peer;
    let hops = forwarded.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops.take(MAX_HOPS) {
        if !is_trusted(client, trusted) {
            break;
        }
        let Some(address) = hop_address(hop.trim()) else { break };
        client = address.to_canonical();
    }
    client
}

/// Some proxies write the client's port after the address.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_matches(['[', ']']).parse().ok();
    bare.or_else(|| hop.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

fn throttle_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, e, f, ..] = v6.segments();
            // The well-known prefix 64:ff9b::/96 (RFC 6052 §2.1), which contains an IPv4 address.
            if [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0] {
                let [.., w, x, y, z] = v6.octets();
                return Ipv4Addr::new(w, x, y, z).to_string();
            }
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

fn warn_once() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "a proxy on localhost sends X-Forwarded-For but is not in trusted_proxies: all visitors count as one client"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|n| n.parse().unwrap()).collect();
        throttle_key(resolve(peer.parse().unwrap(), forwarded, &trusted))
    }

    #[test]
    fn no_proxy_is_trusted_by_default() {
        assert_eq!(resolved("127.0.0.1", &["203.0.113.9"], &[]), "127.0.0.1");
    }

    #[test]
    fn the_last_hop_that_no_trusted_proxy_wrote_is_the_client() {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8"];
        assert_eq!(resolved("127.0.0.1", &["198.51.100.7, 203.0.113.9, 10.1.2.3"], &trusted), "203.0.113.9");
        assert_eq!(resolved("127.0.0.1", &["198.51.100.7", "203.0.113.9"], &trusted), "203.0.113.9");
        assert_eq!(resolved("127.0.0.1", &["garbage"], &trusted), "127.0.0.1");
        assert_eq!(resolved("192.0.2.1", &["203.0.113.9"], &trusted), "192.0.2.1");
    }

    #[test]
    fn a_port_after_an_address_is_ignored() {
        for hop in ["203.0.113.9:4711", "203.0.113.9", "[203.0.113.9]"] {
            assert_eq!(resolved("127.0.0.1", &[hop], &["127.0.0.1/32"]), "203.0.113.9", "{hop}");
        }
        for hop in ["[2001:db8::1]:443", "[2001:db8::1]", "2001:db8::1"] {
            assert_eq!(resolved("127.0.0.1", &[hop], &["127.0.0.1/32"]), "2001:db8::/64", "{hop}");
        }
    }

    #[test]
    fn an_ipv6_subscriber_is_one_client_whatever_the_suffix() {
        assert_eq!(resolved("2001:db8:1:2:3:4:5:6", &[], &[]), "2001:db8:1:2::/64");
        assert_eq!(resolved("::ffff:192.0.2.1", &[], &[]), "192.0.2.1");
    }

    #[test]
    fn a_client_behind_nat64_counts_by_its_ipv4_address() {
        assert_eq!(resolved("64:ff9b::192.0.2.1", &[], &[]), "192.0.2.1");
        assert_eq!(resolved("127.0.0.1", &["64:ff9b::cb00:7109"], &["127.0.0.1/32"]), "203.0.113.9");
        assert_eq!(resolved("64:ff9b:1::c000:201", &[], &[]), "64:ff9b:1::/64", "another prefix");
    }
}
