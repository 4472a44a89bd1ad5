//! Notice to the current address of a user: another one was requested.

use crate::clock::Time;
use crate::mail::Address;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct EmailChangeRequestedEmail {
    /// Shown masked.
    pub new: Address,
    /// When the change was requested.
    pub at: Time,
}

impl EmailChangeRequestedEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(EmailChangeRequestedEmail { new: facts.new_email()?, at: facts.at })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("new_email", self.new.masked()), ("time", context.time(&self.at))])
    }
}

email_templates!(
    EmailChangeRequestedEmail,
    "emails/email_change_requested/subject.txt",
    "emails/email_change_requested/body.txt",
    "emails/email_change_requested/body.html"
);
