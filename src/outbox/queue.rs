//! The outbox as its callers see it: enqueue messages, list rows and their attempts, requeue and cancel them.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::{Clock, Time};
use crate::db::Db;
use crate::mail::Address;
use crate::random::Entropy;

use super::entry::{AttemptEntry, OutboxEntry};
use super::health::{Health, HealthStatus, health};
use super::job::JobState;
use super::settings::Settings;
use super::store;
use super::stored_message::{enqueue_mail, enqueue_release};

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// One page of rows, newest first.
#[derive(Clone, Debug)]
pub struct EntryPage {
    pub entries: Vec<OutboxEntry>,
    /// The `before` of the next page; `None` on the last page.
    pub next: Option<String>,
}

/// The number of messages of one hour, transport and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourCount {
    /// The beginning of the hour in which they were queued, in UTC.
    pub hour: Time,
    /// Empty if they had no attempt yet.
    pub transport: String,
    pub state: JobState,
    pub count: u64,
}

/// Why a row cannot be requeued or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum RequeueError {
    #[error("no message with this id in the outbox")]
    Unknown,
    #[error("cannot requeue a message that is {}: only queued, dead, expired and cancelled ones can be", .0.name())]
    NotRequeueable(JobState),
    #[error("cannot cancel a message that is {}: only queued ones can be", .0.name())]
    NotCancellable(JobState),
    #[error("cannot read the outbox: {0}")]
    Storage(#[from] sqlx::Error),
}

/// The outbox without its worker. Clones share one queue.
#[derive(Clone)]
pub struct Outbox {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) wake: Arc<Notify>,
    pub(super) settings: Settings,
    /// In order of preference.
    pub(super) transports: Arc<[&'static str]>,
    /// The transports whose mail other servers will reject because of its From, and why.
    pub(super) sender_errors: Arc<[(&'static str, String)]>,
}

impl Outbox {
    /// An outbox without a worker, for commands that only read.
    pub fn new(db: Db, clock: Clock, settings: Settings, transports: &[&'static str]) -> Self {
        let (wake, sender_errors) = (Arc::default(), Arc::default());
        Outbox { db, clock, wake, settings, transports: transports.into(), sender_errors }
    }

    /// The transports whose mail other servers will reject because of its From, and why.
    pub fn sender_errors(&self) -> &[(&'static str, String)] {
        &self.sender_errors
    }

    /// Wakes this process's worker: call it after the commit that enqueued something.
    pub fn notify(&self) {
        self.wake.notify_one();
    }

    /// Names of the transports, in order of preference.
    pub fn transports(&self) -> &[&'static str] {
        &self.transports
    }

    /// When a message that is enqueued now expires, unless it has an expiry of its own.
    pub fn message_expiry(&self) -> Time {
        self.clock.now() + self.settings.message_ttl
    }

    /// Enqueues a message in a transaction of its own and returns its id; see `enqueue_mail` for `body`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue(&self, to: Vec<Address>, body: &[u8], entropy: &Entropy) -> Result<String, sqlx::Error> {
        let mut tx = self.db.write().await?;
        let id = enqueue_mail(&mut tx, to, body, self.message_expiry(), self.clock.now(), entropy).await?;
        tx.commit().await?;
        self.notify();
        Ok(id)
    }

    /// Enqueues captured bytes for other recipients in a transaction of its own and returns the id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release(
        &self,
        from: Option<&Address>,
        to: Vec<Address>,
        bytes: &[u8],
        entropy: &Entropy,
    ) -> Result<String, sqlx::Error> {
        let mut tx = self.db.write().await?;
        let id = enqueue_release(&mut tx, from, to, bytes, self.message_expiry(), self.clock.now(), entropy).await?;
        tx.commit().await?;
        self.notify();
        Ok(id)
    }

    /// The health of the outbox and its transports.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn health(&self) -> Result<Health, sqlx::Error> {
        let mut health = health(&mut *self.db.read().await?, &self.transports, self.clock.now()).await?;
        for (name, error) in self.sender_errors() {
            health.transports.iter_mut().filter(|transport| transport.name == *name).for_each(|transport| {
                transport.status = HealthStatus::Degraded;
                transport.reason.get_or_insert_with(|| error.clone());
            });
        }
        Ok(health)
    }

    /// At most `limit` rows with an id below `before`, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(
        &self,
        state: Option<JobState>,
        before: Option<&str>,
        limit: usize,
    ) -> Result<EntryPage, sqlx::Error> {
        let wanted = i64::try_from(limit.clamp(1, 1_000)).unwrap_or(1_000);
        let mut entries = store::entries(&mut *self.db.read().await?, state, before, wanted + 1).await?;
        let more = entries.len() > usize::try_from(wanted).unwrap_or(usize::MAX);
        if more {
            entries.pop();
        }
        let next = entries.last().filter(|_| more).map(|entry| entry.id.clone());
        Ok(EntryPage { entries, next })
    }

    /// The number of messages by hour, transport and state, over the last `hours` hours and the current one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_hour(&self, hours: u32) -> Result<Vec<HourCount>, sqlx::Error> {
        let first = self.clock.now().millis().div_euclid(HOUR).saturating_sub(i64::from(hours));
        let counted = store::by_hour(&mut *self.db.read().await?, Time::from_millis(first * HOUR)).await?;
        let count = |(hour, transport, state, n): (i64, String, JobState, i64)| HourCount {
            hour: Time::from_millis(hour.saturating_mul(HOUR)),
            transport,
            state,
            count: u64::try_from(n).unwrap_or_default(),
        };
        Ok(counted.into_iter().filter(|(hour, ..)| *hour >= first).map(count).collect())
    }

    /// One row with its attempts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn show(&self, id: &str) -> Result<Option<(OutboxEntry, Vec<AttemptEntry>)>, sqlx::Error> {
        let mut conn = self.db.read().await?;
        let Some(entry) = store::entry(&mut conn, id).await? else { return Ok(None) };
        let attempts = store::attempts(&mut conn, id).await?;
        Ok(Some((entry, attempts)))
    }

    /// Makes a row due now, with a new expiry. The row itself is sent again, not a copy of it.
    ///
    /// # Errors
    /// When the row is unknown, being delivered or sent.
    pub async fn requeue(&self, id: &str) -> Result<(), RequeueError> {
        let mut tx = self.db.write().await?;
        if !store::requeue(&mut tx, id, self.clock.now(), self.message_expiry()).await? {
            let state = store::entry(&mut tx, id).await?.ok_or(RequeueError::Unknown)?.state;
            return Err(RequeueError::NotRequeueable(state));
        }
        tx.commit().await?;
        self.notify();
        Ok(())
    }

    /// Cancels a waiting row.
    ///
    /// # Errors
    /// When the row is unknown, being delivered or settled.
    pub async fn cancel(&self, id: &str) -> Result<(), RequeueError> {
        let mut tx = self.db.write().await?;
        if !store::cancel(&mut tx, id, self.clock.now()).await? {
            let state = store::entry(&mut tx, id).await?.ok_or(RequeueError::Unknown)?.state;
            return Err(RequeueError::NotCancellable(state));
        }
        Ok(tx.commit().await?)
    }
}
