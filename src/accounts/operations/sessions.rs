//! Uses, begins, lists and ends login sessions.

use std::time::Duration;

use crate::accounts::error::Error;
use crate::accounts::session::{ListedSession, LoginSession};
use crate::accounts::store;
use crate::clock::Time;
use crate::db::Conn;
use crate::secret::digest;

use super::Accounts;

/// How many sessions the list shows; the least recently used are left out.
const MAX_LISTED: i64 = 100;
/// `seen_at` is written at most this often...
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// ...but at least this many times per idle timeout.
const TOUCHES_PER_IDLE: u32 = 10;

impl Accounts {
    /// Returns the session of a cookie if it is valid, and records its use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, token: &str) -> Result<Option<LoginSession>, Error> {
        let mut conn = self.db.read().await?;
        let session = store::sessions::by_token(&mut conn, &digest(token)).await?;
        drop(conn);
        let now = self.clock.now();
        let Some(session) = session.filter(|s| self.is_alive(s.created_at, s.seen_at, s.remembered, now)) else {
            return Ok(None);
        };
        let (idle, _) = self.timeouts(session.remembered);
        // A session that was used while the clock was ahead would otherwise never become idle.
        let was_ahead = session.seen_at > now.last_end(Duration::ZERO);
        if was_ahead || now.since(session.seen_at) >= TOUCH_EVERY.min(idle / TOUCHES_PER_IDLE) {
            // A database that rejects writes can still serve pages; only `seen_at` stays as it is.
            if let Err(e) = self.touch(&session.id, now).await {
                tracing::warn!(error = %e, "cannot record the use of a session");
            }
        }
        Ok(Some(session))
    }

    async fn touch(&self, id: &str, now: Time) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::sessions::touch(&mut tx, id, now, now.last_end(Duration::ZERO)).await?;
        Ok(tx.commit().await?)
    }

    /// The idle timeout and the absolute lifetime.
    pub(super) fn timeouts(&self, remembered: bool) -> (Duration, Duration) {
        if remembered {
            (self.settings.remember_idle_timeout, self.settings.remember_lifetime)
        } else {
            (self.settings.session_idle_timeout, self.settings.session_lifetime)
        }
    }

    fn is_alive(&self, created_at: Time, seen_at: Time, remembered: bool, now: Time) -> bool {
        let (idle, lifetime) = self.timeouts(remembered);
        (created_at + lifetime).is_pending(now, lifetime) && seen_at + idle > now
    }

    /// Begins a session. Returns the cookie's value.
    pub(super) async fn begin_session(
        &self,
        conn: &mut Conn,
        user_id: &str,
        remembered: bool,
        device: Option<&str>,
    ) -> Result<String, Error> {
        let token = self.entropy.token();
        let id = self.id();
        let new = store::sessions::NewSession {
            id: &id,
            user_id,
            token_digest: &digest(&token),
            created_at: self.clock.now(),
            remembered,
            device,
        };
        store::sessions::insert(conn, &new).await?;
        Ok(token)
    }

    /// Ends the session of a cookie, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_out(&self, token: &str) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let user = store::sessions::end_token(&mut tx, &digest(token)).await?;
        tx.commit().await?;
        if let Some(user) = user {
            tracing::info!(user, "a user logged out");
        }
        Ok(())
    }

    /// The valid sessions of a session's user: this one first, then the others, most recently used first.
    pub(super) async fn sessions_of(
        &self,
        conn: &mut Conn,
        session: &LoginSession,
    ) -> Result<Vec<ListedSession>, Error> {
        let now = self.clock.now();
        let mut rows = store::sessions::of_user(conn, &session.user_id, &session.id, MAX_LISTED).await?;
        rows.retain(|row| self.is_alive(row.created_at, row.seen_at, row.remembered, now));
        Ok(rows)
    }

    /// Ends one of the user's sessions. Returns false if the user has no such session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, session: &LoginSession, id: &str) -> Result<bool, Error> {
        let mut tx = self.db.write().await?;
        let ended = store::sessions::end(&mut tx, &session.user_id, id).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends all of the user's sessions except this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_other_sessions(&self, session: &LoginSession) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::sessions::end_others(&mut tx, &session.user_id, &session.id).await?;
        Ok(tx.commit().await?)
    }
}
