//! Receives the bytes of a message: finds its end, removes dot stuffing and enforces the size limits.

use memchr::{memchr, memmem};

use crate::mail::parse::ParsedMessage;

use super::budget::Reservation;

/// Most bytes stored of a message that is refused for its size.
const MAX_REFUSED: usize = 64 * 1024;

/// Removes dot stuffing from a DATA stream and finds its end. Only CR LF . CR LF ends a message: a server that also
/// accepts LF . LF or CR . CR lets a client smuggle a second message inside the first (SMTP smuggling, 2023).
/// smtp-proto's own receiver is not used because it also accepts CR LF . CR CR LF and misses the end of an empty
/// message.
#[derive(Debug)]
pub(super) struct DotUnstuffer {
    at: LinePosition,
}

/// The last bytes read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinePosition {
    /// CR LF, or nothing yet: the CR LF of the DATA command counts as one (RFC 5321 §4.1.1.4).
    LineStart,
    /// A dot at the start of a line: stuffing, or the beginning of the end.
    Dot,
    /// A dot at the start of a line, and a CR.
    DotCr,
    /// A CR elsewhere in a line.
    Cr,
    Middle,
}

impl DotUnstuffer {
    pub(super) fn new() -> Self {
        DotUnstuffer { at: LinePosition::LineStart }
    }

    /// Moves message bytes from `input` to `body`. Returns how many bytes were used, and whether the message ended.
    pub(super) fn read(&mut self, input: &[u8], body: &mut MessageBody) -> (usize, bool) {
        let mut rest = input;
        while let Some(&byte) = rest.first() {
            let skip = match (self.at, byte) {
                (LinePosition::LineStart, b'.') => self.move_to(LinePosition::Dot, 1),
                (LinePosition::Dot, b'\r') => self.move_to(LinePosition::DotCr, 1),
                (LinePosition::DotCr, b'\n') => return (input.len() - rest.len() + 1, true),
                (LinePosition::DotCr, _) => {
                    body.push(b"\r");
                    self.move_to(LinePosition::Cr, 0)
                }
                (LinePosition::Cr, b'\n') => {
                    body.push(b"\n");
                    self.move_to(LinePosition::LineStart, 1)
                }
                (LinePosition::LineStart | LinePosition::Dot | LinePosition::Cr | LinePosition::Middle, _) => {
                    self.copy_lines(rest, body)
                }
            };
            rest = rest.get(skip..).unwrap_or_default();
        }
        (input.len(), false)
    }

    fn move_to(&mut self, at: LinePosition, skip: usize) -> usize {
        self.at = at;
        skip
    }

    /// Copies everything up to the next line that starts with a dot. Returns the number of bytes.
    fn copy_lines(&mut self, rest: &[u8], body: &mut MessageBody) -> usize {
        let end = memmem::find(rest, b"\r\n.").map(|at| at + 2);
        let lines = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
        body.push(lines);
        self.at = match lines {
            [.., b'\r', b'\n'] => LinePosition::LineStart,
            [.., b'\r'] => LinePosition::Cr,
            _ => LinePosition::Middle,
        };
        lines.len()
    }
}

/// The bytes of a message, within its limits. A message that exceeds a limit is read to its end, so that the rest is
/// not taken for commands, but only its beginning is stored.
#[derive(Debug)]
pub(super) struct MessageBody {
    bytes: Vec<u8>,
    /// Bytes received, including those that are not stored.
    total: u64,
    limit: usize,
    header_limit: usize,
    /// Where the search for the empty line continues; `None` once it is found.
    header_scan: Option<usize>,
    held: Reservation,
    flaw: Option<BodyError>,
}

/// Why a message cannot be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLarge,
    LongHeader,
    /// The memory budget of all messages together is exhausted.
    NoMemory,
    /// A line of the header ends in CR CR LF, and the settings forbid it.
    DoubledCr,
}

impl MessageBody {
    /// `announced` is the SIZE parameter of MAIL; up to 256 KiB of it are allocated at once.
    pub(super) fn new(limit: usize, header_limit: usize, announced: usize, held: Reservation) -> Self {
        let bytes = Vec::with_capacity(announced.clamp(2 * 1024, 256 * 1024).min(limit));
        MessageBody { bytes, total: 0, limit, header_limit, header_scan: Some(0), held, flaw: None }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(bytes.len() as u64);
        if self.flaw.is_some() {
            return;
        }
        let fitting = bytes.get(..self.limit - self.bytes.len()).unwrap_or(bytes);
        if !self.held.grow(self.bytes.len() + fitting.len()) {
            return self.reject(BodyError::NoMemory, 0);
        }
        self.bytes.extend_from_slice(fitting);
        self.check_header();
        if self.flaw.is_none() && fitting.len() < bytes.len() {
            self.reject(BodyError::TooLarge, self.limit);
        }
    }

    pub(super) fn error(&self) -> Option<BodyError> {
        self.flaw
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The bytes and their memory reservation, which must be held until they are stored.
    pub(super) fn into_parts(self) -> (Vec<u8>, Reservation) {
        (self.bytes, self.held)
    }

    fn check_header(&mut self) {
        let Some(from) = self.header_scan else { return };
        match header_end(&self.bytes, from) {
            Some(end) if end <= self.header_limit => self.header_scan = None,
            // The empty line itself may not have arrived yet.
            None if self.bytes.len() <= self.header_limit + 2 => {
                self.header_scan = Some(self.bytes.len().saturating_sub(3))
            }
            // Plain text, such as a log, has no header or a header without an empty line after it.
            _ if self.bytes.get(..self.header_limit).is_some_and(ParsedMessage::header_ends_without_blank_line) => {
                self.header_scan = None
            }
            _ => self.reject(BodyError::LongHeader, self.header_limit),
        }
    }

    /// Keeps at most `limit` bytes, so that the result does not depend on how the message was split into packets.
    fn reject(&mut self, flaw: BodyError, limit: usize) {
        self.bytes.truncate(limit.min(MAX_REFUSED));
        self.bytes.shrink_to_fit();
        self.held.release();
        self.flaw = Some(flaw);
    }
}

/// The position of the empty line after the header, searched from `from` on. Lines may end in LF alone.
pub(super) fn header_end(bytes: &[u8], mut from: usize) -> Option<usize> {
    if from == 0 && (bytes.starts_with(b"\r\n") || bytes.starts_with(b"\n")) {
        return Some(0);
    }
    while let Some(at) = memchr(b'\n', bytes.get(from..)?) {
        from += at + 1;
        let rest = bytes.get(from..)?;
        if rest.starts_with(b"\r\n") || rest.starts_with(b"\n") {
            return Some(from);
        }
    }
    None
}

/// True if there is a CR without LF or an LF without CR.
pub(super) fn has_bare_line_end(bytes: &[u8]) -> bool {
    let mut crlf = 0;
    for at in memchr::memchr_iter(b'\n', bytes) {
        match at.checked_sub(1).and_then(|before| bytes.get(before)) {
            Some(b'\r') => crlf += 1,
            _ => return true,
        }
    }
    memchr::memchr_iter(b'\r', bytes).count() != crlf
}

/// True if a line of the header ends in CR CR LF.
pub(super) fn has_doubled_cr_in_header(bytes: &[u8]) -> bool {
    let header = header_end(bytes, 0).and_then(|end| bytes.get(..end)).unwrap_or(bytes);
    memmem::find(header, b"\r\r\n").is_some()
}

#[cfg(test)]
mod tests;
