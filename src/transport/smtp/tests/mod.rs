//! Tests of the SMTP transport against a scripted server.

mod dialogue;
mod hostile;
mod ordinary;
pub(crate) mod server;
mod trust;
mod unusual;
