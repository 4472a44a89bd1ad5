//! Composes account emails at delivery: loads the rows, decides whether the email is still needed, derives the link and
//! renders the templates.

use std::error::Error as StdError;

use async_trait::async_trait;

use crate::clock::{Clock, Time};
use crate::db::{Conn, Db};
use crate::i18n::Locale;
use crate::mail::{Draft, Mailbox};
use crate::outbox::{Composed, Composer, Job};
use crate::secret::SecretKey;

use super::emails::{Email, EmailContext, EmailFacts, EmailKind, MissingFact};
use super::link::Link;
use super::linked_email::{EmailData, PLACEBO};
use super::settings::Settings;
use super::site::Site;
use super::store;
use super::token::{self, Purpose};
use super::user::User;

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
    Email(Email),
    Obsolete(&'static str),
}

/// An outbox job whose kind is not the name of an email.
#[derive(Debug, thiserror::Error)]
#[error("unknown email kind {0:?}")]
struct UnknownKind(String);

#[async_trait]
impl Composer for EmailComposer {
    /// Restarts the link's lifetime: it counts from the latest delivery attempt.
    async fn before_delivery(&self, conn: &mut Conn, job: &Job, now: Time) -> Result<(), sqlx::Error> {
        let ttl = EmailKind::from_name(&job.kind).and_then(|kind| kind.link_ttl(&self.settings));
        match (data(job).ok().and_then(|data| data.link), ttl) {
            (Some(link), Some(ttl)) => store::links::restart_lifetime(conn, &link, now + ttl).await,
            _ => Ok(()),
        }
    }

    async fn compose(&self, job: &Job) -> Result<Composed, ComposeFailure> {
        if job.kind == PLACEBO {
            return Ok(Composed::Skipped("no account has this address"));
        }
        let kind = EmailKind::from_name(&job.kind).ok_or_else(|| UnknownKind(job.kind.clone()))?;
        let data = data(job)?;
        let email = match self.look_up(kind, job, &data).await? {
            LookedUp::Email(email) => email,
            LookedUp::Obsolete(reason) => return Ok(Composed::Skipped(reason)),
        };
        let locale = Locale::from_tag(&data.locale).unwrap_or(self.site.default_locale);
        let context = EmailContext::new(&self.site, locale);
        let rendered = email.render(&context)?;
        let draft = Draft {
            id: job.id.clone(),
            purpose: Some(kind.api_purpose().to_owned()),
            from: job.from.clone(),
            reply_to: self.reply_to.clone(),
            to: job.to.iter().cloned().map(Mailbox::from).collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            attachments: Vec::new(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            date: job.date,
            message_id: job.message_id.clone(),
            language: Some(locale.tag().to_owned()),
            auto_submitted: true,
        };
        Ok(Composed::Mail(draft.build()?))
    }
}

impl EmailComposer {
    async fn look_up(&self, kind: EmailKind, job: &Job, data: &EmailData) -> Result<LookedUp, ComposeFailure> {
        let mut conn = self.db.read().await?;
        let mut facts = EmailFacts {
            link: None,
            link_ttl: kind.link_ttl(&self.settings),
            name: None,
            new_email: data.new_email.as_deref().map(str::parse).transpose()?,
            at: job.enqueued_at,
            transport: None,
        };
        match kind.link() {
            Some(purpose) => {
                let id = data.link.as_ref().ok_or(MissingFact("link"))?;
                let Some(link) = store::links::by_id(&mut conn, id, purpose).await?.filter(|l| l.used_at.is_none())
                else {
                    return Ok(LookedUp::Obsolete("the link was used or replaced"));
                };
                if let Some(reason) = self.obsolete_reason(&mut conn, &link).await? {
                    return Ok(LookedUp::Obsolete(reason));
                }
                facts.link = Some(self.link_address(purpose, id));
            }
            None => {
                let id = data.user.as_ref().ok_or(MissingFact("user"))?;
                let Some(user) = store::users::by_id(&mut conn, id).await? else {
                    return Ok(LookedUp::Obsolete("the account was deleted"));
                };
                facts.name = Some(user.name);
            }
        }
        Ok(LookedUp::Email(kind.email(&facts)?))
    }

    fn link_address(&self, purpose: Purpose, id: &str) -> String {
        let token = token::issue(&self.key, purpose, id);
        format!("{}{}{token}", self.site.public_url, purpose.path())
    }

    /// Returns the reason why a link's email is obsolete, if it is.
    async fn obsolete_reason(&self, conn: &mut Conn, link: &Link) -> Result<Option<&'static str>, ComposeFailure> {
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

fn data(job: &Job) -> Result<EmailData, serde_json::Error> {
    serde_json::from_value(job.payload.clone())
}
