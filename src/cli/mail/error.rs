//! Why a subcommand failed.

use std::path::PathBuf;

use crate::mail::BuildError;
use crate::outbox::{JobState, RequeueError};
use crate::site_folder::SiteError;

/// Why the command failed, on one line.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("transport {name:?} is not set up: {cure}; configured transports: {configured}")]
    NoTransport { name: String, cure: &'static str, configured: String },
    #[error("cannot read {}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("cannot attach {}: not a regular file", .0.display())]
    NoFile(PathBuf),
    #[error("cannot use {} as text: not UTF-8", .0.display())]
    NotText(PathBuf),
    #[error("{} is too large: {size} bytes, at most {max} per message", path.display())]
    TooLarge { path: PathBuf, size: u64, max: usize },
    #[error("{0}")]
    Message(#[from] BuildError),
    #[error(transparent)]
    Template(#[from] SiteError),
    #[error("cannot render the test email: {0}")]
    Render(#[from] askama::Error),
    #[error("transport {transport} failed: {reason}")]
    Refused { transport: &'static str, reason: String },
    #[error("not sent yet: {reason}; still in the outbox as {id}, `gatepost serve` will retry it")]
    StillQueued { id: String, reason: String },
    #[error(
        "interrupted: the message may have been delivered; it stays in the outbox as {id}, and `gatepost serve` will \
         retry it unless `gatepost mail cancel {id}` prevents that"
    )]
    Interrupted { id: String },
    #[error("interrupted: the message stays in the outbox as {id}, and `gatepost serve` will deliver it")]
    InterruptedBefore { id: String },
    #[error("message {id} was not sent ({}): {reason}", state.name())]
    NotSent { id: String, state: JobState, reason: String },
    #[error("sent, but {0}")]
    InPart(String),
    #[error("{0}")]
    Requeue(#[from] RequeueError),
    #[error("cannot read the outbox: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("standard output is closed: {0}")]
    Output(#[from] std::io::Error),
}
