//! The forgotten password: a letter for those who have an account, a new password for whoever holds its link.

use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;

use super::limits::{Grant, LetterKind, Throttled};
use super::link::{Holder, NewLetter};
use super::token::{self, Purpose};
use super::user::User;
use super::{Accounts, Error, Password, PasswordError, store};

/// Why no letter was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ForgotError {
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Other(#[from] Error),
}

/// A reset link that may be used, as its page shows it.
#[derive(Clone, Debug)]
pub struct ResetView {
    pub email: Address,
}

/// Why the password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Bad, used or expired: not told apart.
    #[error("the link is gone")]
    Gone,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Other(#[from] Error),
}

impl Accounts {
    /// A user gets a reset link, a pending signup its verify letter, anybody else nothing; the work is the same.
    ///
    /// # Errors
    /// Throttled clients, the database.
    pub async fn forgot(&self, email: &Address, client: &str, locale: Locale) -> Result<(), ForgotError> {
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let counted = self.count_letter(&mut tx, LetterKind::Reset, email, client, false).await?;
        tx.commit().await.map_err(Error::from)?;
        if counted? == Grant::Letter {
            let mut tx = self.db.write().await.map_err(Error::from)?;
            self.promise_recovery(&mut tx, email, locale).await?;
            tx.commit().await.map_err(Error::from)?;
            self.outbox.notify();
        }
        Ok(())
    }

    async fn promise_recovery(&self, conn: &mut Conn, email: &Address, locale: Locale) -> Result<(), Error> {
        let key = email.canonical();
        let user = store::users::by_key(conn, &key).await?;
        let pending = store::signups::latest_pending(conn, &key, self.clock.now()).await?;
        match user {
            None if pending.is_some() => self.promise_fresh_signup(conn, email, None, "already_verified", locale).await,
            user => {
                self.write_decoy(conn, email, user.as_ref(), locale).await?;
                match user.filter(|user| user.disabled_at.is_none()) {
                    Some(user) => self.promise_reset(conn, &user, locale).await,
                    None => self.promise_nothing(conn).await,
                }
            }
        }
    }

    /// A letter with a reset link: `reset`, or `invite` for a user who has no password yet.
    pub(super) async fn promise_reset(&self, conn: &mut Conn, user: &User, locale: Locale) -> Result<(), Error> {
        let link = self.new_link(Holder::User(&user.id), None);
        let letter = NewLetter {
            kind: if user.password_hash.is_some() { "reset" } else { "invite" },
            to: Some(&user.email),
            locale,
            link: Some(link.id.clone()),
            user: Some(&user.id),
            new_email: None,
            supersedes: Some(format!("reset:{}", user.id)),
            expires_at: self.letter_end(),
        };
        self.promise_linked(conn, letter, &link, Some(Purpose::Reset)).await
    }

    /// Looks at a reset link; `None` when it cannot be used.
    ///
    /// # Errors
    /// The database.
    pub async fn look_at_reset(&self, token: &str) -> Result<Option<ResetView>, Error> {
        let Some(id) = token::read(&self.key, Purpose::Reset, token) else { return Ok(None) };
        let mut conn = self.db.read().await?;
        let user = self.user_of_reset(&mut conn, &id).await?;
        Ok(user.map(|user| ResetView { email: user.email }))
    }

    async fn user_of_reset(&self, conn: &mut Conn, link_id: &str) -> Result<Option<User>, Error> {
        let link = store::links::by_id(conn, link_id, Purpose::Reset).await?;
        let Some(user_id) = link.filter(|l| l.is_alive(self.clock.now())).and_then(|l| l.user_id) else {
            return Ok(None);
        };
        Ok(store::users::by_id(conn, &user_id).await?.filter(|user| user.disabled_at.is_none()))
    }

    /// Sets a new password: all sessions end, every other link of the user dies, a notice goes out.
    ///
    /// # Errors
    /// A link that cannot be used; a password that is refused, the link stays usable then.
    pub async fn reset(&self, token: &str, password: &str) -> Result<(), ResetError> {
        let id = token::read(&self.key, Purpose::Reset, token).ok_or(ResetError::Gone)?;
        let mut conn = self.db.read().await.map_err(Error::from)?;
        let user = self.user_of_reset(&mut conn, &id).await?.ok_or(ResetError::Gone)?;
        drop(conn);
        let password =
            Password::choose(password, self.settings.password_min_length, Some(&user.email), &self.site.name)?;
        let hash = self.hasher.hash(&password).await?;
        if !self.write_reset(&id, &user, &hash).await? {
            return Err(ResetError::Gone);
        }
        self.outbox.notify();
        tracing::info!(user = user.id, "a password was reset");
        Ok(())
    }

    async fn write_reset(&self, link_id: &str, user: &User, hash: &str) -> Result<bool, Error> {
        let mut tx = self.db.write().await?;
        let now = self.clock.now();
        store::users::lock(&mut tx, &user.id).await?;
        if !store::links::consume(&mut tx, link_id, Purpose::Reset, now).await? {
            return Ok(false);
        }
        // The address may have changed between looking and now: the link was for the address it went to.
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

    /// The new hash, the end of all sessions but `keep`, the death of all links, the notice.
    pub(super) async fn replace_password(
        &self,
        conn: &mut Conn,
        user: &User,
        hash: &str,
        keep: &str,
    ) -> Result<(), Error> {
        store::users::set_password(conn, &user.id, hash, self.clock.now()).await?;
        store::sessions::end_others(conn, &user.id, keep).await?;
        store::links::kill_all(conn, &user.id).await?;
        // An invited user has just chosen his first one: there is nothing to warn of.
        if user.password_hash.is_some() {
            self.promise_notice(conn, "password_changed", user, &user.email, None).await?;
        }
        Ok(())
    }
}
