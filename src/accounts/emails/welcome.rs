//! To a user after the confirmation. The only email with a display name: the address is confirmed, so that nobody else's
//! text can reach it.

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct WelcomeEmail {
    /// The display name; empty if not given.
    pub name: String,
}

impl WelcomeEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(WelcomeEmail { name: facts.name()? })
    }

    pub(super) fn variables(&self, _: &EmailContext) -> EmailVariables {
        EmailVariables::from([("name", self.name.clone())])
    }

    fn greeting(&self, context: &EmailContext) -> String {
        match self.name.as_str() {
            "" => context.t("email-greeting"),
            name => context.with("email-greeting-name", "name", name),
        }
    }
}

email_templates!(WelcomeEmail, "emails/welcome/subject.txt", "emails/welcome/body.txt", "emails/welcome/body.html");
