//! From `gatepost mail test`: shows that a transport works.

use super::render::email_templates;
use super::{EmailContext, EmailFacts, EmailVariables, MissingFact, RenderedEmail};

/// The data of this email.
#[derive(Clone, Debug)]
pub struct TestEmail {
    /// The name of the transport that delivers it.
    pub transport: String,
}

impl TestEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(TestEmail { transport: facts.transport()? })
    }

    pub(super) fn variables(&self, _: &EmailContext) -> EmailVariables {
        EmailVariables::from([("transport", self.transport.clone())])
    }
}

email_templates!(TestEmail, "emails/test/subject.txt", "emails/test/body.txt", "emails/test/body.html");
