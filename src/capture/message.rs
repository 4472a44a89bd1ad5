//! What readers are handed.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::mail::parsed::Contact;

use super::arrival::Source;
use super::id::MessageId;

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
    /// Bytes, with the trace lines of [`Captured::shown`].
    pub size: u64,
    /// Without inline parts.
    pub attachments: u64,
    pub snippet: String,
    pub source: Source,
    /// What one of our own letters is for (`verify`, `reset`, …).
    pub purpose: Option<String>,
    /// Why it was refused or is malformed, if it was kept for inspection only.
    pub refusal: Option<String>,
}

/// The envelope and how the message came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
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
pub struct Captured {
    pub summary: Summary,
    pub session: Session,
    /// Header lines that [`Captured::shown`] puts in front.
    pub trace: String,
    /// Exactly as received.
    pub bytes: Vec<u8>,
}

impl Captured {
    /// The message the way Mailpit shows it: Return-Path, Received, a missing Message-ID and blind recipients in
    /// front of the bytes as received.
    pub fn shown(&self) -> Vec<u8> {
        [self.trace.as_bytes(), &self.bytes].concat()
    }

    /// The envelope's sender, else the From address.
    pub fn return_path(&self) -> &str {
        match self.session.envelope_from.as_str() {
            "" => &self.summary.from.address,
            from => from,
        }
    }
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

    pub fn arrived_unread(&self) -> u64 {
        self.unread.saturating_sub(self.refused_unread)
    }
}

/// A page of a search, newest first.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub messages: Vec<Summary>,
    /// Matches on all pages.
    pub total: u64,
    pub unread: u64,
}

/// A page and the numbers beside it, all of one moment.
#[derive(Clone, Debug)]
pub struct Page {
    pub found: Found,
    /// Of the whole inbox.
    pub counts: Counts,
    /// Those in use, sorted.
    pub tags: Vec<String>,
}
