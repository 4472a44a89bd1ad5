//! Composes account emails at delivery: loads the rows, decides whether the email is still needed, derives the link and
//! renders the templates.

use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::{Clock, Time};
use crate::db::{Conn, Db};
use crate::i18n::Locale;
use crate::mail::{Mailbox, Draft};
use crate::outbox::{Composer, Composed, Job};
use crate::secret::SecretKey;

use super::letters::{
    AlreadyRegistered, AlreadyVerified, ChangeEmail, EmailChangeRequested, EmailChanged, Invite, Letter, EmailContext,
    PasswordChanged, Reset, Verify, Welcome,
};
use super::link::{DECOY, EmailData};
use super::token::{self, Purpose};
use super::user::User;
use super::{Settings, Site, store};

/// Composes the emails of the accounts module.
pub struct EmailComposer {
    pub db: Db,
    pub clock: Clock,
    pub key: SecretKey,
    pub settings: Settings,
    pub site: Site,
    pub reply_to: Option<Mailbox>,
}

type ComposeFailure = Box<dyn StdError + Send + Sync>;

/// An email to send, or the reason why it is obsolete.
enum LookedUp {
    Letter(Letter),
    Moot(&'static str),
}

/// Why an outbox job cannot become an email.
#[derive(Debug, thiserror::Error)]
enum MalformedJob {
    #[error("unknown email kind {0:?}")]
    Kind(String),
    #[error("outbox job without {0}")]
    Missing(&'static str),
}

#[async_trait]
impl Composer for EmailComposer {
    /// Restarts the link's lifetime: it counts from the latest delivery attempt.
    async fn claimed(&self, conn: &mut Conn, row: &Job, now: Time) -> Result<(), sqlx::Error> {
        let (Ok(data), Some(purpose)) = (data(row), purpose(&row.kind)) else { return Ok(()) };
        match data.link {
            Some(link) => {
                store::links::restart_lifetime(conn, &link, now + self.link_lifetime(purpose, &row.kind)).await
            }
            None => Ok(()),
        }
    }

    async fn compose(&self, row: &Job) -> Result<Composed, ComposeFailure> {
        if row.kind == DECOY {
            return Ok(Composed::Moot("no account has this address"));
        }
        let data = data(row)?;
        let email = match self.find(row, &data).await? {
            LookedUp::Letter(email) => email,
            LookedUp::Moot(reason) => return Ok(Composed::Moot(reason)),
        };
        let locale = Locale::from_tag(&data.locale).unwrap_or(self.site.default_locale);
        let paper = EmailContext { locale, site_name: self.site.name.clone(), public_url: self.site.public_url.to_string() };
        let rendered = email.render(&paper)?;
        let message = Draft {
            id: row.id.clone(),
            purpose: Some(row.kind.clone()),
            from: row.from.clone(),
            reply_to: self.reply_to.clone(),
            to: row.to.iter().cloned().map(Mailbox::from).collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            attachments: Vec::new(),
            subject: rendered.subject,
            text: rendered.text,
            html: Some(rendered.html),
            date: row.date,
            message_id: row.message_id.clone(),
            language: Some(locale.tag().to_owned()),
            auto_submitted: true,
        };
        Ok(Composed::Mail(message.build()?))
    }
}

impl EmailComposer {
    fn link_lifetime(&self, purpose: Purpose, kind: &str) -> Duration {
        match purpose {
            Purpose::Reset if kind != "invite" => self.settings.password_reset_link_ttl,
            _ => self.settings.verification_link_ttl,
        }
    }

    async fn find(&self, row: &Job, data: &EmailData) -> Result<LookedUp, ComposeFailure> {
        let mut conn = self.db.read().await?;
        if let Some(purpose) = purpose(&row.kind) {
            return self.find_linked(&mut conn, row, data, purpose).await;
        }
        let user_id = data.user.as_ref().ok_or(MalformedJob::Missing("user"))?;
        let Some(user) = store::users::by_id(&mut conn, user_id).await? else {
            return Ok(LookedUp::Moot("the account was deleted"));
        };
        let new = || data.new_email.as_deref().ok_or(MalformedJob::Missing("address"));
        let at = row.enqueued_at;
        Ok(LookedUp::Letter(match row.kind.as_str() {
            "welcome" => Letter::Welcome(Welcome { name: user.name }),
            "already_registered" => Letter::AlreadyRegistered(AlreadyRegistered { at }),
            "already_verified" => Letter::AlreadyVerified(AlreadyVerified { at }),
            "password_changed" => Letter::PasswordChanged(PasswordChanged { at }),
            "email_change_requested" => Letter::EmailChangeRequested(EmailChangeRequested { new: new()?.parse()?, at }),
            "email_changed" => Letter::EmailChanged(EmailChanged { new: new()?.parse()?, at }),
            other => return Err(MalformedJob::Kind(other.to_owned()).into()),
        }))
    }

    async fn find_linked(
        &self,
        conn: &mut Conn,
        row: &Job,
        data: &EmailData,
        purpose: Purpose,
    ) -> Result<LookedUp, ComposeFailure> {
        let id = data.link.as_ref().ok_or(MalformedJob::Missing("link"))?;
        let Some(link) = store::links::by_id(conn, id, purpose).await?.filter(|link| link.used_at.is_none()) else {
            return Ok(LookedUp::Moot("the link was used or replaced"));
        };
        if let Some(reason) = self.is_obsolete(conn, &link).await? {
            return Ok(LookedUp::Moot(reason));
        }
        let token = token::issue(&self.key, purpose, id).ok_or(MalformedJob::Missing("link"))?;
        let link = format!("{}{}{token}", self.site.public_url, purpose.path());
        let life = self.link_lifetime(purpose, &row.kind);
        Ok(LookedUp::Letter(match row.kind.as_str() {
            "verify" => Letter::Verify(Verify { link, life }),
            "reset" => Letter::Reset(Reset { link, life }),
            "invite" => Letter::Invite(Invite { link, life }),
            "change_email" => Letter::ChangeEmail(ChangeEmail { link, life }),
            other => return Err(MalformedJob::Kind(other.to_owned()).into()),
        }))
    }

    /// Returns the reason why a link's email is obsolete, if it is.
    async fn is_obsolete(&self, conn: &mut Conn, link: &super::link::Link) -> Result<Option<&'static str>, ComposeFailure> {
        if let Some(id) = &link.signup_id {
            let signup = store::signups::by_id(conn, id).await?;
            let Some(signup) = signup.filter(|s| s.expires_at > self.clock.now()) else {
                return Ok(Some("the signup has expired"));
            };
            let owner = store::users::by_key(conn, &signup.email.canonical()).await?;
            return Ok(owner.map(|_| "the address is already confirmed"));
        }
        let Some(id) = &link.user_id else { return Ok(Some("the link belongs to no account")) };
        let user: Option<User> = store::users::by_id(conn, id).await?;
        Ok(user.filter(|u| u.disabled_at.is_none()).is_none().then_some("the account was deleted or disabled"))
    }
}

fn data(row: &Job) -> Result<EmailData, serde_json::Error> {
    serde_json::from_value(row.payload.clone())
}

/// The purpose of the link that an email of this kind carries.
fn purpose(kind: &str) -> Option<Purpose> {
    match kind {
        "verify" => Some(Purpose::Verify),
        "reset" | "invite" => Some(Purpose::Reset),
        "change_email" => Some(Purpose::ChangeEmail),
        _ => None,
    }
}
