//! The server over real sockets, on free ports.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{Pop3Limits, Pop3Server, Settings};
use crate::clock::Clock;
use crate::inbox::{self, Inbox, IncomingMessage, MessageSource, PageRequest};
use crate::random::Entropy;
use crate::secret::Logins;

struct TestServer {
    at: std::net::SocketAddr,
    inbox: Inbox,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl TestServer {
    async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.db");
        let store = inbox::Settings { path, max_message_size: 0, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
        let inbox = Inbox::open(store, Clock::system(), Entropy::seeded(7)).await.unwrap();
        let mut settings = Settings {
            address: "127.0.0.1:0".parse().unwrap(),
            logins: Logins::plain(&[("kim", "s3cret")]),
            tls: None,
            limits: Pop3Limits { login_pause: Duration::from_millis(1), ..Pop3Limits::default() },
        };
        change(&mut settings);
        let server = Pop3Server::bind(&settings, inbox.clone()).await.unwrap();
        let (at, stop) = (server.address(), CancellationToken::new());
        let running = tokio::spawn(server.run(stop.clone()));
        TestServer { at, inbox, stop, running, _folder: folder }
    }

    async fn store(&self, text: &str) {
        self.store_from(MessageSource::Smtp, text).await;
    }

    async fn store_from(&self, source: MessageSource, text: &str) {
        let message = IncomingMessage { bytes: text.as_bytes().to_vec(), source, ..IncomingMessage::default() };
        self.inbox.store(message).await.unwrap();
    }

    async fn subjects(&self) -> Vec<String> {
        let all = self.inbox.list(&PageRequest::default()).await.unwrap();
        all.into_iter().map(|summary| summary.subject).collect()
    }

    async fn connect(&self) -> TestClient {
        let mut client = TestClient(BufReader::new(TcpStream::connect(self.at).await.unwrap()));
        assert!(client.line().await.starts_with("+OK"));
        client
    }

    async fn log_in(&self) -> TestClient {
        let mut client = self.connect().await;
        client.says("USER kim", "+OK").await;
        client.says("PASS s3cret", "+OK").await;
        client
    }
}

struct TestClient(BufReader<TcpStream>);

impl TestClient {
    /// The next line without its end; empty at the end of the stream.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        tokio::time::timeout(Duration::from_secs(20), self.0.read_line(&mut line)).await.unwrap().unwrap();
        line.trim_end_matches("\r\n").to_owned()
    }

    async fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a command; the reply must begin with `expected`.
    async fn says(&mut self, command: &str, expected: &str) -> String {
        self.send(&format!("{command}\r\n")).await;
        let reply = self.line().await;
        assert!(reply.starts_with(expected), "{command}: {reply}");
        reply
    }

    /// The lines of a multi-line reply.
    async fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.line().await.as_str() {
                "." => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }
}

#[tokio::test]
async fn messages_are_listed_read_and_deleted_only_at_quit() {
    let server = TestServer::start(|_| {}).await;
    server.store("Subject: one\r\n\r\nfirst\r\n.dot\r\nlast").await;
    server.store("Subject: two\n\nbare line ends\n").await;
    let mut client = server.log_in().await;
    assert_eq!(client.says("STAT", "+OK 2 ").await.split(' ').count(), 3);
    client.says("LIST", "+OK").await;
    assert_eq!(client.rest().await.len(), 2);
    client.says("UIDL", "+OK").await;
    let ids = client.rest().await;
    assert_eq!(client.says("UIDL 2", "+OK 2 ").await.strip_prefix("+OK "), Some(ids[1].as_str()));
    client.says("RETR 1", "+OK").await;
    let message = client.rest().await;
    assert!(message.contains(&"Subject: one".to_owned()) && message.contains(&"..dot".to_owned()), "{message:?}");
    client.says("TOP 1 1", "+OK").await;
    assert_eq!(client.rest().await.last().map(String::as_str), Some("first"));
    client.says("TOP 2 0", "+OK").await;
    assert_eq!(client.rest().await.last().map(String::as_str), Some(""));
    client.says("DELE 1", "+OK").await;
    for gone in ["RETR 1", "DELE 1", "LIST 1", "TOP 1 0", "RETR 3", "RETR 0"] {
        client.says(gone, "-ERR no such message").await;
    }
    client.says("RSET", "+OK 2 ").await;
    client.says("DELE 2", "+OK").await;
    assert_eq!(server.subjects().await, ["two", "one"]);
    client.says("QUIT", "+OK 1 messages deleted").await;
    assert_eq!((client.line().await, server.subjects().await), (String::new(), vec!["one".to_owned()]));
}

#[tokio::test]
async fn listed_sizes_are_those_of_the_messages_as_they_are_sent() {
    let server = TestServer::start(|_| {}).await;
    let texts = ["Subject: a\n\n.dot\nlast", "Subject: b\r\n\r\nx\r\n", "Return-Path: <a@b.c>\nSubject: c\n\nx\ny\r\n"];
    for source in [MessageSource::Smtp, MessageSource::Api, MessageSource::Import] {
        for text in texts {
            server.store_from(source, text).await;
        }
    }
    let mut client = server.log_in().await;
    let mut total = 0;
    for number in 1..=9 {
        let announced = client.says(&format!("RETR {number}"), "+OK").await;
        let lines = client.rest().await;
        let sent: usize = lines.iter().map(|line| line.len() + 2 - usize::from(line.starts_with("..dot"))).sum();
        assert_eq!(announced, format!("+OK {sent} octets"));
        assert_eq!(client.says(&format!("LIST {number}"), "+OK").await, format!("+OK {number} {sent}"));
        total += sent;
    }
    assert_eq!(client.says("STAT", "+OK").await, format!("+OK 9 {total}"));
}

#[tokio::test]
async fn a_session_that_breaks_off_deletes_nothing() {
    let server = TestServer::start(|_| {}).await;
    server.store("Subject: one\r\n\r\n").await;
    let mut client = server.log_in().await;
    client.says("DELE 1", "+OK").await;
    drop(client);
    let mut other = server.log_in().await;
    other.says("STAT", "+OK 1 ").await;
}

#[tokio::test]
async fn nothing_is_shown_before_the_login_and_wrong_passwords_end_the_session() {
    let server = TestServer::start(|_| {}).await;
    let mut client = server.connect().await;
    for early in ["STAT", "LIST", "RETR 1", "NOOP", "STLS", "PASS s3cret"] {
        client.says(early, "-ERR").await;
    }
    client.says("CAPA", "+OK").await;
    assert_eq!(client.rest().await, ["TOP", "USER", "UIDL", "PIPELINING", "RESP-CODES", "IMPLEMENTATION Gatepost"]);
    for _ in 0..3 {
        client.says("USER kim", "+OK").await;
        client.says("PASS wrong", "-ERR [AUTH]").await;
    }
    assert_eq!(client.line().await, "");
}

#[tokio::test]
async fn lines_errors_and_connections_have_limits() {
    let server = TestServer::start(|settings| {
        settings.limits.errors = 3;
        settings.limits.connections = 1;
    })
    .await;
    let mut client = server.connect().await;
    client.says(&format!("USER {}", "x".repeat(248)), "+OK").await;
    client.says(&format!("USER {}", "x".repeat(249)), "-ERR the line is too long").await;
    client.says(&"x".repeat(100_000), "-ERR the line is too long").await;
    let mut other = BufReader::new(TcpStream::connect(server.at).await.unwrap());
    let mut refusal = String::new();
    other.read_line(&mut refusal).await.unwrap();
    assert!(refusal.starts_with("-ERR [SYS/TEMP] too many connections"), "{refusal}");
    client.says("NONSENSE", "-ERR unknown command").await;
    assert_eq!(client.line().await, "");
}

#[tokio::test]
async fn commands_that_are_sent_together_are_answered_in_order() {
    let server = TestServer::start(|_| {}).await;
    let mut client = server.connect().await;
    client.send("USER kim\r\nPASS s3cret\r\nSTAT\r\nQUIT\r\n").await;
    for expected in ["+OK send PASS", "+OK 0 messages (0 octets)", "+OK 0 0", "+OK bye", ""] {
        assert_eq!(client.line().await, expected);
    }
}

#[tokio::test]
async fn a_stopping_server_ends_idle_sessions() {
    let server = TestServer::start(|_| {}).await;
    let mut client = server.log_in().await;
    server.stop.cancel();
    assert!(client.line().await.starts_with("-ERR [SYS/TEMP]"));
    server.running.await.unwrap();
}

#[tokio::test]
async fn a_session_lists_the_newest_messages_up_to_its_limit() {
    let server = TestServer::start(|settings| settings.limits.listed = 2).await;
    for subject in ["one", "two", "three"] {
        server.store(&format!("Subject: {subject}\r\n\r\n")).await;
    }
    let mut client = server.log_in().await;
    client.says("STAT", "+OK 2 ").await;
    client.says("TOP 1 0", "+OK").await;
    assert!(client.rest().await.contains(&"Subject: two".to_owned()));
}

#[tokio::test]
async fn a_message_waits_until_there_is_memory_for_it() {
    let server = TestServer::start(|settings| settings.limits.messages = 1).await;
    server.store(&format!("Subject: large\r\n\r\n{}", "x".repeat(20_000_000))).await;
    let (mut slow, mut next) = (server.log_in().await, server.log_in().await);
    slow.send("RETR 1\r\n").await;
    assert!(slow.line().await.starts_with("+OK"));
    next.send("RETR 1\r\n").await;
    let mut reply = String::new();
    let waits = tokio::time::timeout(Duration::from_millis(200), next.0.read_line(&mut reply)).await;
    assert!(waits.is_err(), "{reply}");
    slow.rest().await;
    assert!(next.line().await.starts_with("+OK"));
}

#[tokio::test]
async fn an_idle_session_ends() {
    let server = TestServer::start(|settings| settings.limits.idle = Duration::from_millis(50)).await;
    let mut client = server.connect().await;
    assert_eq!(client.line().await, "-ERR idle for too long");
    assert_eq!(client.line().await, "");
}
