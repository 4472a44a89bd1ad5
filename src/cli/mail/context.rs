//! What the subcommands need.

use crate::accounts::emails::EmailContext;
use crate::clock::Clock;
use crate::mail::Mailbox;
use crate::outbox::{TransportConfig, Worker};
use crate::random::Entropy;

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
    /// Closes the connections to mail servers.
    pub async fn close(&self) {
        self.worker.close().await;
        for route in &self.routes {
            route.transport.close().await;
        }
    }
}
