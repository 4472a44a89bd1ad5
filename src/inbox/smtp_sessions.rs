//! The SMTP sessions of the last hours, also those that brought no message.
//!
//! Sessions are collected in memory and written together, at most once a second, so that their number does not slow
//! down the messages. Equal sessions without a message, such as port checks and retries, are one entry with a count.

use std::mem;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;
use tokio_util::sync::CancellationToken;

use crate::clock::Time;
use crate::secret::digest;

use super::handle::{Inbox, StoreError};
use super::id::MessageId;
use super::message::Summary;
use super::session_outcome::SessionOutcome;
use super::session_queue::shortened;
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
    pub(super) fn texts(&self) -> [&str; 6] {
        [&self.client, &self.hello, &self.protocol, &self.username, &self.reason, &self.transcript].map(String::as_str)
    }
}

impl EndedSession {
    /// The key that equal sessions share; `None` for a session that brought messages.
    pub(super) fn key(&self) -> Option<String> {
        let texts = self.details.texts().join("\0");
        (self.details.message_count == 0).then(|| digest(&format!("{}\0{texts}", self.outcome.code())))
    }
}

impl StoredSession {
    async fn new(conn: &mut SqliteConnection, id: i64, session: EndedSession) -> Result<Self, StoreError> {
        let ids: Vec<MessageId> = session.details.messages.iter().filter_map(|id| id.parse().ok()).collect();
        let rows = read::rows_of(conn, &ids).await?;
        Ok(StoredSession { id, session, messages: read::summaries(conn, &rows).await? })
    }
}

impl Inbox {
    /// Records a session that has ended. It is written later; this never waits.
    pub fn record_session(&self, mut session: EndedSession) {
        let length = session.details.transcript.len();
        session.details.transcript = shortened(mem::take(&mut session.details.transcript));
        if session.details.transcript.len() != length {
            session.details.line_times.clear();
        }
        self.0.sessions.add(session);
    }

    /// Returns a page of the sessions of the last [`SESSION_AGE`], newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sessions(&self, filter: SessionFilter, start: u64, limit: u64) -> Result<SessionPage, StoreError> {
        self.write_or_warn().await;
        let not_before = self.oldest_session();
        let mut conn = self.reader().await?;
        let (found, total) = sessions::page(&mut conn, filter, not_before, start, limit).await?;
        let mut sessions = Vec::new();
        for (id, session) in found {
            sessions.push(StoredSession::new(&mut conn, id, session).await?);
        }
        Ok(SessionPage { sessions, total })
    }

    /// Returns one session.
    ///
    /// # Errors
    /// The database fails.
    pub async fn session(&self, id: i64) -> Result<Option<StoredSession>, StoreError> {
        self.write_or_warn().await;
        let mut conn = self.reader().await?;
        let Some((id, session)) = sessions::one(&mut conn, id).await? else { return Ok(None) };
        Ok(Some(StoredSession::new(&mut conn, id, session).await?))
    }

    /// Writes the sessions that wait, and deletes those that are too old or too many. If it fails, they wait again.
    async fn write_sessions(&self) -> Result<(), StoreError> {
        if self.0.sessions.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.write_lock.begin().await?;
        let waiting = self.0.sessions.take();
        let written = async {
            sessions::delete_old(&mut tx, self.oldest_session()).await?;
            sessions::insert(&mut tx, &waiting).await?;
            sessions::delete_excess(&mut tx, MAX_SESSIONS).await?;
            tx.commit().await
        };
        let written = written.await;
        if written.is_err() {
            waiting.into_iter().for_each(|session| self.0.sessions.add(session));
        }
        Ok(written?)
    }

    /// Like [`Self::write_sessions`], but logs a failure.
    async fn write_or_warn(&self) {
        if let Err(error) = self.write_sessions().await {
            tracing::warn!(outcome = "sessions_not_stored", %error, "cannot store SMTP sessions in the inbox");
        }
    }

    async fn delete_old_sessions(&self) -> Result<(), StoreError> {
        let mut tx = self.0.write_lock.begin().await?;
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
            match arrived {
                true => self.write_or_warn().await,
                false => {
                    if let Err(error) = self.delete_old_sessions().await {
                        tracing::warn!(%error, "cannot delete old SMTP sessions");
                    }
                }
            }
            let _ = tokio::time::timeout(WRITE_INTERVAL, shutdown.cancelled()).await;
        }
        self.write_or_warn().await;
    }

    fn oldest_session(&self) -> i64 {
        let age = i64::try_from(SESSION_AGE.as_millis()).unwrap_or(i64::MAX);
        self.0.clock.now().millis().saturating_sub(age)
    }
}
