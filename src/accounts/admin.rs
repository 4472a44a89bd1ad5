//! What an operator does from the command line. Nothing here sets a password.

use crate::clock::Time;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;

use super::user::User;
use super::{Accounts, Error, Name, store};

/// A user as listed.
#[derive(Clone, Debug)]
pub struct UserInfo {
    pub id: String,
    pub email: String,
    pub name: String,
    pub locale: Locale,
    pub created_at: Time,
    pub verified_at: Option<Time>,
    pub disabled_at: Option<Time>,
}

impl From<User> for UserInfo {
    fn from(user: User) -> Self {
        UserInfo {
            id: user.id,
            email: user.email.to_string(),
            name: user.name,
            locale: user.locale,
            created_at: user.created_at,
            verified_at: user.verified_at,
            disabled_at: user.disabled_at,
        }
    }
}

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("no user has this address or id")]
    NoSuchUser,
    #[error("the address has a user already")]
    Exists,
    #[error("the user is disabled; enable the account first")]
    Disabled,
    #[error("no email to resend: the address is already confirmed")]
    Confirmed,
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<sqlx::Error> for AdminError {
    fn from(e: sqlx::Error) -> Self {
        AdminError::Other(e.into())
    }
}

/// Users are read in pages of this many.
const PAGE: i64 = 500;

impl Accounts {
    /// Users after `after` (an id; empty for the first page), oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn list_users(&self, after: &str) -> Result<Vec<UserInfo>, Error> {
        let mut conn = self.db.read().await?;
        Ok(store::users::list(&mut conn, after, PAGE).await?.into_iter().map(UserInfo::from).collect())
    }

    /// # Errors
    /// No such user, the database.
    pub async fn show_user(&self, whom: &str) -> Result<UserInfo, AdminError> {
        let mut conn = self.db.read().await?;
        Ok(find(&mut conn, whom).await?.into())
    }

    /// Makes a user without a password and promises a letter to choose one.
    ///
    /// # Errors
    /// When the address has a user.
    pub async fn create_user(&self, email: &Address, name: &Name, locale: Locale) -> Result<UserInfo, AdminError> {
        let user = User {
            id: self.id(),
            email: email.clone(),
            name: name.as_str().to_owned(),
            password_hash: None,
            locale,
            created_at: self.clock.now(),
            verified_at: None,
            disabled_at: None,
        };
        let mut tx = self.db.write().await?;
        if !store::users::insert(&mut tx, &user).await? {
            return Err(AdminError::Exists);
        }
        self.promise_reset(&mut tx, &user, locale).await?;
        tx.commit().await?;
        self.outbox.notify();
        Ok(user.into())
    }

    /// Promises a reset letter.
    ///
    /// # Errors
    /// No such user, a disabled one.
    pub async fn start_reset(&self, whom: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, whom).await?;
        if user.disabled_at.is_some() {
            return Err(AdminError::Disabled);
        }
        self.promise_reset(&mut tx, &user, user.locale).await?;
        tx.commit().await?;
        self.outbox.notify();
        Ok(())
    }

    /// Promises the letter again that a pending signup or an invited user waits for.
    ///
    /// # Errors
    /// When nobody waits there.
    pub async fn resend_letter(&self, whom: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        match find(&mut tx, whom).await {
            Ok(user) if user.verified_at.is_some() => return Err(AdminError::Confirmed),
            Ok(user) => self.promise_reset(&mut tx, &user, user.locale).await?,
            Err(AdminError::NoSuchUser) => {
                let email: Address = whom.parse().map_err(|_| AdminError::NoSuchUser)?;
                let pending = store::signups::latest_pending(&mut tx, &email.canonical(), self.clock.now()).await?;
                let pending = pending.ok_or(AdminError::NoSuchUser)?;
                self.promise_fresh_signup(&mut tx, &pending.email, None, "already_verified", pending.locale).await?;
            }
            Err(e) => return Err(e),
        }
        tx.commit().await?;
        self.outbox.notify();
        Ok(())
    }

    /// Disabling acts at once: sessions end, pending links die.
    ///
    /// # Errors
    /// No such user.
    pub async fn disable_user(&self, whom: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, whom).await?;
        store::users::set_disabled(&mut tx, &user.id, Some(self.clock.now())).await?;
        store::sessions::end_others(&mut tx, &user.id, "").await?;
        store::links::kill_all(&mut tx, &user.id).await?;
        Ok(tx.commit().await?)
    }

    /// # Errors
    /// No such user.
    pub async fn enable_user(&self, whom: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, whom).await?;
        store::users::set_disabled(&mut tx, &user.id, None).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all of a user's sessions; returns how many there were.
    ///
    /// # Errors
    /// No such user.
    pub async fn end_sessions(&self, whom: &str) -> Result<u64, AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, whom).await?;
        let ended = store::sessions::end_others(&mut tx, &user.id, "").await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// # Errors
    /// No such user.
    pub async fn delete_user(&self, whom: &str) -> Result<(), AdminError> {
        let mut conn = self.db.read().await?;
        let user = find(&mut conn, whom).await?;
        drop(conn);
        Ok(self.remove_user(&user).await?)
    }
}

/// By address or id.
async fn find(conn: &mut Conn, whom: &str) -> Result<User, AdminError> {
    let found = match whom.parse::<Address>() {
        Ok(address) => store::users::by_key(conn, &address.canonical()).await?,
        Err(_) => store::users::by_id(conn, whom).await?,
    };
    found.ok_or(AdminError::NoSuchUser)
}
