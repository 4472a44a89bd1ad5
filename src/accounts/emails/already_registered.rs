//! To a user whose address was used for another signup.

use crate::clock::Time;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct AlreadyRegisteredEmail {
    /// When the signup was submitted.
    pub at: Time,
}

impl AlreadyRegisteredEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(AlreadyRegisteredEmail { at: facts.at })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("time", context.time(&self.at))])
    }
}

email_templates!(
    AlreadyRegisteredEmail,
    "emails/already_registered/subject.txt",
    "emails/already_registered/body.txt",
    "emails/already_registered/body.html"
);
