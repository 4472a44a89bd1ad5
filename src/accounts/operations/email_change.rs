//! Changes a user's email address. The new address gets a link, the old address a notice; nothing changes until the
//! link is used.

use std::time::Duration;

use crate::accounts::emails::EmailKind;
use crate::accounts::error::Error;
use crate::accounts::linked_email::{LinkOwner, NewEmail};

use crate::accounts::requester::Requester;
use crate::accounts::session::LoginSession;
use crate::accounts::store;
use crate::accounts::throttle::{EmailPermit, RequestedEmail};
use crate::accounts::token::Purpose;
use crate::accounts::user::User;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;
use crate::outbox;

use super::Accounts;
use super::profile::CurrentPasswordError;

/// Why an address change was not started.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// At least one field was rejected; `unchanged` means that the address is already the user's.
    #[error("a field was rejected")]
    Refused { unchanged: bool, current_is_wrong: bool },
    /// Never [`CurrentPasswordError::Wrong`].
    #[error(transparent)]
    Failed(#[from] CurrentPasswordError),
}

impl From<Error> for ChangeEmailError {
    fn from(e: Error) -> Self {
        ChangeEmailError::Failed(e.into())
    }
}

/// A usable link for an address change, as its page shows it.
#[derive(Clone, Debug)]
pub struct ConfirmEmail {
    link_id: String,
    pub user_id: String,
    pub email: Address,
    pub new_email: Address,
}

/// A changed address.
#[derive(Clone, Debug)]
pub struct EmailChangeDone {
    pub email: Address,
    /// For [`Requester::known`].
    pub known: String,
}

/// Why the address was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmEmailError {
    /// The link is invalid, used or expired, or the address belongs to a user by now. The cases look the same.
    #[error("the link is invalid, used or expired")]
    Gone,
    #[error(transparent)]
    Current(#[from] CurrentPasswordError),
}

impl From<Error> for ConfirmEmailError {
    fn from(e: Error) -> Self {
        ConfirmEmailError::Current(e.into())
    }
}

impl Accounts {
    /// Starts an address change: enqueues a link to the new address and a notice to the old one. If another user has
    /// the new address, that user gets a notice instead, and the result is the same.
    ///
    /// # Errors
    /// When the current password is wrong, the address is unchanged or the client is throttled.
    pub async fn request_email_change(
        &self,
        session: &LoginSession,
        new: &Address,
        current: &str,
        requester: Requester<'_>,
        locale: Locale,
    ) -> Result<(), ChangeEmailError> {
        let client = requester.client;
        let checked = self.check_current(&session.user_id, current, client).await;
        let user = CurrentPasswordError::verify_or_reject(checked)?;
        let current_email: Option<Address> = session.email.parse().ok();
        let unchanged = current_email.is_some_and(|current| current.canonical() == new.canonical());
        let user = match user {
            Some(user) if !unchanged => user,
            user => return Err(ChangeEmailError::Refused { unchanged, current_is_wrong: user.is_none() }),
        };
        if self.throttles.check_email_limit(RequestedEmail::ChangeEmail, new, requester, false).await?
            == EmailPermit::Send
        {
            let mut tx = self.db.write().await.map_err(Error::from)?;
            // A password reset since the check has deleted the user's links. No new link may follow it.
            let checked = user.password_hash.as_deref().unwrap_or_default();
            if !store::users::lock_with_password(&mut tx, &user.id, checked).await.map_err(Error::from)? {
                return Err(ChangeEmailError::Refused { unchanged: false, current_is_wrong: true });
            }
            self.enqueue_email_change(&mut tx, &user, new, locale).await?;
            self.links.enqueue_notice(&mut tx, EmailKind::EmailChangeRequested, &user, &user.email, Some(new)).await?;
            tx.commit().await.map_err(Error::from)?;
            tracing::info!(client, user = user.id, address = new.masked(), "an address change was requested");
            self.outbox.notify();
        }
        Ok(())
    }

    async fn enqueue_email_change(
        &self,
        conn: &mut Conn,
        user: &User,
        new: &Address,
        locale: Locale,
    ) -> Result<(), Error> {
        let owner = store::users::by_key(conn, &new.canonical()).await?;
        // Links to an earlier, possibly mistyped address stop working.
        store::links::delete_other_changes(conn, &user.id, new).await?;
        let link = self.links.new_link(LinkOwner::User(&user.id), Some(new.clone()));
        let email = NewEmail {
            kind: Some(if owner.is_some() { EmailKind::AlreadyRegistered } else { EmailKind::EmailChange }),
            to: Some(owner.as_ref().map_or(new, |owner| &owner.email)),
            locale: owner.as_ref().map_or(locale, |owner| owner.locale),
            link: owner.is_none().then(|| link.id.clone()),
            user: Some(owner.as_ref().map_or(&user.id, |owner| &owner.id)),
            new_email: None,
            supersedes: Some(format!("change-email:{}", user.id)),
            expires_at: self.links.email_expiry(),
        };
        self.links.enqueue_linked(conn, email, &link, Some(Purpose::ChangeEmail)).await
    }

    /// Enqueues the email of the pending change again. False if the last one was requested a moment ago, or if no
    /// change is pending.
    ///
    /// # Errors
    /// When the client is throttled or the database fails.
    pub async fn resend_email_change(
        &self,
        session: &LoginSession,
        requester: Requester<'_>,
        locale: Locale,
    ) -> Result<bool, Error> {
        let mut conn = self.db.read().await?;
        let Some(new) = self.pending_change(&mut conn, session).await? else { return Ok(false) };
        drop(conn);
        let permit = self.throttles.check_email_limit(RequestedEmail::ChangeEmail, &new, requester, true).await?;
        let mut tx = self.db.write().await?;
        store::users::lock(&mut tx, &session.user_id).await?;
        // A password reset or a cancellation since the check has deleted the links. No new link may follow it.
        let pending = self.pending_change(&mut tx, session).await?;
        let user = store::users::by_id(&mut tx, &session.user_id).await?;
        let Some(user) = user.filter(|_| permit == EmailPermit::Send && pending.as_ref() == Some(&new)) else {
            return Ok(false);
        };
        self.enqueue_email_change(&mut tx, &user, &new, locale).await?;
        tx.commit().await?;
        self.outbox.notify();
        Ok(true)
    }

    /// Gives up the pending change: its links no longer work.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_email_change(&self, session: &LoginSession) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::users::lock(&mut tx, &session.user_id).await?;
        store::links::delete_changes(&mut tx, &session.user_id).await?;
        Ok(tx.commit().await?)
    }

    /// The new address of a pending change. It is shown for the lifetime of a link from the request on, and not from
    /// the delivery: whether the address belongs to somebody decides which email is delivered, and must not be visible.
    pub(super) async fn pending_change(
        &self,
        conn: &mut Conn,
        session: &LoginSession,
    ) -> Result<Option<Address>, Error> {
        let now = self.clock.now();
        let since = now - self.settings.verification_link_ttl;
        Ok(store::links::pending_change(conn, &session.user_id, since, now.last_end(Duration::ZERO)).await?)
    }

    /// Returns the change that a link would make, without changing anything; `None` if the link is unusable.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview_email_change(&self, token: &str) -> Result<Option<ConfirmEmail>, Error> {
        let mut conn = self.db.read().await?;
        let Some(link) = self.links.usable_link(&mut conn, Purpose::ChangeEmail, token).await? else { return Ok(None) };
        let Some((user_id, new_email)) = link.user_id.zip(link.new_email) else { return Ok(None) };
        let user = store::users::by_id(&mut conn, &user_id).await?.filter(|user| user.disabled_at.is_none());
        if store::users::by_key(&mut conn, &new_email.canonical()).await?.is_some() {
            return Ok(None);
        }
        Ok(user.map(|user| ConfirmEmail { link_id: link.id, user_id: user.id, email: user.email, new_email }))
    }

    /// Uses an address change link. It requires a session of the user or their password.
    ///
    /// # Errors
    /// When the link is unusable. After a wrong password the link stays usable.
    pub async fn confirm_email_change(
        &self,
        token: &str,
        session: Option<&LoginSession>,
        current: &str,
        client: &str,
    ) -> Result<EmailChangeDone, ConfirmEmailError> {
        let change = self.preview_email_change(token).await?.ok_or(ConfirmEmailError::Gone)?;
        if session.is_none_or(|s| s.user_id != change.user_id) {
            self.check_current(&change.user_id, current, client).await?;
        }
        if !self.write_email(&change).await? {
            return Err(ConfirmEmailError::Gone);
        }
        self.outbox.notify();
        tracing::info!(user = change.user_id, address = change.new_email.masked(), "an address was changed");
        Ok(EmailChangeDone {
            known: self.throttles.known_cookie(&change.new_email.canonical()),
            email: change.new_email,
        })
    }

    async fn write_email(&self, change: &ConfirmEmail) -> Result<bool, Error> {
        let mut tx = self.db.write().await?;
        let now = self.clock.now();
        store::users::lock(&mut tx, &change.user_id).await?;
        // Messages to the old address stay attributed to this account, so that its deletion finds them even if another
        // account takes the old address.
        outbox::attribute(&mut tx, &change.user_id, &change.email).await?;
        if !self.links.consume_link(&mut tx, &change.link_id).await? {
            return Ok(false);
        }
        let Some(user) = store::users::by_id(&mut tx, &change.user_id).await? else { return Ok(false) };
        if user.email != change.email || !store::users::set_email(&mut tx, &user.id, &change.new_email, now).await? {
            return Ok(false);
        }
        // Links sent to the old address must not grant access to the account any more.
        store::links::delete_unused(&mut tx, &user.id).await?;
        store::signups::delete_address(&mut tx, &change.new_email.canonical()).await?;
        self.links
            .enqueue_notice(&mut tx, EmailKind::EmailChanged, &user, &user.email, Some(&change.new_email))
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}
