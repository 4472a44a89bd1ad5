//! The types that reading operations return.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::mail::parse::Contact;

use super::fingerprint::TemplateKey;
use super::id::MessageId;

/// How a message reached the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageSource {
    #[default]
    Smtp,
    Lmtp,
    /// `POST /send` of the API.
    Api,
    /// Gatepost's own messages, through the `capture` transport.
    Transport,
    /// Files, through the import command.
    Import,
}

/// The list entry of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub id: MessageId,
    /// The Message-ID field, without angle brackets.
    pub message_id: String,
    pub read: bool,
    pub from: Contact,
    pub to: Vec<Contact>,
    pub cc: Vec<Contact>,
    /// The Bcc field and the envelope recipients that are in no address field.
    pub bcc: Vec<Contact>,
    pub reply_to: Vec<Contact>,
    pub subject: String,
    /// Time of receipt.
    pub created: Time,
    /// User name of the SMTP session; empty if the session was unauthenticated.
    pub username: String,
    /// Sorted.
    pub tags: Vec<String>,
    /// Size in bytes, including the trace lines of [`CapturedMessage::shown`].
    pub size: u64,
    /// The bytes that [`CapturedMessage::octets`] has more than `size`; 0 for messages that older versions stored.
    pub line_end_bytes: u64,
    /// Number of attachments, without inline parts.
    pub attachments: u64,
    pub snippet: String,
    pub source: MessageSource,
    /// Purpose of an email that Gatepost composed (`verify`, `reset`, …).
    pub purpose: Option<String>,
    /// Reason why the message was refused or is malformed. Such messages are stored for inspection only.
    pub refusal: Option<String>,
    /// What the message is grouped by with messages that are alike.
    pub template: TemplateKey,
}

/// The envelope and the session in which the message was received. Stored as compressed JSON in one column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Empty for the null reverse-path.
    pub envelope_from: String,
    pub envelope_to: Vec<String>,
    pub helo: String,
    /// The client's IP address.
    pub remote: String,
    /// The SMTP commands and replies, without the message itself.
    pub transcript: String,
    /// Milliseconds between each of the first lines of the transcript and the line before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub line_times: Vec<u32>,
    /// Header lines that [`CapturedMessage::shown`] adds in front of the message.
    pub trace: String,
}

/// A message with its bytes and its session.
#[derive(Clone, Debug)]
pub struct CapturedMessage {
    pub summary: Summary,
    pub session: SessionRecord,
    /// The message exactly as received.
    pub bytes: Vec<u8>,
}

impl CapturedMessage {
    /// Returns the message as Mailpit shows it. Return-Path, Received, a missing Message-ID and Bcc recipients are
    /// added in front of the received bytes; the message's own Return-Path fields are removed (RFC 5321 §4.4).
    pub fn shown(&self) -> Vec<u8> {
        shown_pieces(&self.session.trace, &self.bytes).concat()
    }

    /// Returns the size of [`CapturedMessage::shown`] if each line ends in CR LF, as POP3 sends it.
    pub fn octets(&self) -> usize {
        let shown = ShownSize::of(&self.session.trace, &self.bytes);
        shown.bytes + shown.line_ends
    }

    /// Returns the envelope sender, or the From address if it is empty.
    pub fn return_path(&self) -> &str {
        match self.session.envelope_from.as_str() {
            "" => &self.summary.from.address,
            from => from,
        }
    }
}

/// Returns the pieces of a message as [`CapturedMessage::shown`] joins them. Each begins with a line.
fn shown_pieces<'a>(trace: &'a str, message: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = vec![trace.as_bytes()];
    let mut at = 0;
    let removed = if trace.is_empty() { Vec::new() } else { return_paths(message) };
    for lines in removed {
        pieces.push(message.get(at..lines.start).unwrap_or_default());
        at = lines.end;
    }
    pieces.push(message.get(at..).unwrap_or_default());
    pieces
}

/// The size of a message as [`CapturedMessage::shown`] returns it.
pub struct ShownSize {
    pub bytes: usize,
    /// The bytes that are missing for a CR LF at the end of each line.
    pub line_ends: usize,
}

impl ShownSize {
    /// Measures a message with its trace, without joining them.
    pub fn of(trace: &str, message: &[u8]) -> Self {
        let pieces = shown_pieces(trace, message);
        let bare = |piece: &[u8]| {
            let before = |at: usize| at.checked_sub(1).and_then(|at| piece.get(at));
            memchr::memchr_iter(b'\n', piece).filter(|at| before(*at) != Some(&b'\r')).count()
        };
        let last = pieces.iter().rev().find_map(|piece| piece.last());
        let missing = match last {
            None | Some(b'\n') => 0,
            Some(b'\r') => 1,
            Some(_) => 2,
        };
        let line_ends = pieces.iter().map(|piece| bare(piece)).sum::<usize>() + missing;
        ShownSize { bytes: pieces.iter().map(|piece| piece.len()).sum(), line_ends }
    }
}

/// Returns the byte ranges of the Return-Path fields of a message, including their continuation lines.
pub fn return_paths(message: &[u8]) -> Vec<Range<usize>> {
    const NAME: &[u8] = b"return-path:";
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut inside) = (0, false);
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.trim_ascii_end().is_empty() {
            break;
        }
        let end = at + line.len();
        inside = match line.first() {
            Some(b' ' | b'\t') => inside,
            // The body starts without an empty line.
            _ if !line.contains(&b':') && !line.starts_with(b"From ") => break,
            _ => line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)),
        };
        if inside {
            found.push(at..end);
        }
        at = end;
    }
    found
}

/// Totals of the inbox. Every write updates them in one row, so that reading them is cheap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub messages: u64,
    pub unread: u64,
    /// Bytes of all messages as received.
    pub bytes: u64,
    /// Number of messages deleted since the file was created.
    pub deleted: u64,
    /// Number of refused messages, which are stored for inspection.
    pub refused: u64,
    /// Number of refused messages that are unread.
    pub refused_unread: u64,
}

impl Counts {
    /// Number of messages that were not refused.
    pub fn arrived(&self) -> u64 {
        self.messages.saturating_sub(self.refused)
    }

    pub fn accepted_unread(&self) -> u64 {
        self.unread.saturating_sub(self.refused_unread)
    }
}

/// A page of a search, newest first.
#[derive(Clone, Debug, Default)]
pub struct SearchResult {
    pub messages: Vec<Summary>,
    /// Number of matches on all pages.
    pub total: u64,
    pub unread: u64,
}

/// A page of messages with the inbox's counts and tags, read in one transaction.
#[derive(Clone, Debug)]
pub struct InboxPage {
    pub found: SearchResult,
    /// Counts of the whole inbox.
    pub counts: Counts,
    /// Tags in use, sorted.
    pub tags: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_paths_are_found_in_the_header_alone() {
        let found =
            |text: &str| return_paths(text.as_bytes()).into_iter().map(|r| text[r].to_owned()).collect::<String>();
        let message =
            "Return-path: <a@b.c>\r\nSubject: x\r\n y\r\nRETURN-PATH:\r\n\t<d@e.f>\r\n\r\nReturn-Path: <body>\r\n";
        assert_eq!(found(message), "Return-path: <a@b.c>\r\nRETURN-PATH:\r\n\t<d@e.f>\r\n");
        assert_eq!(found("Return-Path: <cut"), "Return-Path: <cut");
        assert_eq!(found("From x\nReturn-Path: <a>\nhello there\nReturn-Path: <body>\n"), "Return-Path: <a>\n");
        assert_eq!(found(""), "");
    }

    #[test]
    fn a_size_counts_the_bytes_that_are_missing_for_cr_lf_line_ends() {
        for (trace, text, bytes, line_ends) in [
            ("", "", 0, 0),
            ("", "a\r\n\r\nb\r\n", 8, 0),
            ("", "a\n\nb\n", 5, 3),
            ("", "\na\r\nb", 5, 3),
            ("", "a\r", 2, 1),
            ("T: x\n", "a\n", 7, 2),
            ("T: x\r\n", "Return-Path: <a>\nA: b\r\n\r\n", 14, 0),
            ("T: x\r\n", "A: b\nReturn-Path: <cut", 11, 1),
            ("", "Return-Path: <a>\n", 17, 1),
        ] {
            let size = ShownSize::of(trace, text.as_bytes());
            assert_eq!((size.bytes, size.line_ends), (bytes, line_ends), "{trace:?} {text:?}");
        }
    }
}
