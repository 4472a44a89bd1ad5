//! Signals during a command of `gatepost mailpit` that does not run inside a runtime.

use tokio::runtime::{Builder, Runtime};

use crate::cli::signals::Interruption;

use super::failure::{MailpitFailure, failed};

/// A runtime, and the signals that it watches until it is dropped.
pub(super) fn watch_signals() -> Result<(Runtime, Interruption), MailpitFailure> {
    let runtime = runtime()?;
    let guard = runtime.enter();
    let interruption = Interruption::watch().map_err(failed)?;
    drop(guard);
    Ok((runtime, interruption))
}

/// A runtime with one thread beside that of the caller.
pub(super) fn runtime() -> Result<Runtime, MailpitFailure> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(failed)
}
