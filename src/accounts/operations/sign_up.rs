//! Signs up. Every address gets the same rows, the same cookie and the same work; only the email differs.

use std::time::Duration;

use crate::accounts::emails::EmailKind;
use crate::accounts::error::Error;
use crate::accounts::linked_email::{LinkOwner, NewEmail};
use crate::accounts::password::Password;
use crate::accounts::requester::Requester;
use crate::accounts::signup::{Signup, SignupData, SignupState};
use crate::accounts::store;
use crate::accounts::throttle::{EmailPermit, RequestedEmail};
use crate::accounts::token::Purpose;
use crate::accounts::user::{Name, User};
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;
use crate::secret::digest;

use super::Accounts;

/// A validated signup form.
#[derive(Clone, Debug)]
pub struct NewSignup {
    pub email: Address,
    pub name: Name,
    pub password: Password,
    pub locale: Locale,
    /// A local path.
    pub next: Option<String>,
}

/// Why a signup was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SignupError {
    /// Only with `reveal_accounts`.
    #[error("the address has an account")]
    AlreadyVerified,
    #[error(transparent)]
    Other(#[from] Error),
}

impl Accounts {
    /// Writes a pending signup and enqueues its email. Returns the cookie that binds it to the browser; all signups of
    /// a browser share one. If a browser submits the form again for the same address, an email already sent confirms
    /// the latest data.
    ///
    /// # Errors
    /// When the client is throttled, the hash queue is full or the database fails.
    pub async fn sign_up(&self, new: NewSignup, requester: Requester<'_>) -> Result<String, SignupError> {
        let permit = self.throttles.check_signup_limit(&new.email, requester).await?;
        if self.settings.reveal_accounts {
            let mut conn = self.db.read().await.map_err(Error::from)?;
            if store::users::by_key(&mut conn, &new.email.canonical()).await.map_err(Error::from)?.is_some() {
                return Err(SignupError::AlreadyVerified);
            }
        }
        let password_hash = self.hasher.hash_salted(&new.password, self.signup_salt(&new.email, requester)).await?;
        let cookie = self.binding_cookie(requester, &password_hash);
        let earlier = self.bound_signup(Some(&cookie), &new.email).await?;
        let template = self.new_signup(&new.email, new.locale);
        let id = earlier.map_or(template.id, |signup| signup.id);
        let name = new.name.as_str().to_owned();
        let data = SignupData { name, password_hash, next: new.next, binding: digest(&cookie) };
        let signup = Signup { id, state: SignupState::Submitted(data), ..template };
        self.write_signup(signup, permit == EmailPermit::Send).await?;
        self.outbox.notify();
        Ok(cookie)
    }

    /// A salt for the password of a signup. It is the same for the same address and client, see
    /// [`Accounts::binding_cookie`].
    fn signup_salt(&self, email: &Address, requester: Requester<'_>) -> [u8; 16] {
        let key = email.canonical();
        let signature = self.key.sign("signup-salt", &[key.as_bytes(), requester.client.as_bytes()]);
        let (salt, _) = signature.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        *salt
    }

    /// The cookie that the browser has, or else one that is derived from the password's hash: a double click sends the
    /// form twice before the browser has a cookie, and both answers must bind their signup to the same browser. Nobody
    /// else gets this cookie without knowing the password.
    fn binding_cookie(&self, requester: Requester<'_>, password_hash: &str) -> String {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let is_ours = |cookie: &&str| URL_SAFE_NO_PAD.decode(cookie).is_ok_and(|bytes| bytes.len() == 32);
        requester.signup.filter(is_ours).map_or_else(
            || URL_SAFE_NO_PAD.encode(self.key.sign("signup-cookie", &[password_hash.as_bytes()])),
            str::to_owned,
        )
    }

    async fn write_signup(&self, signup: Signup, send: bool) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let owner = store::users::by_key(&mut tx, &signup.email.canonical()).await?;
        let signup = signup.for_owner(owner.as_ref());
        store::signups::put(&mut tx, &signup).await?;
        if send {
            self.enqueue_signup_email(&mut tx, &signup, owner.as_ref(), EmailKind::AlreadyRegistered).await?;
        }
        Ok(tx.commit().await?)
    }

    /// A signup without any data but the address and the language.
    fn new_signup(&self, email: &Address, locale: Locale) -> Signup {
        let now = self.clock.now();
        Signup {
            id: self.id(),
            email: email.clone(),
            locale,
            state: SignupState::Requested,
            created_at: now,
            expires_at: now + self.settings.signup_ttl,
        }
    }

    /// Enqueues the verification email, or `notice` if a user has the address; both write equally many rows.
    pub(super) async fn enqueue_signup_email(
        &self,
        conn: &mut Conn,
        signup: &Signup,
        owner: Option<&User>,
        notice: EmailKind,
    ) -> Result<(), Error> {
        let (kind, holder, purpose) = match owner {
            None => (EmailKind::Verification, LinkOwner::Signup(&signup.id), Purpose::Verify),
            // An invited user has no password to log in with yet and gets the invitation again.
            Some(user) if user.password_hash.is_none() => {
                (EmailKind::Invitation, LinkOwner::User(&user.id), Purpose::Reset)
            }
            Some(_) => (notice, LinkOwner::Signup(&signup.id), Purpose::Verify),
        };
        let link = self.links.new_link(holder, None);
        let email = NewEmail {
            kind: Some(kind),
            to: Some(owner.map_or(&signup.email, |user| &user.email)),
            locale: signup.locale,
            link: kind.link().is_some().then(|| link.id.clone()),
            user: owner.map(|user| user.id.as_str()),
            new_email: None,
            supersedes: Some(format!("verify:{}", signup.id)),
            expires_at: signup.expires_at.min(self.links.email_expiry()),
        };
        self.links.enqueue_linked(conn, email, &link, Some(purpose)).await
    }

    /// Enqueues the email of a new signup that is bound to no browser: the verification, or `notice` if the address
    /// belongs to `owner` already.
    pub(super) async fn enqueue_new_signup(
        &self,
        conn: &mut Conn,
        email: &Address,
        owner: Option<&User>,
        notice: EmailKind,
        locale: Locale,
    ) -> Result<(), Error> {
        let signup = self.new_signup(email, locale).for_owner(owner);
        store::signups::put(conn, &signup).await?;
        self.enqueue_signup_email(conn, &signup, owner, notice).await
    }

    /// Writes a decoy signup, so that each request for an email writes the same rows; the next purge deletes it.
    pub(super) async fn write_decoy(
        &self,
        conn: &mut Conn,
        email: &Address,
        owner: Option<&User>,
        locale: Locale,
    ) -> Result<(), Error> {
        let template = self.new_signup(email, locale).into_decoy(owner);
        let decoy = Signup { expires_at: template.created_at, ..template };
        Ok(store::signups::put(conn, &decoy).await?)
    }

    /// How long a client must wait before it may request another verification email.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verification_wait(&self, email: &Address, client: &str) -> Result<Duration, Error> {
        self.throttles.email_wait(RequestedEmail::Verify, email, client).await
    }

    /// The latest signup of an address that can be confirmed.
    pub(super) async fn latest_pending(&self, conn: &mut Conn, email: &Address) -> Result<Option<Signup>, Error> {
        let now = self.clock.now();
        let last_end = now.last_end(self.settings.signup_ttl);
        Ok(store::signups::latest_pending(conn, &email.canonical(), now, last_end).await?)
    }

    /// The latest signup for an address by the browser of this cookie.
    pub(super) async fn bound_signup(&self, cookie: Option<&str>, email: &Address) -> Result<Option<Signup>, Error> {
        let Some(cookie) = cookie else { return Ok(None) };
        let now = self.clock.now();
        let mut conn = self.db.read().await?;
        let last_end = now.last_end(self.settings.signup_ttl);
        Ok(store::signups::by_binding(&mut conn, &digest(cookie), &email.canonical(), now, last_end).await?)
    }
}
