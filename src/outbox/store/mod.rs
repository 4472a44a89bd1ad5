//! All SQL of the outbox, one file for each stage of a row. Only the claim differs between the two databases.

mod bodies;
mod circuits;
mod claim;
mod enqueue;
mod inspect;
mod redact;
mod settle;
mod sweep;

pub use enqueue::enqueue;
pub use redact::{attribute, delete_recipient};

pub(super) use bodies::{body, keep_body};
pub(super) use circuits::{circuits, claim_probe, rate_used, register_transport, save, use_rate};
pub(super) use claim::{Claim, Claimed, anything_due, claim, renew, row_due, same_recipients};
pub(super) use inspect::{
    attempts, backlog, by_hour, cancel, dead_in_a_row, dead_since, entries, entry, requeue, unsupported_by,
};
pub(super) use settle::{Settlement, record_attempts, settle};
pub(super) use sweep::{ExpiredJob, end_lease, expire, purge, release_expired_leases};
