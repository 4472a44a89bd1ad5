//! The clients behind the front's connections to Rocket. Rocket sees only connections from loopback; the client of each
//! is known by its source port.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use rocket::Request;

/// The source ports of the front's open connections to one Rocket, with the address of each client. Clones share them.
#[derive(Clone, Default)]
pub struct ClientPeers(Arc<RwLock<HashMap<u16, SocketAddr>>>);

/// An open connection; removed when dropped, which must be before its socket is closed.
pub struct ClientPeer {
    peers: ClientPeers,
    port: u16,
}

impl ClientPeers {
    /// Adds the connection from `port` of 127.0.0.1. No other program can use the port for the same destination as long
    /// as the connection is open.
    pub fn add(&self, port: u16, client: SocketAddr) -> ClientPeer {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(port, client);
        ClientPeer { peers: self.clone(), port }
    }

    /// Gives `request` the address of its client. Returns false if it came over a connection that is not the front's:
    /// another program of this machine sent it.
    pub fn resolve(&self, request: &mut Request<'_>) -> bool {
        // Only requests of tests have no address.
        let Some(peer) = request.remote() else { return true };
        let is_front = peer.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST);
        let client = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&peer.port()).copied();
        match client.filter(|_| is_front) {
            Some(client) => request.set_remote(client),
            None => return false,
        }
        true
    }
}

impl Drop for ClientPeer {
    fn drop(&mut self) {
        self.peers.0.write().unwrap_or_else(PoisonError::into_inner).remove(&self.port);
    }
}
