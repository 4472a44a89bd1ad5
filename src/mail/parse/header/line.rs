//! The lines of a header: what each of them is.

/// A line without its line end.
#[derive(Clone, Copy)]
pub(in crate::mail::parse) struct Line<'x> {
    pub text: &'x [u8],
    pub start: usize,
    /// The start of the next line.
    pub next: usize,
}

pub(super) enum LineKind {
    /// Blanks alone.
    Blank,
    Indented,
    Field {
        colon: usize,
    },
    /// The `From ` line of an mbox file, which some programs leave in front.
    Mbox,
    Odd,
}

/// Header fields by which a header is recognized behind an odd line. A dash at the end stands for all names that
/// start so.
const KNOWN: [&str; 26] = [
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "sender",
    "reply-to",
    "message-id",
    "in-reply-to",
    "references",
    "received",
    "return-path",
    "mime-version",
    "dkim-signature",
    "authentication-results",
    "delivered-to",
    "importance",
    "priority",
    "precedence",
    "x-",
    "content-",
    "resent-",
    "list-",
    "arc-",
    "auto-submitted",
];

/// Maximum length of a field name.
const MAX_FIELD_NAME: usize = 256;

impl<'x> Line<'x> {
    /// The line that starts at `start`; `None` at the end of `bytes`.
    pub(in crate::mail::parse) fn at(bytes: &'x [u8], start: usize) -> Option<Self> {
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest);
        let mut text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // More than one CR: a program that has added CR LF to lines with CR LF.
        while let [line @ .., b'\r'] = text {
            text = line;
        }
        Some(Line { text, start, next: start + end.map_or(rest.len(), |end| end + 1) })
    }

    pub(super) fn kind(&self) -> LineKind {
        match self.text.first() {
            Some(b' ' | b'\t') if self.text.trim_ascii().is_empty() => LineKind::Blank,
            Some(b' ' | b'\t') => LineKind::Indented,
            _ => match self.colon() {
                Some(colon) => LineKind::Field { colon },
                None if self.is_mbox() => LineKind::Mbox,
                None => LineKind::Odd,
            },
        }
    }

    /// The colon behind the name of a field. Blanks may precede it (RFC 5322 §4.5).
    fn colon(&self) -> Option<usize> {
        let colon = memchr::memchr(b':', self.text)?;
        let name = self.text.get(..colon)?.trim_ascii_end();
        let is_name = !name.is_empty() && name.len() <= MAX_FIELD_NAME && name.iter().all(u8::is_ascii_graphic);
        // A URL in running text.
        let is_url = self.text.get(colon + 1..).is_some_and(|value| value.starts_with(b"//"));
        (is_name && !is_url).then_some(colon)
    }

    /// The colon behind a name with blanks inside: not a field, but not a continuation either.
    pub(super) fn malformed_name(&self) -> Option<usize> {
        let colon = memchr::memchr(b':', self.text).filter(|colon| (1..=40).contains(colon))?;
        let name = self.text.get(..colon)?;
        let is_malformed = name.contains(&b' ') && name.iter().all(|b| b.is_ascii_alphanumeric() || b"-_ ".contains(b));
        is_malformed.then_some(colon)
    }

    pub(in crate::mail::parse) fn is_mbox(&self) -> bool {
        self.text.starts_with(b"From ")
    }

    pub(super) fn is_quoted_mbox(&self) -> bool {
        self.text.starts_with(b">From ")
    }

    /// True for a field that occurs in most messages.
    pub(in crate::mail::parse) fn is_known_field(&self) -> bool {
        let Some(name) = self.colon().and_then(|colon| self.text.get(..colon)) else { return false };
        let name = name.trim_ascii_end();
        KNOWN.iter().map(|known| known.as_bytes()).any(|known| match known {
            [.., b'-'] => name.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)),
            known => name.eq_ignore_ascii_case(known),
        })
    }
}

/// What follows an odd line in its header.
pub(super) struct Lookahead {
    /// The start of the last well-known field before the empty line; 0 without one.
    pub last_field: usize,
    /// The start of the empty line.
    pub blank: Option<usize>,
}

impl Lookahead {
    pub(super) fn from(bytes: &[u8], start: usize) -> Self {
        let mut found = Lookahead { last_field: 0, blank: None };
        let mut at = start;
        while let Some(line) = Line::at(bytes, at) {
            if line.text.is_empty() {
                found.blank = Some(at);
                break;
            }
            if line.is_known_field() {
                found.last_field = at;
            }
            at = line.next;
        }
        found
    }
}

/// The first `limit` bytes, not cut within a character of UTF-8.
pub(super) fn cut(bytes: &[u8], limit: usize) -> &[u8] {
    if bytes.len() <= limit {
        return bytes;
    }
    let is_start = |at: &usize| bytes.get(*at).is_none_or(|b| b & 0xc0 != 0x80);
    let end = (limit.saturating_sub(3)..=limit).rev().find(is_start).unwrap_or(limit);
    bytes.get(..end).unwrap_or_default()
}

pub(super) fn canonical_name(name: &[u8]) -> String {
    let mut name = name.to_ascii_lowercase();
    let mut upper = true;
    for byte in &mut name {
        if upper {
            byte.make_ascii_uppercase();
        }
        upper = *byte == b'-';
    }
    // The name is ASCII, as `Line` has checked.
    String::from_utf8(name).unwrap_or_default()
}
