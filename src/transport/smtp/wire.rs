//! The stream to an SMTP server: writes commands, reads replies. Each read and write has a timeout, each reply a
//! maximum size.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// The most bytes of one reply, all its lines together.
const MAX_REPLY: usize = 64 * 1024;
/// Characters of a reply that are shown to the operator.
const MAX_SHOWN: usize = 500;
/// Bytes written under one timeout.
const BLOCK: usize = 64 * 1024;

pub(super) struct SmtpStream {
    stream: Stream,
    /// Bytes that were read and belong to the next reply.
    buffer: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A reply of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SmtpReply {
    pub code: u16,
    /// Enhanced status code (RFC 2034); zeros if absent.
    pub enhanced: [u16; 3],
    /// `550 5.1.1 No such user`: one line, no control characters.
    pub text: String,
    /// As received.
    pub raw: Vec<u8>,
}

/// Why no reply was read.
#[derive(Debug)]
pub(super) enum StreamError {
    Timeout,
    Closed,
    Io(io::Error),
    /// The server sent something that is not an SMTP reply.
    Garbled(String),
}

impl SmtpStream {
    pub fn plain(stream: TcpStream) -> Self {
        SmtpStream { stream: Stream::Plain(stream), buffer: Vec::new() }
    }

    pub fn tls(stream: TlsStream<TcpStream>) -> Self {
        SmtpStream { stream: Stream::Tls(Box::new(stream)), buffer: Vec::new() }
    }

    /// The TCP stream, for STARTTLS. `None` if the stream has TLS already, or if the server sent more bytes after its
    /// reply: an attacker may have injected them.
    pub fn into_plain(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(stream) if self.buffer.is_empty() => Some(stream),
            Stream::Plain(_) | Stream::Tls(_) => None,
        }
    }

    pub async fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<(), StreamError> {
        self.write(bytes, limit).await?;
        self.flush(limit).await
    }

    /// Writes bytes to the socket or the TLS layer; [`Wire::flush`] sends what is still buffered.
    pub async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), StreamError> {
        for block in bytes.chunks(BLOCK) {
            timeout(limit, self.stream.write_all(block))
                .await
                .map_err(|_| StreamError::Timeout)?
                .map_err(StreamError::Io)?;
        }
        Ok(())
    }

    pub async fn flush(&mut self, limit: Duration) -> Result<(), StreamError> {
        timeout(limit, self.stream.flush()).await.map_err(|_| StreamError::Timeout)?.map_err(StreamError::Io)
    }

    /// Reads one reply with all its lines; bytes after it are kept for the next reply.
    pub async fn reply(&mut self, limit: Duration) -> Result<SmtpReply, StreamError> {
        timeout(limit, self.read_reply()).await.map_err(|_| StreamError::Timeout)?
    }

    async fn read_reply(&mut self) -> Result<SmtpReply, StreamError> {
        let mut seen = 0;
        loop {
            while let Some(end) = self.buffer[seen..].iter().position(|byte| *byte == b'\n') {
                let line = &self.buffer[seen..seen + end];
                let last = is_last(line)?;
                seen += end + 1;
                if last {
                    let raw: Vec<u8> = self.buffer.drain(..seen).collect();
                    return Ok(SmtpReply::new(raw));
                }
            }
            if self.buffer.len() > MAX_REPLY {
                return Err(StreamError::Garbled("a reply of more than 64 KiB".to_owned()));
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece).await.map_err(StreamError::Io)? {
                0 => return Err(StreamError::Closed),
                n => self.buffer.extend_from_slice(&piece[..n]),
            }
        }
    }

    /// True if the server closed the connection or sent something since the last reply: it must not be used again.
    pub fn is_stale(&mut self) -> bool {
        let mut piece = [0; 1];
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut buffer = ReadBuf::new(&mut piece);
        !self.buffer.is_empty() || Pin::new(&mut self.stream).poll_read(&mut context, &mut buffer).is_ready()
    }
}

/// Checks one line of a reply; true if it is the last (RFC 5321 §4.2).
fn is_last(line: &[u8]) -> Result<bool, StreamError> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line {
        [a, b, c, rest @ ..] if (b'2'..=b'5').contains(a) && b.is_ascii_digit() && c.is_ascii_digit() => match rest {
            [] | [b' ', ..] => Ok(true),
            [b'-', ..] => Ok(false),
            _ => Err(garbled(line)),
        },
        _ => Err(garbled(line)),
    }
}

fn garbled(line: &[u8]) -> StreamError {
    StreamError::Garbled(one_line(&String::from_utf8_lossy(line), 100))
}

impl SmtpReply {
    pub fn new(raw: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&raw);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        // All codes should be the same (RFC 5321 §4.2.1); where they differ, other clients use the last.
        let code = text.lines().last().unwrap_or_default().get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        let status = first.get(4..).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let mut numbers = status.split('.').map(str::parse::<u16>);
        let enhanced = match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(a @ (2 | 4 | 5))), Some(Ok(b)), Some(Ok(c)), None) => [a, b, c],
            _ => [0; 3],
        };
        let mut joined = first.replacen('-', " ", usize::from(first.as_bytes().get(3) == Some(&b'-')));
        for line in lines {
            let line = line.get(4..).unwrap_or_default();
            joined.push(' ');
            // Servers repeat the enhanced status code on every line.
            joined.push_str(line.strip_prefix(status).filter(|_| enhanced != [0; 3]).unwrap_or(line).trim_start());
        }
        SmtpReply { code, enhanced, text: one_line(&joined, MAX_SHOWN), raw }
    }

    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

fn one_line(text: &str, longest: usize) -> String {
    crate::mail::one_line(&text.chars().take(longest).collect::<String>())
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiline_reply_becomes_one_line() {
        let reply = SmtpReply::new(b"550-5.7.1 This mail\r\n550 5.7.1 is unwanted\r\n".to_vec());
        assert_eq!((reply.code, reply.enhanced), (550, [5, 7, 1]));
        assert_eq!(reply.text, "550 5.7.1 This mail is unwanted");
        assert_eq!(SmtpReply::new(b"250\r\n".to_vec()).text, "250");
        assert_eq!(SmtpReply::new(b"250-ok\r\n550 5.1.1 no\r\n".to_vec()).code, 550);
        assert_eq!(SmtpReply::new("550 \u{202e}no\r\n".as_bytes().to_vec()).text, "550  no");
        assert_eq!(SmtpReply::new(b"450 later\x07\r\n".to_vec()).enhanced, [0; 3]);
    }

    #[test]
    fn a_line_that_is_not_a_reply_is_rejected() {
        assert!(is_last(b"250 ok\r").unwrap());
        assert!(!is_last(b"250-ok").unwrap());
        for bad in [&b"HTTP/1.1 400 Bad Request"[..], b"25", b"", b"250_ok", b"999 x"] {
            assert!(is_last(bad).is_err());
        }
    }
}
