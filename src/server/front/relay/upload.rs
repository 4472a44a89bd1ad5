//! From the client to Rocket: whole heads only, and one request at a time.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::Instant;

use super::super::exchange::Due;
use super::super::request_head::RequestError;
use super::super::rewrite::rewritten;
use super::{Relay, RelayEnd, SCRATCH};

impl Relay<'_> {
    /// Moves bytes until a socket is not ready, or the request is complete and more bytes wait behind it.
    pub(super) fn poll_up(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), RelayEnd> {
        loop {
            if self.passed > 0 && !self.pass_on(cx) {
                // Rocket does not read, so nothing is due from the client.
                self.upload.stop();
                return Ok(());
            }
            if !self.up.is_empty() {
                self.passed = match self.exchange.advance(&self.up) {
                    Err(RequestError::NeedsRewrite) => {
                        self.up = rewritten(&self.up).map_err(RequestError::from)?;
                        self.exchange.advance(&self.up)?
                    }
                    advanced => advanced?,
                };
                if self.passed > 0 {
                    continue;
                }
                if self.exchange.has_request() {
                    return Ok(());
                }
            }
            if self.client_ended {
                // Rocket would drop the response to a request that is complete.
                match self.exchange.has_request() {
                    true => _ = self.ended_since.get_or_insert(now),
                    false => self.end_upload(cx),
                }
                return Ok(());
            }
            if self.read_client(cx)?.is_pending() {
                if self.exchange.due(&self.up) == Due::Body {
                    self.upload.start(now);
                }
                return Ok(());
            }
        }
    }

    /// Writes the bytes that may pass to Rocket; returns true if it took them all.
    fn pass_on(&mut self, cx: &mut Context<'_>) -> bool {
        let up = std::mem::take(&mut self.up);
        let written = self.write_rocket(cx, up.get(..self.passed).unwrap_or_default());
        self.keep_up(up.get(written..).unwrap_or_default(), self.passed - written);
        self.passed == 0
    }

    fn keep_up(&mut self, bytes: &[u8], passed: usize) {
        // A new vector: most connections are idle, and the old one may be large.
        self.up = bytes.to_vec();
        self.passed = passed;
    }

    /// Writes to Rocket until all is written or it does not take more; returns the number of written bytes.
    fn write_rocket(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> usize {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            let Some(rocket) = &mut self.rocket else { break };
            if self.discards {
                return bytes.len();
            }
            match Pin::new(&mut rocket.stream).poll_write(cx, rest) {
                Poll::Ready(Ok(count)) => written += count,
                // Rocket may answer before it has read the body, and then close. The answer is still passed on.
                Poll::Ready(Err(_)) => self.discards = true,
                Poll::Pending => break,
            }
        }
        written
    }

    /// Tells Rocket that the client sends nothing more.
    fn end_upload(&mut self, cx: &mut Context<'_>) {
        if let Some(rocket) = &mut self.rocket
            && !self.discards
        {
            // A TCP socket shuts down without waiting.
            let _ = Pin::new(&mut rocket.stream).poll_shutdown(cx);
            self.discards = true;
        }
    }

    fn read_client(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, RelayEnd> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(&mut self.client).poll_read(cx, &mut buffer) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(Err(_)) => return Err(RelayEnd::Closed),
                Poll::Ready(Ok(())) => {}
            }
            let bytes = buffer.filled();
            if bytes.is_empty() {
                self.client_ended = true;
                return if self.rocket.is_some() { Ok(Poll::Ready(())) } else { Err(RelayEnd::Closed) };
            }
            self.upload.add(bytes.len());
            if self.discards {
                return Ok(Poll::Ready(()));
            }
            if self.up.is_empty() && self.rocket.is_some() {
                let passed = match self.exchange.advance(bytes) {
                    // The head is rewritten where it waits.
                    Err(RequestError::NeedsRewrite) => 0,
                    advanced => advanced?,
                };
                let written = self.write_rocket(cx, bytes.get(..passed).unwrap_or_default());
                self.keep_up(bytes.get(written..).unwrap_or_default(), passed - written);
            } else {
                self.up.extend_from_slice(bytes);
            }
            Ok(Poll::Ready(()))
        })
    }
}
