//! Free ports for servers that cannot be told to take any: Postfix and smtp-sink.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::TcpListener;

/// Below the range that the system gives to clients, so that nobody is given one between this look and the server's.
const FIRST: u16 = 12_000;
const COUNT: u64 = 18_000;

/// Different ones that nobody listens on.
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
