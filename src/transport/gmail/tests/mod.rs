//! Tests of the Gmail transport against a stub of Google: each answer gives the right failure kind, a message that says
//! what to do, and no secrets.

#[path = "../../../../tests/it/support/google/mod.rs"]
pub(crate) mod google;

pub(crate) mod bench;
mod consent;
mod refresh;
mod resumable;
mod service;
mod tls;
mod upload;
