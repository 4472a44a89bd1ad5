//! Counters of the messages stored since this process started. They only grow; deletions do not reduce them.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counters, shared by all tasks that store messages.
#[derive(Debug, Default)]
pub(super) struct IngestStats {
    accepted: AtomicU64,
    accepted_bytes: AtomicU64,
    refused: AtomicU64,
}

/// A snapshot of the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestCounts {
    /// Number of accepted messages.
    pub accepted: u64,
    /// Bytes of the accepted messages as received.
    pub accepted_bytes: u64,
    /// Number of refused messages, which are stored for inspection.
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

    pub(super) fn snapshot(&self) -> IngestCounts {
        IngestCounts {
            accepted: self.accepted.load(Ordering::Relaxed),
            accepted_bytes: self.accepted_bytes.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}
