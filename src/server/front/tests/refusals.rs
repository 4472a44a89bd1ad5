//! Requests that readers could frame differently (RFC 9112 §11.2).

use super::*;

#[tokio::test]
async fn requests_that_hide_another_request_are_refused() {
    let front = TestFront::start(generous()).await;
    let hidden = "GET /ip HTTP/1.1\r\nHost: x\r\n\r\n";
    let post = "POST /upload HTTP/1.1\r\nHost: x\r\n";
    for start in [
        format!("{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
        format!("{post}Content-Length: 0\r\nContent-Length: 28\r\n\r\n"),
        format!("{post}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        format!("{post}Transfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n"),
        format!("{post}Content-Length : 28\r\n\r\n"),
        format!("{post}X: a\r\n Content-Length: 28\r\n\r\n"),
        format!("{post}Content-Length: 28\r\n folded\r\n\r\n"),
        format!("{post}X: a\rContent-Length: 28\r\n\r\n"),
        "POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "POST /upload HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n".to_owned(),
        "POST /upload HTTP/1.1\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET /\r\n\r\n".to_owned(),
    ] {
        let mut client = front.connect().await;
        client.send(start.clone() + hidden).await;
        let answer = client.rest().await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.matches("HTTP/1.").count() == 1, "{start:?}: {answer}");
    }
    assert_eq!(front.shared.requests.load(Ordering::SeqCst), 0);
    front.refused(FrontRefusal::Malformed, 15).await;
}

#[tokio::test]
async fn tls_and_other_protocols_are_refused_at_their_first_byte() {
    let front = TestFront::start(generous()).await;
    for start in ["\x16\x03\x01\x02\0\x01", "\0", " GET / HTTP/1.1", "{\"json\": 1", "\r\n<xml"] {
        let mut client = front.connect().await;
        client.send(start).await;
        assert!(client.rest().await.starts_with("HTTP/1.1 400 "), "{start:?}");
    }
}

/// Chunks are framed while the body is on its way, so that Rocket may have answered before the error. No byte after the
/// error reaches Rocket.
#[tokio::test]
async fn nothing_after_a_malformed_chunk_is_a_request() {
    let front = TestFront::start(generous()).await;
    for body in ["3\nabc\n0\n\n", "0\n\n", "3\r\nabcd\r\n0\r\n\r\n", "g\r\n", "0\r\nX: y\n\r\n", "-1\r\n"] {
        let before = front.shared.requests.load(Ordering::SeqCst);
        let mut client = front.connect().await;
        let head = "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.send(format!("{head}{body}GET /ip HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let answer = client.rest().await;
        assert!(answer.starts_with("HTTP/1.1 4") && answer.matches("HTTP/1.").count() == 1, "{body:?}: {answer}");
        assert!(front.shared.requests.load(Ordering::SeqCst) <= before + 1, "{body:?}");
    }
}

#[tokio::test]
async fn lines_that_end_with_lf_alone_mean_the_same_to_the_front_and_to_rocket() {
    let front = TestFront::start(generous()).await;
    let mut client = front.connect().await;
    client.send("POST /upload HTTP/1.1\nHost: x\nContent-Length: 3\n\nabcGET / HTTP/1.1\nHost: x\r\n\nGET").await;
    assert!(client.until("\r\n\r\n3").await.starts_with("HTTP/1.1 200 "));
    assert!(client.until("hello").await.starts_with("HTTP/1.1 200 "));
}
