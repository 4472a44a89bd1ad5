//! The queue of outgoing mail. A message is enqueued in the transaction of the change that it reports, and a worker
//! delivers it later. The outbox does not know why a message exists: a `Composer` builds it at each attempt.
//!
//! A row goes queued → leased → sent, or back to queued with a later `next_at`, or ends dead, expired or
//! cancelled. Any number of processes may share one outbox: a claim is a lease with an expiry, and only the
//! last claimant may settle it. No transaction is open during a delivery.

mod availability;
mod backoff;
mod circuit;
mod claiming;
mod delivery;
mod delivery_loop;
mod disposition;
mod entry;
mod health;
mod job;
mod log;
mod program_outbox;
mod queue;
mod release;
mod settings;
mod settling;
mod store;
mod stored_message;
mod worker;

#[cfg(test)]
mod tests;

pub use availability::Availability;
pub use entry::{AttemptEntry, OutboxEntry};
pub use health::{Health, HealthStatus, TransportHealth};
pub use job::{Composed, Composer, Job, JobState, NewJob};
pub use program_outbox::{EnqueueError, ProgramOutbox};
pub use queue::{HourCount, Outbox, RequeueError};
pub use release::{MAX_RELEASED, Pattern, Release, ReleaseError, ReleaseQueue, ReleasedMessage};
pub use settings::{Settings, TransportConfig};
pub use store::{attribute, delete_recipient, enqueue};
#[cfg(test)]
pub use stored_message::enqueue_mail;
pub use worker::Worker;
