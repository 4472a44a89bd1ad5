//! The outbox for other programs: they enqueue, and `gatepost serve` delivers.

use crate::clock::Clock;
use crate::db::{Db, OpenError};
use crate::mail::{BuildError, Draft};
use crate::random::Entropy;

use super::job::JobState;
use super::queue::{Outbox, RequeueError};
use super::settings::Settings;

/// The outbox in a database of Gatepost. What it holds is delivered by the `gatepost serve` of the same database: by
/// the transports of its settings, with retries and fail-over. Clones share the connections.
#[derive(Clone)]
pub struct ProgramOutbox {
    outbox: Outbox,
    entropy: Entropy,
}

/// Why a message was not enqueued.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    #[error(transparent)]
    Draft(#[from] BuildError),
    #[error("cannot write to the outbox: {0}")]
    Storage(#[from] sqlx::Error),
}

impl ProgramOutbox {
    /// Opens the database at `url`, `sqlite:PATH` or `postgres://…`: the setting `databases.gatepost.url`. Creates and
    /// migrates it if necessary.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let db = Db::open(url).await?;
        Ok(ProgramOutbox {
            outbox: Outbox::new(db, Clock::system(), Settings::default(), &[]),
            entropy: Entropy::system(),
        })
    }

    /// Enqueues a message and returns its id. It is on disk when this returns, and is tried for two days. From, Date
    /// and Message-ID of the draft are not used: they come from the transport and from the row.
    ///
    /// # Errors
    /// When the draft is not valid, or when the database fails.
    pub async fn enqueue(&self, draft: &Draft) -> Result<String, EnqueueError> {
        let body = draft.build_body()?;
        Ok(self.outbox.enqueue(draft.recipients(), &body, &self.entropy).await?)
    }

    /// The state of a message; `None` if there is no message with this id, for example since its row was deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&self, id: &str) -> Result<Option<JobState>, EnqueueError> {
        Ok(self.outbox.show(id).await?.map(|(entry, _)| entry.state))
    }

    /// Cancels a message that waits.
    ///
    /// # Errors
    /// When the message is unknown, being delivered or settled.
    pub async fn cancel(&self, id: &str) -> Result<(), RequeueError> {
        self.outbox.cancel(id).await
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.outbox.db.close().await;
    }
}
