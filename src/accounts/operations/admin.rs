//! Operations for the operator's command line. None of them sets a password.

use crate::accounts::emails::EmailKind;
use crate::accounts::error::Error;
use crate::accounts::store;
use crate::accounts::user::{Name, User};
use crate::clock::Time;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;

use super::Accounts;

/// A user as the command line shows it.
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

/// Why an operator's command changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("no user with this address or id")]
    NoSuchUser,
    #[error("a user with this address already exists")]
    Exists,
    #[error("user is disabled; enable the account first")]
    Disabled,
    #[error("address is already confirmed; no email to resend")]
    Confirmed,
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<sqlx::Error> for AdminError {
    fn from(e: sqlx::Error) -> Self {
        AdminError::Other(e.into())
    }
}

/// Page size of [`Accounts::list_users`].
const PAGE: i64 = 500;

impl Accounts {
    /// Returns a page of users after `after`, oldest first. `after` is a user id; an empty string starts with the
    /// first page.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_users(&self, after: &str) -> Result<Vec<UserInfo>, Error> {
        let mut conn = self.db.read().await?;
        Ok(store::users::list(&mut conn, after, PAGE).await?.into_iter().map(UserInfo::from).collect())
    }

    /// Returns the user with this address or id.
    ///
    /// # Errors
    /// When there is no such user or the database fails.
    pub async fn show_user(&self, user_ref: &str) -> Result<UserInfo, AdminError> {
        let mut conn = self.db.read().await?;
        Ok(find(&mut conn, user_ref).await?.into())
    }

    /// Creates a user without a password and enqueues an invitation email.
    ///
    /// # Errors
    /// [`AdminError::Exists`] when the address belongs to a user.
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
        self.enqueue_reset(&mut tx, &user, locale).await?;
        tx.commit().await?;
        self.outbox.notify();
        Ok(user.into())
    }

    /// Enqueues a password reset email.
    ///
    /// # Errors
    /// When the user does not exist or is disabled.
    pub async fn start_reset(&self, user_ref: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, user_ref).await?;
        if user.disabled_at.is_some() {
            return Err(AdminError::Disabled);
        }
        self.enqueue_reset(&mut tx, &user, user.locale).await?;
        tx.commit().await?;
        self.outbox.notify();
        Ok(())
    }

    /// Enqueues the confirmation email of a pending signup, or the invitation of an unconfirmed user, again.
    ///
    /// # Errors
    /// When there is neither a pending signup nor a user, the user is disabled, or the address is confirmed.
    pub async fn resend_email(&self, user_ref: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        match find(&mut tx, user_ref).await {
            Ok(user) if user.disabled_at.is_some() => return Err(AdminError::Disabled),
            Ok(user) if user.verified_at.is_some() => return Err(AdminError::Confirmed),
            Ok(user) => self.enqueue_reset(&mut tx, &user, user.locale).await?,
            Err(AdminError::NoSuchUser) => {
                let email: Address = user_ref.parse().map_err(|_| AdminError::NoSuchUser)?;
                let pending = self.latest_pending(&mut tx, &email).await?;
                let pending = pending.ok_or(AdminError::NoSuchUser)?;
                self.enqueue_new_signup(&mut tx, &pending.email, None, EmailKind::AlreadyVerified, pending.locale)
                    .await?;
            }
            Err(e) => return Err(e),
        }
        tx.commit().await?;
        self.outbox.notify();
        Ok(())
    }

    /// Disables a user, ends all sessions and deletes all unused links.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn disable_user(&self, user_ref: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, user_ref).await?;
        store::users::set_disabled(&mut tx, &user.id, Some(self.clock.now())).await?;
        store::sessions::end_others(&mut tx, &user.id, "").await?;
        store::links::delete_unused(&mut tx, &user.id).await?;
        Ok(tx.commit().await?)
    }

    /// Enables a disabled user.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn enable_user(&self, user_ref: &str) -> Result<(), AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, user_ref).await?;
        store::users::set_disabled(&mut tx, &user.id, None).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of a user. Returns how many there were.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn end_sessions(&self, user_ref: &str) -> Result<u64, AdminError> {
        let mut tx = self.db.write().await?;
        let user = find(&mut tx, user_ref).await?;
        let ended = store::sessions::end_others(&mut tx, &user.id, "").await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Deletes a user as [`Accounts::delete_account`] does.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn delete_user(&self, user_ref: &str) -> Result<(), AdminError> {
        let mut conn = self.db.read().await?;
        let user = find(&mut conn, user_ref).await?;
        drop(conn);
        Ok(self.remove_user(&user).await?)
    }
}

/// Finds a user by address or by id.
async fn find(conn: &mut Conn, user_ref: &str) -> Result<User, AdminError> {
    let found = match user_ref.parse::<Address>() {
        Ok(address) => store::users::by_key(conn, &address.canonical()).await?,
        Err(_) => store::users::by_id(conn, user_ref).await?,
    };
    found.ok_or(AdminError::NoSuchUser)
}
