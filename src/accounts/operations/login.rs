//! Logs a user in. Every failure looks and costs the same.

use crate::accounts::error::Error;
use crate::accounts::hasher::is_outdated;
use crate::accounts::password::Password;
use crate::accounts::store;
use crate::accounts::throttle::PasswordAttempt;
use crate::accounts::user::User;
use crate::mail::Address;
use crate::secret::digest;

use super::Accounts;

/// A login as submitted, with what the browser sent along.
#[derive(Clone, Copy, Debug)]
pub struct LoginAttempt<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub remember: bool,
    pub client: &'a str,
    pub device: Option<&'a str>,
    /// The cookie of a browser that has logged in before.
    pub known: Option<&'a str>,
    /// The browser's present session, which the login ends.
    pub old_session: Option<&'a str>,
}

/// A successful login.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The value of the session cookie.
    pub token: String,
    /// The value for [`LoginAttempt::known`] at the next login.
    pub known: String,
    pub remembered: bool,
}

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The account is unknown, unconfirmed or disabled, or the password is wrong.
    #[error("login rejected")]
    Refused,
    #[error(transparent)]
    Other(#[from] Error),
}

impl Accounts {
    /// Checks the password and begins a session.
    ///
    /// # Errors
    /// [`LoginError::Refused`] for every cause that depends on the account or the password.
    pub async fn log_in(&self, login: LoginAttempt<'_>) -> Result<LoggedIn, LoginError> {
        let address = Address::parse(login.email).ok();
        let key = address.as_ref().map_or_else(|| digest(login.email), Address::canonical);
        let known_browser = self.throttles.is_known(login.known, &key);
        // Taken before the wait, which it bounds.
        let slot = self.hasher.take_slot()?;
        let attempt = self.throttles.begin_attempt(&key, login.client, known_browser).await?;

        let user = self.user_to_log_in(&key).await?;
        let phc = user.as_ref().and_then(|user| user.password_hash.clone());
        // An unacceptable password costs a hash too.
        let password = Password::parse(login.password);
        let wrong = || Password::parse("-").map_err(|e| Error::Internal(Box::new(e)));
        let (password, typed) = match password {
            Ok(password) => (password, true),
            Err(_) => (wrong()?, false),
        };
        let equal = self.hasher.verify(slot, &password, phc.as_deref()).await?;
        let Some((user, phc)) = user.zip(phc).filter(|_| equal && typed) else {
            attempt.fail().await?;
            tracing::info!(client = login.client, address = address.map(|a| a.masked()), "a login failed");
            return Err(LoginError::Refused);
        };
        let renewed = if is_outdated(&phc) { Some(self.hasher.hash(&password).await?) } else { None };
        let Some(token) = self.write_login(&user, &phc, &attempt, &login, renewed).await? else {
            attempt.fail().await?;
            tracing::info!(client = login.client, user = user.id, "a login failed: the password has just changed");
            return Err(LoginError::Refused);
        };
        attempt.committed();
        tracing::info!(client = login.client, user = user.id, "a login succeeded");
        Ok(LoggedIn { token, known: self.throttles.known_cookie(&key), remembered: login.remember })
    }

    async fn user_to_log_in(&self, key: &str) -> Result<Option<User>, Error> {
        let mut conn = self.db.read().await?;
        let user = store::users::by_key(&mut conn, key).await?;
        Ok(user.filter(|user| user.disabled_at.is_none()))
    }

    /// Writes the session. Returns `None` if the password was changed or the account disabled since the hash was
    /// compared: such a change ends all sessions, so the old password must not open a new one after it.
    async fn write_login(
        &self,
        user: &User,
        phc: &str,
        attempt: &PasswordAttempt<'_>,
        login: &LoginAttempt<'_>,
        renewed: Option<String>,
    ) -> Result<Option<String>, Error> {
        let mut tx = self.db.write().await?;
        // The counters come first, in the same order as in every login, so that logins cannot deadlock.
        attempt.succeed(&mut tx).await?;
        if !store::users::lock_with_password(&mut tx, &user.id, phc).await? {
            return Ok(None);
        }
        if let Some(new) = renewed {
            store::users::rehash(&mut tx, &user.id, &new).await?;
        }
        if let Some(old) = login.old_session {
            store::sessions::end_token(&mut tx, &digest(old)).await?;
        }
        let token = self.begin_session(&mut tx, &user.id, login.remember, login.device).await?;
        tx.commit().await?;
        Ok(Some(token))
    }
}
