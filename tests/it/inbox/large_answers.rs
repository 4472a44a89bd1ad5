//! Answers that contain large messages, to clients that do not read them.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::{App, Engine};

/// More than the server reads at once divided by the number of clients below.
const SIZE: usize = 9 << 20;
const CLIENTS: usize = 12;

async fn store(app: &App) {
    let mut smtp = TcpStream::connect(app.smtp()).await.expect("a connection");
    let line = "x".repeat(988) + "\r\n";
    let commands = "EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";
    smtp.write_all(commands.as_bytes()).await.expect("commands sent");
    smtp.write_all(b"Subject: large\r\n\r\n").await.expect("the head sent");
    smtp.write_all(line.repeat(SIZE / 990).as_bytes()).await.expect("the body sent");
    smtp.write_all(b".\r\nQUIT\r\n").await.expect("the end sent");
    let mut replies = String::new();
    smtp.read_to_string(&mut replies).await.expect("replies");
    assert!(replies.contains("queued as"), "{replies}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_do_not_read_large_answers_keep_nobody_from_reading_them() {
    let app = App::start(Engine::Sqlite).await;
    store(&app).await;
    let visitor = app.visitor();
    let id =
        visitor.get("/dev/inbox/api/v1/messages").await.json()["messages"][0]["ID"].as_str().expect("an id").to_owned();
    let path = format!("/dev/inbox/api/v1/message/{id}/raw");
    let mut silent = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = TcpStream::connect(app.running().http()).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", app.running().http());
        client.write_all(request.as_bytes()).await.expect("a request");
        // Its answer has begun.
        assert_eq!(client.read_u8().await.expect("an answer"), b'H');
        silent.push(client);
    }
    let answer = visitor.get(&path).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().len() > SIZE - SIZE / 100, "the whole message");
    assert!(answer.text().contains("\r\n\r\nxxx"));
}
