//! The clients behind the front's connections to Rocket. Rocket sees only connections from loopback; the client of each
//! is known by its source port.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use rocket::Request;

/// Ports of ended connections that are remembered.
const MAX_ENDED: usize = 4_096;

/// The source ports of the front's open connections to one Rocket, with the address of each client. Clones share them.
#[derive(Clone, Default)]
pub struct ClientPeers(Arc<RwLock<PeerPorts>>);

#[derive(Default)]
struct PeerPorts {
    open: HashMap<u16, SocketAddr>,
    /// The ports of connections that ended last. Rocket may still begin a request of theirs.
    ended: VecDeque<u16>,
}

/// The connection that a request came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestSource {
    Front,
    /// A connection of the front that has ended since, for example as its body came too slowly. Nobody gets the answer.
    EndedConnection,
    /// Another program of this machine.
    OtherProgram,
}

/// An open connection; removed when dropped, which must be before its socket is closed.
pub struct ClientPeer {
    peers: ClientPeers,
    port: u16,
}

impl ClientPeers {
    /// Adds the connection from `port` of 127.0.0.1. No other program can use the port for the same destination as long
    /// as the connection is open.
    pub fn add(&self, port: u16, client: SocketAddr) -> ClientPeer {
        self.0.write().unwrap_or_else(PoisonError::into_inner).open.insert(port, client);
        ClientPeer { peers: self.clone(), port }
    }

    /// Gives `request` the address of its client, if it came through the front.
    pub fn resolve(&self, request: &mut Request<'_>) -> RequestSource {
        // Only requests of tests have no address.
        let Some(peer) = request.remote() else { return RequestSource::Front };
        let ports = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match ports.open.get(&peer.port()).copied() {
            _ if peer.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) => RequestSource::OtherProgram,
            Some(client) => {
                request.set_remote(client);
                RequestSource::Front
            }
            None if ports.ended.contains(&peer.port()) => RequestSource::EndedConnection,
            None => RequestSource::OtherProgram,
        }
    }
}

impl Drop for ClientPeer {
    fn drop(&mut self) {
        let mut ports = self.peers.0.write().unwrap_or_else(PoisonError::into_inner);
        ports.open.remove(&self.port);
        if ports.ended.len() >= MAX_ENDED {
            ports.ended.pop_front();
        }
        ports.ended.push_back(self.port);
    }
}

#[cfg(test)]
mod tests {
    use rocket::local::blocking::Client;

    use super::*;

    #[test]
    fn a_request_of_an_ended_connection_is_not_another_programs() {
        let client = Client::untracked(rocket::build()).unwrap();
        let peers = ClientPeers::default();
        let source = |port: u16| {
            let mut request = client.get("/").remote(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            (peers.resolve(request.inner_mut()), request.inner().remote().map(|remote| remote.port()))
        };
        let open = peers.add(1_000, "192.0.2.1:99".parse().unwrap());
        assert_eq!(source(1_000), (RequestSource::Front, Some(99)));
        assert_eq!(source(2_000).0, RequestSource::OtherProgram);
        drop(open);
        assert_eq!(source(1_000), (RequestSource::EndedConnection, Some(1_000)));
        (0..MAX_ENDED).for_each(|_| drop(peers.add(3_000, "192.0.2.1:99".parse().unwrap())));
        assert_eq!(source(1_000).0, RequestSource::OtherProgram);
    }
}
