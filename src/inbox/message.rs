//! What readers are handed.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::mail::parse::Contact;

use super::id::MessageId;
use super::incoming::MessageSource;

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub id: MessageId,
    /// The header's, without angle brackets.
    pub message_id: String,
    pub read: bool,
    pub from: Contact,
    pub to: Vec<Contact>,
    pub cc: Vec<Contact>,
    /// The Bcc field and every envelope recipient that no field names.
    pub bcc: Vec<Contact>,
    pub reply_to: Vec<Contact>,
    pub subject: String,
    /// When it was received.
    pub created: Time,
    /// Of the session; empty when nobody logged in.
    pub username: String,
    /// Sorted.
    pub tags: Vec<String>,
    /// Bytes, with the trace lines of [`CapturedMessage::shown`].
    pub size: u64,
    /// Without inline parts.
    pub attachments: u64,
    pub snippet: String,
    pub source: MessageSource,
    /// What one of our own letters is for (`verify`, `reset`, …).
    pub purpose: Option<String>,
    /// Why it was refused or is malformed, if it was kept for inspection only.
    pub refusal: Option<String>,
}

/// The envelope and how the message came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Empty for the null reverse-path.
    pub envelope_from: String,
    pub envelope_to: Vec<String>,
    pub helo: String,
    /// The client's network address.
    pub remote: String,
    /// The dialogue, without the message itself.
    pub transcript: String,
}

/// A whole message.
#[derive(Clone, Debug)]
pub struct CapturedMessage {
    pub summary: Summary,
    pub session: SessionRecord,
    /// Header lines that [`CapturedMessage::shown`] puts in front.
    pub trace: String,
    /// Exactly as received.
    pub bytes: Vec<u8>,
}

impl CapturedMessage {
    /// The message the way Mailpit shows it: Return-Path, Received, a missing Message-ID and blind recipients in
    /// front of the bytes as received, whose own Return-Path gives way (RFC 5321 §4.4).
    pub fn shown(&self) -> Vec<u8> {
        let mut shown = self.trace.clone().into_bytes();
        let mut at = 0;
        let foreign = if self.trace.is_empty() { Vec::new() } else { return_paths(&self.bytes) };
        for lines in foreign {
            shown.extend_from_slice(self.bytes.get(at..lines.start).unwrap_or_default());
            at = lines.end;
        }
        shown.extend_from_slice(self.bytes.get(at..).unwrap_or_default());
        shown
    }

    /// The envelope's sender, else the From address.
    pub fn return_path(&self) -> &str {
        match self.session.envelope_from.as_str() {
            "" => &self.summary.from.address,
            from => from,
        }
    }
}

/// Where the Return-Path fields of a message stand, with the lines they go on on.
pub(super) fn return_paths(message: &[u8]) -> Vec<Range<usize>> {
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
            // The body began without an empty line.
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

/// Kept with every write, so that reading them costs one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub messages: u64,
    pub unread: u64,
    /// Of all messages as received.
    pub bytes: u64,
    /// Deleted over the life of the file.
    pub deleted: u64,
    /// How many of the messages were refused and kept for inspection, and how many of those are unread.
    pub refused: u64,
    pub refused_unread: u64,
}

impl Counts {
    /// What arrived: without refused mail.
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
    /// Matches on all pages.
    pub total: u64,
    pub unread: u64,
}

/// A page and the numbers beside it, all of one moment.
#[derive(Clone, Debug)]
pub struct InboxPage {
    pub found: SearchResult,
    /// Of the whole inbox.
    pub counts: Counts,
    /// Those in use, sorted.
    pub tags: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_paths_are_found_in_the_header_alone() {
        let found =
            |text: &str| return_paths(text.as_bytes()).into_iter().map(|r| text[r].to_owned()).collect::<String>();
        let mail =
            "Return-path: <a@b.c>\r\nSubject: x\r\n y\r\nRETURN-PATH:\r\n\t<d@e.f>\r\n\r\nReturn-Path: <body>\r\n";
        assert_eq!(found(mail), "Return-path: <a@b.c>\r\nRETURN-PATH:\r\n\t<d@e.f>\r\n");
        assert_eq!(found("Return-Path: <cut"), "Return-Path: <cut");
        assert_eq!(found("From x\nReturn-Path: <a>\nhello there\nReturn-Path: <body>\n"), "Return-Path: <a>\n");
        assert_eq!(found(""), "");
    }
}
