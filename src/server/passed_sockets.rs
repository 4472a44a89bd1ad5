//! Sockets that a service manager opened and passed to this process (`LISTEN_FDS`, sd_listen_fds(3)). A restart then
//! loses no connection, and the process needs no right to bind. A socket serves the listener that has its address in the
//! settings, so the checks of the settings hold for it too.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// The listeners of the settings: the name of each setting, and its address.
pub(super) type Wanted<'a> = &'a [(&'static str, SocketAddr)];

/// The sockets that are not in use yet.
#[derive(Debug, Default)]
pub struct PassedSockets(Vec<(SocketAddr, TcpListener)>);

/// Why the passed sockets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PassedSocketError {
    #[error("socket {number} of LISTEN_FDS cannot be used: {error}; Gatepost listens on TCP sockets only")]
    Unusable { number: usize, error: io::Error },
    #[error(
        "LISTEN_FDS passes a socket for {socket}, but no listener of the settings has that address ({listeners}); \
         change the setting, or ListenStream= of the socket unit"
    )]
    Unwanted { socket: SocketAddr, listeners: String },
}

impl PassedSockets {
    /// Takes the sockets over that were passed to this process. Call it once, before any thread starts, since it changes
    /// the environment: programs that this one starts must not take the sockets for theirs.
    ///
    /// # Errors
    /// A passed file is not a TCP socket that listens.
    #[cfg(unix)]
    pub fn from_environment() -> Result<Self, PassedSocketError> {
        let mut passed = listenfd::ListenFd::from_env();
        let mut sockets = Vec::new();
        for index in 0..passed.len() {
            let unusable = |error| PassedSocketError::Unusable { number: index + 1, error };
            let Some(socket) = passed.take_tcp_listener(index).map_err(unusable)? else { continue };
            let address = socket.local_addr().map_err(unusable)?;
            sockets.push((address, socket));
        }
        Ok(PassedSockets(sockets))
    }

    /// Other systems pass no sockets.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub fn from_environment() -> Result<Self, PassedSocketError> {
        Ok(PassedSockets::default())
    }

    /// Checks that every socket has a listener. Connections to one without would wait for ever.
    ///
    /// # Errors
    /// A socket has none, or two have the same.
    pub(super) fn check(&self, wanted: Wanted) -> Result<(), PassedSocketError> {
        let mut free = wanted.to_vec();
        for (socket, _) in &self.0 {
            match free.iter().position(|(_, address)| is_same(*address, *socket)) {
                Some(at) => drop(free.swap_remove(at)),
                None => {
                    let listeners: Vec<_> = wanted.iter().map(|(name, address)| format!("{name} {address}")).collect();
                    return Err(PassedSocketError::Unwanted { socket: *socket, listeners: listeners.join(", ") });
                }
            }
        }
        Ok(())
    }

    /// The passed socket with this address, ready for tokio.
    ///
    /// # Errors
    /// The system cannot make it non-blocking.
    pub(super) fn take(&mut self, address: SocketAddr) -> io::Result<Option<TcpListener>> {
        let Some(at) = self.0.iter().position(|(socket, _)| is_same(address, *socket)) else { return Ok(None) };
        let (_, socket) = self.0.swap_remove(at);
        socket.set_nonblocking(true)?;
        Ok(Some(socket))
    }
}

/// Compares without the scope of IPv6, which the settings do not have.
fn is_same(a: SocketAddr, b: SocketAddr) -> bool {
    (a.ip(), a.port()) == (b.ip(), b.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(count: usize) -> (PassedSockets, Vec<SocketAddr>) {
        let sockets: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses: Vec<_> = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
        (PassedSockets(addresses.iter().copied().zip(sockets).collect()), addresses)
    }

    #[test]
    fn a_socket_serves_the_listener_with_its_address_once() {
        let (mut sockets, at) = passed(2);
        sockets.check(&[("inbox.smtp_address", at[1]), ("port", at[0])]).unwrap();
        assert_eq!(sockets.take(at[1]).unwrap().unwrap().local_addr().unwrap(), at[1]);
        assert!(sockets.take(at[1]).unwrap().is_none());
        assert!(sockets.take(at[0]).unwrap().is_some());
    }

    #[test]
    fn a_socket_without_a_listener_or_beside_another_of_the_same_address_is_refused() {
        let (mut sockets, at) = passed(1);
        let other = SocketAddr::from(([192, 0, 2, 1], at[0].port()));
        let said = sockets.check(&[("port", other)]).unwrap_err().to_string();
        assert!(
            said.contains(&format!("a socket for {}", at[0])) && said.contains(&format!("(port {other})")),
            "{said}"
        );
        let (again, _) = passed(1);
        sockets.0.extend(again.0.into_iter().map(|(_, socket)| (at[0], socket)));
        assert!(sockets.check(&[("port", at[0])]).is_err());
    }
}
