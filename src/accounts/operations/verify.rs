//! Confirms an address. Opening a link changes nothing; using it creates the user.

use crate::accounts::emails::EmailKind;
use crate::accounts::error::Error;
use crate::accounts::password::{Password, PasswordError};
use crate::accounts::signup::{Signup, SignupState};
use crate::accounts::store;
use crate::accounts::token::Purpose;
use crate::accounts::user::User;
use crate::accounts::user::{Name, NameError};
use crate::db::Conn;
use crate::mail::Address;

use super::Accounts;

/// A usable link, as its page shows it.
#[derive(Clone, Debug)]
pub struct ConfirmView {
    pub email: Address,
    /// True if this browser must choose the password.
    pub choose_password: bool,
}

/// The submitted confirmation form.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    pub token: &'a str,
    /// The browser's binding cookie.
    pub cookie: Option<&'a str>,
    /// Empty in the browser that signed up, like the name.
    pub password: &'a str,
    pub name: &'a str,
}

/// A confirmed address.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub email: Address,
    /// The path that the signup was to lead to.
    pub next: Option<String>,
    /// For [`crate::accounts::Requester::known`].
    pub known: String,
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
        let mut conn = self.db.read().await?;
        let signup = self.signup_of(&mut conn, token).await?;
        Ok(signup.map(|(_, signup)| ConfirmView {
            choose_password: signup.submitted_by(cookie).is_none(),
            email: signup.email,
        }))
    }

    /// The id of the token's link, and the signup that it confirms.
    async fn signup_of(&self, conn: &mut Conn, token: &str) -> Result<Option<(String, Signup)>, Error> {
        let (now, ttl) = (self.clock.now(), self.settings.signup_ttl);
        let Some(link) = self.links.usable_link(conn, Purpose::Verify, token).await? else { return Ok(None) };
        let Some(signup_id) = link.signup_id else { return Ok(None) };
        let signup = store::signups::by_id(conn, &signup_id).await?;
        let alive = signup
            .filter(|signup| !matches!(signup.state, SignupState::Decoy(_)) && signup.expires_at.is_pending(now, ttl));
        let Some(signup) = alive else { return Ok(None) };
        let owner = store::users::by_key(conn, &signup.email.canonical()).await?;
        Ok(owner.is_none().then_some((link.id, signup)))
    }

    /// Uses a verification link: creates the user and deletes all other signups for the address.
    ///
    /// # Errors
    /// When the link is unusable. After a rejected password or name the link stays usable.
    pub async fn confirm(&self, confirm: Confirmation<'_>) -> Result<Confirmed, ConfirmError> {
        let mut conn = self.db.read().await.map_err(Error::from)?;
        let (id, signup) = self.signup_of(&mut conn, confirm.token).await?.ok_or(ConfirmError::Gone)?;
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
        let known = self.throttles.known_cookie(&user.email.canonical());
        Ok(Confirmed { next, email: user.email, known })
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
        let name = Name::parse(confirm.name);
        let min = self.settings.password_min_length;
        let password = Password::choose(confirm.password, min, Some(&signup.email), &self.site.name);
        match (name, password) {
            (Ok(name), Ok(password)) => Ok((name.as_str().to_owned(), self.hasher.hash(&password).await?)),
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
        if !self.links.consume_link(&mut tx, link_id).await? {
            return Ok(false);
        }
        store::signups::delete_address(&mut tx, &user.email.canonical()).await?;
        if self.settings.welcome_email {
            self.links.enqueue_notice(&mut tx, EmailKind::Welcome, user, &user.email, None).await?;
        }
        tx.commit().await?;
        tracing::info!(user = user.id, address = user.email.masked(), "an address was confirmed");
        Ok(true)
    }
}
