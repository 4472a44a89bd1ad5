//! The front's own answers. Each is small and ends the connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::web::FrontRefusal;

/// Time for the last bytes of a connection that does not wait for the client. The operating system takes them at once,
/// unless the client reads nothing.
const BRIEF: Duration = Duration::from_millis(100);
/// Ended connections that wait for the client at the same time. Further ones are closed at once.
pub const WAITING: usize = 32;

/// The last answers on connections that are no longer counted, over all listeners. Clones share their limit.
#[derive(Clone)]
pub struct LastAnswers(Arc<Semaphore>);

impl LastAnswers {
    /// Answers a refused request or connection, and closes the connection.
    pub async fn refuse(&self, client: TcpStream, refusal: FrontRefusal, linger: Duration) {
        let response = response(refusal).unwrap_or_default();
        self.finish(client, response.as_bytes(), linger).await;
    }

    /// Sends the last bytes, then discards what the client still sends until it closes its side. If the connection were
    /// closed while bytes are unread, the operating system would reset it, and the client could lose its answer.
    pub(super) async fn finish(&self, mut client: TcpStream, last: &[u8], linger: Duration) {
        let Ok(_permit) = self.0.try_acquire() else {
            _ = timeout(BRIEF, client.write_all(last)).await;
            return;
        };
        let close = async {
            client.write_all(last).await?;
            client.shutdown().await?;
            let mut bytes = vec![0; 4096];
            while client.read(&mut bytes).await? > 0 {}
            std::io::Result::Ok(())
        };
        let _ = timeout(linger, close).await;
    }
}

impl Default for LastAnswers {
    fn default() -> Self {
        LastAnswers(Arc::new(Semaphore::new(WAITING)))
    }
}

/// The response to a refused request; `None` where only the end of the connection can follow, since a response is
/// already on its way.
pub fn response(refusal: FrontRefusal) -> Option<String> {
    let (status, text) = match refusal {
        FrontRefusal::TooManyConnections => ("503 Service Unavailable", "all connections are in use, try again later"),
        FrontRefusal::TooManyOfClient => ("503 Service Unavailable", "too many connections from your address"),
        FrontRefusal::SlowHead => ("408 Request Timeout", "the request did not arrive in time"),
        FrontRefusal::SlowBody => ("408 Request Timeout", "the request's body arrives too slowly"),
        FrontRefusal::LargeHead => ("431 Request Header Fields Too Large", "the request's header fields are too large"),
        FrontRefusal::Malformed => ("400 Bad Request", "the request is malformed"),
        FrontRefusal::SlowReader | FrontRefusal::Displaced => return None,
    };
    let retry = if status.starts_with("503") { "Retry-After: 10\r\n" } else { "" };
    Some(format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{retry}Connection: close\r\n\r\n{text}\n",
        text.len() + 1
    ))
}

/// The log line of a refusal.
pub const fn log_line(refusal: FrontRefusal) -> &'static str {
    match refusal {
        FrontRefusal::TooManyConnections => "refused a connection: all connections are in use",
        FrontRefusal::TooManyOfClient => "refused a connection: the client has its share of the connections",
        FrontRefusal::Displaced => "ended a connection without a request: all connections were in use",
        FrontRefusal::SlowHead => "ended a connection: the head of a request did not arrive in time",
        FrontRefusal::LargeHead => "refused a request: its head is too large",
        FrontRefusal::SlowBody => "ended a connection: the body of a request arrives too slowly",
        FrontRefusal::SlowReader => "ended a connection: the client reads its answer too slowly",
        FrontRefusal::Malformed => "refused a request: it is malformed",
    }
}
