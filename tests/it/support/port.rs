//! Free ports for servers that cannot choose one themselves: Postfix and smtp-sink.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::TcpListener;

/// The range is below the system's ephemeral ports, so that no client gets a port between this check and the server's
/// bind.
const FIRST: u16 = 12_000;
const COUNT: u64 = 18_000;

/// Returns `N` different free ports.
pub fn free<const N: usize>() -> [u16; N] {
    let mut found: Vec<u16> = Vec::new();
    while found.len() < N {
        let port = FIRST + u16::try_from(RandomState::new().hash_one(found.len()) % COUNT).unwrap();
        if !found.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            found.push(port);
        }
    }
    found.try_into().unwrap()
}
