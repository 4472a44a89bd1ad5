//! `gatepost mail`: sends messages from the command line and shows and changes the outbox.

mod command;
mod desk;
mod send;

pub use command::{MailCommand, MailError, MailContext, run};

#[cfg(test)]
mod tests;
