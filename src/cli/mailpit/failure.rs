//! How a command of `gatepost mailpit` fails.

use crate::config::mailpit::MailpitUsageError;

/// Why a command failed.
pub(super) enum MailpitFailure {
    /// Wrong use: exit code 2.
    Usage(String),
    /// Exit code 1.
    Failed(String),
}

impl From<MailpitUsageError> for MailpitFailure {
    fn from(error: MailpitUsageError) -> Self {
        MailpitFailure::Usage(error.to_string())
    }
}

/// A failure with a text for people.
pub(super) fn failed(error: impl ToString) -> MailpitFailure {
    MailpitFailure::Failed(error.to_string())
}

/// A wrong value, with a text for people.
pub(super) fn wrong_use(error: impl ToString) -> MailpitFailure {
    MailpitFailure::Usage(error.to_string())
}

pub(super) type MailpitResult = Result<(), MailpitFailure>;
