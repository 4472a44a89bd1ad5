//! Content-Transfer-Encoding (RFC 2045 §6), decoded so that damage costs a few bytes, never the part.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::{quoted_printable_decode, quoted_printable_decode_char};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 7bit, 8bit, binary and names nobody knows.
    Identity,
    Base64,
    QuotedPrintable,
}

impl Encoding {
    pub(super) fn named(name: &str) -> Self {
        match name.trim() {
            n if n.eq_ignore_ascii_case("base64") => Encoding::Base64,
            n if n.eq_ignore_ascii_case("quoted-printable") => Encoding::QuotedPrintable,
            _ => Encoding::Identity,
        }
    }

    pub(super) fn decode(self, body: &[u8]) -> Vec<u8> {
        match self {
            Encoding::Identity => body.to_vec(),
            Encoding::Base64 => base64_decode(body).unwrap_or_else(|| lenient_base64(body)),
            Encoding::QuotedPrintable => quoted_printable_decode(body).unwrap_or_else(|| lenient_quoted(body)),
        }
    }
}

/// Foreign characters are to be ignored (RFC 2045 §6.8); padding ends the content.
fn lenient_base64(body: &[u8]) -> Vec<u8> {
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/';
    let clean: Vec<u8> = body.iter().copied().take_while(|b| *b != b'=').filter(alphabet).collect();
    base64_decode(&clean).unwrap_or_else(|| body.to_vec())
}

/// `=` before anything but two hex digits or a line end stands for itself.
fn lenient_quoted(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => rest = after,
            (b'=', [a, b, after @ ..]) => match quoted_printable_decode_char(*a, *b) {
                Some(byte) => {
                    out.push(byte);
                    rest = after;
                }
                None => out.push(first),
            },
            _ => out.push(first),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_content_is_decoded() {
        assert_eq!(Encoding::named(" BASE64 ").decode(b"aGVs\r\nbG8=\r\n"), b"hello");
        assert_eq!(Encoding::named("Quoted-Printable").decode(b"caf=C3=A9 =\r\nole"), "café ole".as_bytes());
        assert_eq!(Encoding::named("8bit").decode(b"a=3D"), b"a=3D");
    }

    #[test]
    fn damage_costs_a_few_bytes_only() {
        assert_eq!(Encoding::Base64.decode(b"aGVs*bG8=!!"), b"hello");
        assert_eq!(Encoding::QuotedPrintable.decode(b"100=% =C3=A9 ="), "100=% é =".as_bytes());
    }
}
