//! From Rocket to the client.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::Instant;

use super::{Relay, RelayEnd, SCRATCH};

impl Relay<'_> {
    /// Moves bytes until a socket is not ready.
    pub(super) fn poll_down(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), RelayEnd> {
        loop {
            if !self.down.is_empty() {
                let down = std::mem::take(&mut self.down);
                let written = self.write_client(cx, &down)?;
                self.down = down.get(written..).unwrap_or_default().to_vec();
                if !self.down.is_empty() {
                    self.download.start(now);
                    return Ok(());
                }
                self.idle_since = now;
            }
            self.download.stop();
            if self.rocket_ended {
                return Err(RelayEnd::Finished);
            }
            if self.read_rocket(cx, now)?.is_pending() {
                return Ok(());
            }
        }
    }

    /// Writes to the client until all is written or it does not take more; returns the number of written bytes.
    fn write_client(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Result<usize, RelayEnd> {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.client).poll_write(cx, rest) {
                Poll::Ready(Ok(count)) => written += count,
                Poll::Ready(Err(_)) => return Err(RelayEnd::Closed),
                Poll::Pending => break,
            }
        }
        self.download.add(written);
        Ok(written)
    }

    fn read_rocket(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<Poll<()>, RelayEnd> {
        SCRATCH.with_borrow_mut(|scratch| {
            let Some(rocket) = &mut self.rocket else { return Ok(Poll::Pending) };
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(&mut rocket.stream).poll_read(cx, &mut buffer) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => {
                    self.rocket_ended = true;
                    return Ok(Poll::Ready(()));
                }
            }
            let bytes = buffer.filled();
            if self.exchange.observe(bytes) {
                self.changed = true;
                self.idle_since = now;
            }
            let written = self.write_client(cx, bytes)?;
            self.down = bytes.get(written..).unwrap_or_default().to_vec();
            Ok(Poll::Ready(()))
        })
    }
}
