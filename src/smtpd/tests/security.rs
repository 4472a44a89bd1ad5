//! Hostile, broken and impatient clients: the security tests that need more than a transcript.

use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::transcripts::Client;
use super::*;

const ENVELOPE: &[(&str, &str)] =
    &[("EHLO me", "250*"), ("MAIL FROM:<a@b.test>", "250*"), ("RCPT TO:<c@d.test>", "250*"), ("DATA", "354*")];

async fn client(server: &TestServer) -> Client {
    let mut client = Client::connect(server.bound.smtp).await;
    client.expect("220 *").await.unwrap();
    client
}

/// A TLS handshake that trusts only the server's self-signed certificate.
async fn tls(server: &TestServer, stream: TcpStream) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.folder.path().join("smtp-tls.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
}

async fn command(stream: &mut TlsStream<TcpStream>, line: &str) -> String {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    reply(stream).await
}

async fn reply(stream: &mut TlsStream<TcpStream>) -> String {
    let mut received = Vec::new();
    let whole = |received: &[u8]| {
        let last = received.strip_suffix(b"\r\n").and_then(|text| text.split(|byte| *byte == b'\n').next_back());
        last.is_some_and(|line| line.get(3) == Some(&b' '))
    };
    while !whole(&received) {
        assert!(stream.read_buf(&mut received).await.unwrap() > 0, "{}", String::from_utf8_lossy(&received));
    }
    String::from_utf8(received).unwrap()
}

#[tokio::test]
async fn starttls_discards_commands_sent_before_the_handshake_and_the_state_of_the_session() {
    let server = TestServer::start(|_| {}).await;
    let mut plain = client(&server).await;
    plain.talk(&[("EHLO me", "250*"), ("MAIL FROM:<before@tls.test>", "250*")]).await;
    plain.send(b"STARTTLS\r\nRCPT TO:<injected@evil.test>\r\nDATA\r\n").await;
    plain.expect("220 2.0.0 Ready to start TLS").await.unwrap();
    let mut stream = tls(&server, plain.into_stream()).await;
    assert!(command(&mut stream, "MAIL FROM:<a@b.test>").await.starts_with("503"), "EHLO is forgotten");
    let extensions = command(&mut stream, "EHLO me").await;
    assert!(!extensions.contains("STARTTLS") && extensions.contains("PIPELINING"));
    assert!(command(&mut stream, "STARTTLS").await.starts_with("503"));
    assert!(command(&mut stream, "DATA").await.starts_with("503"));
    for (line, code) in
        [("MAIL FROM:<a@b.test>", "250"), ("RCPT TO:<c@d.test>", "250"), ("DATA", "354"), ("x\r\n.", "250")]
    {
        assert!(command(&mut stream, line).await.starts_with(code), "{line}");
    }
    let messages = server.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].session.envelope_to, ["c@d.test"]);
    assert!(messages[0].session.transcript.contains("C: STARTTLS\nS: 220 2.0.0 Ready to start TLS\n# TLS\n"));
    assert!(messages[0].session.trace.contains("by gatepost with ESMTPS\r\n"), "{}", messages[0].session.trace);
    server.stop().await;
}

#[tokio::test]
async fn the_received_field_names_the_protocol() {
    let server = TestServer::start(|_| {}).await;
    let login = [("EHLO me", "250*"), ("AUTH PLAIN AGFubgBmaXJzdA==", "235*")];
    for (address, greeting, protocol) in [
        (server.bound.smtp, &[("HELO me", "250*")][..], "SMTP"),
        (server.bound.smtp, &[("EHLO me", "250*")], "ESMTP"),
        (server.bound.smtp, &login, "ESMTPA"),
        (server.bound.lmtp.unwrap(), &[("LHLO me", "250*")], "LMTP"),
    ] {
        let mut client = Client::connect(address).await;
        client.expect("220 *").await.unwrap();
        client.talk(greeting).await;
        client.talk(&ENVELOPE[1..]).await;
        client.talk(&[("x\r\n.", "250*"), ("QUIT", "221*")]).await;
        let trace = server.messages().await.pop().unwrap().session.trace;
        assert!(trace.contains(&format!("by gatepost with {protocol}\r\n")), "{protocol}: {trace}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_smtps_port_uses_tls_from_the_first_byte() {
    let server = TestServer::start(|_| {}).await;
    let stream = TcpStream::connect(server.bound.smtps.unwrap()).await.unwrap();
    let mut stream = tls(&server, stream).await;
    assert!(reply(&mut stream).await.starts_with("220 "));
    assert!(!command(&mut stream, "EHLO me").await.contains("STARTTLS"));
    assert!(command(&mut stream, "QUIT").await.starts_with("221 "));
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the server closes TLS with close_notify");
    server.stop().await;
}

#[tokio::test]
async fn of_ten_thousand_recipients_a_thousand_are_accepted_and_all_get_a_reply() {
    let server = TestServer::start(|_| {}).await;
    let mut client = client(&server).await;
    client.talk(&ENVELOPE[..2]).await;
    let recipients: String = (0..10_000).map(|n| format!("RCPT TO:<u{n}@d.test>\r\n")).collect();
    let mut codes = [0, 0];
    for piece in recipients.as_bytes().chunks(20_000) {
        client.send(piece).await;
        for _ in 0..piece.iter().filter(|byte| **byte == b'\n').count() {
            match client.reply().await.get(..3).unwrap() {
                "250" => codes[0] += 1,
                "452" => codes[1] += 1,
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!(codes, [1_000, 9_000]);
    client.talk(&[("DATA", "354*"), ("x\r\n.", "250*")]).await;
    let messages = server.messages().await;
    assert_eq!(messages[0].session.envelope_to.len(), 1_000);
    assert!(messages[0].session.transcript.len() < 50_000);
    server.stop().await;
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_lines_use_no_memory() {
    const LINE: usize = 256 * 1024 * 1024;
    let server = TestServer::start(|_| {}).await;
    let block = vec![b'x'; 1024 * 1024];
    for dialogue in [&[][..], ENVELOPE] {
        let mut client = client(&server).await;
        client.talk(dialogue).await;
        let before = resident();
        for _ in 0..LINE / block.len() {
            client.send(&block).await;
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < LINE / 4, "{grown} bytes for a line of {LINE}");
        let (end, reply) = if dialogue.is_empty() { ("", "500 5.5.2 Line too long") } else { ("\r\n.", "552 *") };
        client.talk(&[(end, reply), ("NOOP", "250*")]).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_header_of_a_megabyte_is_read_and_one_of_three_is_refused_and_its_beginning_stored() {
    let server = TestServer::start(|settings| settings.max_message_size = 10_000_000).await;
    let mut client = client(&server).await;
    for (fields, reply) in [(1, "250*"), (3, "552 5.3.4 The message header*")] {
        client.talk(ENVELOPE).await;
        for _ in 0..fields {
            client.send(format!("X-Long: {}\r\n", "h".repeat(1_000_000)).as_bytes()).await;
        }
        client.talk(&[("Subject: behind it\r\n\r\nbody\r\n.", reply), ("NOOP", "250*")]).await;
    }
    let messages = server.messages().await;
    assert_eq!((messages[0].summary.subject.as_str(), messages[0].bytes.len() > 1_000_000), ("behind it", true));
    assert!(messages[1].summary.refusal.as_ref().unwrap().starts_with("552 "));
    assert!(messages[1].bytes.len() <= 64 * 1024);
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_sends_byte_by_byte_times_out_like_an_idle_one() {
    let server = TestServer::start(|settings| settings.limits.idle = Duration::from_millis(400)).await;
    let mut client = client(&server).await;
    let began = Instant::now();
    // Bytes come faster than the idle limit, but the command does not end within it.
    let mut received = String::new();
    while began.elapsed() < Duration::from_secs(20) {
        client.send(b"N").await;
        match tokio::time::timeout(Duration::from_millis(50), client.reply()).await {
            Ok(reply) => {
                received = reply;
                break;
            }
            Err(_still_waiting) => {}
        }
    }
    assert!(received.starts_with("421 4.4.2 "), "{received}");
    server.stop().await;
}

#[tokio::test]
async fn connections_over_the_limit_are_refused_with_421() {
    let server = TestServer::start(|settings| settings.limits.connections = 2).await;
    let (one, _two) = (client(&server).await, client(&server).await);
    let mut three = Client::connect(server.bound.smtp).await;
    three.expect("421 4.3.2 Too many connections*").await.unwrap();
    three.expect("<closed>").await.unwrap();
    drop(one);
    let began = Instant::now();
    loop {
        let mut next = Client::connect(server.bound.smtp).await;
        if next.reply().await.starts_with("220") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "a closed connection frees its place");
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_stored_gets_451_and_is_not_listed() {
    let server = TestServer::start_with(|_| {}, |store| store.max_message_size = 10).await;
    let mut client = client(&server).await;
    client.talk(ENVELOPE).await;
    client.talk(&[("far too much for it\r\n.", "451 4.3.0 *"), ("MAIL FROM:<a@b.c>", "250*")]).await;
    client.talk(&[("RCPT TO:<c@d.test>", "250*"), ("DATA", "354*"), ("fits\r\n.", "250*")]).await;
    assert_eq!(server.messages().await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn on_shutdown_messages_finish_and_idle_connections_are_closed() {
    let server = TestServer::start(|_| {}).await;
    let (mut idle, mut busy) = (client(&server).await, client(&server).await);
    busy.talk(ENVELOPE).await;
    server.stop.cancel();
    idle.expect("421 4.3.2 *").await.unwrap();
    idle.expect("<closed>").await.unwrap();
    busy.talk(&[("the end\r\n.", "250 2.0.0 Ok: queued as *")]).await;
    busy.expect("421 4.3.2 *").await.unwrap();
    drop((idle, busy));
    assert_eq!(server.messages().await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_message_cut_off_by_a_lost_connection_is_stored_as_refused() {
    let server = TestServer::start(|_| {}).await;
    let mut lost = client(&server).await;
    lost.talk(ENVELOPE).await;
    lost.send(b"Subject: half\r\n\r\nof it").await;
    drop(lost);
    let began = Instant::now();
    let messages = loop {
        let messages = server.messages().await;
        if !messages.is_empty() {
            break messages;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the message is stored");
        tokio::task::yield_now().await;
    };
    let refusal = messages[0].summary.refusal.clone().unwrap();
    assert_eq!(refusal, "the connection was lost after 22 bytes of the message, before its end");
    assert_eq!(messages[0].bytes, b"Subject: half\r\n\r\nof it");
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_still_gets_its_replies() {
    let server = TestServer::start(|_| {}).await;
    let mut client = Client::connect(server.bound.smtp).await;
    client.send(b"EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\nx\r\n.\r\n").await;
    client.finish().await;
    for reply in ["220*", "250-*", "250*", "250*", "354*", "250 2.0.0 Ok: queued*", "<closed>"] {
        client.expect(reply).await.unwrap();
    }
    assert_eq!(server.messages().await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn mail_that_brings_return_paths_of_any_length_is_readable() {
    let server = TestServer::start(|_| {}).await;
    let mut client = client(&server).await;
    for length in [0, 1, 100, 180, 200, 400, 900] {
        client.talk(ENVELOPE).await;
        let line = "v".repeat(length);
        let paths = format!("Return-Path: <{line}@x.test>\r\nReturn-Path:\r\n <{line}\r\n\t{line}@x.test>\r\n");
        let message = format!("{paths}Subject: {length}\r\n\r\nhello\r\n");
        client.send(format!("{message}.\r\n").as_bytes()).await;
        client.expect("250 *").await.unwrap();
        assert_eq!(server.messages().await.pop().unwrap().bytes, message.as_bytes(), "{length}");
        assert!(server.inbox.latest(None).await.unwrap().is_some());
    }
    server.stop().await;
}
