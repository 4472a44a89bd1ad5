//! Notice to the previous address of a user: another one replaced it.

use crate::clock::Time;
use crate::mail::Address;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct EmailChangedEmail {
    /// Shown masked.
    pub new: Address,
    /// When the address was changed.
    pub at: Time,
}

impl EmailChangedEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(EmailChangedEmail { new: facts.new_email()?, at: facts.at })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("new_email", self.new.masked()), ("time", context.time(&self.at))])
    }
}

email_templates!(
    EmailChangedEmail,
    "emails/email_changed/subject.txt",
    "emails/email_changed/body.txt",
    "emails/email_changed/body.html"
);
