//! The id of the HTTP request that the current task answers. It connects the log lines of a request, of its transaction
//! and of the deliveries that it caused.

use std::future::Future;

use tracing::Instrument as _;

use crate::random::Entropy;

tokio::task_local! {
    static CURRENT: String;
}

/// A new id: 64 random bits as 16 hexadecimal digits.
pub fn generate(entropy: &Entropy) -> String {
    format!("{:016x}", u64::from_be_bytes(entropy.bytes()))
}

/// Runs `work` with this id, in the span `request{id}` of the log.
pub async fn scope<F: Future>(id: String, work: F) -> F::Output {
    let span = tracing::info_span!("request", id);
    CURRENT.scope(id, work.instrument(span)).await
}

/// The id of the request that the current task answers; `None` outside a request.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}
