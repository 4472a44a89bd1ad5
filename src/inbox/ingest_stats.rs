//! What came in since this process started: counters that only go up, whatever is deleted meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};

/// Shared by all who store.
#[derive(Debug, Default)]
pub(super) struct IngestStats {
    accepted: AtomicU64,
    accepted_bytes: AtomicU64,
    refused: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestCounts {
    /// Messages that arrived.
    pub accepted: u64,
    /// Their bytes as received.
    pub accepted_bytes: u64,
    /// Messages that were refused and kept for inspection.
    pub refused: u64,
}

impl IngestStats {
    pub(super) fn count(&self, bytes: u64, refused: bool) {
        if refused {
            self.refused.fetch_add(1, Ordering::Relaxed);
        } else {
            self.accepted.fetch_add(1, Ordering::Relaxed);
            self.accepted_bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    pub(super) fn intake(&self) -> IngestCounts {
        IngestCounts {
            accepted: self.accepted.load(Ordering::Relaxed),
            accepted_bytes: self.accepted_bytes.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}
