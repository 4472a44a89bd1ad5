//! What the HTTP front counts; `/metrics` shows it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Why the front refused or ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontRefusal {
    /// All connections are in use.
    TooManyConnections,
    /// The client has its share of connections while more than half of all are in use.
    TooManyOfClient,
    /// All connections are in use, and this one waited longest for a request.
    Displaced,
    /// A head did not arrive in time.
    SlowHead,
    LargeHead,
    /// A request's body arrives too slowly.
    SlowBody,
    /// The client reads its answer too slowly.
    SlowReader,
    /// A request that does not follow RFC 9112, or that readers could frame differently.
    Malformed,
}

impl FrontRefusal {
    pub const ALL: [FrontRefusal; 8] = [
        FrontRefusal::TooManyConnections,
        FrontRefusal::TooManyOfClient,
        FrontRefusal::Displaced,
        FrontRefusal::SlowHead,
        FrontRefusal::LargeHead,
        FrontRefusal::SlowBody,
        FrontRefusal::SlowReader,
        FrontRefusal::Malformed,
    ];

    /// The value of the metric's label `reason`.
    pub const fn name(self) -> &'static str {
        match self {
            FrontRefusal::TooManyConnections => "connections",
            FrontRefusal::TooManyOfClient => "client_connections",
            FrontRefusal::Displaced => "displaced",
            FrontRefusal::SlowHead => "slow_head",
            FrontRefusal::LargeHead => "large_head",
            FrontRefusal::SlowBody => "slow_body",
            FrontRefusal::SlowReader => "slow_reader",
            FrontRefusal::Malformed => "malformed",
        }
    }
}

/// The open connections of all listeners, and the refusals by reason.
#[derive(Debug, Default)]
pub struct FrontCounters {
    pub connections: AtomicUsize,
    refusals: [AtomicU64; FrontRefusal::ALL.len()],
}

impl FrontCounters {
    pub fn add(&self, refusal: FrontRefusal) {
        if let Some(count) = self.refusals.get(refusal as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn refused(&self, refusal: FrontRefusal) -> u64 {
        self.refusals.get(refusal as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}
