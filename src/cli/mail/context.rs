//! What the subcommands need.

use crate::accounts::emails::EmailContext;
use crate::clock::Clock;
use crate::config::{Config, TransportKind};
use crate::mail::Mailbox;
use crate::outbox::{TransportConfig, Worker};
use crate::random::Entropy;
use crate::server::{self, Services};

/// What the subcommands need.
pub struct MailContext {
    /// The transports of mail.transport in order of preference, then the other configured ones.
    pub routes: Vec<TransportConfig>,
    pub worker: Worker,
    pub reply_to: Option<Mailbox>,
    /// The language, site name and URL for the test email.
    pub email_context: EmailContext,
    pub clock: Clock,
    pub entropy: Entropy,
}

impl MailContext {
    pub fn new(config: &Config, parts: &Services) -> Self {
        let configured = [TransportKind::Capture, TransportKind::Smtp, TransportKind::Gmail];
        let is_set_up = |way: &TransportKind| *way != TransportKind::Gmail || config.mail.gmail.settings.is_set_up();
        let others = configured.into_iter().filter(|way| !config.mail.transports.contains(way) && is_set_up(way));
        let ways = config.mail.transports.iter().copied().chain(others);
        let route = |way| server::route(config, way, parts.inbox.as_ref(), &parts.clock, &parts.entropy);
        MailContext {
            routes: ways.filter_map(route).collect(),
            worker: parts.worker.clone(),
            reply_to: config.mail.reply_to.clone(),
            email_context: EmailContext::new(&config.site, config.site.default_locale),
            clock: parts.clock.clone(),
            entropy: parts.entropy.clone(),
        }
    }

    /// Closes the connections to mail servers.
    pub async fn close(&self) {
        self.worker.close().await;
        for route in &self.routes {
            route.transport.close().await;
        }
    }
}
