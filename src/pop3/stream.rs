//! The byte stream of a connection: plain TCP or TLS, read in lines.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::command::MAX_LINE;

pub(super) enum Pop3Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Pop3Stream {
    /// Does the TLS handshake.
    ///
    /// # Errors
    /// The handshake fails.
    pub(super) async fn secure(self, acceptor: &TlsAcceptor) -> io::Result<Self> {
        match self {
            Pop3Stream::Plain(stream) => Ok(Pop3Stream::Tls(Box::new(acceptor.accept(stream).await?))),
            secured => Ok(secured),
        }
    }
}

impl AsyncRead for Pop3Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Pop3Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Pop3Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Pop3Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Pop3Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Pop3Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Pop3Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Pop3Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Pop3Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Pop3Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// A line of the client.
pub(super) enum Line {
    /// Without LF.
    Complete(Vec<u8>),
    /// Longer than [`MAX_LINE`]; it has been read to its end.
    TooLong,
}

/// Splits the bytes of a stream into lines. Holds at most [`MAX_LINE`] bytes.
#[derive(Default)]
pub(super) struct LineReader {
    buffer: Vec<u8>,
    /// The current line is too long; its rest is skipped.
    skips: bool,
}

impl LineReader {
    /// The next line; `None` at the end of the stream.
    ///
    /// # Errors
    /// The stream fails.
    pub(super) async fn next(&mut self, stream: &mut Pop3Stream) -> io::Result<Option<Line>> {
        loop {
            if let Some(end) = memchr(b'\n', &self.buffer) {
                let line = self.buffer.drain(..=end).take(end).collect();
                let was_skipping = std::mem::take(&mut self.skips);
                return Ok(Some(if was_skipping { Line::TooLong } else { Line::Complete(line) }));
            }
            if self.buffer.len() >= MAX_LINE {
                self.buffer.clear();
                self.skips = true;
            }
            let mut bytes = [0; MAX_LINE];
            let free = MAX_LINE - self.buffer.len();
            let count = stream.read(bytes.get_mut(..free).unwrap_or_default()).await?;
            if count == 0 {
                return Ok(None);
            }
            self.buffer.extend_from_slice(bytes.get(..count).unwrap_or_default());
        }
    }

    /// Discards what was read before a TLS handshake, since TLS does not protect it (CVE-2011-0411).
    pub(super) fn clear(&mut self) {
        self.buffer.clear();
        self.skips = false;
    }
}

/// Writes `bytes` and sends them.
///
/// # Errors
/// The stream fails.
pub(super) async fn send(stream: &mut Pop3Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
