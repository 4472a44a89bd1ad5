//! The capture server: it accepts messages by SMTP and LMTP, stores them in the inbox and forwards nothing.
//!
//! A connection (I/O, deadlines, TLS) drives a session (pure: bytes in, replies and steps out). The session parses
//! commands with `command` and `path`, reads messages with `body`, and applies the rules of `faults`.
//! There are no DNS lookups, so that the greeting never waits for a DNS server.

mod auth;
mod body;
mod budget;
mod chaos;
mod command;
mod connection;
mod dialogue;
mod distrust;
mod faults;
mod listener;
mod mischief;
mod outcome;
mod path;
mod rulebook;
mod session;
mod settings;
mod tls;
mod transaction;
mod transcript;
mod verdict;

pub use chaos::{ChaosTriggers, Trigger};
pub use faults::FaultRules;
pub use listener::{BoundListeners, SmtpServer, SmtpStartError};
pub use path::mailbox;
pub use rulebook::FaultRegistry;
pub use settings::{Limits, Settings, SmtpUser};

#[cfg(test)]
mod tests;
