//! To an address that signed up: asks its owner to confirm it.

use std::time::Duration;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct VerificationEmail {
    /// The full address of the confirmation page.
    pub link: String,
    /// The lifetime of the link.
    pub ttl: Duration,
}

impl VerificationEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        let (link, ttl) = facts.link()?;
        Ok(VerificationEmail { link, ttl })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("link", self.link.clone()), ("link_lifetime", context.span(&self.ttl))])
    }
}

email_templates!(
    VerificationEmail,
    "emails/verification/subject.txt",
    "emails/verification/body.txt",
    "emails/verification/body.html"
);
