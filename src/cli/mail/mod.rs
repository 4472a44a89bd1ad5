//! `gatepost mail`: sends messages from the command line and shows and changes the outbox.

mod command;
mod outbox;
mod send;

pub use command::{MailCommand, MailContext, MailError, run};

#[cfg(test)]
mod tests;
