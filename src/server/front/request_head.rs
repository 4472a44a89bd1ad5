//! The head of a request: where it ends, and how long the body after it is. Heads that Rocket or a proxy could read
//! differently are refused (RFC 9112 §11.2).

use super::body_framing::{BodyFraming, ChunkScanner, Malformed};
use super::limits::MAX_FIELDS;
use super::rewrite;

/// Most bytes of line ends before a request. Some clients send one line end after a body.
const MAX_LEADING: usize = 16;

/// What the front needs to know of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct RequestHead {
    pub body: BodyFraming,
    /// A HEAD request: its answer has no body.
    pub is_head: bool,
    /// The client offers another protocol, such as WebSocket. Rocket decides.
    pub offers_upgrade: bool,
    /// The client sends the body after a `100 Continue`.
    pub expects_continue: bool,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    Malformed,
    /// Too many bytes or fields before the body.
    HeadTooLarge,
    /// The head must be rewritten before it passes; see `rewrite`.
    NeedsRewrite,
}

impl From<Malformed> for RequestError {
    fn from(_: Malformed) -> Self {
        RequestError::Malformed
    }
}

/// The number of line ends before a request, which readers skip (RFC 9112 §2.2).
pub fn leading_line_ends(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// True if an incomplete head cannot become a request: no method begins with its first byte (RFC 9110 §9.1), as in TLS, or
/// too many line ends precede it.
pub fn is_hopeless(bytes: &[u8]) -> bool {
    let leading = leading_line_ends(bytes);
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    leading > MAX_LEADING || bytes.get(leading).is_some_and(|byte| !is_token(byte))
}

/// The length of the head at the start of `bytes`, with its empty line; `None` if it is incomplete. The search begins
/// at `from`, so that a head that arrives byte by byte is not searched again and again.
pub fn head_length(bytes: &[u8], from: usize) -> Option<usize> {
    // The empty line may begin up to two bytes before the bytes that are new.
    let start = from.saturating_sub(2).max(leading_line_ends(bytes));
    let mut line_ends = memchr::memchr_iter(b'\n', bytes.get(start..)?).map(|at| at + start);
    line_ends.find_map(|at| match bytes.get(at + 1..)? {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

impl RequestHead {
    /// Parses a complete head, which may begin with line ends.
    ///
    /// # Errors
    /// When it is malformed, or has more fields than Rocket reads.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(RequestError::HeadTooLarge),
            Ok(httparse::Status::Partial) | Err(_) => return Err(RequestError::Malformed),
        }
        let mut framing = FramingFields::default();
        for field in request.headers.iter() {
            framing.read(field)?;
        }
        let is_http_1_1 = request.version == Some(1);
        let body = framing.body(is_http_1_1)?;
        if rewrite::is_needed(request.method.unwrap_or_default(), request.path.unwrap_or_default()) {
            return Err(RequestError::NeedsRewrite);
        }
        Ok(RequestHead {
            body,
            is_head: request.method == Some("HEAD"),
            offers_upgrade: framing.offers_upgrade && is_http_1_1,
            expects_continue: framing.expects_continue && is_http_1_1,
        })
    }
}

/// The fields that decide where the request ends.
#[derive(Default)]
struct FramingFields {
    length: Option<u64>,
    is_chunked: bool,
    hosts: usize,
    offers_upgrade: bool,
    expects_continue: bool,
}

impl FramingFields {
    fn read(&mut self, field: &httparse::Header<'_>) -> Result<(), Malformed> {
        let value = field.value.trim_ascii();
        // The lengths of the names skip the comparison for most fields.
        match field.name.len() {
            4 if field.name.eq_ignore_ascii_case("host") => {
                self.hosts += 1;
                if !rewrite::is_host(value) {
                    return Err(Malformed);
                }
            }
            6 if field.name.eq_ignore_ascii_case("expect") => {
                self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
            }
            7 if field.name.eq_ignore_ascii_case("upgrade") => self.offers_upgrade = true,
            14 if field.name.eq_ignore_ascii_case("content-length") => {
                let length = parse_length(value).ok_or(Malformed)?;
                if self.length.replace(length).is_some() {
                    return Err(Malformed);
                }
            }
            17 if field.name.eq_ignore_ascii_case("transfer-encoding") => {
                if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Malformed);
                }
                self.is_chunked = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// HTTP/1.0 has no chunks (RFC 9112 §6.1), and a 1.1 request names one host (§3.2).
    fn body(&self, is_http_1_1: bool) -> Result<BodyFraming, Malformed> {
        if self.hosts > 1 || (is_http_1_1 && self.hosts == 0) {
            return Err(Malformed);
        }
        match (self.is_chunked, self.length) {
            (true, None) if is_http_1_1 => Ok(BodyFraming::Chunked(ChunkScanner::new())),
            (true, _) => Err(Malformed),
            (false, length) => Ok(BodyFraming::Length(length.unwrap_or(0))),
        }
    }
}

/// A Content-Length: digits only, without a sign or a list.
pub fn parse_length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(fields: &str) -> Result<BodyFraming, RequestError> {
        RequestHead::parse(format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).map(|head| head.body)
    }

    #[test]
    fn a_body_has_one_length_or_chunks() {
        assert_eq!(body(""), Ok(BodyFraming::Length(0)));
        assert_eq!(body("content-LENGTH:  12 \r\n"), Ok(BodyFraming::Length(12)));
        assert_eq!(body("Transfer-Encoding: Chunked\r\n"), Ok(BodyFraming::Chunked(ChunkScanner::new())));
    }

    #[test]
    fn a_head_that_readers_could_frame_differently_is_malformed() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length : 5\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: \"chunked\"\r\n",
            "X: a\r\n folded\r\n",
            " X: a\r\n",
            "X: a\0b\r\n",
            "Host: b\r\n",
            "Host: u@b\r\n",
            "no colon\r\n",
        ] {
            assert_eq!(body(fields), Err(RequestError::Malformed), "{fields:?}");
        }
        for head in [
            "PRI * HTTP/2.0\r\n\r\n",
            "GET /\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
        ] {
            assert_eq!(RequestHead::parse(head.as_bytes()), Err(RequestError::Malformed), "{head:?}");
        }
        assert_eq!(body(&"X: y\r\n".repeat(MAX_FIELDS)), Err(RequestError::HeadTooLarge));
    }

    #[test]
    fn upgrade_and_expect_count_in_http_1_1_only() {
        let head = |version: &str| {
            let text = format!("GET / HTTP/{version}\r\nHost: a\r\nUpgrade: websocket\r\nExpect: 100-Continue\r\n\r\n");
            RequestHead::parse(text.as_bytes()).map(|head| (head.offers_upgrade, head.expects_continue))
        };
        assert_eq!(head("1.1"), Ok((true, true)));
        assert_eq!(head("1.0"), Ok((false, false)));
    }

    #[test]
    fn a_head_ends_with_the_first_empty_line_however_it_arrives() {
        for head in ["GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.0\n\n", "\r\n\r\nGET / HTTP/1.0\r\n\n", "A\n\r\n"]
        {
            let whole = format!("{head}POST");
            assert_eq!(head_length(whole.as_bytes(), 0), Some(head.len()), "{head:?}");
            let lengths = (0..head.len()).map(|end| head_length(&head.as_bytes()[..end], end.saturating_sub(1)));
            assert_eq!(lengths.flatten().next(), None, "{head:?}");
            assert_eq!(head_length(head.as_bytes(), head.len() - 1), Some(head.len()), "{head:?}");
        }
        assert_eq!(head_length(b"\r\n\r\n\r\n", 0), None);
    }
}
