//! What a signed-in user changes: name and password; and the one check before anything that matters.

use crate::clock::Time;
use crate::mail::Address;
use crate::secret::digest;

use super::limits::Throttled;
use super::session::{Session, SessionRow};
use super::user::User;
use super::{Accounts, Error, Name, Password, PasswordError, store};

/// Why the current password did not open the way.
#[derive(Debug, thiserror::Error)]
pub enum CurrentPasswordError {
    #[error("it is wrong")]
    Wrong,
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Other(#[from] Error),
}

impl CurrentPasswordError {
    /// A wrong password as `None`, so that the form's other field is judged all the same.
    pub(super) fn unless_wrong<T>(checked: Result<T, Self>) -> Result<Option<T>, Self> {
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
    /// At least one of the two fields.
    #[error("a field is refused")]
    Refused { current_is_wrong: bool, new: Option<PasswordError> },
    /// Never [`CurrentPasswordError::Wrong`].
    #[error(transparent)]
    Failed(#[from] CurrentPasswordError),
}

/// The account page's matter.
#[derive(Clone, Debug)]
pub struct Overview {
    pub name: String,
    pub created_at: Time,
    /// An address that waits for its confirmation.
    pub pending_email: Option<String>,
    pub sessions: Vec<SessionRow>,
}

impl Accounts {
    /// # Errors
    /// The database.
    pub async fn overview(&self, session: &Session) -> Result<Overview, Error> {
        let mut conn = self.db.read().await?;
        let profile = store::users::profile(&mut conn, &session.user_id, self.clock.now()).await?;
        let (name, created_at, pending_email) = profile.ok_or(sqlx::Error::RowNotFound)?;
        let sessions = self.sessions_of(&mut conn, &session.user_id).await?;
        Ok(Overview { name, created_at, pending_email, sessions })
    }

    /// # Errors
    /// The database.
    pub async fn rename(&self, session: &Session, name: &Name) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::users::set_name(&mut tx, &session.user_id, name.as_str()).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the session's user knows the password; for a form that is refused for something else already.
    ///
    /// # Errors
    /// A wrong password, which counts as a failed login.
    pub async fn knows_password(
        &self,
        session: &Session,
        typed: &str,
        client: &str,
    ) -> Result<(), CurrentPasswordError> {
        self.check_current(&session.user_id, typed, client).await.map(drop)
    }

    /// The user, if that is the password; a wrong one counts as a failed login.
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
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let counted = self.count_login(&mut tx, &key, client, true).await?;
        tx.commit().await.map_err(Error::from)?;
        counted?;
        let equal = match Password::typed(password) {
            Ok(typed) => self.hasher.verify(&typed, user.password_hash.as_deref()).await?,
            Err(_) => false,
        };
        if !equal {
            tracing::info!(client, user = user.id, "a current password was wrong");
            return Err(CurrentPasswordError::Wrong);
        }
        let mut tx = self.db.write().await.map_err(Error::from)?;
        self.forgive_login(&mut tx, &key, client).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(user)
    }

    /// Changes the password: other sessions end, this one gets a new cookie, which is returned.
    ///
    /// # Errors
    /// A wrong current password, a refused new one.
    pub async fn change_password(
        &self,
        session: &Session,
        current: &str,
        new: &str,
        client: &str,
    ) -> Result<String, ChangePasswordError> {
        let checked = self.check_current(&session.user_id, current, client).await;
        let user = CurrentPasswordError::unless_wrong(checked)?;
        let address: Option<Address> = session.email.parse().ok();
        let min = self.settings.password_min_length;
        let chosen = Password::choose(new, min, address.as_ref(), &self.site.name);
        // The current one was just found right, so that equal texts need no hash to be told.
        let chosen = chosen.and_then(|password| match &user {
            Some(_) if Password::typed(current).is_ok_and(|old| old.equals(&password)) => Err(PasswordError::Unchanged),
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

    /// `None` when the password was changed elsewhere, or the session ended, while the hash was made: whoever just
    /// reset the password must not see it changed by somebody who knew the old one.
    async fn write_password(&self, session: &Session, user: &User, hash: &str) -> Result<Option<String>, Error> {
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
}
