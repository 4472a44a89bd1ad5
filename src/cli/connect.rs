//! TCP connections of commands to a server, which often runs on this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::time::Duration;

/// Connects to the first address of `authority`, a host and a port, that answers within `timeout`.
///
/// # Errors
/// That of the last address.
pub fn connect(authority: &str, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address found for the host name");
    for address in authority.to_socket_addrs()? {
        match TcpStream::connect_timeout(&reachable(address), timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The loopback address for a server that listens on every address, and any other address itself. A server on every IPv6
/// address also answers on the IPv4 ones; a container may have no IPv6.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() && is_own(Ipv6Addr::LOCALHOST.into()) => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// True for an address of this machine: a socket can be bound to it.
pub fn is_own(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_every_address_is_asked_on_loopback() {
        for (configured, asked) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("192.0.2.1:2", "192.0.2.1:2"), ("[::1]:3", "[::1]:3")]
        {
            assert_eq!(reachable(configured.parse().unwrap()), asked.parse().unwrap());
        }
        assert!(reachable("[::]:4".parse().unwrap()).ip().is_loopback());
    }

    #[test]
    fn an_address_of_this_machine_is_known() {
        assert!(is_own("127.0.0.1".parse().unwrap()));
        for other in ["192.0.2.1", "2001:db8::1", "8.8.8.8"] {
            assert!(!is_own(other.parse().unwrap()), "{other}");
        }
    }
}
