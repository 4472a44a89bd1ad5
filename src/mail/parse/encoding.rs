//! Decodes Content-Transfer-Encoding (RFC 2045 §6). Damage costs a few bytes, never the whole part.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 7bit, 8bit, binary and unknown names.
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
            Encoding::QuotedPrintable => quoted_printable(body),
        }
    }
}

/// Decodes damaged base64: ignores characters outside the alphabet (RFC 2045 §6.8) and stops at padding.
fn lenient_base64(body: &[u8]) -> Vec<u8> {
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/';
    let clean: Vec<u8> = body.iter().copied().take_while(|b| *b != b'=').filter(alphabet).collect();
    base64_decode(&clean).unwrap_or_else(|| body.to_vec())
}

/// Decodes quoted-printable. A `=` before anything but two hex digits or a line end is kept.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memchr2(b'=', b'\n', rest) {
        let (run, mark) = rest.split_at(at);
        if let [b'\n', after @ ..] = mark {
            let (line, end) = run.strip_suffix(b"\r").map_or((run, &b"\n"[..]), |line| (line, b"\r\n"));
            out.extend_from_slice(without_padding(line));
            out.extend_from_slice(end);
            rest = after;
            continue;
        }
        out.extend_from_slice(run);
        rest = escaped(mark.get(1..).unwrap_or_default(), &mut out);
    }
    out.extend_from_slice(rest);
    out
}

/// Decodes the escape after a `=` and returns the rest behind it.
fn escaped<'x>(after: &'x [u8], out: &mut Vec<u8>) -> &'x [u8] {
    if let [a, b, rest @ ..] = after
        && let Some(byte) = quoted_printable_decode_char(*a, *b)
    {
        out.push(byte);
        return rest;
    }
    let line = memchr::memchr(b'\n', after).map_or(after.len(), |n| n + 1);
    match after.split_at(line) {
        // A soft line break. At the end of a part nothing follows it, since the last line end belongs to the boundary.
        (blank, rest) if blank.iter().all(u8::is_ascii_whitespace) => rest,
        _ => {
            out.push(b'=');
            after
        }
    }
}

/// The line without trailing blanks, which were added in transit (RFC 2045 §6.7, rule 3).
fn without_padding(line: &[u8]) -> &[u8] {
    let kept = line.iter().rposition(|b| *b != b' ' && *b != b'\t').map_or(0, |n| n + 1);
    line.get(..kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_content_is_decoded() {
        assert_eq!(Encoding::named(" BASE64 ").decode(b"aGVs\r\nbG8=\r\n"), b"hello");
        assert_eq!(Encoding::named("Quoted-Printable").decode(b"caf=C3=A9 =\r\nole"), "café ole".as_bytes());
        assert_eq!(Encoding::QuotedPrintable.decode(b"a  \r\nb=20 \nc=\t\r\nd="), b"a\r\nb \ncd");
        assert_eq!(Encoding::named("8bit").decode(b"a=3D"), b"a=3D");
    }

    #[test]
    fn damage_costs_a_few_bytes_only() {
        assert_eq!(Encoding::Base64.decode(b"aGVs*bG8=!!"), b"hello");
        assert_eq!(Encoding::QuotedPrintable.decode(b"100=% =C3=A9 == =3"), "100=% é == =3".as_bytes());
    }
}
