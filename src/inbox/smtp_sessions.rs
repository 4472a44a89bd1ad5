//! The SMTP sessions of the last hours, also those that brought no message.
//!
//! Sessions are collected in memory and written together, at most once a second, so that their number does not slow
//! down the messages. Equal sessions without a message, such as port checks and retries, are one entry with a count.

use std::mem;
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use tokio_util::sync::CancellationToken;

use super::handle::Inbox;
use super::session_queue::shortened;
use super::store::{read, sessions};
use super::types::{
    EndedSession, MAX_SESSIONS, MessageId, SESSION_AGE, SessionFilter, SessionPage, StoreError, StoredSession,
};

/// Minimum time between two writes.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time between two deletions of old sessions.
const DELETE_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// The session with its messages.
async fn with_messages(
    conn: &mut SqliteConnection,
    id: i64,
    session: EndedSession,
) -> Result<StoredSession, StoreError> {
    let ids: Vec<MessageId> = session.details.messages.iter().filter_map(|id| id.parse().ok()).collect();
    let rows = read::rows_of(conn, &ids).await?;
    Ok(StoredSession { id, session, messages: read::summaries(conn, &rows).await? })
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
            sessions.push(with_messages(&mut conn, id, session).await?);
        }
        Ok(SessionPage { sessions, total })
    }

    /// Returns the number of sessions of the last [`SESSION_AGE`] that did not deliver everything, without mere checks of
    /// the port. A session counts at most a second after its end.
    ///
    /// # Errors
    /// The database fails.
    pub async fn failed_sessions(&self) -> Result<u64, StoreError> {
        let mut conn = self.reader().await?;
        Ok(sessions::failed(&mut conn, self.oldest_session()).await?)
    }

    /// Returns one session.
    ///
    /// # Errors
    /// The database fails.
    pub async fn session(&self, id: i64) -> Result<Option<StoredSession>, StoreError> {
        self.write_or_warn().await;
        let mut conn = self.reader().await?;
        let Some((id, session)) = sessions::one(&mut conn, id).await? else { return Ok(None) };
        Ok(Some(with_messages(&mut conn, id, session).await?))
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
