//! Mail through a submission server: our own session over mail-send's and smtp-proto's public parts, since the
//! ready-made client has no limits per stage, no pool, no pipelined envelope and loses 44 ms a mail to Nagle's
//! algorithm.

mod connect;
mod envelope;
mod failure;
mod lanes;
mod login;
mod pool;
mod provider;
mod session;
mod settings;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod wire;

pub use pool::Smtp;
pub use settings::{Asked, Security, Settings, SettingsError};
