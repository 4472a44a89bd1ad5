//! The capture server: it accepts messages by SMTP and LMTP, stores them in the inbox and forwards nothing.
//!
//! A connection (I/O, deadlines, TLS) drives a session (pure: bytes in, replies and steps out). The session parses
//! commands with `command` and `path`, reads messages with `body`, and applies the rules of `faults`. `transaction` is
//! the envelope with its message, and `delivery_plan` what becomes of it.
//! There are no DNS lookups, so that the greeting never waits for a DNS server.

mod auth;
mod body;
mod budget;
mod chaos;
mod command;
mod connection;
mod connection_context;
mod deadline;
mod delivery_plan;
mod failed_logins;
mod fault_decision;
mod fault_registry;
mod faults;
mod listener;
mod path;
mod recipient_rules;
mod session;
mod session_config;
mod session_report;
mod settings;
mod stream;
mod tls;
mod tls_failure;
mod transaction;
mod transcript;

pub use budget::MemoryBudget;
pub use chaos::{ChaosTriggers, Trigger};
pub use failed_logins::FailedLogins;
pub use fault_registry::{FaultRegistry, FaultUpdateError};
pub use faults::{FaultRule, FaultRules, MAX_DELAY};
pub use listener::{BoundListeners, SmtpServer, SmtpStartError};
pub use path::mailbox;
pub use recipient_rules::RecipientRules;
pub use settings::{Settings, SmtpLimits};
pub use tls::{TlsError, acceptor as tls_acceptor, check_certificate};

#[cfg(test)]
mod tests;
