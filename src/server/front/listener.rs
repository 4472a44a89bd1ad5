//! A listening address of the front: accept, admit, relay to Rocket, stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::web::{ClientPeers, FrontRefusal};

use super::admission::Admission;
use super::limits::FrontLimits;
use super::refusal::LastAnswers;
use super::refusal_log::RefusalLog;
use super::relay::{Relay, RelayEnd, RocketConnection};

/// Connections that wait to be accepted. Attackers connect by the thousand, and a connection beyond this number waits
/// for a second before it is tried again.
const BACKLOG: u32 = 4_096;
/// Pause after a failed accept. The usual cause is a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time to connect to Rocket. It takes microseconds, or a second if more than a thousand clients send their first
/// requests at the same moment: Rocket's own queue holds 1,024 connections.
const CONNECT: Duration = Duration::from_secs(5);

/// What all listeners share. Clones share it.
#[derive(Clone)]
pub struct FrontContext {
    pub limits: Arc<FrontLimits>,
    pub admission: Admission,
    pub answers: LastAnswers,
    pub log: Arc<RefusalLog>,
    pub shutdown: CancellationToken,
}

/// A bound address; connections wait in the queue of the operating system until [`FrontListener::run`].
pub struct FrontListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl FrontListener {
    /// Binds `address`; port 0 selects a free port.
    ///
    /// # Errors
    /// When the port is in use, or the address does not belong to this machine.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok(FrontListener { listener, address })
    }

    /// Serves a socket that listens already and does not block.
    ///
    /// # Errors
    /// When the system does not know it.
    pub fn on(socket: std::net::TcpListener) -> io::Result<Self> {
        let listener = TcpListener::from_std(socket)?;
        let address = listener.local_addr()?;
        Ok(FrontListener { listener, address })
    }

    /// The bound address, with the actual port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the shutdown; then waits for the requests in progress. `rocket` is the address of the Rocket that
    /// answers, and `peers` gives it the addresses of the clients.
    pub async fn run(self, context: FrontContext, rocket: SocketAddr, peers: ClientPeers) {
        let connections = TaskTracker::new();
        let accept = async {
            let mut is_failing = false;
            loop {
                let socket = context.admission.socket().await;
                match self.listener.accept().await {
                    Ok((client, peer)) => {
                        is_failing = false;
                        let route = RocketRoute { address: rocket, peers: peers.clone() };
                        let relay = accept(&context, client, peer, route);
                        connections.spawn(async move {
                            relay.await;
                            drop(socket);
                        });
                    }
                    Err(error) => {
                        if !is_failing {
                            tracing::warn!(%error, "cannot accept an HTTP connection");
                        }
                        is_failing = true;
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            () = accept => {}
            () = context.shutdown.cancelled() => {}
        }
        drop(self.listener);
        connections.close();
        let _ = timeout(context.limits.grace, connections.wait()).await;
    }
}

/// How a listener's connections reach their Rocket.
struct RocketRoute {
    address: SocketAddr,
    peers: ClientPeers,
}

/// Admits or refuses a connection. The future relays it until it is closed.
fn accept(
    context: &FrontContext,
    client: TcpStream,
    peer: SocketAddr,
    route: RocketRoute,
) -> impl Future<Output = ()> + use<> {
    let context = context.clone();
    let admitted = context.admission.admit(peer.ip());
    if let Err(refusal) = &admitted {
        context.log.record(*refusal, peer.ip());
    }
    async move {
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => return context.answers.refuse(client, refusal, context.limits.linger).await,
        };
        let mut relay = Relay::new(client, &context.limits, admitted.wait.clone(), admitted.is_trusted());
        let end = serve(&context, &mut relay, peer, &route).await;
        if admitted.is_displaced() {
            context.log.record(FrontRefusal::Displaced, peer.ip());
        }
        // Nothing but the last answer is left, which has a limit of its own.
        drop(admitted);
        relay.close(end, &context.answers).await;
    }
}

/// Relays until the connection is to end.
async fn serve(context: &FrontContext, relay: &mut Relay<'_>, peer: SocketAddr, route: &RocketRoute) -> RelayEnd {
    let end = loop {
        if let Some(end) = relay.run().await {
            break end;
        }
        match timeout(CONNECT, route.connect(peer)).await {
            Ok(Ok(rocket)) => relay.connect(rocket),
            Ok(Err(_)) | Err(_) => break RelayEnd::Refused(FrontRefusal::TooManyConnections),
        }
    };
    if let RelayEnd::Refused(refusal) = end {
        context.log.record(refusal, peer.ip());
    }
    end
}

impl RocketRoute {
    async fn connect(&self, client: SocketAddr) -> io::Result<RocketConnection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let peer = self.peers.add(stream.local_addr()?.port(), client);
        Ok(RocketConnection { peer, stream })
    }
}
