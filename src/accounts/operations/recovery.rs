//! The forgotten password: sends a reset link, and sets a new password with it.

use crate::accounts::emails::EmailKind;
use crate::accounts::error::Error;
use crate::accounts::linked_email::{LinkOwner, NewEmail};
use crate::accounts::password::{Password, PasswordError};
use crate::accounts::requester::Requester;
use crate::accounts::store;
use crate::accounts::throttle::{EmailPermit, RequestedEmail};
use crate::accounts::token::Purpose;
use crate::accounts::user::User;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;

use super::Accounts;

/// A usable reset link, as its page shows it.
#[derive(Clone, Debug)]
pub struct ResetView {
    pub email: Address,
}

/// A new password.
#[derive(Clone, Debug)]
pub struct ResetDone {
    pub user_id: String,
    pub email: Address,
    /// For [`Requester::known`].
    pub known: String,
}

/// Why the password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The link is invalid, used or expired. The cases look the same.
    #[error("the link is invalid, used or expired")]
    Gone,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Other(#[from] Error),
}

impl Accounts {
    /// Enqueues a reset link for a user, the confirmation email for a pending signup, and a placebo otherwise. All
    /// three cost the same.
    ///
    /// # Errors
    /// When the client is throttled or the database fails.
    pub async fn forgot(&self, email: &Address, requester: Requester<'_>, locale: Locale) -> Result<(), Error> {
        if self.throttles.check_email_limit(RequestedEmail::Reset, email, requester, false).await? == EmailPermit::Send
        {
            let mut tx = self.db.write().await?;
            self.enqueue_recovery(&mut tx, email, locale).await?;
            tx.commit().await?;
            self.outbox.notify();
        }
        Ok(())
    }

    async fn enqueue_recovery(&self, conn: &mut Conn, email: &Address, locale: Locale) -> Result<(), Error> {
        let key = email.canonical();
        let user = store::users::by_key(conn, &key).await?;
        let pending = self.latest_pending(conn, email).await?;
        match user {
            None if pending.is_some() => {
                self.enqueue_new_signup(conn, email, None, EmailKind::AlreadyVerified, locale).await
            }
            user => {
                self.write_decoy(conn, email, user.as_ref(), locale).await?;
                match user.filter(|user| user.disabled_at.is_none()) {
                    Some(user) => self.enqueue_reset(conn, &user, locale).await,
                    None => self.links.enqueue_placebo(conn, &key).await,
                }
            }
        }
    }

    /// Enqueues an email with a reset link: `reset`, or `invite` for a user without a password.
    pub(super) async fn enqueue_reset(&self, conn: &mut Conn, user: &User, locale: Locale) -> Result<(), Error> {
        let link = self.links.new_link(LinkOwner::User(&user.id), None);
        let email = NewEmail {
            kind: Some(if user.password_hash.is_some() { EmailKind::PasswordReset } else { EmailKind::Invitation }),
            to: Some(&user.email),
            locale,
            link: Some(link.id.clone()),
            user: Some(&user.id),
            new_email: None,
            supersedes: Some(format!("reset:{}", user.id)),
            expires_at: self.links.email_expiry(),
        };
        self.links.enqueue_linked(conn, email, &link, Some(Purpose::Reset)).await
    }

    /// Returns the account that a reset link is for, without changing anything; `None` if the link is unusable.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview_reset(&self, token: &str) -> Result<Option<ResetView>, Error> {
        let mut conn = self.db.read().await?;
        let user = self.user_of_reset(&mut conn, token).await?;
        Ok(user.map(|(_, user)| ResetView { email: user.email }))
    }

    /// The id of the token's link, and the user whose password it resets.
    async fn user_of_reset(&self, conn: &mut Conn, token: &str) -> Result<Option<(String, User)>, Error> {
        let Some(link) = self.links.usable_link(conn, Purpose::Reset, token).await? else { return Ok(None) };
        let Some(user_id) = link.user_id else { return Ok(None) };
        let user = store::users::by_id(conn, &user_id).await?.filter(|user| user.disabled_at.is_none());
        Ok(user.map(|user| (link.id, user)))
    }

    /// Sets a new password, ends all sessions, deletes the user's other links and enqueues a notice.
    ///
    /// # Errors
    /// When the link is unusable. After a rejected password the link stays usable.
    pub async fn reset(&self, token: &str, password: &str) -> Result<ResetDone, ResetError> {
        let mut conn = self.db.read().await.map_err(Error::from)?;
        let (id, user) = self.user_of_reset(&mut conn, token).await?.ok_or(ResetError::Gone)?;
        drop(conn);
        let password =
            Password::choose(password, self.settings.password_min_length, Some(&user.email), &self.site.name)?;
        let hash = self.hasher.hash(&password).await?;
        if !self.write_reset(&id, &user, &hash).await? {
            return Err(ResetError::Gone);
        }
        self.outbox.notify();
        tracing::info!(user = user.id, "a password was reset");
        Ok(ResetDone {
            known: self.throttles.known_cookie(&user.email.canonical()),
            user_id: user.id,
            email: user.email,
        })
    }

    async fn write_reset(&self, link_id: &str, user: &User, hash: &str) -> Result<bool, Error> {
        let mut tx = self.db.write().await?;
        let now = self.clock.now();
        store::users::lock(&mut tx, &user.id).await?;
        if !self.links.consume_link(&mut tx, link_id).await? {
            return Ok(false);
        }
        // If the address has changed since the check, the link was sent to an address that no longer owns the account.
        let current = store::users::by_id(&mut tx, &user.id).await?;
        if current.is_none_or(|c| c.disabled_at.is_some() || c.email != user.email) {
            return Ok(false);
        }
        self.replace_password(&mut tx, user, hash, "").await?;
        if user.verified_at.is_none() {
            store::users::set_verified(&mut tx, &user.id, now).await?;
            store::signups::delete_address(&mut tx, &user.email.canonical()).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Stores the new hash, ends all sessions except `keep`, deletes all unused links and enqueues the notice.
    pub(super) async fn replace_password(
        &self,
        conn: &mut Conn,
        user: &User,
        hash: &str,
        keep: &str,
    ) -> Result<(), Error> {
        store::users::set_password(conn, &user.id, hash, self.clock.now()).await?;
        store::sessions::end_others(conn, &user.id, keep).await?;
        store::links::delete_unused(conn, &user.id).await?;
        // An invited user has just chosen a first password and needs no warning.
        if user.password_hash.is_some() {
            self.links.enqueue_notice(conn, EmailKind::PasswordChanged, user, &user.email, None).await?;
        }
        Ok(())
    }
}
