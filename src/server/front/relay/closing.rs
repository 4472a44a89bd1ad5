//! The end of a connection.

use crate::web::FrontRefusal;

use super::super::exchange::Due;
use super::super::refusal::LastAnswers;
use super::{Relay, RelayEnd};

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
