//! The SMTP transport: sends mail through a submission server. It uses the public parts of mail-send and smtp-proto but
//! not their client, which has no timeouts per stage, no connection pool and no pipelining, and loses 44 ms per message
//! to Nagle's algorithm.

mod adaptive_limit;
mod connect;
mod connection;
mod dot_stuffing;
mod failure;
mod login;
mod pool;
mod provider;
mod settings;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod transaction;
mod wire;

pub use pool::Smtp;
pub use settings::{Security, Settings, SettingsError, SmtpOptions};
