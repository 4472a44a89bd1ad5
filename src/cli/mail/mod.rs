//! `gatepost mail`: mail sent by hand, and the outbox at the terminal.

mod command;
mod desk;
mod send;

pub use command::{Command, MailError, Post, run};

#[cfg(test)]
mod tests;
