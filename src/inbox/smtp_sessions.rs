//! The SMTP sessions of the last hours, also those that brought no message.
//!
//! Sessions are collected in memory and written together, at most once a second, so that their number does not slow
//! down the messages. Equal sessions without a message, such as port checks and retries, are one entry with a count.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Time;
use crate::secret::digest;

use super::handle::{Inbox, StoreError};
use super::id::MessageId;
use super::session_outcome::SessionOutcome;
use super::store::{read, sessions};

/// How long sessions are kept.
pub const SESSION_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of sessions that are kept: of those that delivered all their messages, and separately of the others,
/// so that many deliveries do not displace a failed session.
pub const MAX_SESSIONS: usize = 500;
/// Maximum bytes of a transcript that are kept.
pub const MAX_SESSION_TRANSCRIPT: usize = 16 * 1024;
/// Maximum number of messages that a session names; of more, the newest.
pub const MAX_SESSION_MESSAGES: usize = 50;
/// Minimum time between two writes.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time between two deletions of old sessions.
const DELETE_INTERVAL: Duration = Duration::from_secs(10 * 60);

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
    /// The reply or event that decided the outcome; empty if there is none.
    pub reason: String,
    /// Number of messages that the session brought, refused ones included.
    pub message_count: u64,
    /// Their ids, oldest first; at most [`MAX_SESSION_MESSAGES`].
    pub messages: Vec<String>,
    pub transcript: String,
}

/// A session as it is stored.
#[derive(Clone, Debug)]
pub struct StoredSession {
    pub id: i64,
    pub session: EndedSession,
    /// The messages of the session that still exist.
    pub messages: Vec<MessageId>,
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

/// The sessions that wait to be written.
#[derive(Debug, Default)]
pub(super) struct SessionQueue {
    waiting: Mutex<WaitingSessions>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct WaitingSessions {
    delivered: VecDeque<EndedSession>,
    others: VecDeque<EndedSession>,
}

impl EndedSession {
    /// The key that equal sessions share; `None` for a session that brought messages.
    pub(super) fn key(&self) -> Option<String> {
        let SessionDetails { client, hello, protocol, username, reason, message_count, transcript, .. } = &self.details;
        let parts = [client, hello, protocol, username, reason, transcript].map(String::as_str);
        (*message_count == 0).then(|| digest(&format!("{}\0{}", self.outcome.code(), parts.join("\0"))))
    }

    fn is_delivered(&self) -> bool {
        self.outcome == SessionOutcome::Delivered
    }

    /// True if `other` is the same but for its time.
    fn repeats(&self, other: &EndedSession) -> bool {
        self.details.message_count == 0 && self.outcome == other.outcome && self.details == other.details
    }
}

impl WaitingSessions {
    fn is_empty(&self) -> bool {
        self.delivered.is_empty() && self.others.is_empty()
    }

    /// Adds a session. At the limit the oldest one is dropped, which would not be kept anyway.
    fn add(&mut self, session: EndedSession) {
        let queue = if session.is_delivered() { &mut self.delivered } else { &mut self.others };
        if let Some(same) = queue.iter_mut().rev().find(|waiting| session.repeats(waiting)) {
            same.ended = session.ended;
            same.count = same.count.saturating_add(session.count);
            return;
        }
        if queue.len() >= MAX_SESSIONS {
            queue.pop_front();
        }
        queue.push_back(session);
    }
}

impl SessionQueue {
    fn lock(&self) -> MutexGuard<'_, WaitingSessions> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes and returns all waiting sessions.
    fn take(&self) -> Vec<EndedSession> {
        let WaitingSessions { delivered, others } = mem::take(&mut *self.lock());
        delivered.into_iter().chain(others).collect()
    }

    /// Forgets the waiting sessions.
    pub(super) fn clear(&self) {
        self.take();
    }
}

impl Inbox {
    /// Records a session that has ended. It is written later; this never waits.
    pub fn record_session(&self, mut session: EndedSession) {
        session.details.transcript = shortened(mem::take(&mut session.details.transcript));
        self.0.sessions.lock().add(session);
        self.0.sessions.arrived.notify_one();
    }

    /// Returns a page of the sessions of the last [`SESSION_AGE`], newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sessions(&self, filter: SessionFilter, start: u64, limit: u64) -> Result<SessionPage, StoreError> {
        self.write_sessions().await?;
        let not_before = self.oldest_session();
        let mut conn = self.reader().await?;
        let (found, total) = sessions::page(&mut conn, filter, not_before, start, limit).await?;
        let mut sessions = Vec::new();
        for (id, session) in found {
            let ids: Vec<MessageId> = session.details.messages.iter().filter_map(|id| id.parse().ok()).collect();
            let rows = read::rows_of(&mut conn, &ids).await?;
            let messages = ids.into_iter().filter(|id| rows.contains(&id.row())).collect();
            sessions.push(StoredSession { id, session, messages });
        }
        Ok(SessionPage { sessions, total })
    }

    /// Writes the sessions that wait, and deletes those that are too old or too many.
    pub(super) async fn write_sessions(&self) -> Result<(), StoreError> {
        if self.0.sessions.lock().is_empty() {
            return Ok(());
        }
        let mut tx = self.0.turns.begin().await?;
        let waiting = self.0.sessions.take();
        sessions::delete_old(&mut tx, self.oldest_session()).await?;
        sessions::insert(&mut tx, &waiting).await?;
        sessions::delete_excess(&mut tx, MAX_SESSIONS).await?;
        Ok(tx.commit().await?)
    }

    async fn delete_old_sessions(&self) -> Result<(), StoreError> {
        let mut tx = self.0.turns.begin().await?;
        sessions::delete_old(&mut tx, self.oldest_session()).await?;
        Ok(tx.commit().await?)
    }

    /// Writes sessions as they end, until `shutdown` is cancelled.
    pub(super) async fn run_sessions(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let arrived = tokio::select! {
                () = self.0.sessions.arrived.notified() => true,
                () = shutdown.cancelled() => true,
                () = tokio::time::sleep(DELETE_INTERVAL) => false,
            };
            let written = if arrived { self.write_sessions().await } else { self.delete_old_sessions().await };
            if let Err(error) = written {
                tracing::warn!(%error, "cannot store SMTP sessions in the inbox");
            }
            let _ = tokio::time::timeout(WRITE_INTERVAL, shutdown.cancelled()).await;
        }
        if let Err(error) = self.write_sessions().await {
            tracing::warn!(%error, "cannot store the last SMTP sessions in the inbox");
        }
    }

    fn oldest_session(&self) -> i64 {
        let age = i64::try_from(SESSION_AGE.as_millis()).unwrap_or(i64::MAX);
        self.0.clock.now().millis().saturating_sub(age)
    }
}

/// A long transcript without its middle, since its beginning and its end say most.
fn shortened(text: String) -> String {
    const HALF: usize = MAX_SESSION_TRANSCRIPT / 2;
    if text.len() <= MAX_SESSION_TRANSCRIPT {
        return text;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let fitting = |lines: &mut dyn Iterator<Item = &&str>| {
        let mut bytes = 0;
        lines
            .take_while(|line| {
                bytes += line.len();
                bytes <= HALF
            })
            .count()
    };
    let (head, tail) = (fitting(&mut lines.iter()), fitting(&mut lines.iter().rev()));
    let end = lines.len().saturating_sub(tail).max(head);
    let (head, left_out, tail) = (lines.get(..head), end.saturating_sub(head), lines.get(end..));
    let text = |lines: Option<&[&str]>| lines.unwrap_or_default().concat();
    format!("{}# lines left out: {left_out}\n{}", text(head), text(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(outcome: SessionOutcome, client: &str) -> EndedSession {
        let details = SessionDetails { client: client.to_owned(), ..SessionDetails::default() };
        EndedSession { started: Time::from_millis(1), ended: Time::from_millis(2), count: 1, outcome, details }
    }

    #[test]
    fn equal_sessions_without_a_message_wait_as_one_and_others_one_by_one() {
        let mut waiting = WaitingSessions::default();
        for n in 0..10_000 {
            let check = session(SessionOutcome::PortCheck, "192.0.2.1");
            waiting.add(EndedSession { ended: Time::from_millis(n), ..check });
            let mut brought = session(SessionOutcome::Delivered, "192.0.2.1");
            brought.details.message_count = 1;
            waiting.add(brought);
        }
        assert_eq!((waiting.others.len(), waiting.delivered.len()), (1, MAX_SESSIONS));
        assert_eq!((waiting.others[0].count, waiting.others[0].ended.millis()), (10_000, 9_999));
    }

    #[test]
    fn at_the_limit_the_oldest_waiting_session_is_dropped() {
        let mut waiting = WaitingSessions::default();
        for n in 0..=MAX_SESSIONS {
            waiting.add(session(SessionOutcome::TimedOut, &n.to_string()));
        }
        assert_eq!((waiting.others.len(), waiting.others[0].details.client.as_str()), (MAX_SESSIONS, "1"));
    }

    #[test]
    fn a_long_transcript_keeps_its_beginning_and_its_end() {
        let long: String = (0..10_000).map(|n| format!("C: line {n}\n")).collect();
        let short = shortened(long);
        assert!(short.len() < MAX_SESSION_TRANSCRIPT + 40 && short.starts_with("C: line 0\n"), "{}", short.len());
        assert!(short.contains("\n# lines left out: ") && short.ends_with("\nC: line 9999\n"));
        let one_line = shortened("x".repeat(MAX_SESSION_TRANSCRIPT + 1));
        assert_eq!(one_line, "# lines left out: 1\n");
        assert_eq!(shortened("C: x\n".to_owned()), "C: x\n");
    }
}
