//! Tests of live events: server-sent events and Mailpit's WebSocket.

use std::time::Duration;

use futures::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::{App, Engine};

async fn send(app: &App, subject: &str) -> String {
    let body = serde_json::json!({
        "From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Subject": subject, "Text": "x",
    });
    let visitor = app.visitor();
    let request = visitor.request(reqwest::Method::POST, "/dev/inbox/api/v1/send").body(body.to_string());
    visitor.send(request).await.json()["ID"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_message_is_sent_to_the_stream_and_a_resumed_stream_misses_none() {
    let app = App::start(Engine::Sqlite).await;
    let url = format!("{}/dev/inbox/api/v1/stream", app.site());
    let mut last = String::new();
    for (round, after) in [("first", None), ("second", Some(()))] {
        let early = send(&app, "before the stream opens").await;
        let mut request = reqwest::Client::new().get(&url);
        if after.is_some() {
            request = request.header("last-event-id", &last);
        }
        let answer = request.send().await.expect("a stream");
        let mut chunks = answer.bytes_stream();
        let id = send(&app, round).await;
        let mut text = String::new();
        while !text.contains(&id) {
            let chunk =
                tokio::time::timeout(Duration::from_secs(10), chunks.next()).await.expect("an event within 10 s");
            text.push_str(&String::from_utf8_lossy(&chunk.expect("an open stream").expect("a chunk")));
        }
        assert_eq!(text.contains(&early), after.is_some(), "{text}");
        let mut ids = text.lines().filter_map(|line| line.strip_prefix("id:")).map(str::trim);
        last = ids.next_back().expect("numbered events").to_owned();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_events_gives_a_sign_of_life() {
    let app = App::start(Engine::Sqlite).await;
    let answer = reqwest::get(format!("{}/dev/inbox/api/v1/stream", app.site())).await.expect("a stream");
    let (mut chunks, mut text) = (answer.bytes_stream(), String::new());
    // The server is silent for 20 seconds; pages give up after 45.
    while !text.contains("event:ping") {
        let chunk = tokio::time::timeout(Duration::from_secs(40), chunks.next()).await.expect("a ping within 40 s");
        text.push_str(&String::from_utf8_lossy(&chunk.expect("an open stream").expect("a chunk")));
    }
}

/// A minimal WebSocket client: the handshake, and frames with short payloads (RFC 6455 §5.2).
struct Socket(TcpStream);

impl Socket {
    async fn open(app: &App, headers: &str) -> (Self, String) {
        let mut stream = TcpStream::connect(app.running().http()).await.expect("a connection");
        let request = format!(
            "GET /dev/inbox/api/events HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("the request is written");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        (Socket(stream), String::from_utf8_lossy(&head).into_owned())
    }

    async fn frame(&mut self) -> serde_json::Value {
        serde_json::from_slice(&self.payload().await.1).expect("JSON")
    }

    /// Reads frames up to a Close frame and returns its code.
    async fn close_code(&mut self) -> u16 {
        loop {
            let (kind, payload) = self.payload().await;
            if kind == 0x88 {
                return u16::from_be_bytes(payload.get(..2).expect("a code").try_into().expect("two bytes"));
            }
        }
    }

    /// Writes a frame whose first byte is `kind`. Its mask is zero, so that the payload stays unchanged.
    async fn write(&mut self, kind: u8, payload: &[u8]) {
        let length = u64::try_from(payload.len()).expect("a length");
        let mut frame = vec![kind];
        match u8::try_from(length).ok().filter(|short| *short < 126) {
            Some(short) => frame.push(0x80 | short),
            None => frame.extend([&[0xff][..], &length.to_be_bytes()].concat()),
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.0.write_all(&frame).await.expect("the frame is written");
    }

    /// Reads a frame; returns its first byte and its payload.
    async fn payload(&mut self) -> (u8, Vec<u8>) {
        let read = async {
            let (kind, length) = (self.0.read_u8().await?, self.0.read_u8().await?);
            let length = match length {
                126 => usize::from(self.0.read_u16().await?),
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).await.map(|_| (kind, payload))
        };
        tokio::time::timeout(Duration::from_secs(10), read).await.expect("a frame within 10 s").expect("a frame")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_is_answered_with_its_code_and_a_frame_that_is_too_long_with_1009() {
    let app = App::start(Engine::Sqlite).await;
    let host = format!("Host: {}\r\n", app.running().http());
    let (mut socket, head) = Socket::open(&app, &host).await;
    assert!(!head.to_ascii_lowercase().contains("content-length"), "{head}");
    socket.write(0x82, &[b'x'; 60_000]).await;
    socket.write(0x88, &4001_u16.to_be_bytes()).await;
    assert_eq!(socket.close_code().await, 4001);
    assert_eq!(socket.0.read(&mut [0]).await.expect("an end"), 0);

    let (mut socket, _) = Socket::open(&app, &host).await;
    socket.write(0x82, &[b'x'; 70_000]).await;
    assert_eq!(socket.close_code().await, 1009);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_sends_mailpits_events() {
    let app = App::start(Engine::Sqlite).await;
    let host = app.running().http();
    let own = format!("Host: {host}\r\nOrigin: http://{host}\r\n");
    let (mut socket, head) = Socket::open(&app, &own).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let stats = socket.frame().await;
    assert_eq!((stats["Type"].as_str(), stats["Data"]["Total"].as_u64()), (Some("stats"), Some(0)));

    let id = send(&app, "hello").await;
    let new = socket.frame().await;
    assert_eq!((new["Type"].as_str(), new["Data"]["ID"].as_str()), (Some("new"), Some(id.as_str())));
    assert!(new["Data"]["Cc"].as_array().is_some_and(Vec::is_empty));
    assert_eq!(socket.frame().await["Data"]["Total"], 1);

    app.visitor().get(&format!("/dev/inbox/api/v1/message/{id}")).await;
    let update = socket.frame().await;
    assert_eq!(update, serde_json::json!({"Type": "update", "Data": {"ID": id, "Read": true}}));
    assert_eq!(socket.frame().await["Data"]["Unread"], 0);

    let visitor = app.visitor();
    visitor.send(visitor.request(reqwest::Method::DELETE, "/dev/inbox/api/v1/messages")).await;
    assert_eq!(socket.frame().await, serde_json::json!({"Type": "truncate", "Data": null}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_origin_or_a_wrong_host_gets_no_socket() {
    let app = App::start(Engine::Sqlite).await;
    let host = app.running().http();
    for (headers, status) in [
        (format!("Host: {host}\r\nOrigin: http://evil.example\r\n"), "403"),
        (format!("Host: {host}\r\nOrigin: null\r\n"), "403"),
        ("Host: evil.example\r\nOrigin: http://evil.example\r\n".to_owned(), "421"),
        ("Host: evil.example\r\n".to_owned(), "421"),
    ] {
        let (_, head) = Socket::open(&app, &headers).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {head}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tags_of_a_new_message_are_sent_before_it_and_a_refused_message_sends_only_its_reply() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let rule = r#"{"rules":[{"match":{"recipient":"bounce@*"},"action":{"reply":{"stage":"after-data","code":550}}}]}"#;
    let put = visitor.request(reqwest::Method::PUT, "/dev/inbox/api/v1/faults").body(rule);
    assert_eq!(visitor.send(put).await.status, 200);
    let (mut socket, _) = Socket::open(&app, &format!("Host: {}\r\n", app.running().http())).await;
    assert_eq!(socket.frame().await["Type"], "stats");

    for to in ["bounce@b.test", "kim+shop@b.test"] {
        let mut smtp = TcpStream::connect(app.smtp()).await.expect("a connection");
        let dialogue =
            format!("EHLO me\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<{to}>\r\nDATA\r\nTo: {to}\r\n\r\nx\r\n.\r\nQUIT\r\n");
        smtp.write_all(dialogue.as_bytes()).await.expect("written");
        let mut replies = String::new();
        smtp.read_to_string(&mut replies).await.expect("an end");
        assert_eq!(replies.contains("550 "), to.starts_with("bounce"), "{replies}");
    }
    let mut frames = Vec::new();
    while frames.iter().filter(|frame: &&serde_json::Value| frame["Type"] == "stats").count() < 1
        || frames.iter().all(|frame| frame["Type"] != "new")
    {
        frames.push(socket.frame().await);
    }
    let kinds: Vec<&str> = frames.iter().filter_map(|frame| frame["Type"].as_str()).filter(|k| *k != "stats").collect();
    assert_eq!(kinds, ["error", "update", "new"], "{frames:?}");
    let (update, new) = (frames.iter().find(|f| f["Type"] == "update"), frames.iter().find(|f| f["Type"] == "new"));
    assert_eq!(update.map(|f| &f["Data"]["Tags"]), Some(&serde_json::json!(["shop"])));
    assert_eq!(update.map(|f| &f["Data"]["ID"]), new.map(|f| &f["Data"]["ID"]));
    let list = visitor.get("/dev/inbox/api/v1/messages").await.json();
    assert_eq!(list["total"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_reply_is_sent_with_its_level_and_without_the_clients_commands() {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nsmtp_users = ['kim:right horse']").start().await;
    let (mut socket, _) = Socket::open(&app, &format!("Host: {}\r\n", app.running().http())).await;
    assert_eq!(socket.frame().await["Type"], "stats");

    // "\0kim\0wrong horse" in base64, first as the argument of AUTH and then as a command of its own.
    let secret = "AGtpbQB3cm9uZyBob3JzZQ==";
    let dialogue =
        format!("EHLO me\r\nMAIL FROM:<a@b.test>\r\nAUTH PLAIN {secret}\r\n{secret}\r\nRCPT TO:<c@d.test>\r\nQUIT\r\n");
    let mut smtp = TcpStream::connect(app.smtp()).await.expect("a connection");
    smtp.write_all(dialogue.as_bytes()).await.expect("written");
    let mut replies = String::new();
    smtp.read_to_string(&mut replies).await.expect("an end");
    let errors: Vec<&str> = replies.lines().filter(|line| line.starts_with(['4', '5'])).collect();
    assert_eq!(errors.len(), 4, "{replies}");
    for error in errors {
        let expected = serde_json::json!({
            "Type": "error",
            "Data": {"Level": "error", "Type": "smtpd", "IP": "127.0.0.1", "Message": error},
        });
        let frame = socket.frame().await;
        assert_eq!(frame, expected);
        assert!(!frame.to_string().contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transient_error_reply_is_a_warning_and_many_of_them_do_not_suppress_messages() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let rule = r#"{"rules":[{"action":{"reply":{"stage":"rcpt","code":451,"text":"4.3.2 Later"}}}]}"#;
    let put = visitor.request(reqwest::Method::PUT, "/dev/inbox/api/v1/faults").body(rule);
    assert_eq!(visitor.send(put).await.status, 200);
    let (mut socket, _) = Socket::open(&app, &format!("Host: {}\r\n", app.running().http())).await;
    assert_eq!(socket.frame().await["Type"], "stats");

    const FLOOD: usize = 2_000;
    let mut smtp = TcpStream::connect(app.smtp()).await.expect("a connection");
    let flood = "RCPT TO:<c@d.test>\r\n".repeat(FLOOD);
    smtp.write_all(format!("EHLO me\r\nMAIL FROM:<a@b.test>\r\n{flood}QUIT\r\n").as_bytes()).await.expect("written");
    let mut replies = String::new();
    smtp.read_to_string(&mut replies).await.expect("an end");
    assert_eq!(replies.matches("451 4.3.2 Later").count(), FLOOD);
    let id = send(&app, "amid the flood").await;

    let mut errors = Vec::new();
    loop {
        let frame = socket.frame().await;
        match frame["Type"].as_str() {
            Some("error") => errors.push(frame),
            Some("new") => {
                assert_eq!(frame["Data"]["ID"], id.as_str());
                break;
            }
            _ => {}
        }
    }
    assert!(errors.iter().all(|frame| frame["Data"]["Level"] == "warning"), "{errors:?}");
    assert!(!errors.is_empty() && errors.len() < FLOOD / 4, "{} of {FLOOD} error replies were sent", errors.len());
}
