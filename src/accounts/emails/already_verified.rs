//! To a user for whose address a confirmation was requested.

use crate::clock::Time;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct AlreadyVerifiedEmail {
    /// When the email was requested.
    pub at: Time,
}

impl AlreadyVerifiedEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(AlreadyVerifiedEmail { at: facts.at })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("time", context.time(&self.at))])
    }
}

email_templates!(
    AlreadyVerifiedEmail,
    "emails/already_verified/subject.txt",
    "emails/already_verified/body.txt",
    "emails/already_verified/body.html"
);
