//! The outbox against a scripted transport: what becomes of rows, whoever fails.

mod claims;
mod failover;
mod fates;
mod gmail;
mod stage;
