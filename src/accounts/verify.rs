//! Confirms an address. Opening a link changes nothing; using it creates the user.

use crate::db::Conn;
use crate::mail::Address;

use super::emails::EmailKind;
use super::signup::{Signup, SignupState};
use super::token::{self, Purpose};
use super::user::User;
use super::{Accounts, Error, Name, NameError, Password, PasswordError, store};

/// A usable link, as its page shows it.
#[derive(Clone, Debug)]
pub struct ConfirmView {
    pub email: Address,
    /// Shown for correction, except in the browser that signed up.
    pub name: String,
    /// True if this browser must choose the password.
    pub choose_password: bool,
}

/// The submitted confirmation form.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    pub token: &'a str,
    /// The browser's binding cookie.
    pub cookie: Option<&'a str>,
    pub password: &'a str,
    /// `None` if the form had no such field; the signup's name is used then.
    pub name: Option<&'a str>,
}

/// Why the address was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The link is invalid, used or expired. The cases look the same.
    #[error("the link is invalid, used or expired")]
    Gone,
    /// At least one of the two fields was rejected.
    #[error("a field was rejected")]
    Refused { name: Option<NameError>, password: Option<PasswordError> },
    #[error(transparent)]
    Other(#[from] Error),
}

impl Accounts {
    /// Returns what a verification link would confirm, without changing anything; `None` if the link is unusable.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview_verification(&self, token: &str, cookie: Option<&str>) -> Result<Option<ConfirmView>, Error> {
        let Some(id) = token::read(&self.key, Purpose::Verify, token) else { return Ok(None) };
        let mut conn = self.db.read().await?;
        let signup = self.signup_of(&mut conn, &id).await?;
        Ok(signup.map(|signup| ConfirmView {
            choose_password: signup.submitted_by(cookie).is_none(),
            name: signup.submitted_name().to_owned(),
            email: signup.email,
        }))
    }

    async fn signup_of(&self, conn: &mut Conn, link_id: &str) -> Result<Option<Signup>, Error> {
        let now = self.clock.now();
        let link = store::links::by_id(conn, link_id, Purpose::Verify).await?.filter(|link| link.is_alive(now));
        let Some(signup_id) = link.and_then(|link| link.signup_id) else { return Ok(None) };
        let signup = store::signups::by_id(conn, &signup_id).await?;
        let alive = signup.filter(|signup| !matches!(signup.state, SignupState::Decoy(_)) && signup.expires_at > now);
        let Some(signup) = alive else { return Ok(None) };
        let owner = store::users::by_key(conn, &signup.email.canonical()).await?;
        Ok(owner.is_none().then_some(signup))
    }

    /// Uses a verification link: creates the user and deletes all other signups for the address. Returns the path that
    /// the signup was to lead to.
    ///
    /// # Errors
    /// When the link is unusable. After a rejected password or name the link stays usable.
    pub async fn confirm(&self, confirm: Confirmation<'_>) -> Result<Option<String>, ConfirmError> {
        let id = token::read(&self.key, Purpose::Verify, confirm.token).ok_or(ConfirmError::Gone)?;
        let mut conn = self.db.read().await.map_err(Error::from)?;
        let signup = self.signup_of(&mut conn, &id).await?.ok_or(ConfirmError::Gone)?;
        drop(conn);
        let (name, hash) = self.chosen_password_hash(&signup, &confirm).await?;
        let next = match signup.state {
            SignupState::Submitted(data) => data.next,
            SignupState::Requested | SignupState::Decoy(_) => None,
        };
        let user = User {
            id: self.id(),
            email: signup.email,
            name,
            password_hash: Some(hash),
            locale: signup.locale,
            created_at: self.clock.now(),
            verified_at: Some(self.clock.now()),
            disabled_at: None,
        };
        if !self.make_user(&id, &user).await? {
            return Err(ConfirmError::Gone);
        }
        self.outbox.notify();
        Ok(next)
    }

    /// The name and password hash of the new user: those of the signup in the browser that signed up, newly chosen ones
    /// in any other.
    async fn chosen_password_hash(
        &self,
        signup: &Signup,
        confirm: &Confirmation<'_>,
    ) -> Result<(String, String), ConfirmError> {
        if let Some(data) = signup.submitted_by(confirm.cookie) {
            return Ok((data.name.clone(), data.password_hash.clone()));
        }
        let name = confirm.name.map(Name::parse).transpose();
        let min = self.settings.password_min_length;
        let password = Password::choose(confirm.password, min, Some(&signup.email), &self.site.name);
        match (name, password) {
            (Ok(name), Ok(password)) => {
                let name = name.map_or_else(|| signup.submitted_name().to_owned(), |name| name.as_str().to_owned());
                Ok((name, self.hasher.hash(&password).await?))
            }
            (name, password) => Err(ConfirmError::Refused { name: name.err(), password: password.err() }),
        }
    }

    /// Creates the user. Of several concurrent calls for one address, one returns true.
    async fn make_user(&self, link_id: &str, user: &User) -> Result<bool, Error> {
        let mut tx = self.db.write().await?;
        // The user is inserted first: a concurrent second transaction waits here without holding locks. If the link
        // came first, PostgreSQL would see two links of one address wait for each other and abort one as a deadlock.
        if !store::users::insert(&mut tx, user).await? {
            return Ok(false);
        }
        if !store::links::consume(&mut tx, link_id, Purpose::Verify, self.clock.now()).await? {
            return Ok(false);
        }
        store::signups::delete_address(&mut tx, &user.email.canonical()).await?;
        if self.settings.welcome_email {
            self.enqueue_notice(&mut tx, EmailKind::Welcome, user, &user.email, None).await?;
        }
        tx.commit().await?;
        tracing::info!(user = user.id, address = user.email.masked(), "an address was confirmed");
        Ok(true)
    }
}
