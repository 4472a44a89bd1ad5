//! The end of a connection: the front's answer, and the bytes that the client still sends.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::web::FrontRefusal;

use super::super::exchange::Due;
use super::super::limits::FrontLimits;
use super::super::refusal;
use super::{Relay, RelayEnd};

impl Relay<'_> {
    /// Closes both connections; answers a refused request unless its response has begun.
    pub async fn close(mut self, end: RelayEnd) {
        self.rocket = None;
        match end {
            RelayEnd::Closed => {}
            // The operating system would keep the bytes that it has taken for the client.
            RelayEnd::Refused(FrontRefusal::SlowReader) => _ = self.client.set_zero_linger(),
            RelayEnd::Refused(refusal) if self.exchange.is_unanswered() && self.down.is_empty() => {
                answer(self.client, refusal, self.limits).await;
            }
            RelayEnd::Refused(_) => {}
            RelayEnd::Finished if self.has_read_all() => {}
            RelayEnd::Finished => linger(self.client, self.limits).await,
        }
    }

    /// True if the client has sent its last request as a whole and nothing after it.
    fn has_read_all(&self) -> bool {
        self.up.is_empty() && (self.exchange.has_request() || self.exchange.due(&self.up) == Due::Request)
    }
}

/// Answers a refused request or connection, and closes the connection.
pub async fn answer(mut client: TcpStream, refusal: FrontRefusal, limits: &FrontLimits) {
    if let Some(response) = refusal::response(refusal)
        && let Ok(Ok(())) = timeout(limits.linger, client.write_all(response.as_bytes())).await
    {
        linger(client, limits).await;
    }
}

/// Ends the answers, then discards what the client still sends until it closes its side. If the connection were closed
/// while bytes are unread, the operating system would reset it, and the client could lose its answer.
async fn linger(mut client: TcpStream, limits: &FrontLimits) {
    let discard = async {
        client.shutdown().await?;
        let mut bytes = vec![0; 4096];
        while client.read(&mut bytes).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = timeout(limits.linger, discard).await;
}
