//! All SQL of the outbox, one file for each stage of a row. Only the claim differs between the two databases.

mod bodies;
mod circuits;
mod claim;
mod desk;
mod enqueue;
mod forget;
mod settle;
mod sweep;

pub use enqueue::enqueue;
pub use forget::{attribute, forget};

pub(super) use bodies::{body, keep_body};
pub(super) use circuits::{circuits, grab_probe, introduce, rate_used, save, use_rate};
pub(super) use claim::{Claim, Claimed, Suspects, anything_due, claim, renew, row_due, same_recipients};
pub(super) use desk::{attempts, backlog, cancel, dead_since, entries, entry, requeue};
pub(super) use settle::{note, settle};
pub(super) use sweep::{ExpiredJob, expire, purge, reap};
