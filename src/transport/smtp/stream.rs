//! The stream under mail-send's client. It buffers what is written, and hands one reply at a time to the client in a
//! form that the client can read; the replies as they came are kept for the caller.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use mail_send::SmtpClient;
use tokio::io::{AsyncRead, AsyncWrite, BufWriter, ReadBuf};
use tokio::net::TcpStream;

use super::reply::{SmtpReply, is_last, readable};

/// The most bytes of one reply, all its lines together.
const MAX_REPLY: usize = 64 * 1024;
/// Bytes that are written at once.
const BLOCK: usize = 64 * 1024;

/// mail-send's client over our stream.
pub(super) type Client<S = Box<dyn Socket>> = SmtpClient<SmtpStream<S>>;

/// TCP, or TLS over it.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// Why no reply was read.
#[derive(Debug, thiserror::Error)]
pub(super) enum StreamError {
    #[error("timed out")]
    Timeout,
    #[error("connection closed")]
    Closed,
    #[error(transparent)]
    Io(io::Error),
    /// The server sent something that is not an SMTP reply.
    #[error("not a reply: {0}")]
    Garbled(String),
}

impl From<mail_send::Error> for StreamError {
    fn from(error: mail_send::Error) -> Self {
        match error {
            mail_send::Error::Timeout => StreamError::Timeout,
            mail_send::Error::Io(error) => error.downcast().unwrap_or_else(StreamError::Io),
            other => StreamError::Garbled(other.to_string()),
        }
    }
}

pub(super) struct SmtpStream<S = Box<dyn Socket>> {
    socket: BufWriter<S>,
    /// Received, and not yet handed over.
    received: Vec<u8>,
    /// The start of the line in `received` that is not complete yet.
    scanned: usize,
    /// The part of the current reply that the client has not read yet.
    handed: Vec<u8>,
    replies: Vec<SmtpReply>,
    /// The server has sent a reply on this connection.
    replied: bool,
    /// The server announced that it closes the connection (421), so no further reply is awaited.
    ended: bool,
}

impl<S: Socket> SmtpStream<S> {
    pub fn new(socket: S) -> Self {
        SmtpStream {
            socket: BufWriter::with_capacity(BLOCK, socket),
            received: Vec::new(),
            scanned: 0,
            handed: Vec::new(),
            replies: Vec::new(),
            replied: false,
            ended: false,
        }
    }

    /// Takes the replies since the last call, in order.
    pub fn take_replies(&mut self) -> Vec<SmtpReply> {
        std::mem::take(&mut self.replies)
    }

    /// True if the server has replied, and has not said that it closes the connection.
    pub fn is_answering(&self) -> bool {
        self.replied && !self.ended
    }

    /// True if a part of what was written has not been passed to the system yet.
    pub fn has_unsent(&self) -> bool {
        !self.socket.buffer().is_empty()
    }

    /// True if the server closed the connection or sent something since the last reply: it must not be used again.
    pub fn is_stale(&mut self) -> bool {
        let mut piece = [0; 1];
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut buffer = ReadBuf::new(&mut piece);
        let socket = Pin::new(&mut self.socket);
        self.ended || !self.received.is_empty() || socket.poll_read(&mut context, &mut buffer).is_ready()
    }

    /// Hands the next reply over; false if it is not complete.
    fn hand_over(&mut self) -> Result<bool, StreamError> {
        while let Some(size) = self.unscanned().iter().position(|byte| *byte == b'\n') {
            let is_last = is_last(self.unscanned().get(..size).unwrap_or_default()).map_err(StreamError::Garbled)?;
            self.scanned += size + 1;
            if is_last {
                self.finish();
                return Ok(true);
            }
        }
        match self.received.len() > MAX_REPLY {
            true => Err(StreamError::Garbled("a reply of more than 64 KiB".to_owned())),
            false => Ok(false),
        }
    }

    /// Hands over what the server sent of a reply before it closed the connection: the code is in every line.
    fn hand_over_rest(&mut self) -> Result<(), StreamError> {
        let rest = self.unscanned();
        if rest.len() >= 3 && (self.scanned == 0 || is_last(rest).is_ok()) {
            is_last(rest).map_err(StreamError::Garbled)?;
            self.scanned = self.received.len();
        }
        if self.scanned == 0 {
            return Err(StreamError::Closed);
        }
        self.finish();
        Ok(())
    }

    fn unscanned(&self) -> &[u8] {
        self.received.get(self.scanned..).unwrap_or_default()
    }

    fn finish(&mut self) {
        let raw: Vec<u8> = self.received.drain(..std::mem::take(&mut self.scanned)).collect();
        let reply = SmtpReply::new(&raw);
        self.replied = true;
        self.ended |= reply.code == 421;
        self.handed = readable(&raw, &reply);
        self.replies.push(reply);
    }
}

impl SmtpStream<TcpStream> {
    /// The TCP stream, for TLS. `None` if the server sent more bytes after its reply to STARTTLS: an attacker may have
    /// injected them.
    pub fn into_socket(self) -> Option<TcpStream> {
        self.received.is_empty().then(|| self.socket.into_inner())
    }
}

impl<S: Socket> AsyncRead for SmtpStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        while stream.handed.is_empty() {
            if stream.ended {
                return Poll::Ready(Err(io::Error::other(StreamError::Closed)));
            }
            if stream.hand_over().map_err(io::Error::other)? {
                break;
            }
            let mut piece = [0; 4096];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut stream.socket).poll_read(cx, &mut piece))?;
            match piece.filled() {
                [] => stream.hand_over_rest().map_err(io::Error::other)?,
                bytes => stream.received.extend_from_slice(bytes),
            }
        }
        let size = stream.handed.len().min(buf.remaining());
        buf.put_slice(stream.handed.get(..size).unwrap_or_default());
        stream.handed.drain(..size);
        Poll::Ready(Ok(()))
    }
}

impl<S: Socket> AsyncWrite for SmtpStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
