//! Opening an account, and asking for its letter again. Every address takes the same path: same rows, same cookie,
//! same work; only the letter differs.

use std::time::Duration;

use crate::clock::Time;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;
use crate::secret::digest;

use super::limits::{Grant, LetterKind, Throttled};
use super::link::{Holder, NewLetter};
use super::token::Purpose;
use super::user::User;
use super::{Accounts, Error, Name, Password, store};

/// One attempt to open an account.
#[derive(Clone, Debug)]
pub struct Signup {
    pub id: String,
    pub email: Address,
    pub name: String,
    pub password_hash: Option<String>,
    pub locale: Locale,
    pub next: Option<String>,
    /// SHA-256 of the browser's cookie.
    pub binding: Option<String>,
    /// The user who has the address already.
    pub decoy_for: Option<String>,
    pub created_at: Time,
    pub expires_at: Time,
}

/// What a visitor typed, checked.
#[derive(Clone, Debug)]
pub struct NewSignup {
    pub email: Address,
    pub name: Name,
    pub password: Password,
    pub locale: Locale,
    /// A path of this site.
    pub next: Option<String>,
}

/// Why a signup was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SignupError {
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// `reveal_accounts` only.
    #[error("the address has an account")]
    AlreadyVerified,
    #[error(transparent)]
    Other(#[from] Error),
}

/// Why no letter was asked for again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// `reveal_accounts` only.
    #[error("the address has an account")]
    AlreadyVerified,
    /// `reveal_accounts` only.
    #[error("nobody signed up with the address")]
    NotRegistered,
    #[error(transparent)]
    Other(#[from] Error),
}

/// For whom a decoy stands when the address is nobody's: no user's id.
const NOBODY: &str = "nobody";

/// What the browser that signed up waits for.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub email: Address,
    /// When the latest letter was asked for.
    pub asked_at: Time,
    /// How long until another may be asked for.
    pub wait: Duration,
}

impl Signup {
    fn decoy_for(self, owner: Option<&User>) -> Self {
        Signup { decoy_for: owner.map(|user| user.id.clone()), ..self }
    }
}

impl Accounts {
    /// Writes a pending signup and promises its letter; returns the value of the cookie that binds it to the browser.
    /// Whoever sends the form again from the browser of `cookie` changes what waits there for the same address: a
    /// letter that is under way, and need not come twice, then leads to what was typed last.
    ///
    /// # Errors
    /// Throttled clients, a full hash queue, the database.
    pub async fn sign_up(&self, new: NewSignup, cookie: Option<&str>, client: &str) -> Result<String, SignupError> {
        let grant = self.throttle_signup(&new.email, client).await?;
        if self.settings.reveal_accounts {
            let mut conn = self.db.read().await.map_err(Error::from)?;
            if store::users::by_key(&mut conn, &new.email.canonical()).await.map_err(Error::from)?.is_some() {
                return Err(SignupError::AlreadyVerified);
            }
        }
        let password_hash = self.hasher.hash(&new.password).await?;
        let bound = self.bound_signup(cookie).await?;
        let same = bound.filter(|bound| bound.email.canonical() == new.email.canonical());
        let fresh = self.fresh(&new.email, new.locale);
        let (id, cookie) = match (same, cookie) {
            (Some(same), Some(cookie)) => (same.id, cookie.to_owned()),
            _ => (fresh.id, self.entropy.token()),
        };
        let signup = Signup {
            id,
            name: new.name.as_str().to_owned(),
            password_hash: Some(password_hash),
            next: new.next,
            binding: Some(digest(&cookie)),
            ..fresh
        };
        self.write_signup(signup, grant == Grant::Letter).await?;
        self.outbox.notify();
        Ok(cookie)
    }

    async fn throttle_signup(&self, email: &Address, client: &str) -> Result<Grant, SignupError> {
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let signup = self.count_signup(&mut tx, client).await?;
        let letter = match signup {
            Ok(()) => self.count_letter(&mut tx, LetterKind::Verify, email, client, false).await?,
            Err(throttled) => Err(throttled),
        };
        tx.commit().await.map_err(Error::from)?;
        Ok(letter?)
    }

    async fn write_signup(&self, signup: Signup, send: bool) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let owner = store::users::by_key(&mut tx, &signup.email.canonical()).await?;
        let signup = signup.decoy_for(owner.as_ref());
        store::signups::put(&mut tx, &signup).await?;
        if send {
            self.promise_signup_letter(&mut tx, &signup, owner.as_ref(), "already_registered").await?;
        }
        Ok(tx.commit().await?)
    }

    /// A signup with nothing of anybody's in it but the address.
    fn fresh(&self, email: &Address, locale: Locale) -> Signup {
        let now = self.clock.now();
        Signup {
            id: self.id(),
            email: email.clone(),
            name: String::new(),
            password_hash: None,
            locale,
            next: None,
            binding: None,
            decoy_for: None,
            created_at: now,
            expires_at: now + self.settings.signup_life,
        }
    }

    /// The verify letter, or to an address that has a user the notice `known`; as many rows either way.
    async fn promise_signup_letter(
        &self,
        conn: &mut Conn,
        signup: &Signup,
        owner: Option<&User>,
        known: &str,
    ) -> Result<(), Error> {
        let (kind, holder, purpose) = match owner {
            None => ("verify", Holder::Signup(&signup.id), Purpose::Verify),
            // Whom the operator invited has no password to log in with: the invitation again.
            Some(user) if user.password_hash.is_none() => ("invite", Holder::User(&user.id), Purpose::Reset),
            Some(_) => (known, Holder::Signup(&signup.id), Purpose::Verify),
        };
        let link = self.new_link(holder, None);
        let letter = NewLetter {
            kind,
            to: Some(owner.map_or(&signup.email, |user| &user.email)),
            locale: signup.locale,
            link: (kind != known).then(|| link.id.clone()),
            user: owner.map(|user| user.id.as_str()),
            new_email: None,
            supersedes: Some(format!("verify:{}", signup.id)),
            expires_at: signup.expires_at.min(self.letter_end()),
        };
        self.promise_linked(conn, letter, &link, Some(purpose)).await
    }

    /// Asks for the letter again. The browser of `cookie` gets a new link for its own signup; from any other one a
    /// pending address gets a link that asks for name and password, so that no stranger's come alive. False when this
    /// client asked for the same a moment ago: that it knows, whoever has the address.
    ///
    /// # Errors
    /// Throttled clients, the database.
    pub async fn resend(
        &self,
        email: &Address,
        cookie: Option<&str>,
        client: &str,
        locale: Locale,
    ) -> Result<bool, ResendError> {
        let own = self.bound_signup(cookie).await?.filter(|signup| signup.email.canonical() == email.canonical());
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let counted = self.count_letter(&mut tx, LetterKind::Verify, email, client, own.is_some()).await?;
        tx.commit().await.map_err(Error::from)?;
        let grant = counted?;
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let owner = store::users::by_key(&mut tx, &email.canonical()).await.map_err(Error::from)?;
        if self.settings.reveal_accounts {
            self.reveal(&mut tx, email, owner.as_ref()).await?;
        }
        if grant == Grant::Letter {
            self.promise_again(&mut tx, email, own, owner.as_ref(), locale).await?;
        }
        tx.commit().await.map_err(Error::from)?;
        self.outbox.notify();
        Ok(grant != Grant::TooSoon)
    }

    async fn promise_again(
        &self,
        conn: &mut Conn,
        email: &Address,
        own: Option<Signup>,
        owner: Option<&User>,
        locale: Locale,
    ) -> Result<(), Error> {
        if let Some(own) = own {
            return self.promise_signup_letter(conn, &own, owner, "already_verified").await;
        }
        let pending = store::signups::latest_pending(conn, &email.canonical(), self.clock.now()).await?;
        if owner.is_none() && pending.is_none() {
            self.write_decoy(conn, email, None, locale).await?;
            return self.promise_nothing(conn).await;
        }
        self.promise_fresh_signup(conn, email, owner, "already_verified", locale).await
    }

    /// A signup of nobody's browser and its letter.
    pub(super) async fn promise_fresh_signup(
        &self,
        conn: &mut Conn,
        email: &Address,
        owner: Option<&User>,
        known: &str,
        locale: Locale,
    ) -> Result<(), Error> {
        let signup = self.fresh(email, locale).decoy_for(owner);
        store::signups::put(conn, &signup).await?;
        self.promise_signup_letter(conn, &signup, owner, known).await
    }

    /// The row of a signup that nothing confirms and the next purge forgets, so that whoever asks for a letter costs
    /// the same rows.
    pub(super) async fn write_decoy(
        &self,
        conn: &mut Conn,
        email: &Address,
        owner: Option<&User>,
        locale: Locale,
    ) -> Result<(), Error> {
        let fresh = self.fresh(email, locale).decoy_for(owner);
        let decoy_for = fresh.decoy_for.or_else(|| Some(NOBODY.to_owned()));
        let decoy = Signup { decoy_for, expires_at: fresh.created_at, ..fresh };
        Ok(store::signups::put(conn, &decoy).await?)
    }

    async fn reveal(&self, conn: &mut Conn, email: &Address, owner: Option<&User>) -> Result<(), ResendError> {
        if owner.is_some() {
            return Err(ResendError::AlreadyVerified);
        }
        let pending = store::signups::latest_pending(conn, &email.canonical(), self.clock.now()).await;
        match pending.map_err(Error::from)? {
            Some(_) => Ok(()),
            None => Err(ResendError::NotRegistered),
        }
    }

    /// What the browser with this cookie waits for; the same for every address.
    ///
    /// # Errors
    /// The database.
    pub async fn waiting(&self, cookie: Option<&str>, client: &str) -> Result<Option<Waiting>, Error> {
        let Some(signup) = self.bound_signup(cookie).await? else { return Ok(None) };
        let mut conn = self.db.read().await?;
        let asked = store::signups::last_asked(&mut conn, &signup.id).await?;
        drop(conn);
        let wait = self.letter_wait(LetterKind::Verify, &signup.email, client).await?;
        Ok(Some(Waiting { email: signup.email, asked_at: asked.unwrap_or(signup.created_at), wait }))
    }

    async fn bound_signup(&self, cookie: Option<&str>) -> Result<Option<Signup>, Error> {
        let Some(cookie) = cookie else { return Ok(None) };
        let mut conn = self.db.read().await?;
        Ok(store::signups::by_binding(&mut conn, &digest(cookie), self.clock.now()).await?)
    }
}
