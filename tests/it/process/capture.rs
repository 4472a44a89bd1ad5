//! kill -9 under load: every message acknowledged with 250 is in the inbox afterwards.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::process::{Folder, Process};

const ROUNDS: usize = 20;
const SENDERS: usize = 50;

/// Sends one message after the other until the server is killed, and the id of each acknowledged one to `ids`.
async fn send(address: Arc<str>, sender: usize, ids: mpsc::UnboundedSender<String>) -> std::io::Result<()> {
    let mut server = BufReader::new(TcpStream::connect(&*address).await?);
    reply(&mut server).await?;
    server.write_all(b"EHLO client.example.com\r\n").await?;
    reply(&mut server).await?;
    for number in 0.. {
        let envelope = format!("MAIL FROM:<s{sender}@example.com>\r\nRCPT TO:<r{number}@example.org>\r\nDATA\r\n");
        server.write_all(envelope.as_bytes()).await?;
        for _ in 0..3 {
            reply(&mut server).await?;
        }
        let body = "All work and no play. ".repeat(40);
        let message = format!("Subject: {sender}-{number}\r\nTo: r{number}@example.org\r\n\r\n{body}\r\n.\r\n");
        server.write_all(message.as_bytes()).await?;
        let last = reply(&mut server).await?;
        assert!(last.starts_with("250 2.0.0 Ok: queued as "), "{last}");
        let id = last.rsplit(' ').next().unwrap_or_default();
        if ids.send(id.to_owned()).is_err() {
            break;
        }
    }
    Ok(())
}

/// The last line of a reply.
async fn reply(server: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    loop {
        let mut line = String::new();
        if server.read_line(&mut line).await? == 0 || !line.ends_with('\n') {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.as_bytes().get(3) == Some(&b' ') {
            return Ok(line.trim_end().to_owned());
        }
    }
}

async fn listed(process: &Process, newest: usize) -> HashSet<String> {
    let page = process.visitor().get(&format!("/dev/inbox/api/v1/messages?limit={newest}")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let messages = page.json()["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().filter_map(|message| message["ID"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_acknowledged_with_250_is_in_the_inbox_after_kill_9_under_load() {
    let folder = Folder::new("[default.inbox]\nkeep_messages = 0\n");
    let mut process = folder.serve();
    for round in 0..ROUNDS {
        let address: Arc<str> = process.smtp().into();
        let (id_sender, mut ids) = mpsc::unbounded_channel();
        let senders: Vec<_> =
            (0..SENDERS).map(|sender| tokio::spawn(send(address.clone(), sender, id_sender.clone()))).collect();
        drop(id_sender);
        let mut acknowledged = Vec::new();
        // Each round kills the server at a different point of a batch.
        while acknowledged.len() < 60 + 13 * round {
            acknowledged.push(ids.recv().await.expect("senders that run until the kill"));
        }
        process.kill();
        for sender in senders {
            assert!(sender.await.expect("a sender").is_err(), "the server was killed while it sent");
        }
        while let Some(id) = ids.recv().await {
            acknowledged.push(id);
        }
        process = folder.serve();
        // At most one batch may also be listed that was stored but not acknowledged.
        let listed = listed(&process, acknowledged.len() + 1_000).await;
        let lost: Vec<_> = acknowledged.iter().filter(|id| !listed.contains(*id)).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} lost: {lost:?}", lost.len(), acknowledged.len());
    }
}
