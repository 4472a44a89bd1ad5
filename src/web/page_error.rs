//! Why the handler of a page failed. `error` has the response.

use crate::accounts;

use super::problem::PageProblem;

/// Why a handler failed.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("{}", .0.key())]
    Problem(PageProblem),
    #[error(transparent)]
    Accounts(#[from] accounts::Error),
    #[error("cannot render a page: {0}")]
    Render(#[from] askama::Error),
}
