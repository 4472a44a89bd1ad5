//! The content of DATA as SMTP transmits it.

use std::borrow::Cow;

/// Dot-stuffs a message and appends the final dot (RFC 5321 §4.5.2). Every line end becomes CR LF: a server that
/// accepts a bare LF as a line end would otherwise see another end of the message than the client (SMTP smuggling).
pub(super) fn stuff(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 8);
    let mut start = true;
    let mut previous = 0;
    for &byte in bytes {
        if previous == b'\r' && byte != b'\n' {
            out.push(b'\n');
            start = true;
        }
        if byte == b'\n' && previous != b'\r' {
            out.push(b'\r');
        }
        if start && byte == b'.' {
            out.push(b'.');
        }
        out.push(byte);
        start = byte == b'\n';
        previous = byte;
    }
    if previous == b'\r' {
        out.push(b'\n');
    } else if !start {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_every_line_end_is_cr_lf() {
        for (plain, sent) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("", ".\r\n"),
            (".\r\n..x\r\n", "..\r\n...x\r\n.\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r.\r\nb", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r", "a\r\n.\r\n"),
            ("a\r\r\nb", "a\r\n\r\nb\r\n.\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&stuff(plain.as_bytes())), sent, "{plain:?}");
        }
    }
}
