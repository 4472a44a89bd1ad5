//! What passes through unchanged.

use super::*;

#[tokio::test]
async fn rocket_sees_the_address_of_the_client() {
    let front = TestFront::start(generous()).await;
    let mut client = front.connect().await;
    let own = client.0.local_addr().unwrap();
    client.send("GET /ip HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.until(&format!("{own} true")).await;
}

#[tokio::test]
async fn rocket_recognizes_a_connection_that_is_not_of_the_front() {
    let front = TestFront::start(generous()).await;
    let mut direct = RawClient(TcpStream::connect(front.rocket).await.unwrap());
    let own = direct.0.local_addr().unwrap();
    direct.send("GET /ip HTTP/1.1\r\nHost: x\r\n\r\n").await;
    direct.until(&format!("{own} false")).await;
}

#[tokio::test]
async fn requests_behind_each_other_get_their_answers_in_order() {
    let front = TestFront::start(generous()).await;
    let mut client = front.connect().await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let post = "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    let head = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send(get("/") + post + head + &get("/missing") + &get("/") + head + "GET / HTTP/1.0\r\n\r\n").await;
    let answers = client.rest().await;
    let statuses: Vec<_> = answers.split("HTTP/1.").skip(1).map(|answer| &answer[2..5]).collect();
    assert_eq!(statuses, ["200", "200", "200", "404", "200", "200", "200"], "{answers}");
    assert!(answers.ends_with("hello") && answers.contains("\r\n\r\n3HTTP/1.1 200 "), "{answers}");
    assert_eq!(answers.matches("hello").count(), 3, "HEAD has no body: {answers}");
}

#[tokio::test]
async fn a_request_may_arrive_byte_by_byte() {
    let front = TestFront::start(generous()).await;
    let mut client = front.connect().await;
    for byte in b"\r\nPOST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" {
        client.send([*byte]).await;
    }
    assert!(client.until("\r\n\r\n3").await.starts_with("HTTP/1.1 200 "));
    client.hello().await;
}

#[tokio::test]
async fn large_bodies_pass_in_both_directions() {
    const SIZE: usize = 20_000_000;
    let front = TestFront::start(generous()).await;
    let mut client = front.connect().await;
    client.send(format!("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\n\r\n")).await;
    client.send(vec![b'x'; SIZE]).await;
    client.until(&format!("\r\n\r\n{SIZE}")).await;
    client.send("POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    for _ in 0..SIZE / 20_000 {
        client.send("4e20\r\n").await;
        client.send(vec![b'x'; 20_000]).await;
        client.send("\r\n").await;
    }
    client.send("0\r\n\r\n").await;
    client.until(&format!("\r\n\r\n{SIZE}")).await;
    client.send("GET /large HTTP/1.0\r\n\r\n").await;
    client.until("\r\n\r\n").await;
    let mut body = Vec::new();
    client.0.read_to_end(&mut body).await.unwrap();
    assert_eq!(body.len(), LARGE);
}

#[tokio::test]
async fn a_body_is_sent_after_100_continue() {
    let front = TestFront::start(generous()).await;
    let mut client = front.connect().await;
    client.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n").await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 100 "));
    client.send("hello").await;
    assert!(client.until("\r\n\r\n5").await.starts_with("HTTP/1.1 200 "));
    client.hello().await;
}

#[tokio::test]
async fn an_answer_that_precedes_the_end_of_the_body_arrives() {
    let front = TestFront::start(generous()).await;
    let mut client = front.connect().await;
    client.send("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n").await;
    client.send(vec![b'x'; 1_000_000]).await;
    assert!(client.rest().await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn the_end_of_a_client_reaches_rocket() {
    let front = TestFront::start(FrontLimits { half_closed: Duration::from_millis(100), ..generous() }).await;
    let mut client = front.connect().await;
    client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    until(|| front.shared.requests.load(Ordering::SeqCst) == 1).await;
    drop(client);
    until(|| front.counters.connections.load(Ordering::Relaxed) == 0).await;
}
