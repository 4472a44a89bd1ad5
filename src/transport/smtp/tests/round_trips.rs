//! How often a message waits for the server: each wait costs one round trip, whatever the distance.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Plan, Server, mail};
use crate::mail::Message;
use crate::transport::Transport as _;
use crate::transport::smtp::{Settings, Smtp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// Passes bytes on between a client and a server, and notes each change of direction.
#[derive(Clone)]
struct Relay {
    port: u16,
    changes: Arc<Mutex<Vec<Direction>>>,
}

impl Relay {
    async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Relay { port: listener.local_addr().unwrap().port(), changes: Arc::default() };
        let relaying = relay.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(relaying.clone().pass(from_client, to_server, Direction::ToServer));
                tokio::spawn(relaying.clone().pass(from_server, to_client, Direction::ToClient));
            }
        });
        relay
    }

    async fn pass(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, direction: Direction) -> Option<()> {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let size = from.read(&mut piece).await.ok().filter(|size| *size > 0)?;
            {
                let mut changes = self.changes.lock().unwrap();
                if changes.last() != Some(&direction) {
                    changes.push(direction);
                }
            }
            to.write_all(&piece[..size]).await.ok()?;
        }
    }

    /// The round trips since the last call: how often the client has sent something and then waited.
    fn round_trips(&self) -> usize {
        std::mem::take(&mut *self.changes.lock().unwrap()).iter().filter(|way| **way == Direction::ToServer).count()
    }
}

async fn relayed(plan: Plan) -> (Server, Relay, Smtp) {
    let server = Server::start(plan).await;
    let relay = Relay::start(server.port).await;
    let smtp = Smtp::new(Settings { port: relay.port, ..server.settings() });
    (server, relay, smtp)
}

fn messages() -> [Message; 3] {
    let mut large = mail(&["kim@example.org"]);
    large.bytes = b"0123456789012345678901234567890123456789\r\n".repeat(2_000);
    [mail(&["kim@example.org"]), mail(&["a@example.org", "b@example.org", "c@example.org"]), large]
}

#[tokio::test]
async fn a_warm_message_takes_two_round_trips() {
    let (server, relay, smtp) = relayed(Plan::ordinary()).await;
    smtp.deliver(&mail(&["kim@example.org"])).await.unwrap();
    assert_eq!(relay.round_trips(), 3, "EHLO, then the envelope, then the message");
    for message in messages() {
        smtp.deliver(&message).await.unwrap();
        assert_eq!(relay.round_trips(), 2, "MAIL, RCPT and DATA at once, then the message: {}", message.bytes.len());
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn without_pipelining_each_command_takes_a_round_trip() {
    let (_server, relay, smtp) = relayed(Plan { extensions: vec!["SIZE 100000"], ..Plan::default() }).await;
    smtp.deliver(&mail(&["kim@example.org"])).await.unwrap();
    relay.round_trips();
    for (message, expected) in messages().iter().zip([4, 6, 4]) {
        smtp.deliver(message).await.unwrap();
        assert_eq!(relay.round_trips(), expected);
    }
}
