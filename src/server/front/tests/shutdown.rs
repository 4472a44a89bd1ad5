//! The stop: requests in progress finish, everything else ends at once.

use super::*;

impl TestFront {
    /// As the server stops: the front first, then Rocket.
    fn stop(&self) {
        self.shutdown.cancel();
        self.rocket_stop.clone().notify();
    }
}

#[tokio::test]
async fn a_request_in_progress_finishes_and_idle_connections_end_at_once() {
    let mut front = TestFront::start(generous()).await;
    let (mut silent, mut used) = (front.connect().await, front.connect().await);
    used.hello().await;
    let mut half = front.connect().await;
    half.send("GET / HTT").await;
    let mut waiting = front.connect().await;
    waiting.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    until(|| front.shared.requests.load(Ordering::SeqCst) == 2).await;
    front.stop();
    for client in [&mut silent, &mut used, &mut half] {
        assert_eq!(client.rest().await, "");
    }
    assert!(TcpStream::connect(front.address).await.is_err(), "the port is closed");
    front.shared.release.notify_waiters();
    let answer = waiting.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("released"), "{answer}");
    timeout(PATIENCE, &mut front.front).await.expect("the front ends").unwrap();
}
