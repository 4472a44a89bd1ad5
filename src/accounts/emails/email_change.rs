//! To the new address of a user: asks to confirm it.

use std::time::Duration;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct EmailChangeEmail {
    /// The full address of the confirmation page.
    pub link: String,
    /// The lifetime of the link.
    pub ttl: Duration,
}

impl EmailChangeEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        let (link, ttl) = facts.link()?;
        Ok(EmailChangeEmail { link, ttl })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("link", self.link.clone()), ("link_lifetime", context.span(&self.ttl))])
    }
}

email_templates!(
    EmailChangeEmail,
    "emails/email_change/subject.txt",
    "emails/email_change/body.txt",
    "emails/email_change/body.html"
);
