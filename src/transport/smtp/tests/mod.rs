//! Tests of the SMTP transport against a scripted server.

mod dialogue;
mod hostile;
mod judged;
mod ordinary;
mod round_trips;
pub(crate) mod server;
mod trust;
mod unusual;
