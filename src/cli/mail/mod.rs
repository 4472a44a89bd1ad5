//! `gatepost mail`: sends messages from the command line and shows and changes the outbox.

mod command;
mod context;
mod error;
mod files;
mod outbox;
mod send;

pub use command::{MailCommand, run};
pub use context::MailContext;
pub use error::MailError;

#[cfg(test)]
mod tests;
