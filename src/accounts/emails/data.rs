//! The data of the emails. Emails with the same data share a type; each has templates of its own.

use std::time::Duration;

use crate::clock::Time;
use crate::mail::Address;
use crate::site_folder::EmailVariables;

use super::context::EmailContext;
use super::facts::{EmailFacts, MissingFact};

/// For an email with a link.
#[derive(Clone, Debug)]
pub struct LinkEmail {
    /// The full address of the page that the link opens.
    pub link: String,
    /// The lifetime of the link.
    pub ttl: Duration,
}

/// For a notice of an event.
#[derive(Clone, Debug)]
pub struct EventEmail {
    /// When it happened.
    pub at: Time,
}

/// For a notice of a new address.
#[derive(Clone, Debug)]
pub struct NewAddressEmail {
    /// Shown masked.
    pub new: Address,
    /// When the change was requested or made.
    pub at: Time,
}

/// The only email with a display name: the address is confirmed, so that nobody else's text can reach it.
#[derive(Clone, Debug)]
pub struct WelcomeEmail {
    /// The display name; empty if not given.
    pub name: String,
}

/// Shows that a transport works.
#[derive(Clone, Debug)]
pub struct TestEmail {
    /// The name of the transport that delivers it.
    pub transport: String,
}

impl LinkEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        let (link, ttl) = facts.link()?;
        Ok(LinkEmail { link, ttl })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("link", self.link.clone()), ("link_lifetime", context.span(&self.ttl))])
    }
}

impl EventEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(EventEmail { at: facts.at })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("time", context.time(&self.at))])
    }
}

impl NewAddressEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(NewAddressEmail { new: facts.new_email()?, at: facts.at })
    }

    pub(super) fn variables(&self, context: &EmailContext) -> EmailVariables {
        EmailVariables::from([("new_email", self.new.masked()), ("time", context.time(&self.at))])
    }
}

impl WelcomeEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(WelcomeEmail { name: facts.name()? })
    }

    pub(super) fn variables(&self, _: &EmailContext) -> EmailVariables {
        EmailVariables::from([("name", self.name.clone())])
    }

    pub(super) fn greeting(&self, context: &EmailContext) -> String {
        match self.name.as_str() {
            "" => context.t("email-greeting"),
            name => context.with("email-greeting-name", "name", name),
        }
    }
}

impl TestEmail {
    pub(super) fn from_facts(facts: &EmailFacts) -> Result<Self, MissingFact> {
        Ok(TestEmail { transport: facts.transport()? })
    }

    pub(super) fn variables(&self, _: &EmailContext) -> EmailVariables {
        EmailVariables::from([("transport", self.transport.clone())])
    }
}
