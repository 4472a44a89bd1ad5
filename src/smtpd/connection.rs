//! One connection: moves bytes between the stream and the session, enforces the deadlines and upgrades to TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::clock::Time;
use crate::inbox::{MessageId, SessionOutcome, StoreError};

use super::connection_context::ConnectionContext;
use super::deadline::wait_until;
use super::session::{Delivery, SessionStep, SmtpSession};
use super::stream::ServerStream;
use super::tls_failure;

/// Size of the input buffer outside messages. It exceeds the longest line, so that a line always fits.
const BUFFER: usize = 16 * 1024;
/// Size of the input buffer inside messages: large messages need fewer reads.
const MESSAGE_BUFFER: usize = 64 * 1024;
/// After a rejection, input is discarded for this time and up to this many bytes, so that the client receives the
/// reply.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one client until the connection ends. I/O errors affect only this client and are logged at debug level.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, context: ConnectionContext) {
    let stream = match context.implicit_tls {
        true => match handshake(stream, &context).await {
            Ok(stream) => stream,
            Err(error) => return record_failed_handshake(&context, peer, &error),
        },
        false => ServerStream::Plain(stream),
    };
    if let Err(error) = ServerConnection::new(stream, peer, context).run().await {
        tracing::debug!(client = %peer.ip(), %error, "an SMTP connection failed");
    }
}

async fn handshake(stream: TcpStream, context: &ConnectionContext) -> io::Result<ServerStream> {
    let tls = context.tls.as_ref().ok_or(io::ErrorKind::Unsupported)?;
    let accepted = timeout(HANDSHAKE_TIMEOUT, tls.acceptor.accept(stream)).await.map_err(io::Error::from)?;
    accepted.map(|stream| ServerStream::Tls(Box::new(stream)))
}

/// Records a connection to the SMTPS port without a session.
fn record_failed_handshake(context: &ConnectionContext, peer: SocketAddr, error: &io::Error) {
    let reason = context.tls.as_ref().and_then(|tls| tls_failure::reason(true, tls, error));
    match reason {
        Some(reason) => {
            let transcript = format!("# {reason}\n");
            context.record_refused(peer, SessionOutcome::LeftDuringSmtps, &reason, &transcript);
        }
        None => context.record_refused(peer, SessionOutcome::PortCheck, "", ""),
    }
}

struct ServerConnection {
    started: Time,
    stream: Option<ServerStream>,
    context: ConnectionContext,
    session: SmtpSession,
    buffer: BytesMut,
    /// The replies that wait.
    output: Vec<u8>,
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
        let (buffer, output) = (BytesMut::with_capacity(BUFFER), Vec::with_capacity(512));
        let (stream, deadline) = (Some(stream), Instant::now() + context.config.limits.idle);
        let timer = Box::pin(sleep_until(deadline));
        let stop = Box::pin(context.shutdown.clone().cancelled_owned());
        let (started, progress, stopping) = (context.config.clock.now(), None, false);
        ServerConnection {
            started,
            stream,
            context,
            session,
            buffer,
            output,
            deadline,
            timer,
            stop,
            progress,
            stopping,
        }
    }

    async fn run(mut self) -> io::Result<()> {
        let result = self.drive().await;
        if result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            self.session.report.fail(SessionOutcome::TimedOut, "the client did not read the replies");
        }
        self.store_interrupted(SessionOutcome::LeftInMessage).await;
        let ended = self.session.ended(self.started);
        self.context.record(ended);
        result
    }

    /// Stores the part of a message that was received before it was cut off.
    async fn store_interrupted(&mut self, outcome: SessionOutcome) {
        if let Some(delivery) = self.session.take_interrupted(outcome)
            && let Ok(id) = self.store(*delivery).await
        {
            self.session.report.stored(id);
        }
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
                SessionStep::Reply(reply) => {
                    self.output.extend_from_slice(reply.as_bytes());
                    self.output.extend_from_slice(b"\r\n");
                }
                SessionStep::Pause(time) => {
                    self.flush().await?;
                    tokio::select! {
                        () = sleep(time) => {}
                        () = self.context.shutdown.cancelled() => {
                            self.session.report.fail(SessionOutcome::ServerStopped, "");
                            return Ok(());
                        }
                    }
                }
                SessionStep::Store(delivery) => {
                    let stored = self.store(*delivery).await;
                    self.session.settle_message(stored);
                }
                SessionStep::StartTls => self.start_tls().await?,
                step @ (SessionStep::Quit | SessionStep::End | SessionStep::Drop) => return self.close(step).await,
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
                self.store_interrupted(SessionOutcome::TimedOut).await;
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
    async fn store(&self, delivery: Delivery) -> Result<MessageId, StoreError> {
        let Delivery { arrival, held } = delivery;
        let refused = arrival.refusal.is_some();
        let stored = self.context.inbox.store(arrival).await;
        drop(held);
        match stored {
            Ok(id) => {
                tracing::debug!(%id, refused, "a message was received by SMTP");
                Ok(id)
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
            Some(ServerStream::Plain(stream)) => {
                let secured = handshake(stream, &self.context).await;
                if let Err(error) = &secured {
                    self.session.starttls_failed(self.context.tls.as_ref(), error);
                }
                self.stream = Some(secured?);
            }
            other => self.stream = other,
        }
        self.session.secured();
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        if let Some(stream) = &mut self.stream {
            // A client that does not read its replies is disconnected as soon as an idle one.
            let deadline = Instant::now() + self.context.config.limits.idle;
            tokio::select! {
                biased;
                written = stream.write(&self.output) => written?,
                () = wait_until(self.timer.as_mut(), deadline) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
        self.output.clear();
        Ok(())
    }

    async fn close(&mut self, step: SessionStep) -> io::Result<()> {
        self.flush().await?;
        let Some(mut stream) = self.stream.take() else { return Ok(()) };
        match step {
            // Dropping the socket ends a plain stream; TLS also needs its close_notify alert.
            SessionStep::Quit if matches!(stream, ServerStream::Plain(_)) => {}
            SessionStep::Quit => stream.shutdown().await?,
            SessionStep::End => {
                stream.shutdown().await?;
                // Closing a socket with unread input resets the connection, and the client could lose the reply.
                let _ = timeout(LINGER, stream.discard(LINGER_BYTES)).await;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The number of bytes per read at `rate` bytes per second. Ten reads a second are cheap and smooth enough.
fn read_size(rate: u32) -> usize {
    usize::try_from(rate / 10).unwrap_or(BUFFER).clamp(1, BUFFER)
}
