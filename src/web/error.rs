//! Why a request fails: one type for the pages of accounts and inbox and for the API. `error_response` has the answers.

use std::time::Duration;

use rocket::http::Status;

use crate::accounts;
use crate::inbox::{StoreError, TagError};

use super::body::BadBody;
use super::problem::PageProblem;

/// Roughly how long a full hash queue takes to drain.
const BUSY_WAIT: Duration = Duration::from_secs(2);
/// How long to wait when something is unavailable.
pub const AWAY_WAIT: Duration = Duration::from_secs(5);

/// The error of a request.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// A problem whose own texts say enough.
    #[error("{}", .0.key())]
    Problem(PageProblem),
    #[error(transparent)]
    Accounts(#[from] accounts::Error),
    #[error("cannot render the page: {0}")]
    Render(#[from] askama::Error),
    /// 400 with this text.
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Body(#[from] BadBody),
    /// 404 for an unknown id.
    #[error("404 page not found")]
    Unknown,
    /// 404 for `latest` without a message, or for a view whose part is missing.
    #[error("{0}")]
    Missing(&'static str),
    /// 408 if what a request waits for has not happened in time.
    #[error("{0}")]
    Timeout(String),
    /// 503 if the account database is unavailable.
    #[error("cannot read the outbox; try again later")]
    Outbox(#[from] sqlx::Error),
    /// 503 if too many streams, sockets or long polls are open.
    #[error("too many open connections; try again later")]
    Busy,
    /// 503 if the server stops.
    #[error("the server is stopping; try again later")]
    Stopping,
    /// 403 if a page of another site caused a request that marks a message read or starts a check.
    #[error("this request was caused by a page of another site")]
    OtherSite,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task on another thread failed.
    #[error("cannot {0}")]
    Task(&'static str),
}

impl WebError {
    pub fn bad(text: impl Into<String>) -> Self {
        WebError::Bad(text.into())
    }

    pub fn status(&self) -> Status {
        match self {
            WebError::Problem(problem) => Status::new(problem.status()),
            WebError::Accounts(error) => Status::new(retry(error).map_or(500, |(problem, _)| problem.status())),
            WebError::Body(BadBody::NoMemory) => Status::ServiceUnavailable,
            WebError::Bad(_) | WebError::Body(_) => Status::BadRequest,
            WebError::Unknown | WebError::Missing(_) => Status::NotFound,
            WebError::Timeout(_) => Status::RequestTimeout,
            WebError::OtherSite => Status::Forbidden,
            WebError::Busy | WebError::Outbox(_) | WebError::Stopping => Status::ServiceUnavailable,
            WebError::Store(StoreError::DiskFull) => Status::InsufficientStorage,
            WebError::Store(_) | WebError::Render(_) | WebError::Task(_) => Status::InternalServerError,
        }
    }

    /// How the site's pages name it.
    pub fn problem(&self) -> PageProblem {
        match self {
            WebError::Problem(problem) => *problem,
            WebError::Accounts(error) => retry(error).map_or(PageProblem::Internal, |(problem, _)| problem),
            other => PageProblem::from_status(other.status().code),
        }
    }

    /// The wait after which the same request may succeed.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            WebError::Accounts(error) => retry(error).map(|(_, wait)| wait),
            other => (other.status() == Status::ServiceUnavailable).then_some(AWAY_WAIT),
        }
    }

    /// Logs what the client does not learn. Returns the id of the incident if its page shows one.
    pub fn log(&self, id: impl FnOnce() -> String) -> Option<String> {
        match self {
            WebError::Store(error) => tracing::error!(%error, "inbox request failed"),
            WebError::Outbox(error) => tracing::error!(%error, "cannot read the outbox"),
            WebError::Body(BadBody::NoMemory) => {
                tracing::warn!("a message was refused: the messages that are being received fill their memory");
            }
            WebError::Accounts(accounts::Error::Database(error)) => tracing::error!(%error, "database error"),
            error if error.status() == Status::InternalServerError => {
                let id = id();
                tracing::error!(incident = id, %error, "a request failed");
                return Some(id);
            }
            _ => {}
        }
        None
    }

    /// The text for the client. Of the inbox's failures it names those that a client can do something about.
    pub fn detail(&self) -> String {
        match self {
            WebError::Store(StoreError::Damaged(_)) => {
                "the stored bytes of this message are damaged: it cannot be read, only deleted".to_owned()
            }
            WebError::Store(error) if !matches!(error, StoreError::DiskFull) => {
                "internal error of the inbox; see the log".to_owned()
            }
            refusal => refusal.to_string(),
        }
    }
}

impl From<TagError> for WebError {
    fn from(error: TagError) -> Self {
        match error {
            TagError::Store(error) => WebError::Store(error),
            error => WebError::Bad(error.to_string()),
        }
    }
}

/// The problem and the wait, if the same request may succeed later.
pub fn retry(error: &accounts::Error) -> Option<(PageProblem, Duration)> {
    match error {
        accounts::Error::Throttled(wait) => Some((PageProblem::TooMany, *wait)),
        accounts::Error::Busy => Some((PageProblem::Busy, BUSY_WAIT)),
        accounts::Error::Database(_) => Some((PageProblem::Unavailable, AWAY_WAIT)),
        accounts::Error::Internal(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_and_other_failures_are_only_logged() {
        let full = WebError::from(StoreError::DiskFull);
        assert_eq!((full.status().code, full.detail().as_str()), (507, "the disk is full"));
        let other = WebError::from(StoreError::Closed);
        assert_eq!((other.status().code, other.detail().as_str()), (500, "internal error of the inbox; see the log"));
    }
}
