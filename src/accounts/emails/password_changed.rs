//! Notice to a user: the password was changed or reset.

use crate::clock::Time;

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct PasswordChangedEmail {
    /// When the password was changed.
    pub at: Time,
}

impl PasswordChangedEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(PasswordChangedEmail { at: facts.at })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("time", context.time(&self.at))])
    }
}

email_templates!(
    PasswordChangedEmail,
    "emails/password_changed/subject.txt",
    "emails/password_changed/body.txt",
    "emails/password_changed/body.html"
);
