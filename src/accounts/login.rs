//! Logging in. Every failure looks and costs the same.

use crate::mail::Address;
use crate::secret::digest;

use super::hasher::is_outdated;
use super::limits::Throttled;
use super::user::User;
use super::{Accounts, Error, Password, store};

/// What a visitor typed and brought along.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub remember: bool,
    pub client: &'a str,
    pub device: Option<&'a str>,
    /// The cookie of a browser that has logged in before.
    pub known: Option<&'a str>,
    /// The session it still has, which ends.
    pub old_session: Option<&'a str>,
}

/// A session began.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The session cookie's value.
    pub token: String,
    /// The value for [`Login::known`] next time.
    pub known: String,
    pub remembered: bool,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Unknown, unconfirmed or disabled, or the password is wrong.
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Other(#[from] Error),
}

impl Accounts {
    /// # Errors
    /// [`LoginError::Refused`] for every cause that lies with the visitor.
    pub async fn log_in(&self, login: Login<'_>) -> Result<LoggedIn, LoginError> {
        let address = Address::parse(login.email).ok();
        let key = address.as_ref().map_or_else(|| digest(login.email), Address::canonical);
        let known = login.known.is_some_and(|cookie| self.is_known(cookie, &key));
        self.check_login_throttle(&key, login.client, known).await?;

        let user = self.user_to_log_in(&key).await?;
        let phc = user.as_ref().and_then(|user| user.password_hash.clone());
        // A password that cannot be one still costs a hash.
        let password = Password::typed(login.password);
        let wrong = || Password::typed("-").map_err(|e| Error::Internal(Box::new(e)));
        let (password, typed) = match password {
            Ok(password) => (password, true),
            Err(_) => (wrong()?, false),
        };
        let equal = self.hasher.verify(&password, phc.as_deref()).await?;
        let Some((user, phc)) = user.zip(phc).filter(|_| equal && typed) else {
            tracing::info!(client = login.client, address = address.map(|a| a.masked()), "a login failed");
            return Err(LoginError::Refused);
        };
        let renewed = if is_outdated(&phc) { Some(self.hasher.hash(&password).await?) } else { None };
        let Some(token) = self.write_login(&user, &phc, &key, &login, renewed).await? else {
            tracing::info!(client = login.client, user = user.id, "a login failed: the password has just changed");
            return Err(LoginError::Refused);
        };
        tracing::info!(client = login.client, user = user.id, "a login succeeded");
        Ok(LoggedIn { token, known: self.known_cookie(&key), remembered: login.remember })
    }

    async fn check_login_throttle(&self, key: &str, client: &str, known: bool) -> Result<(), LoginError> {
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let counted = self.count_login(&mut tx, key, client, known).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(counted?)
    }

    async fn user_to_log_in(&self, key: &str) -> Result<Option<User>, Error> {
        let mut conn = self.db.read().await?;
        let user = store::users::by_key(&mut conn, key).await?;
        Ok(user.filter(|user| user.disabled_at.is_none()))
    }

    /// `None` when the password was changed, or the account disabled, while the hash was made: sessions that such a
    /// change ends must not be followed by one that the old password still opened.
    async fn write_login(
        &self,
        user: &User,
        phc: &str,
        key: &str,
        login: &Login<'_>,
        renewed: Option<String>,
    ) -> Result<Option<String>, Error> {
        let mut tx = self.db.write().await?;
        // The counters first, in the order in which every login takes them.
        self.forgive_login(&mut tx, key, login.client).await?;
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

    /// Signed, and bound to the address: it exempts from the quota that strangers share, and from nothing else.
    fn known_cookie(&self, key: &str) -> String {
        use base64::Engine as _;
        let signature = self.key.sign("known-browser", &[key.as_bytes()]);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature)
    }

    fn is_known(&self, cookie: &str, key: &str) -> bool {
        use base64::Engine as _;
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cookie);
        signature.is_ok_and(|signature| self.key.verify("known-browser", &[key.as_bytes()], &signature))
    }
}
