//! The head of one of Rocket's responses: whether it is the final one, and where its body ends.

use super::body_framing::{BodyFraming, ChunkScanner};
use super::request_head::parse_length;

/// Most header fields of a response. One with more counts as lasting until its connection ends.
const MAX_FIELDS: usize = 128;

/// What the front needs to know of a response.
#[derive(Debug, PartialEq, Eq)]
pub enum ResponseHead {
    /// 1xx: the final response follows.
    Interim,
    /// 101: the connection speaks another protocol from now on.
    Switch,
    Final(BodyFraming),
}

impl ResponseHead {
    /// Parses the head at the start of `bytes`; returns it with its length, or `None` if it is incomplete.
    pub fn parse(bytes: &[u8], is_head_request: bool) -> Option<(Self, usize)> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let length = match response.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return None,
            Err(_) => return Some((ResponseHead::Final(BodyFraming::UntilClose), 0)),
        };
        let head = match response.code.unwrap_or(0) {
            101 => ResponseHead::Switch,
            100..=199 => ResponseHead::Interim,
            204 | 304 => ResponseHead::Final(BodyFraming::Length(0)),
            _ if is_head_request => ResponseHead::Final(BodyFraming::Length(0)),
            _ => ResponseHead::Final(body(response.headers)),
        };
        Some((head, length))
    }
}

fn body(fields: &[httparse::Header<'_>]) -> BodyFraming {
    let value = |name: &str| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value);
    if value("transfer-encoding").is_some() {
        return BodyFraming::Chunked(ChunkScanner::new());
    }
    value("content-length").and_then(parse_length).map_or(BodyFraming::UntilClose, BodyFraming::Length)
}
