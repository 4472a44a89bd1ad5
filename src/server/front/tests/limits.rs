//! Times, sizes and numbers.

use super::*;

fn short_head() -> FrontLimits {
    FrontLimits { head: SHORT, ..generous() }
}

fn short_window() -> FrontLimits {
    FrontLimits { window: SHORT, ..generous() }
}

fn short_idle() -> FrontLimits {
    FrontLimits { idle: SHORT, idle_trusted: SHORT, ..generous() }
}

#[tokio::test]
async fn a_head_that_does_not_arrive_in_time_gets_408() {
    let front = TestFront::start(short_head()).await;
    let mut half = front.connect().await;
    half.send("GET / HTTP/1.1\r\nHo").await;
    assert!(half.rest().await.starts_with("HTTP/1.1 408 "));
    let dripped =
        front.connect().await.drip(b"GET / HTTP/1.1\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n").await;
    assert!(dripped.starts_with("HTTP/1.1 408 "), "{dripped}");
    let mut second = front.connect().await;
    second.hello().await;
    second.send("GET / HTTP/1.1\r\n").await;
    assert!(second.rest().await.starts_with("HTTP/1.1 408 "));
    front.refused(FrontRefusal::SlowHead, 3).await;
    assert_eq!(front.shared.requests.load(Ordering::SeqCst), 1, "Rocket sees whole heads only");
}

#[tokio::test]
async fn a_head_of_33_kib_gets_431_and_one_of_31_kib_passes() {
    let front = TestFront::start(generous()).await;
    let head = |size: usize| format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(size - 34));
    let mut client = front.connect().await;
    client.send(head(31 * 1024)).await;
    assert!(client.until("hello").await.starts_with("HTTP/1.1 200 "));
    client.send(head(33 * 1024)).await;
    assert!(client.rest().await.starts_with("HTTP/1.1 431 "));
    let mut endless = front.connect().await;
    endless.send(format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(40 * 1024))).await;
    assert!(endless.rest().await.starts_with("HTTP/1.1 431 "));
    let mut many = front.connect().await;
    many.send(format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(100))).await;
    assert!(many.rest().await.starts_with("HTTP/1.1 431 "));
    front.refused(FrontRefusal::LargeHead, 3).await;
}

#[tokio::test]
async fn a_body_that_arrives_too_slowly_gets_408() {
    let front = TestFront::start(short_window()).await;
    let head = "POST /upload HTTP/1.1\r\nHost: x\r\n";
    let bodies = [
        format!("{head}Content-Length: 100000\r\n\r\n"),
        format!("{head}Content-Length: 1\r\n\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n186a0\r\nabc"),
    ];
    for start in &bodies {
        let mut client = front.connect().await;
        client.send(start).await;
        assert!(client.rest().await.starts_with("HTTP/1.1 408 "), "{start}");
    }
    let mut dripped = front.connect().await;
    dripped.send(&bodies[0]).await;
    assert!(dripped.drip(b"x").await.starts_with("HTTP/1.1 408 "));
    let mut expecting = front.connect().await;
    expecting.send(format!("{head}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n")).await;
    assert!(expecting.until("\r\n\r\n").await.starts_with("HTTP/1.1 100 "));
    assert!(expecting.rest().await.starts_with("HTTP/1.1 408 "));
    front.refused(FrontRefusal::SlowBody, 6).await;
}

#[tokio::test]
async fn a_body_at_more_than_the_least_rate_arrives_however_long_it_takes() {
    let front = TestFront::start(FrontLimits { window_bytes: 1, ..short_window() }).await;
    let mut client = front.connect().await;
    client.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n").await;
    // Three windows.
    for _ in 1..60 {
        client.send("x").await;
        assert!(timeout(SHORT / 20, client.0.read_u8()).await.is_err(), "no answer yet");
    }
    client.send("x").await;
    assert!(client.until("60").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_disconnected() {
    let front = TestFront::start(short_window()).await;
    let mut client = front.connect().await;
    client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
    front.refused(FrontRefusal::SlowReader, 1).await;
    let mut received = Vec::new();
    let read = timeout(PATIENCE, client.0.read_to_end(&mut received)).await.expect("the connection ends");
    assert!(read.is_err() || received.len() < LARGE);
}

#[tokio::test]
async fn an_idle_connection_ends_before_and_after_a_request() {
    let front = TestFront::start(short_idle()).await;
    assert_eq!(front.connect().await.rest().await, "");
    let mut used = front.connect().await;
    used.hello().await;
    assert_eq!(used.rest().await, "");
    let blank = front.connect().await.drip(b"\r\n").await;
    assert!(blank.is_empty() || blank.starts_with("HTTP/1.1 400 "), "{blank}");
}

#[tokio::test]
async fn waiting_for_an_answer_is_not_idle() {
    let front = TestFront::start(FrontLimits { window: SHORT, ..short_idle() }).await;
    let mut poll = front.connect().await;
    poll.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut events = front.connect().await;
    events.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n").await;
    events.until("data:first").await;
    let mut socket = front.connect().await;
    socket.send(UPGRADE).await;
    assert!(socket.until("\r\n\r\n").await.starts_with("HTTP/1.1 101 "));
    front.idle_time().await;
    front.idle_time().await;
    until(|| front.shared.requests.load(Ordering::SeqCst) == 3).await;
    front.shared.release.notify_waiters();
    assert!(poll.until("released").await.starts_with("HTTP/1.1 200 "));
    events.until("data:second").await;
    // A masked text frame (RFC 6455 §5.2) with a mask of zeros, and its echo.
    socket.send(b"\x81\x82\0\0\0\0hi").await;
    socket.until("hi").await;
}

const UPGRADE: &str = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[tokio::test]
async fn an_upgrade_that_rocket_does_not_accept_evades_no_limit() {
    let front = TestFront::start(short_head()).await;
    let mut client = front.connect().await;
    client.send(UPGRADE.replace("/echo", "/")).await;
    assert!(client.until("hello").await.starts_with("HTTP/1.1 200 "));
    client.send("GE").await;
    assert!(client.rest().await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_connection_beyond_the_limit_gets_503() {
    let front = TestFront::start(FrontLimits { connections: 2, ..generous() }).await;
    let (mut first, mut second) = (front.connect().await, front.connect().await);
    first.hello().await;
    second.hello().await;
    let mut third = front.connect().await;
    third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = third.rest().await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nConnection: close\r\n"), "{answer}");
    front.refused(FrontRefusal::TooManyConnections, 1).await;
    drop(second);
    until(|| front.counters.connections.load(Ordering::Relaxed) == 1).await;
    front.connect().await.hello().await;
    first.hello().await;
}

#[tokio::test]
async fn at_the_limit_a_connection_without_a_request_ends_for_a_new_one() {
    let front = TestFront::start(FrontLimits { connections: 3, ..generous() }).await;
    let mut used = front.connect().await;
    used.hello().await;
    let mut silent = front.connect().await;
    let mut half = front.connect().await;
    half.send("GET / HTTP/1.1\r\nHo").await;
    until(|| front.counters.connections.load(Ordering::Relaxed) == 3).await;
    let mut poll = front.connect().await;
    poll.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(silent.rest().await, "", "the silent one waited longest");
    front.connect().await.hello().await;
    assert_eq!(half.rest().await, "");
    front.refused(FrontRefusal::Displaced, 2).await;
    used.hello().await;
    until(|| front.shared.requests.load(Ordering::SeqCst) == 4).await;
    front.shared.release.notify_waiters();
    assert!(poll.until("released").await.starts_with("HTTP/1.1 200 "), "a request in progress is answered");
}
