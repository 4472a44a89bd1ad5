//! Lines out, replies in; every read and write has a limit in time, every reply one in size.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// Bytes of one reply, all its lines together; an endless greeting ends here.
const MAX_REPLY: usize = 64 * 1024;
/// Characters of a reply that are kept for the operator.
const MAX_WORDS: usize = 500;
/// Bytes written under one time limit.
const BLOCK: usize = 64 * 1024;

pub(super) struct Wire {
    stream: Stream,
    /// Read but not yet consumed.
    buffer: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    /// Enhanced status (RFC 2034), zeros when there is none.
    pub enhanced: [u16; 3],
    /// `550 5.1.1 No such user`: one line, no control characters.
    pub words: String,
    /// As received.
    pub raw: Vec<u8>,
}

/// Why no answer came.
#[derive(Debug)]
pub(super) enum Broken {
    Timeout,
    Closed,
    Io(io::Error),
    /// What came is no SMTP reply.
    Garbled(String),
}

impl Wire {
    pub fn plain(stream: TcpStream) -> Self {
        Wire { stream: Stream::Plain(stream), buffer: Vec::new() }
    }

    pub fn tls(stream: TlsStream<TcpStream>) -> Self {
        Wire { stream: Stream::Tls(Box::new(stream)), buffer: Vec::new() }
    }

    /// The bare stream, for STARTTLS; `None` when there is TLS already, or when the server sent something after
    /// its reply that an eavesdropper may have put there.
    pub fn into_plain(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(stream) if self.buffer.is_empty() => Some(stream),
            Stream::Plain(_) | Stream::Tls(_) => None,
        }
    }

    pub async fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Broken> {
        self.write(bytes, limit).await?;
        self.flush(limit).await
    }

    /// Hands bytes to the system or the TLS layer; they may not have left yet.
    pub async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Broken> {
        for block in bytes.chunks(BLOCK) {
            timeout(limit, self.stream.write_all(block)).await.map_err(|_| Broken::Timeout)?.map_err(Broken::Io)?;
        }
        Ok(())
    }

    pub async fn flush(&mut self, limit: Duration) -> Result<(), Broken> {
        timeout(limit, self.stream.flush()).await.map_err(|_| Broken::Timeout)?.map_err(Broken::Io)
    }

    /// One whole reply, however many lines and pieces it comes in; what follows it is kept for the next.
    pub async fn reply(&mut self, limit: Duration) -> Result<Reply, Broken> {
        timeout(limit, self.read_reply()).await.map_err(|_| Broken::Timeout)?
    }

    async fn read_reply(&mut self) -> Result<Reply, Broken> {
        let mut seen = 0;
        loop {
            while let Some(end) = self.buffer[seen..].iter().position(|byte| *byte == b'\n') {
                let line = &self.buffer[seen..seen + end];
                let last = is_last(line)?;
                seen += end + 1;
                if last {
                    let raw: Vec<u8> = self.buffer.drain(..seen).collect();
                    return Ok(Reply::new(raw));
                }
            }
            if self.buffer.len() > MAX_REPLY {
                return Err(Broken::Garbled("a reply without end".to_owned()));
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece).await.map_err(Broken::Io)? {
                0 => return Err(Broken::Closed),
                n => self.buffer.extend_from_slice(&piece[..n]),
            }
        }
    }

    /// Whether the server closed or spoke unasked since the last reply: then nothing more should be sent.
    pub fn is_stale(&mut self) -> bool {
        let mut piece = [0; 1];
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut buffer = ReadBuf::new(&mut piece);
        !self.buffer.is_empty() || Pin::new(&mut self.stream).poll_read(&mut context, &mut buffer).is_ready()
    }
}

/// Checks one line of a reply and says whether it is the last (RFC 5321 §4.2).
fn is_last(line: &[u8]) -> Result<bool, Broken> {
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

fn garbled(line: &[u8]) -> Broken {
    Broken::Garbled(one_line(&String::from_utf8_lossy(line), 100))
}

impl Reply {
    pub fn new(raw: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&raw);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        // They should all be the same (RFC 5321 §4.2.1); where they are not, others go by the last.
        let code = text.lines().last().unwrap_or_default().get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        let status = first.get(4..).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let mut numbers = status.split('.').map(str::parse::<u16>);
        let enhanced = match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(a @ (2 | 4 | 5))), Some(Ok(b)), Some(Ok(c)), None) => [a, b, c],
            _ => [0; 3],
        };
        let mut words = first.replacen('-', " ", usize::from(first.as_bytes().get(3) == Some(&b'-')));
        for line in lines {
            let line = line.get(4..).unwrap_or_default();
            words.push(' ');
            // Servers repeat the enhanced status on every line.
            words.push_str(line.strip_prefix(status).filter(|_| enhanced != [0; 3]).unwrap_or(line).trim_start());
        }
        let words = one_line(&words, MAX_WORDS);
        Reply { code, enhanced, words, raw }
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
    fn a_reply_of_many_lines_becomes_one_sentence() {
        let reply = Reply::new(b"550-5.7.1 This mail\r\n550 5.7.1 is unwanted\r\n".to_vec());
        assert_eq!((reply.code, reply.enhanced), (550, [5, 7, 1]));
        assert_eq!(reply.words, "550 5.7.1 This mail is unwanted");
        assert_eq!(Reply::new(b"250\r\n".to_vec()).words, "250");
        assert_eq!(Reply::new(b"250-ok\r\n550 5.1.1 no\r\n".to_vec()).code, 550);
        assert_eq!(Reply::new("550 \u{202e}no\r\n".as_bytes().to_vec()).words, "550  no");
        assert_eq!(Reply::new(b"450 later\x07\r\n".to_vec()).enhanced, [0; 3]);
    }

    #[test]
    fn what_is_no_reply_is_told_from_one() {
        assert!(is_last(b"250 ok\r").unwrap());
        assert!(!is_last(b"250-ok").unwrap());
        for bad in [&b"HTTP/1.1 400 Bad Request"[..], b"25", b"", b"250_ok", b"999 x"] {
            assert!(is_last(bad).is_err());
        }
    }
}
