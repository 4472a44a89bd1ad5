//! Changes of a signed-in user's name and password, the check of the current password before sensitive changes, and the
//! deletion of the account.

use crate::accounts::error::Error;
use crate::accounts::password::{Password, PasswordError};
use crate::accounts::session::{ListedSession, LoginSession};
use crate::accounts::store;
use crate::accounts::user::Name;
use crate::accounts::user::User;
use crate::clock::Time;
use crate::db::Conn;
use crate::mail::Address;
use crate::outbox;
use crate::secret::digest;

use super::Accounts;

/// Why the check of the current password failed.
#[derive(Debug, thiserror::Error)]
pub enum CurrentPasswordError {
    #[error("current password is wrong")]
    Wrong,
    #[error(transparent)]
    Other(#[from] Error),
}

impl CurrentPasswordError {
    /// Turns a wrong password into `None`, so that the form's other field is validated too.
    pub(super) fn verify_or_reject<T>(checked: Result<T, Self>) -> Result<Option<T>, Self> {
        match checked {
            Ok(checked) => Ok(Some(checked)),
            Err(CurrentPasswordError::Wrong) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

/// Why the password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// At least one of the two fields was rejected.
    #[error("a field was rejected")]
    Refused { current_is_wrong: bool, new: Option<PasswordError> },
    /// Never [`CurrentPasswordError::Wrong`].
    #[error(transparent)]
    Failed(#[from] CurrentPasswordError),
}

/// What the account page shows.
#[derive(Clone, Debug)]
pub struct Overview {
    pub name: String,
    pub created_at: Time,
    /// The new address, while its confirmation is pending.
    pub pending_email: Option<Address>,
    pub sessions: Vec<ListedSession>,
}

impl Accounts {
    /// Returns what the account page shows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overview(&self, session: &LoginSession) -> Result<Overview, Error> {
        let mut conn = self.db.read().await?;
        let user = store::users::by_id(&mut conn, &session.user_id).await?.ok_or(sqlx::Error::RowNotFound)?;
        let pending_email = self.pending_change(&mut conn, session).await?;
        let sessions = self.sessions_of(&mut conn, session).await?;
        Ok(Overview { name: user.name, created_at: user.created_at, pending_email, sessions })
    }

    /// Changes the user's name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rename_user(&self, session: &LoginSession, name: &Name) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::users::set_name(&mut tx, &session.user_id, name.as_str()).await?;
        Ok(tx.commit().await?)
    }

    /// Checks the current password for a form that is already rejected for another field.
    ///
    /// # Errors
    /// When the password is wrong; this counts as a failed login.
    pub async fn verify_password(
        &self,
        session: &LoginSession,
        typed: &str,
        client: &str,
    ) -> Result<(), CurrentPasswordError> {
        self.check_current(&session.user_id, typed, client).await.map(drop)
    }

    /// Returns the user if the password is right. A wrong one counts as a failed login.
    pub(super) async fn check_current(
        &self,
        user_id: &str,
        password: &str,
        client: &str,
    ) -> Result<User, CurrentPasswordError> {
        let mut conn = self.db.read().await.map_err(Error::from)?;
        let user = store::users::by_id(&mut conn, user_id).await.map_err(Error::from)?;
        drop(conn);
        let user = user.filter(|user| user.disabled_at.is_none()).ok_or(CurrentPasswordError::Wrong)?;
        let key = user.email.canonical();
        let slot = self.hasher.take_slot()?;
        let attempt = self.throttles.begin_attempt(&key, client, true).await?;
        let equal = match Password::parse(password) {
            Ok(typed) => self.hasher.verify(slot, &typed, user.password_hash.as_deref()).await?,
            Err(_) => false,
        };
        if !equal {
            attempt.fail().await?;
            tracing::info!(client, user = user.id, "a current password was wrong");
            return Err(CurrentPasswordError::Wrong);
        }
        let mut tx = self.db.write().await.map_err(Error::from)?;
        attempt.succeed(&mut tx).await?;
        tx.commit().await.map_err(Error::from)?;
        attempt.committed();
        Ok(user)
    }

    /// Changes the password and ends the user's other sessions. Returns a new cookie value for this session.
    ///
    /// # Errors
    /// When the current password is wrong or the new one is rejected.
    pub async fn change_password(
        &self,
        session: &LoginSession,
        current: &str,
        new: &str,
        client: &str,
    ) -> Result<String, ChangePasswordError> {
        let checked = self.check_current(&session.user_id, current, client).await;
        let user = CurrentPasswordError::verify_or_reject(checked)?;
        let address: Option<Address> = session.email.parse().ok();
        let min = self.settings.password_min_length;
        let chosen = Password::choose(new, min, address.as_ref(), &self.site.name);
        // The current password has just been verified, so comparing the texts needs no hash.
        let chosen = chosen.and_then(|password| match &user {
            Some(_) if Password::parse(current).is_ok_and(|old| old.equals(&password)) => Err(PasswordError::Unchanged),
            _ => Ok(password),
        });
        let (user, password) = match (user, chosen) {
            (Some(user), Ok(password)) => (user, password),
            (user, chosen) => {
                return Err(ChangePasswordError::Refused { current_is_wrong: user.is_none(), new: chosen.err() });
            }
        };
        let hash = self.hasher.hash(&password).await.map_err(CurrentPasswordError::from)?;
        let token = self.write_password(session, &user, &hash).await.map_err(CurrentPasswordError::from)?;
        let token = token.ok_or(ChangePasswordError::Refused { current_is_wrong: true, new: None })?;
        self.outbox.notify();
        tracing::info!(user = user.id, "a password was changed");
        Ok(token)
    }

    /// Writes the new password. Returns `None` if the password was changed or the session ended since the check, so
    /// that nobody who knows the old password can undo a concurrent reset.
    async fn write_password(&self, session: &LoginSession, user: &User, hash: &str) -> Result<Option<String>, Error> {
        let token = self.entropy.token();
        let mut tx = self.db.write().await?;
        let old = user.password_hash.as_deref().unwrap_or_default();
        if !store::users::lock_with_password(&mut tx, &user.id, old).await?
            || !store::sessions::renew(&mut tx, &session.id, &digest(&token), self.clock.now()).await?
        {
            return Ok(None);
        }
        self.replace_password(&mut tx, user, hash, &session.id).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Deletes the account of a session.
    ///
    /// # Errors
    /// When the current password is wrong.
    pub async fn delete_account(
        &self,
        session: &LoginSession,
        current: &str,
        client: &str,
    ) -> Result<(), CurrentPasswordError> {
        let user = self.check_current(&session.user_id, current, client).await?;
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let checked = user.password_hash.as_deref().unwrap_or_default();
        if !store::users::lock_with_password(&mut tx, &user.id, checked).await.map_err(Error::from)? {
            return Err(CurrentPasswordError::Wrong);
        }
        self.remove(&mut tx, &user).await?;
        tx.commit().await.map_err(Error::from)?;
        tracing::info!(user = user.id, "a user deleted their account");
        Ok(())
    }

    pub(super) async fn remove_user(&self, user: &User) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::users::lock(&mut tx, &user.id).await?;
        self.remove(&mut tx, user).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes all rows of the user. The caller holds the user's lock. Throttle counters stay until their windows end:
    /// they contain no address, and clearing them would make deletion a way around the throttles.
    async fn remove(&self, conn: &mut Conn, user: &User) -> Result<(), Error> {
        // The outbox comes first, as in `enqueue_linked`. Sessions and links are deleted by foreign keys.
        outbox::delete_recipient(conn, &user.id, &user.email).await?;
        store::users::delete(conn, &user.id).await?;
        store::signups::delete_address(conn, &user.email.canonical()).await?;
        Ok(store::signups::delete_decoys(conn, &user.id).await?)
    }
}
