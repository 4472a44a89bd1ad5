//! The transport against a stand-in for Google: each answer ends in its class, with a sentence and without secrets.

#[path = "../../../../tests/it/support/google/mod.rs"]
pub(crate) mod google;

pub(crate) mod bench;
mod consent;
mod refresh;
mod resumable;
mod service;
mod tls;
mod upload;
