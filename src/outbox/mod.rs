//! The queue of outgoing mail. A message is enqueued in the transaction of the change that it reports, and a worker
//! delivers it later. The outbox does not know why a message exists: a `Composer` builds it at each attempt.
//!
//! A row goes queued → leased → sent, or back to queued with a later `next_at`, or ends dead, expired or
//! cancelled. Any number of processes may share one outbox: a claim is a lease with an expiry, and only the
//! last claimant may settle it. No transaction is open during a delivery.

mod backoff;
mod circuit;
mod claiming;
mod crew;
mod delivery;
mod desk;
mod health;
mod journal;
mod plain;
mod row;
mod settings;
mod settling;
mod store;
mod verdict;
mod worker;

#[cfg(test)]
mod tests;

pub use desk::{AttemptEntry, OutboxEntry, Outbox, RequeueError};
pub use health::{Health, HealthStatus, TransportHealth};
#[cfg(test)]
pub use plain::enqueue_mail;
pub use plain::enqueue_release;
pub use row::{Composer, Composed, NewJob, Job, JobState};
pub use settings::{SendRate, TransportConfig, Settings};
pub use store::{attribute, enqueue, forget};
pub use worker::Worker;
