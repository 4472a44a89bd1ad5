//! SMTP sessions that have ended, as the inbox records them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::secret::digest;

use super::message::Summary;
use super::session_outcome::SessionOutcome;

/// How long sessions are kept.
pub const SESSION_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of sessions that are kept: of those that delivered all their messages, and separately of the others,
/// so that many deliveries do not displace a failed session.
pub const MAX_SESSIONS: usize = 500;
/// Maximum bytes of a transcript that are kept.
pub const MAX_SESSION_TRANSCRIPT: usize = 16 * 1024;
/// Maximum number of messages that a session names; of more, the newest.
pub const MAX_SESSION_MESSAGES: usize = 50;

/// An SMTP session that has ended, or several equal ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    /// When the first of them began.
    pub started: Time,
    /// When the last of them ended.
    pub ended: Time,
    /// Number of equal sessions.
    pub count: u64,
    pub outcome: SessionOutcome,
    pub details: SessionDetails,
}

/// What is known of a session. Except for `client` and `protocol`, the text may come from the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDetails {
    /// The client's IP address, without port.
    pub client: String,
    /// The name that the client gave in EHLO, HELO or LHLO; empty without one.
    pub hello: String,
    /// As in Received fields, such as `ESMTPS` (RFC 3848).
    pub protocol: String,
    /// The user name of the login; empty without one.
    pub username: String,
    /// The reply or event that decided the outcome; empty if the session delivered everything.
    pub reason: String,
    /// Number of messages that the session brought, refused ones included.
    pub message_count: u64,
    /// Their ids, oldest first; at most [`MAX_SESSION_MESSAGES`].
    pub messages: Vec<String>,
    pub transcript: String,
    /// Milliseconds between each line of the transcript and the one before it; empty if they were not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub line_times: Vec<u32>,
}

/// A session as it is stored.
#[derive(Clone, Debug)]
pub struct StoredSession {
    pub id: i64,
    pub session: EndedSession,
    /// The messages of the session that still exist.
    pub messages: Vec<Summary>,
}

/// Which sessions a list contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionFilter {
    #[default]
    All,
    /// Only sessions that delivered all their messages.
    Delivered,
    /// Only the other ones.
    NotDelivered,
}

/// A page of sessions, newest first, and the number of all sessions that the filter lets pass.
#[derive(Clone, Debug, Default)]
pub struct SessionPage {
    pub sessions: Vec<StoredSession>,
    pub total: u64,
}

impl SessionDetails {
    /// What equal sessions without messages have in common.
    pub(in crate::inbox) fn texts(&self) -> [&str; 6] {
        [&self.client, &self.hello, &self.protocol, &self.username, &self.reason, &self.transcript].map(String::as_str)
    }
}

impl EndedSession {
    /// The key that equal sessions share; `None` for a session that brought messages.
    pub(in crate::inbox) fn key(&self) -> Option<String> {
        let texts = self.details.texts().join("\0");
        (self.details.message_count == 0).then(|| digest(&format!("{}\0{texts}", self.outcome.code())))
    }
}
