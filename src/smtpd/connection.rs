//! One connection: moves bytes between socket and session, keeps the deadlines, upgrades to TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::inbox::{Inbox, StoreError};

use super::distrust;
use super::session::{Delivery, Ending, SessionConfig, SessionStep, SmtpSession};
use super::tls::Tls;

/// Bytes read at a time. More than the longest line, so that a line always fits.
const BUFFER: usize = 16 * 1024;
/// The same inside a message: fewer turns for a large one.
const MESSAGE_BUFFER: usize = 64 * 1024;
/// How long a client gets to read why it is refused, in time and in bytes it may still send.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;
/// For the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// What a listener gives each of its connections.
#[derive(Clone)]
pub(super) struct ConnectionContext {
    pub terms: Arc<SessionConfig>,
    pub inbox: Inbox,
    /// `None` if no listener speaks TLS.
    pub tls: Option<Tls>,
    /// TLS from the first byte.
    pub implicit_tls: bool,
    pub shutdown: CancellationToken,
}

/// Serves one client until the connection ends. I/O errors affect only this client and are logged at debug level.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, context: ConnectionContext) {
    let wire = match context.implicit_tls {
        true => handshake(stream, &context, peer).await,
        false => Ok(ServerStream::Plain(stream)),
    };
    let talked = match wire {
        Ok(wire) => ServerConnection::new(wire, peer, context).run().await,
        Err(error) => Err(error),
    };
    if let Err(error) = talked {
        tracing::debug!(client = %peer.ip(), %error, "an SMTP connection broke");
    }
}

async fn handshake(stream: TcpStream, context: &ConnectionContext, peer: SocketAddr) -> io::Result<ServerStream> {
    let tls = context.tls.as_ref().ok_or(io::ErrorKind::Unsupported)?;
    let accepted = timeout(HANDSHAKE, tls.acceptor.accept(stream)).await.map_err(io::Error::from);
    let accepted = accepted.and_then(|accepted| accepted);
    if let Err(error) = &accepted {
        distrust::in_handshake(peer, context.implicit_tls, tls, error);
    }
    accepted.map(|stream| ServerStream::Tls(Box::new(stream)))
}

enum ServerStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

struct ServerConnection {
    peer: SocketAddr,
    wire: Option<ServerStream>,
    context: ConnectionContext,
    session: SmtpSession,
    buffer: BytesMut,
    /// When the command or message under way must be complete.
    deadline: Instant,
    /// Rings at the deadline or before it, see [`ring`].
    alarm: Pin<Box<Sleep>>,
    /// Comes true when the server stops.
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    progress: Option<u64>,
    leaving: bool,
}

impl ServerConnection {
    fn new(wire: ServerStream, peer: SocketAddr, context: ConnectionContext) -> Self {
        let session =
            SmtpSession::new(context.terms.clone(), peer.ip().to_canonical().to_string(), context.implicit_tls);
        let buffer = BytesMut::with_capacity(BUFFER);
        let (wire, deadline) = (Some(wire), Instant::now() + context.terms.limits.idle);
        let alarm = Box::pin(sleep_until(deadline));
        let stop = Box::pin(context.shutdown.clone().cancelled_owned());
        ServerConnection { peer, wire, context, session, buffer, deadline, alarm, stop, progress: None, leaving: false }
    }

    async fn run(mut self) -> io::Result<()> {
        let ended = self.drive().await;
        if self.session.unused_since_tls
            && let Some(tls) = &self.context.tls
        {
            distrust::after_handshake(self.peer, self.context.implicit_tls, tls);
        }
        if let Some(delivery) = self.session.take_interrupted("the connection was lost") {
            let _ = self.store(*delivery).await;
        }
        ended
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

    /// Reads some bytes; `false` at the end of the stream. The session replies to a passed deadline.
    async fn read(&mut self) -> io::Result<bool> {
        let (progress, patience) = self.session.deadline_policy();
        if self.progress != Some(progress) {
            self.progress = Some(progress);
            self.deadline = Instant::now() + patience;
        }
        if self.leaving && !self.session.in_message() {
            self.session.shut_down();
            return Ok(true);
        }
        let room = if self.session.in_message() { MESSAGE_BUFFER } else { BUFFER };
        self.buffer.reserve(room.saturating_sub(self.buffer.len()).max(1));
        let rate = self.session.throttle();
        let deadline = self.deadline;
        let Some(wire) = &mut self.wire else { return Ok(false) };
        let read = tokio::select! {
            biased;
            read = wire.read(&mut self.buffer, rate.map_or(MESSAGE_BUFFER, step)) => Some(read),
            () = set_deadline(self.alarm.as_mut(), deadline) => None,
            () = &mut self.stop, if !self.leaving => {
                self.leaving = true;
                self.deadline = deadline.min(Instant::now() + self.context.terms.limits.grace);
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
                if let Some(delivery) = self.session.take_interrupted("the time was up") {
                    let _ = self.store(*delivery).await;
                }
                self.session.expire();
                Ok(true)
            }
        }
    }

    /// Waits as long as `bytes` take at the rate of a fault rule. The deadline is extended by that time.
    async fn throttle(&mut self, bytes: usize, rate: u32) {
        let began = Instant::now();
        tokio::select! {
            () = sleep(Duration::from_secs_f64(bytes as f64 / f64::from(rate.max(1)))) => {}
            () = self.context.shutdown.cancelled() => {}
        }
        self.deadline += began.elapsed();
    }

    /// Stores a message and returns its id. A failure is logged here.
    async fn store(&self, delivery: Delivery) -> Result<String, StoreError> {
        let Delivery { arrival, held } = delivery;
        let refused = arrival.refusal.is_some();
        let stored = self.context.inbox.store(arrival).await;
        drop(held);
        match stored {
            Ok(id) => {
                tracing::debug!(%id, refused, "a message came by SMTP");
                Ok(id.to_string())
            }
            Err(error) => {
                tracing::error!(%error, "a message that came by SMTP could not be stored; the client was told 451");
                Err(error)
            }
        }
    }

    /// What came before the handshake was not protected by it and is forgotten (the injection of CVE-2011-0411).
    async fn start_tls(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.buffer.clear();
        match self.wire.take() {
            Some(ServerStream::Plain(stream)) => self.wire = Some(handshake(stream, &self.context, self.peer).await?),
            other => self.wire = other,
        }
        self.session.secured();
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        let output = self.session.output();
        if output.is_empty() {
            return Ok(());
        }
        if let Some(wire) = &mut self.wire {
            // A client that does not read its replies holds nothing for longer than an idle one.
            let deadline = Instant::now() + self.context.terms.limits.idle;
            tokio::select! {
                biased;
                written = wire.write(output) => written?,
                () = set_deadline(self.alarm.as_mut(), deadline) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
        output.clear();
        Ok(())
    }

    async fn close(&mut self, ending: Ending) -> io::Result<()> {
        self.flush().await?;
        let Some(mut wire) = self.wire.take() else { return Ok(()) };
        match ending {
            Ending::Dropped => {}
            // The end of the stream follows by itself; TLS has a farewell of its own.
            Ending::Quit if matches!(wire, ServerStream::Plain(_)) => {}
            Ending::Quit => wire.shutdown().await?,
            Ending::Refused => {
                wire.shutdown().await?;
                // Closing with unread input resets the connection, and the reply could be lost with it.
                let _ = timeout(LINGER, drain(&mut wire)).await;
            }
        }
        Ok(())
    }
}

/// Waits until `deadline`. Deadlines move on with every command: an alarm that is set for an earlier one stays, and is
/// set anew only when it rings.
async fn set_deadline(mut alarm: Pin<&mut Sleep>, deadline: Instant) {
    if alarm.deadline() > deadline {
        alarm.as_mut().reset(deadline);
    }
    loop {
        alarm.as_mut().await;
        if alarm.deadline() >= deadline {
            return;
        }
        alarm.as_mut().reset(deadline);
    }
}

/// Bytes to read at a time at `rate` bytes per second: ten steps a second are smooth enough and cheap.
fn step(rate: u32) -> usize {
    usize::try_from(rate / 10).unwrap_or(BUFFER).clamp(1, BUFFER)
}

async fn drain(wire: &mut ServerStream) -> io::Result<()> {
    let mut rest = BytesMut::with_capacity(BUFFER);
    let mut total = 0;
    while total < LINGER_BYTES {
        rest.clear();
        match wire.read(&mut rest, BUFFER).await? {
            0 => break,
            bytes => total += bytes,
        }
    }
    Ok(())
}

impl ServerStream {
    /// Reads what is there into the room the buffer has, `limit` bytes at most.
    async fn read(&mut self, buffer: &mut BytesMut, limit: usize) -> io::Result<usize> {
        let room = buffer.capacity() - buffer.len();
        let mut buffer = buffer.limit(limit.min(room));
        match self {
            ServerStream::Plain(stream) => stream.read_buf(&mut buffer).await,
            ServerStream::Tls(stream) => stream.read_buf(&mut buffer).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            ServerStream::Plain(stream) => stream.write_all(bytes).await,
            ServerStream::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            ServerStream::Plain(stream) => stream.shutdown().await,
            ServerStream::Tls(stream) => stream.shutdown().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_rings_at_the_deadline_whatever_it_was_set_for() {
        let now = Instant::now();
        let deadline = now + Duration::from_millis(5);
        for set_for in [now, deadline, now + Duration::from_secs(3_600)] {
            let mut alarm = Box::pin(sleep_until(set_for));
            for deadline in [deadline, deadline + Duration::from_millis(5)] {
                set_deadline(alarm.as_mut(), deadline).await;
                assert!(Instant::now() >= deadline);
            }
        }
    }
}
