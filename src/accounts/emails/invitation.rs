//! To a user whom the operator created: asks for a first password.

use std::time::Duration;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct InvitationEmail {
    /// The full address of the page that takes the first password.
    pub link: String,
    /// The lifetime of the link.
    pub ttl: Duration,
}

impl InvitationEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        let (link, ttl) = facts.link()?;
        Ok(InvitationEmail { link, ttl })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("link", self.link.clone()), ("link_lifetime", context.span(&self.ttl))])
    }
}

email_templates!(
    InvitationEmail,
    "emails/invitation/subject.txt",
    "emails/invitation/body.txt",
    "emails/invitation/body.html"
);
