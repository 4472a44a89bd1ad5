//! The end of a connection: the front's answer, and the bytes that the client still sends.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::web::FrontRefusal;

use super::super::exchange::Due;
use super::super::refusal;
use super::{Relay, RelayEnd};

/// Ended connections that wait for the client at the same time. Further ones are closed at once.
const WAITING: usize = 64;

/// The last answers on connections that are no longer counted. Clones share their limit.
#[derive(Clone)]
pub struct LastAnswers(Arc<Semaphore>);

impl Relay<'_> {
    /// Closes both connections; answers a refused request unless its response has begun.
    pub async fn close(mut self, end: RelayEnd, answers: &LastAnswers) {
        self.rocket = None;
        let linger = self.limits.linger;
        match end {
            RelayEnd::Closed => {}
            // The operating system would keep the bytes that it has taken for the client.
            RelayEnd::Refused(FrontRefusal::SlowReader) => _ = self.client.set_zero_linger(),
            RelayEnd::Refused(refusal) if self.exchange.is_unanswered() && self.down.is_empty() => {
                answers.refuse(self.client, refusal, linger).await;
            }
            RelayEnd::Refused(_) => {}
            RelayEnd::Finished if self.has_read_all() => {}
            RelayEnd::Finished => answers.finish(self.client, b"", linger).await,
        }
    }

    /// True if the client has sent its last request as a whole and nothing after it.
    fn has_read_all(&self) -> bool {
        self.up.is_empty() && (self.exchange.has_request() || self.exchange.due(&self.up) == Due::Request)
    }
}

impl LastAnswers {
    /// Answers a refused request or connection, and closes the connection.
    pub async fn refuse(&self, client: TcpStream, refusal: FrontRefusal, linger: Duration) {
        let response = refusal::response(refusal).unwrap_or_default();
        self.finish(client, response.as_bytes(), linger).await;
    }

    /// Sends the last bytes, then discards what the client still sends until it closes its side. If the connection were
    /// closed while bytes are unread, the operating system would reset it, and the client could lose its answer.
    async fn finish(&self, mut client: TcpStream, last: &[u8], linger: Duration) {
        let Ok(_permit) = self.0.try_acquire() else {
            _ = client.try_write(last);
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
