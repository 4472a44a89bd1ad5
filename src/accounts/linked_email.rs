//! Emails with links. Link and email are written in the transaction of the change they belong to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Time};
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;
use crate::outbox::{self, NewJob};
use crate::random::Entropy;
use crate::secret::SecretKey;

use super::emails::EmailKind;
use super::error::Error;
use super::link::Link;
use super::settings::Settings;
use super::store;
use super::token::{self, Purpose};
use super::user::User;

/// Who a link is for.
#[derive(Clone, Copy, Debug)]
pub enum LinkOwner<'a> {
    Signup(&'a str),
    User(&'a str),
    /// No account. The same rows are written for an address without one.
    Nobody,
}

/// The kind of an outbox row that is never sent: see [`LinkOwner::Nobody`].
pub const PLACEBO: &str = "placebo";

/// The payload of an account email in the outbox. It contains ids, but no secrets and no names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmailData {
    pub locale: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The address that the email is about, for a notice of an address change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_email: Option<String>,
}

/// An email to enqueue.
pub struct NewEmail<'a> {
    /// `None`: a placebo.
    pub kind: Option<EmailKind>,
    pub to: Option<&'a Address>,
    pub locale: Locale,
    pub link: Option<String>,
    pub user: Option<&'a str>,
    pub new_email: Option<&'a Address>,
    /// Of the emails with the same key, the latest replaces those that are not sent yet.
    pub supersedes: Option<String>,
    pub expires_at: Time,
}

/// Writes and reads links, with the emails that carry them.
#[derive(Clone)]
pub struct Links {
    clock: Clock,
    entropy: Entropy,
    key: SecretKey,
    /// The longest lifetime of a link.
    longest_ttl: Duration,
    /// How long the outbox retries an email without a link.
    message_ttl: Duration,
}

impl Links {
    pub fn new(clock: Clock, entropy: Entropy, key: SecretKey, settings: &Settings) -> Self {
        let (longest_ttl, message_ttl) = (settings.longest_link_ttl(), settings.message_ttl);
        Links { clock, entropy, key, longest_ttl, message_ttl }
    }

    /// Creates a link without storing it.
    pub fn new_link(&self, holder: LinkOwner<'_>, new_email: Option<Address>) -> Link {
        let (signup_id, user_id) = match holder {
            LinkOwner::Signup(id) => (Some(id.to_owned()), None),
            LinkOwner::User(id) => (None, Some(id.to_owned())),
            LinkOwner::Nobody => (None, None),
        };
        Link { id: self.entropy.id(self.clock.now()), signup_id, user_id, new_email, expires_at: None, used_at: None }
    }

    /// Enqueues an email and stores its link. Without a purpose the link permits nothing. The outbox row comes first:
    /// the delivery worker locks rows in the same order, which avoids deadlocks.
    pub async fn enqueue_linked(
        &self,
        conn: &mut Conn,
        email: NewEmail<'_>,
        link: &Link,
        purpose: Option<Purpose>,
    ) -> Result<(), Error> {
        self.enqueue_email(conn, email).await?;
        let token = purpose.map_or_else(|| self.entropy.token(), |purpose| token::issue(&self.key, purpose, &link.id));
        let digest = token::digest(&self.key, &token);
        Ok(store::links::insert(conn, link, purpose, &digest, self.clock.now()).await?)
    }

    /// Returns the link that a visitor opened, if it can be used.
    pub async fn usable_link(&self, conn: &mut Conn, purpose: Purpose, token: &str) -> Result<Option<Link>, Error> {
        let Some(token) = token::read(token) else { return Ok(None) };
        let link = store::links::by_digest(conn, &token::digest(&self.key, &token), purpose).await?;
        Ok(link.filter(|link| link.is_alive(self.clock.now(), self.longest_ttl)))
    }

    /// Uses a link up. Of several concurrent calls, one returns true.
    pub async fn consume_link(&self, conn: &mut Conn, link_id: &str) -> Result<bool, Error> {
        let now = self.clock.now();
        Ok(store::links::consume(conn, link_id, now, now.last_end(self.longest_ttl)).await?)
    }

    async fn enqueue_email(&self, conn: &mut Conn, email: NewEmail<'_>) -> Result<(), Error> {
        let data = EmailData {
            locale: email.locale.tag().to_owned(),
            link: email.link,
            user: email.user.map(str::to_owned),
            new_email: email.new_email.map(ToString::to_string),
        };
        let draft = NewJob {
            kind: email.kind.map_or(PLACEBO, EmailKind::name).to_owned(),
            to: email.to.into_iter().cloned().collect(),
            payload: serde_json::to_value(data).map_err(|e| Error::Internal(Box::new(e)))?,
            user_id: email.user.map(str::to_owned),
            supersedes: email.supersedes,
            expires_at: email.expires_at,
        };
        outbox::enqueue(conn, &draft, self.clock.now(), &self.entropy).await?;
        Ok(())
    }

    /// Enqueues an email that is never sent, so that an unknown address costs the same as a known one. It supersedes
    /// earlier ones for the same `subject`, as the email of a known address does.
    pub async fn enqueue_placebo(&self, conn: &mut Conn, subject: &str) -> Result<(), Error> {
        let link = self.new_link(LinkOwner::Nobody, None);
        let email = NewEmail {
            kind: None,
            to: None,
            locale: Locale::En,
            link: Some(link.id.clone()),
            user: None,
            new_email: None,
            supersedes: Some(format!("{PLACEBO}:{}", token::digest(&self.key, subject))),
            expires_at: self.email_expiry(),
        };
        self.enqueue_linked(conn, email, &link, None).await
    }

    /// Enqueues an email without a link about a user's account.
    pub async fn enqueue_notice(
        &self,
        conn: &mut Conn,
        kind: EmailKind,
        user: &User,
        to: &Address,
        new_email: Option<&Address>,
    ) -> Result<(), Error> {
        let email = NewEmail {
            kind: Some(kind),
            to: Some(to),
            locale: user.locale,
            link: None,
            user: Some(&user.id),
            new_email,
            supersedes: None,
            expires_at: self.email_expiry(),
        };
        self.enqueue_email(conn, email).await
    }

    pub fn email_expiry(&self) -> Time {
        self.clock.now() + self.message_ttl
    }
}
