//! One request and its response at a time: which bytes of the client may pass to Rocket, and what is due next. Bytes
//! behind a request wait until its response is complete, so that every answer belongs to the request before it.

use super::body_framing::{BodyFraming, Malformed};
use super::request_head::{RequestError, RequestHead, head_length, is_hopeless, leading_line_ends};
use super::response_head::ResponseHead;

/// Longest head of a response that is kept to be parsed. A longer one counts as lasting until its connection ends.
const MAX_RESPONSE_HEAD: usize = 64 * 1024;

/// What the connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A new request; nothing is in progress.
    Request,
    /// The rest of a head.
    Head,
    /// The rest of a request's body.
    Body,
    /// The response, or bytes of another protocol after an upgrade; Rocket bounds these.
    Response,
}

/// The state of a connection's current request and response.
#[derive(Debug)]
pub struct Exchange {
    head_size: usize,
    request: RequestState,
    response: ResponseState,
    is_head: bool,
    offers_upgrade: bool,
    awaits_continue: bool,
}

#[derive(Debug)]
enum RequestState {
    /// The bytes that were searched for the head's end.
    Head(usize),
    Body(BodyFraming),
    Complete,
    Switched,
}

#[derive(Debug)]
enum ResponseState {
    /// The beginning of a head that arrived in parts.
    Head(Vec<u8>),
    Body(BodyFraming),
    Complete,
    Switched,
}

impl Exchange {
    /// `head_size`: the largest head of a request in bytes.
    pub fn new(head_size: usize) -> Self {
        Exchange {
            head_size,
            request: RequestState::Head(0),
            response: ResponseState::Head(Vec::new()),
            is_head: false,
            offers_upgrade: false,
            awaits_continue: false,
        }
    }

    /// What is due, when `waiting` are the client's bytes that have not passed.
    pub fn due(&self, waiting: &[u8]) -> Due {
        match &self.request {
            RequestState::Head(_) if waiting.len() == leading_line_ends(waiting) => Due::Request,
            RequestState::Head(_) => Due::Head,
            RequestState::Body(_) if self.awaits_continue && !self.has_answered() => Due::Response,
            RequestState::Body(_) => Due::Body,
            RequestState::Complete | RequestState::Switched => Due::Response,
        }
    }

    /// True while no byte of the current response has arrived, so that the front may answer in Rocket's stead.
    pub fn is_unanswered(&self) -> bool {
        matches!(&self.response, ResponseState::Head(part) if part.is_empty())
    }

    /// True if the response is complete although the request is not.
    fn has_answered(&self) -> bool {
        matches!(self.response, ResponseState::Complete)
    }

    /// True if the request has arrived as a whole.
    pub fn has_request(&self) -> bool {
        matches!(self.request, RequestState::Complete)
    }

    /// Reads bytes of the client; returns how many of them may pass to Rocket now.
    ///
    /// # Errors
    /// When the request is malformed or its head is too large.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<usize, RequestError> {
        let mut passed = 0;
        loop {
            let rest = bytes.get(passed..).unwrap_or_default();
            let taken = match &mut self.request {
                RequestState::Head(searched) => match head_length(rest, *searched) {
                    Some(length) if length <= self.head_size => {
                        match self.begin(rest.get(..length).unwrap_or_default()) {
                            // What precedes the head passes first.
                            Err(RequestError::NeedsRewrite) if passed > 0 => return Ok(passed),
                            begun => begun?,
                        }
                        length
                    }
                    None if is_hopeless(rest) => return Err(RequestError::Malformed),
                    None if rest.len() < self.head_size => {
                        *searched = rest.len();
                        return Ok(passed);
                    }
                    _ => return Err(RequestError::HeadTooLarge),
                },
                RequestState::Body(_) if rest.is_empty() => return Ok(passed),
                RequestState::Body(framing) => {
                    self.awaits_continue = false;
                    framing.advance(rest)?
                }
                RequestState::Complete => return Ok(passed),
                RequestState::Switched => return Ok(bytes.len()),
            };
            passed += taken;
            if matches!(&self.request, RequestState::Body(framing) if framing.is_complete()) {
                self.request = RequestState::Complete;
                self.finish();
            }
        }
    }

    fn begin(&mut self, head: &[u8]) -> Result<(), RequestError> {
        let head = RequestHead::parse(head)?;
        self.is_head = head.is_head;
        self.offers_upgrade = head.offers_upgrade;
        self.awaits_continue = head.expects_continue;
        self.request = RequestState::Body(head.body);
        Ok(())
    }

    /// Reads bytes of Rocket; returns true if the client's waiting bytes may pass now, or other bytes are due.
    pub fn observe(&mut self, mut bytes: &[u8]) -> bool {
        let mut changed = false;
        while !bytes.is_empty() {
            let taken = match &mut self.response {
                ResponseState::Head(part) => {
                    let known = part.len();
                    let Some((head, length)) = parse_response(part, bytes, self.is_head) else { return changed };
                    self.respond(head);
                    changed = true;
                    length.saturating_sub(known)
                }
                ResponseState::Body(framing) => match framing.advance(bytes) {
                    Ok(taken) => taken,
                    Err(Malformed) => {
                        *framing = BodyFraming::UntilClose;
                        return changed;
                    }
                },
                // More than the response: Rocket ends the connection.
                ResponseState::Complete | ResponseState::Switched => return changed,
            };
            bytes = bytes.get(taken..).unwrap_or_default();
            if matches!(&self.response, ResponseState::Body(framing) if framing.is_complete()) {
                self.response = ResponseState::Complete;
                changed = true;
                self.finish();
            }
        }
        changed
    }

    fn respond(&mut self, head: ResponseHead) {
        match head {
            ResponseHead::Interim => {
                self.awaits_continue = false;
                self.response = ResponseState::Head(Vec::new());
            }
            ResponseHead::Switch if self.offers_upgrade => {
                self.request = RequestState::Switched;
                self.response = ResponseState::Switched;
            }
            ResponseHead::Switch => self.response = ResponseState::Body(BodyFraming::UntilClose),
            ResponseHead::Final(framing) => self.response = ResponseState::Body(framing),
        }
    }

    /// Begins the next exchange if this one is complete.
    fn finish(&mut self) {
        if self.has_request() && self.has_answered() {
            *self = Exchange::new(self.head_size);
        }
    }
}

/// Parses a response head of which `part` arrived earlier. An incomplete head is kept in `part`.
fn parse_response(part: &mut Vec<u8>, bytes: &[u8], is_head_request: bool) -> Option<(ResponseHead, usize)> {
    if part.is_empty() {
        let parsed = ResponseHead::parse(bytes, is_head_request);
        if parsed.is_none() {
            part.extend_from_slice(bytes);
        }
        return parsed;
    }
    part.extend_from_slice(bytes);
    if part.len() > MAX_RESPONSE_HEAD {
        return Some((ResponseHead::Final(BodyFraming::UntilClose), part.len()));
    }
    ResponseHead::parse(part, is_head_request)
}
