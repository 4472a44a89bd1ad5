//! Decodes Content-Transfer-Encoding (RFC 2045 §6). Damage costs a few bytes, never the whole part.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;

use super::uuencode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 7bit, 8bit and binary.
    Identity,
    Base64,
    QuotedPrintable,
    /// The format of uuencode (POSIX), older than MIME.
    Uuencode,
}

impl Encoding {
    /// The encoding of that name; `None` if it is unknown. Comments and parameters are ignored.
    pub(super) fn named(name: &str) -> Option<Self> {
        let token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let name = name.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
        let name = name.split(|c| !token(c)).next().unwrap_or_default();
        let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        match () {
            () if is(&["", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none"]) => {
                Some(Encoding::Identity)
            }
            () if is(&["base64", "x-base64", "base-64"]) => Some(Encoding::Base64),
            () if is(&["quoted-printable", "quoted_printable", "quotedprintable"]) => Some(Encoding::QuotedPrintable),
            () if is(&["x-uuencode", "uuencode", "x-uue", "uue"]) => Some(Encoding::Uuencode),
            () => None,
        }
    }

    pub(super) fn decode(self, body: &[u8]) -> Vec<u8> {
        self.decode_checked(body).0
    }

    /// True if [`Encoding::decode_checked`] finds damage; without decoding base64.
    pub(super) fn is_damaged(self, body: &[u8]) -> bool {
        match self {
            Encoding::Base64 => {
                let is_expected = |byte: &u8| is_base64(byte) || b"= \t\r\n".contains(byte);
                !body.iter().all(is_expected) || is_unpadded(body)
            }
            Encoding::Uuencode => uuencode::decode(body).1,
            Encoding::QuotedPrintable => {
                let behind = |at| body.get(at + 1..).unwrap_or_default();
                memchr::memchr_iter(b'=', body).any(|at| Escape::read(behind(at)).is_none())
            }
            Encoding::Identity => false,
        }
    }

    /// The content, and true if it was damaged.
    pub(super) fn decode_checked(self, body: &[u8]) -> (Vec<u8>, bool) {
        match self {
            Encoding::Identity => (body.to_vec(), false),
            Encoding::Base64 => base64(body),
            Encoding::QuotedPrintable => quoted_printable(body),
            Encoding::Uuencode => uuencode::decode(body),
        }
    }
}

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'+' || *byte == b'/'
}

/// True if base64 ends within a group of four.
fn is_unpadded(body: &[u8]) -> bool {
    let is_padded = memchr::memchr(b'=', body).is_some();
    !is_padded && !body.iter().filter(|byte| is_base64(byte)).count().is_multiple_of(4)
}

/// Decodes base64; the flag is true if padding is missing or other characters occur. Characters outside the alphabet
/// are ignored (RFC 2045 §6.8), and damaged content ends at its padding.
pub(super) fn base64(body: &[u8]) -> (Vec<u8>, bool) {
    if let Some(content) = base64_decode(body) {
        return (content, is_unpadded(body));
    }
    let clean: Vec<u8> = body.iter().copied().take_while(|b| *b != b'=').filter(is_base64).collect();
    (base64_decode(&clean).unwrap_or_else(|| body.to_vec()), true)
}

/// Decodes quoted-printable; the flag is true if a `=` is before anything but two hex digits or a line end. Such a `=`
/// is kept.
fn quoted_printable(body: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(body.len());
    let (mut rest, mut is_damaged) = (body, false);
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
        rest = mark.get(1..).unwrap_or_default();
        match Escape::read(rest) {
            Some(Escape { byte, length }) => {
                out.extend(byte);
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                out.push(b'=');
                is_damaged = true;
            }
        }
    }
    out.extend_from_slice(rest);
    (out, is_damaged)
}

/// What follows a `=` of quoted-printable.
struct Escape {
    /// The encoded byte; `None` for a soft line break.
    byte: Option<u8>,
    length: usize,
}

impl Escape {
    fn read(after: &[u8]) -> Option<Self> {
        if let [a, b, ..] = after
            && let Some(byte) = quoted_printable_decode_char(*a, *b)
        {
            return Some(Escape { byte: Some(byte), length: 2 });
        }
        // A soft line break of a program that ends lines in CR alone.
        if let [b'\r', next, ..] = after
            && *next != b'\n'
        {
            return Some(Escape { byte: None, length: 1 });
        }
        // At the end of a part nothing follows a soft line break, since the last line end belongs to the boundary.
        let blanks = after.iter().position(|byte| *byte == b'\n' || !byte.is_ascii_whitespace());
        let length = blanks.map_or(after.len(), |n| n + 1);
        let is_blank = blanks.is_none_or(|n| after.get(n) == Some(&b'\n'));
        is_blank.then_some(Escape { byte: None, length })
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

    fn decoded(name: &str, body: &[u8]) -> Vec<u8> {
        Encoding::named(name).unwrap().decode(body)
    }

    #[test]
    fn clean_content_is_decoded() {
        assert_eq!(decoded(" BASE64 ", b"aGVs\r\nbG8=\r\n"), b"hello");
        assert_eq!(decoded("Quoted-Printable", b"caf=C3=A9 =\r\nole"), "café ole".as_bytes());
        assert_eq!(decoded("quoted-printable", b"a  \r\nb=20 \nc=\t\r\nd="), b"a\r\nb \ncd");
        assert_eq!(decoded("8bit", b"a=3D"), b"a=3D");
        assert_eq!(decoded("quoted-printable", b"a=\rb=3D\r"), b"ab=\r");
        assert_eq!(decoded("x-uuencode", b"begin 644 x.txt\r\n%:&5L;&\\\r\n`\r\nend\r\n"), b"hello");
    }

    #[test]
    fn names_with_comments_and_parameters_are_known() {
        for name in ["base64 (encoded)", "base64;", "\"base64\"", "base64, 7bit", " Base64 ; x=y"] {
            assert_eq!(Encoding::named(name), Some(Encoding::Base64), "{name}");
        }
        for (name, encoding) in [
            ("x-uuencode", Some(Encoding::Uuencode)),
            ("quoted-printable (x)", Some(Encoding::QuotedPrintable)),
            ("", Some(Encoding::Identity)),
            ("(c)", Some(Encoding::Identity)),
            ("gzip64", None),
        ] {
            assert_eq!(Encoding::named(name), encoding, "{name}");
        }
    }

    #[test]
    fn damage_is_found_with_and_without_decoding() {
        for body in [&b"aGVs\r\nbG8="[..], b"aGVsbG8", b"aG*Vs", b"", b"aGVs\r\n"] {
            assert_eq!(Encoding::Base64.is_damaged(body), Encoding::Base64.decode_checked(body).1, "{body:?}");
        }
        for (body, is_damaged) in [
            (&b"a=3D=\r\nb = \n=C3=A9=\t"[..], false),
            (b"a=3D=\r\nb =\t \n=c3=A9=", false),
            (b"a=\rb", false),
            (b"50 % = half", true),
            (b"=3", true),
            (b"=\r", false),
        ] {
            assert_eq!(Encoding::QuotedPrintable.is_damaged(body), is_damaged, "{body:?}");
            assert_eq!(Encoding::QuotedPrintable.decode_checked(body).1, is_damaged, "{body:?}");
        }
    }

    #[test]
    fn damage_costs_a_few_bytes_only() {
        assert_eq!(Encoding::Base64.decode_checked(b"aGVs*bG8=!!"), (b"hello".to_vec(), true));
        assert_eq!(Encoding::Base64.decode_checked(b"aGVsbG8"), (b"hello".to_vec(), true));
        assert_eq!(Encoding::Base64.decode_checked(b"aGVs\r\nbG8=d29ybGQ="), (b"helloworld".to_vec(), false));
        let line = b"= x".repeat(500_000);
        assert_eq!(Encoding::QuotedPrintable.decode_checked(&line), (line, true));
        assert_eq!(Encoding::QuotedPrintable.decode(b"100=% =C3=A9 == =3"), "100=% é == =3".as_bytes());
    }
}
