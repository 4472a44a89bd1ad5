//! The content of DATA: prepared for mail-send, and written by it.

use std::borrow::Cow;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::stream::{Client, Socket, StreamError};

/// Bytes that are written under one limit.
const BLOCK: usize = 64 * 1024;

/// Writes a message and its final dot; `limit` is for each 64 KiB.
///
/// # Errors
/// When the connection fails. [`super::stream::SmtpStream::has_unsent`] then shows whether the server can have the whole
/// message.
pub(super) async fn write<S: Socket>(client: &mut Client<S>, bytes: &[u8], limit: Duration) -> Result<(), StreamError> {
    let blocks = u32::try_from(bytes.len() / BLOCK).unwrap_or(u32::MAX).saturating_add(1);
    let lines = with_crlf(bytes);
    // mail-send ends the last line itself, and does not stuff a dot at the very beginning.
    let lines = lines.strip_suffix(b"\r\n").unwrap_or(&lines);
    let written = timeout(limit.saturating_mul(blocks), async {
        if lines.starts_with(b".") {
            client.stream.write_all(b".").await?;
        }
        client.write_message(lines).await
    });
    written.await.map_err(|_| StreamError::Timeout)?.map_err(StreamError::Io)
}

/// The message with CR LF as its only line ends (RFC 5321 §2.3.8). mail-send passes a bare CR or LF on, and a server
/// that accepts one as a line end could see another end of the message than the client (SMTP smuggling).
fn with_crlf(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !has_bare_line_end(bytes) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut previous = 0;
    for &byte in bytes {
        if previous == b'\r' && byte != b'\n' {
            out.push(b'\n');
        }
        if byte == b'\n' && previous != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        previous = byte;
    }
    if previous == b'\r' {
        out.push(b'\n');
    }
    Cow::Owned(out)
}

fn has_bare_line_end(bytes: &[u8]) -> bool {
    let is_bare = |(byte, next): (&u8, &u8)| (*byte == b'\r') != (*next == b'\n');
    bytes.iter().zip(bytes.iter().skip(1)).any(is_bare) || bytes.starts_with(b"\n") || bytes.ends_with(b"\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_cr_lf() {
        for (plain, sent) in [
            ("a\nb", "a\r\nb"),
            ("a\rb\n", "a\r\nb\r\n"),
            ("a\r", "a\r\n"),
            ("a\r\r\nb", "a\r\n\r\nb"),
            ("\n.\n", "\r\n.\r\n"),
            ("\r", "\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&with_crlf(plain.as_bytes())), sent, "{plain:?}");
        }
        for clean in ["", "a", "\r\n", "a\r\nb\r\n"] {
            assert!(
                matches!(with_crlf(clean.as_bytes()), Cow::Borrowed(same) if same == clean.as_bytes()),
                "{clean:?}"
            );
        }
    }
}
