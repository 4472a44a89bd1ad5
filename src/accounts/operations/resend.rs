//! Sends the verification email again. As with a signup, every address gets the same rows and the same work.

use crate::accounts::emails::EmailKind;
use crate::accounts::error::Error;
use crate::accounts::requester::Requester;
use crate::accounts::signup::Signup;
use crate::accounts::store;
use crate::accounts::throttle::{EmailPermit, RequestedEmail};
use crate::accounts::user::User;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;

use super::Accounts;

/// Why no email was enqueued again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// Only with `reveal_accounts`.
    #[error("the address has an account")]
    AlreadyVerified,
    /// Only with `reveal_accounts`.
    #[error("no signup with this address")]
    NotRegistered,
    #[error(transparent)]
    Other(#[from] Error),
}

impl Accounts {
    /// Enqueues the email again. The browser that signed up gets a new link to its own signup; any other gets one that
    /// asks for name and password. False if this client asked a moment ago, which reveals nothing about the address.
    ///
    /// # Errors
    /// When the client is throttled or the database fails.
    pub async fn resend(&self, email: &Address, requester: Requester<'_>, locale: Locale) -> Result<bool, ResendError> {
        let own = self.bound_signup(requester.signup, email).await?;
        let permit = self.throttles.check_email_limit(RequestedEmail::Verify, email, requester, own.is_some()).await?;
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let owner = store::users::by_key(&mut tx, &email.canonical()).await.map_err(Error::from)?;
        if self.settings.reveal_accounts {
            self.reveal(&mut tx, email, owner.as_ref()).await?;
        }
        if permit == EmailPermit::Send {
            self.enqueue_again(&mut tx, email, own, owner.as_ref(), locale).await?;
        }
        tx.commit().await.map_err(Error::from)?;
        self.outbox.notify();
        Ok(permit != EmailPermit::TooSoon)
    }

    async fn enqueue_again(
        &self,
        conn: &mut Conn,
        email: &Address,
        own: Option<Signup>,
        owner: Option<&User>,
        locale: Locale,
    ) -> Result<(), Error> {
        if let Some(own) = own {
            // The address may have got or lost an owner since.
            let own = own.for_owner(owner);
            store::signups::put(conn, &own).await?;
            return self.enqueue_signup_email(conn, &own, owner, EmailKind::AlreadyVerified).await;
        }
        let pending = self.latest_pending(conn, email).await?;
        if owner.is_none() && pending.is_none() {
            self.write_decoy(conn, email, None, locale).await?;
            // A new signup has an id of its own too.
            return self.links.enqueue_placebo(conn, &self.id()).await;
        }
        self.enqueue_new_signup(conn, email, owner, EmailKind::AlreadyVerified, locale).await
    }

    async fn reveal(&self, conn: &mut Conn, email: &Address, owner: Option<&User>) -> Result<(), ResendError> {
        if owner.is_some() {
            return Err(ResendError::AlreadyVerified);
        }
        match self.latest_pending(conn, email).await? {
            Some(_) => Ok(()),
            None => Err(ResendError::NotRegistered),
        }
    }
}
