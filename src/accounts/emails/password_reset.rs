//! To a user who forgot the password.

use std::time::Duration;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct PasswordResetEmail {
    /// The full address of the page that takes the new password.
    pub link: String,
    /// The lifetime of the link.
    pub ttl: Duration,
}

impl PasswordResetEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        let (link, ttl) = facts.link()?;
        Ok(PasswordResetEmail { link, ttl })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("link", self.link.clone()), ("link_lifetime", context.span(&self.ttl))])
    }
}

email_templates!(
    PasswordResetEmail,
    "emails/password_reset/subject.txt",
    "emails/password_reset/body.txt",
    "emails/password_reset/body.html"
);
