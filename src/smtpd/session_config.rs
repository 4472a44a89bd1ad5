//! What all sessions of a listener share.

use crate::clock::Clock;
use crate::inbox::{ErrorReplies, SettingNames};
use crate::random::Entropy;
use crate::secret::Logins;

use super::budget::MemoryBudget;
use super::failed_logins::FailedLogins;
use super::fault_registry::FaultRegistry;
use super::recipient_rules::RecipientRules;
use super::settings::SmtpLimits;

/// Settings and shared state of all sessions of a listener.
#[derive(Clone, Debug)]
pub(super) struct SessionConfig {
    pub protocol: Protocol,
    pub hostname: String,
    pub names: SettingNames,
    pub starttls: bool,
    pub requires_tls: bool,
    pub users: Logins,
    pub recipients: RecipientRules,
    pub strict_header: bool,
    pub max_message_size: usize,
    pub limits: SmtpLimits,
    pub faults: FaultRegistry,
    pub budget: MemoryBudget,
    pub failed_logins: FailedLogins,
    /// Receives every error reply, for the inbox page.
    pub replies: ErrorReplies,
    pub clock: Clock,
    pub entropy: Entropy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Smtp,
    Lmtp,
}
