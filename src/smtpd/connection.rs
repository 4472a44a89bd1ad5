//! One connection: moves bytes between the stream and the session, enforces the deadlines and upgrades to TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::inbox::{Inbox, StoreError};

use super::distrust;
use super::session::{Delivery, Ending, SessionConfig, SessionStep, SmtpSession};
use super::stream::ServerStream;
use super::tls::Tls;

/// Size of the input buffer outside messages. It exceeds the longest line, so that a line always fits.
const BUFFER: usize = 16 * 1024;
/// Size of the input buffer inside messages: large messages need fewer reads.
const MESSAGE_BUFFER: usize = 64 * 1024;
/// After a rejection, input is discarded for this time and up to this many bytes, so that the client receives the
/// reply.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// What all connections of a listener share.
#[derive(Clone)]
pub(super) struct ConnectionContext {
    pub config: Arc<SessionConfig>,
    pub inbox: Inbox,
    /// `None` if no listener uses TLS.
    pub tls: Option<Tls>,
    /// True if the stream uses TLS from the first byte.
    pub implicit_tls: bool,
    pub shutdown: CancellationToken,
}

/// Serves one client until the connection ends. I/O errors affect only this client and are logged at debug level.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, context: ConnectionContext) {
    let stream = match context.implicit_tls {
        true => handshake(stream, &context, peer).await,
        false => Ok(ServerStream::Plain(stream)),
    };
    let result = match stream {
        Ok(stream) => ServerConnection::new(stream, peer, context).run().await,
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        tracing::debug!(client = %peer.ip(), %error, "an SMTP connection failed");
    }
}

async fn handshake(stream: TcpStream, context: &ConnectionContext, peer: SocketAddr) -> io::Result<ServerStream> {
    let tls = context.tls.as_ref().ok_or(io::ErrorKind::Unsupported)?;
    let accepted = timeout(HANDSHAKE_TIMEOUT, tls.acceptor.accept(stream)).await.map_err(io::Error::from);
    let accepted = accepted.and_then(|accepted| accepted);
    if let Err(error) = &accepted {
        distrust::log_failed_handshake(peer, context.implicit_tls, tls, error);
    }
    accepted.map(|stream| ServerStream::Tls(Box::new(stream)))
}

struct ServerConnection {
    peer: SocketAddr,
    stream: Option<ServerStream>,
    context: ConnectionContext,
    session: SmtpSession,
    buffer: BytesMut,
    /// When the current command or message must be complete.
    deadline: Instant,
    /// Fires at the deadline or before it, see [`wait_until`].
    timer: Pin<Box<Sleep>>,
    /// Completes when the server shuts down.
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The progress of the session when the deadline was last set.
    progress: Option<u64>,
    /// True once the shutdown has been noticed: the session ends after the current message.
    stopping: bool,
}

impl ServerConnection {
    fn new(stream: ServerStream, peer: SocketAddr, context: ConnectionContext) -> Self {
        let session =
            SmtpSession::new(context.config.clone(), peer.ip().to_canonical().to_string(), context.implicit_tls);
        let buffer = BytesMut::with_capacity(BUFFER);
        let (stream, deadline) = (Some(stream), Instant::now() + context.config.limits.idle);
        let timer = Box::pin(sleep_until(deadline));
        let stop = Box::pin(context.shutdown.clone().cancelled_owned());
        let (progress, stopping) = (None, false);
        ServerConnection { peer, stream, context, session, buffer, deadline, timer, stop, progress, stopping }
    }

    async fn run(mut self) -> io::Result<()> {
        let result = self.drive().await;
        if self.session.unused_since_tls
            && let Some(tls) = &self.context.tls
        {
            distrust::log_unused_session(self.peer, self.context.implicit_tls, tls);
        }
        if let Some(delivery) = self.session.take_interrupted("the connection was lost") {
            let _ = self.store(*delivery).await;
        }
        result
    }

    async fn drive(&mut self) -> io::Result<()> {
        loop {
            let (used, step) = self.session.advance(&self.buffer);
            self.buffer.advance(used);
            match step {
                SessionStep::Read => {
                    self.flush().await?;
                    if !self.read().await? {
                        return Ok(());
                    }
                }
                SessionStep::Pause(time) => {
                    self.flush().await?;
                    tokio::select! {
                        () = sleep(time) => {}
                        () = self.context.shutdown.cancelled() => return Ok(()),
                    }
                }
                SessionStep::Store(delivery) => {
                    let stored = self.store(*delivery).await;
                    self.session.settle_message(stored);
                }
                SessionStep::StartTls => self.start_tls().await?,
                SessionStep::Close(ending) => return self.close(ending).await,
            }
        }
    }

    /// Reads some bytes; returns `false` at the end of the stream. If the deadline passes, the session replies to it.
    async fn read(&mut self) -> io::Result<bool> {
        let (progress, limit) = self.session.deadline_policy();
        if self.progress != Some(progress) {
            self.progress = Some(progress);
            self.deadline = Instant::now() + limit;
        }
        if self.stopping && !self.session.in_message() {
            self.session.shut_down();
            return Ok(true);
        }
        let size = if self.session.in_message() { MESSAGE_BUFFER } else { BUFFER };
        self.buffer.reserve(size.saturating_sub(self.buffer.len()).max(1));
        let rate = self.session.throttle();
        let deadline = self.deadline;
        let Some(stream) = &mut self.stream else { return Ok(false) };
        let read = tokio::select! {
            biased;
            read = stream.read(&mut self.buffer, rate.map_or(MESSAGE_BUFFER, read_size)) => Some(read),
            () = wait_until(self.timer.as_mut(), deadline) => None,
            () = &mut self.stop, if !self.stopping => {
                self.stopping = true;
                self.deadline = deadline.min(Instant::now() + self.context.config.limits.grace);
                return Ok(true);
            }
        };
        match read {
            Some(bytes) => {
                let bytes = bytes?;
                if let Some(rate) = rate {
                    self.throttle(bytes, rate).await;
                }
                Ok(bytes > 0)
            }
            None => {
                if let Some(delivery) = self.session.take_interrupted("the deadline passed") {
                    let _ = self.store(*delivery).await;
                }
                self.session.expire();
                Ok(true)
            }
        }
    }

    /// Waits as long as `bytes` take at the rate of a fault rule, and extends the deadline by that time.
    async fn throttle(&mut self, bytes: usize, rate: u32) {
        let start = Instant::now();
        tokio::select! {
            () = sleep(Duration::from_secs_f64(bytes as f64 / f64::from(rate.max(1)))) => {}
            () = self.context.shutdown.cancelled() => {}
        }
        self.deadline += start.elapsed();
    }

    /// Stores a message and returns its id. Logs a failure.
    async fn store(&self, delivery: Delivery) -> Result<String, StoreError> {
        let Delivery { arrival, held } = delivery;
        let refused = arrival.refusal.is_some();
        let stored = self.context.inbox.store(arrival).await;
        drop(held);
        match stored {
            Ok(id) => {
                tracing::debug!(%id, refused, "a message was received by SMTP");
                Ok(id.to_string())
            }
            Err(error) => {
                tracing::error!(%error, "cannot store a message received by SMTP; replied 451");
                Err(error)
            }
        }
    }

    /// Upgrades to TLS. Input received before the handshake is discarded, since TLS does not protect it
    /// (CVE-2011-0411).
    async fn start_tls(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.buffer.clear();
        match self.stream.take() {
            Some(ServerStream::Plain(stream)) => self.stream = Some(handshake(stream, &self.context, self.peer).await?),
            other => self.stream = other,
        }
        self.session.secured();
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        let output = self.session.output();
        if output.is_empty() {
            return Ok(());
        }
        if let Some(stream) = &mut self.stream {
            // A client that does not read its replies is disconnected as soon as an idle one.
            let deadline = Instant::now() + self.context.config.limits.idle;
            tokio::select! {
                biased;
                written = stream.write(output) => written?,
                () = wait_until(self.timer.as_mut(), deadline) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
        output.clear();
        Ok(())
    }

    async fn close(&mut self, ending: Ending) -> io::Result<()> {
        self.flush().await?;
        let Some(mut stream) = self.stream.take() else { return Ok(()) };
        match ending {
            Ending::Dropped => {}
            // Dropping the socket ends a plain stream; TLS also needs its close_notify alert.
            Ending::Quit if matches!(stream, ServerStream::Plain(_)) => {}
            Ending::Quit => stream.shutdown().await?,
            Ending::Refused => {
                stream.shutdown().await?;
                // Closing a socket with unread input resets the connection, and the client could lose the reply.
                let _ = timeout(LINGER, stream.discard(LINGER_BYTES)).await;
            }
        }
        Ok(())
    }
}

/// Waits until `deadline`. Every command extends the deadline, so a timer that is set for an earlier time is reset only
/// when it fires.
async fn wait_until(mut timer: Pin<&mut Sleep>, deadline: Instant) {
    if timer.deadline() > deadline {
        timer.as_mut().reset(deadline);
    }
    loop {
        timer.as_mut().await;
        if timer.deadline() >= deadline {
            return;
        }
        timer.as_mut().reset(deadline);
    }
}

/// The number of bytes per read at `rate` bytes per second. Ten reads a second are cheap and smooth enough.
fn read_size(rate: u32) -> usize {
    usize::try_from(rate / 10).unwrap_or(BUFFER).clamp(1, BUFFER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wait_until_ends_at_the_deadline_for_any_setting_of_the_timer() {
        let now = Instant::now();
        let deadline = now + Duration::from_millis(5);
        for set_for in [now, deadline, now + Duration::from_secs(3_600)] {
            let mut timer = Box::pin(sleep_until(set_for));
            for deadline in [deadline, deadline + Duration::from_millis(5)] {
                wait_until(timer.as_mut(), deadline).await;
                assert!(Instant::now() >= deadline);
            }
        }
    }
}
