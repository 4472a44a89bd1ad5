//! What hostile, broken and impatient clients try; the rows of the security table that need more than a dialogue.

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

async fn client(house: &House) -> Client {
    let mut client = Client::connect(house.bound.smtp).await;
    client.expect("220 *").await.unwrap();
    client
}

/// A handshake that trusts only the certificate the server made for itself.
async fn tls(house: &House, stream: TcpStream) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(house.folder.path().join("smtp-tls.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
}

async fn ask(stream: &mut TlsStream<TcpStream>, line: &str) -> String {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    answer(stream).await
}

async fn answer(stream: &mut TlsStream<TcpStream>) -> String {
    let mut heard = Vec::new();
    let whole = |heard: &[u8]| {
        let last = heard.strip_suffix(b"\r\n").and_then(|text| text.split(|byte| *byte == b'\n').next_back());
        last.is_some_and(|line| line.get(3) == Some(&b' '))
    };
    while !whole(&heard) {
        assert!(stream.read_buf(&mut heard).await.unwrap() > 0, "{}", String::from_utf8_lossy(&heard));
    }
    String::from_utf8(heard).unwrap()
}

#[tokio::test]
async fn what_is_sent_before_the_handshake_is_forgotten_with_all_that_was_said() {
    let house = House::start(|_| {}).await;
    let mut plain = client(&house).await;
    plain.talk(&[("EHLO me", "250*"), ("MAIL FROM:<before@tls.test>", "250*")]).await;
    plain.send(b"STARTTLS\r\nRCPT TO:<injected@evil.test>\r\nDATA\r\n").await;
    plain.expect("220 2.0.0 Ready to start TLS").await.unwrap();
    let mut stream = tls(&house, plain.into_stream()).await;
    assert!(ask(&mut stream, "MAIL FROM:<a@b.test>").await.starts_with("503"), "EHLO is forgotten");
    let extensions = ask(&mut stream, "EHLO me").await;
    assert!(!extensions.contains("STARTTLS") && extensions.contains("PIPELINING"));
    assert!(ask(&mut stream, "STARTTLS").await.starts_with("503"));
    assert!(ask(&mut stream, "DATA").await.starts_with("503"));
    for (line, code) in
        [("MAIL FROM:<a@b.test>", "250"), ("RCPT TO:<c@d.test>", "250"), ("DATA", "354"), ("x\r\n.", "250")]
    {
        assert!(ask(&mut stream, line).await.starts_with(code), "{line}");
    }
    let messages = house.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].session.envelope_to, ["c@d.test"]);
    assert!(messages[0].session.transcript.contains("C: STARTTLS\nS: 220 2.0.0 Ready to start TLS\n# TLS\n"));
    assert!(messages[0].trace.contains("by gatepost with ESMTPS\r\n"), "{}", messages[0].trace);
    house.stop().await;
}

#[tokio::test]
async fn the_received_field_says_how_a_message_came() {
    let house = House::start(|_| {}).await;
    let login = [("EHLO me", "250*"), ("AUTH PLAIN AGFubgBmaXJzdA==", "235*")];
    for (address, greeting, protocol) in [
        (house.bound.smtp, &[("HELO me", "250*")][..], "SMTP"),
        (house.bound.smtp, &[("EHLO me", "250*")], "ESMTP"),
        (house.bound.smtp, &login, "ESMTPA"),
        (house.bound.lmtp.unwrap(), &[("LHLO me", "250*")], "LMTP"),
    ] {
        let mut client = Client::connect(address).await;
        client.expect("220 *").await.unwrap();
        client.talk(greeting).await;
        client.talk(&ENVELOPE[1..]).await;
        client.talk(&[("x\r\n.", "250*"), ("QUIT", "221*")]).await;
        let trace = house.messages().await.pop().unwrap().trace;
        assert!(trace.contains(&format!("by gatepost with {protocol}\r\n")), "{protocol}: {trace}");
    }
    house.stop().await;
}

#[tokio::test]
async fn implicit_tls_speaks_tls_from_the_first_byte() {
    let house = House::start(|_| {}).await;
    let stream = TcpStream::connect(house.bound.smtps.unwrap()).await.unwrap();
    let mut stream = tls(&house, stream).await;
    assert!(answer(&mut stream).await.starts_with("220 "));
    assert!(!ask(&mut stream, "EHLO me").await.contains("STARTTLS"));
    assert!(ask(&mut stream, "QUIT").await.starts_with("221 "));
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the end is announced, not cut off");
    house.stop().await;
}

#[tokio::test]
async fn ten_thousand_recipients_are_answered_and_a_thousand_kept() {
    let house = House::start(|_| {}).await;
    let mut client = client(&house).await;
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
    let messages = house.messages().await;
    assert_eq!(messages[0].session.envelope_to.len(), 1_000);
    assert!(messages[0].session.transcript.len() < 50_000);
    house.stop().await;
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_without_end_cost_no_memory() {
    const LINE: usize = 256 * 1024 * 1024;
    let house = House::start(|_| {}).await;
    let block = vec![b'x'; 1024 * 1024];
    for dialogue in [&[][..], ENVELOPE] {
        let mut client = client(&house).await;
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
    house.stop().await;
}

#[tokio::test]
async fn a_header_of_a_megabyte_is_refused_and_its_beginning_kept() {
    let house = House::start(|settings| settings.max_message_size = 10_000_000).await;
    let mut client = client(&house).await;
    client.talk(ENVELOPE).await;
    for _ in 0..1_000 {
        client.send(format!("X-Long: {}\r\n", "h".repeat(1_000)).as_bytes()).await;
    }
    client.talk(&[("\r\nbody\r\n.", "552 5.3.4 The message header*"), ("NOOP", "250*")]).await;
    let messages = house.messages().await;
    assert!(messages[0].summary.refusal.as_ref().unwrap().starts_with("552 "));
    assert!(messages[0].bytes.len() <= 64 * 1024);
    house.stop().await;
}

#[tokio::test]
async fn a_client_that_drips_bytes_gets_no_longer_than_an_idle_one() {
    let house = House::start(|settings| settings.limits.idle = Duration::from_millis(400)).await;
    let mut client = client(&house).await;
    let began = Instant::now();
    // The drip itself is the subject: faster than the limit, slower than a command.
    let mut heard = String::new();
    while began.elapsed() < Duration::from_secs(20) {
        client.send(b"N").await;
        match tokio::time::timeout(Duration::from_millis(50), client.reply()).await {
            Ok(reply) => {
                heard = reply;
                break;
            }
            Err(_still_waiting) => {}
        }
    }
    assert!(heard.starts_with("421 4.4.2 "), "{heard}");
    house.stop().await;
}

#[tokio::test]
async fn surplus_connections_are_told_to_come_back() {
    let house = House::start(|settings| settings.limits.connections = 2).await;
    let (one, _two) = (client(&house).await, client(&house).await);
    let mut three = Client::connect(house.bound.smtp).await;
    three.expect("421 4.3.2 Too many connections*").await.unwrap();
    three.expect("<closed>").await.unwrap();
    drop(one);
    let patience = Instant::now();
    loop {
        let mut next = Client::connect(house.bound.smtp).await;
        if next.reply().await.starts_with("220") {
            break;
        }
        assert!(patience.elapsed() < Duration::from_secs(20), "the place is given back");
        tokio::task::yield_now().await;
    }
    house.stop().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_answered_with_451_and_leaves_nothing() {
    let house = House::start_with(|_| {}, |store| store.max_message_size = 10).await;
    let mut client = client(&house).await;
    client.talk(ENVELOPE).await;
    client.talk(&[("far too much for it\r\n.", "451 4.3.0 *"), ("MAIL FROM:<a@b.c>", "250*")]).await;
    client.talk(&[("RCPT TO:<c@d.test>", "250*"), ("DATA", "354*"), ("fits\r\n.", "250*")]).await;
    assert_eq!(house.messages().await.len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn a_stopping_server_lets_messages_finish_and_sends_the_idle_away() {
    let house = House::start(|_| {}).await;
    let (mut idle, mut busy) = (client(&house).await, client(&house).await);
    busy.talk(ENVELOPE).await;
    house.stop.cancel();
    idle.expect("421 4.3.2 *").await.unwrap();
    idle.expect("<closed>").await.unwrap();
    busy.talk(&[("the end\r\n.", "250 2.0.0 Ok: queued as *")]).await;
    busy.expect("421 4.3.2 *").await.unwrap();
    drop((idle, busy));
    assert_eq!(house.messages().await.len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn a_message_cut_off_by_a_lost_connection_is_kept_as_refused() {
    let house = House::start(|_| {}).await;
    let mut lost = client(&house).await;
    lost.talk(ENVELOPE).await;
    lost.send(b"Subject: half\r\n\r\nof it").await;
    drop(lost);
    let patience = Instant::now();
    let messages = loop {
        let messages = house.messages().await;
        if !messages.is_empty() {
            break messages;
        }
        assert!(patience.elapsed() < Duration::from_secs(20), "it is kept");
        tokio::task::yield_now().await;
    };
    let refusal = messages[0].summary.refusal.clone().unwrap();
    assert_eq!(refusal, "the connection was lost after 22 bytes of the message, before its end");
    assert_eq!(messages[0].bytes, b"Subject: half\r\n\r\nof it");
    house.stop().await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_still_gets_its_answers() {
    let house = House::start(|_| {}).await;
    let mut client = Client::connect(house.bound.smtp).await;
    client.send(b"EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\nx\r\n.\r\n").await;
    client.finish().await;
    for reply in ["220*", "250-*", "250*", "250*", "354*", "250 2.0.0 Ok: queued*", "<closed>"] {
        client.expect(reply).await.unwrap();
    }
    assert_eq!(house.messages().await.len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn mail_that_brings_return_paths_of_any_length_is_readable() {
    let house = House::start(|_| {}).await;
    let mut client = client(&house).await;
    for length in [0, 1, 100, 180, 200, 400, 900] {
        client.talk(ENVELOPE).await;
        let line = "v".repeat(length);
        let paths = format!("Return-Path: <{line}@x.test>\r\nReturn-Path:\r\n <{line}\r\n\t{line}@x.test>\r\n");
        let message = format!("{paths}Subject: {length}\r\n\r\nhello\r\n");
        client.send(format!("{message}.\r\n").as_bytes()).await;
        client.expect("250 *").await.unwrap();
        assert_eq!(house.messages().await.pop().unwrap().bytes, message.as_bytes(), "{length}");
        assert!(house.inbox.latest(None).await.unwrap().is_some());
    }
    house.stop().await;
}
