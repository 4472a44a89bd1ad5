//! What an outbox row and the account database know about an email. Each email takes what it needs.

use std::time::Duration;

use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::Address;

use super::context::EmailContext;

/// The facts that an email may state.
#[derive(Clone, Debug)]
pub struct EmailFacts {
    /// The full address of the page that the link opens; only emails with a link have it.
    pub link: Option<String>,
    /// The lifetime of the link.
    pub link_ttl: Option<Duration>,
    /// The user's display name; empty if not given.
    pub name: Option<String>,
    /// The address that replaces the user's, or is meant to.
    pub new_email: Option<Address>,
    /// When the reported event happened.
    pub at: Time,
    /// The transport that delivers a test email.
    pub transport: Option<String>,
}

/// A row that lacks a fact of its email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("outbox job without {0}")]
pub struct MissingFact(pub &'static str);

impl EmailFacts {
    pub(super) fn link(&self) -> Result<(String, Duration), MissingFact> {
        self.link.clone().zip(self.link_ttl).ok_or(MissingFact("link"))
    }

    pub(super) fn name(&self) -> Result<String, MissingFact> {
        self.name.clone().ok_or(MissingFact("user"))
    }

    pub(super) fn new_email(&self) -> Result<Address, MissingFact> {
        self.new_email.clone().ok_or(MissingFact("address"))
    }

    pub(super) fn transport(&self) -> Result<String, MissingFact> {
        self.transport.clone().ok_or(MissingFact("transport"))
    }

    /// Sample data for the previews and the tests; the link opens nothing.
    pub(super) fn sample(context: &EmailContext, path: &str, link_ttl: Duration) -> Self {
        /// As long as a real token, so that previews look like real emails.
        const TOKEN: &str = "sample00000000000000000000";
        /// 2026-11-21 03:34 UTC.
        const AT: Time = Time::from_millis(1_795_232_040_000);
        let name = match context.locale {
            Locale::En => "Robin",
            Locale::Ko => "김하늘",
        };
        EmailFacts {
            link: Some(format!("{}{path}{TOKEN}", context.public_url)),
            link_ttl: Some(link_ttl),
            name: Some(name.to_owned()),
            new_email: Address::parse("new.address@example.com").ok(),
            at: AT,
            transport: Some("capture".to_owned()),
        }
    }
}
