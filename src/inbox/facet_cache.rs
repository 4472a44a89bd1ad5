//! What the sidebar of the inbox's pages counts, and what is kept of it from page to page.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Time;

use super::store::facets::{MINUTES, RowCounter};

/// An address or tag and its number of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    pub name: String,
    pub count: u64,
}

/// Counts of the messages in the inbox, refused ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facets {
    pub total: u64,
    pub unread: u64,
    /// Messages that the query `has:code` finds.
    pub with_code: u64,
    pub attachments: u64,
    pub refused: u64,
    /// Messages that this Gatepost sent; the query `is:own` finds them.
    pub from_this_site: u64,
    /// The recipients of the envelopes with the most messages; the query `mailbox:` finds the messages of one.
    pub mailboxes: Vec<Facet>,
    /// Number of different recipients.
    pub mailbox_total: usize,
    /// The senders with the most messages.
    pub senders: Vec<Facet>,
    /// Number of different senders.
    pub sender_total: usize,
    pub tags: Vec<Facet>,
    /// Messages by minute of receipt, the current minute last.
    pub arrivals: [u32; MINUTES],
    /// Bytes of all messages.
    pub bytes: u64,
}

/// The facets of an earlier call.
#[derive(Clone)]
pub(super) struct KnownFacets {
    pub at: Time,
    /// [`RowCounter::data_version`] before they were counted.
    pub version: i64,
    pub facets: Arc<Facets>,
}

/// What is known from earlier calls.
#[derive(Default)]
pub(super) struct FacetCache {
    counter: Mutex<Option<RowCounter>>,
    latest: Mutex<Option<KnownFacets>>,
}

impl FacetCache {
    pub(super) fn latest(&self) -> MutexGuard<'_, Option<KnownFacets>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counter(&self) -> MutexGuard<'_, Option<RowCounter>> {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
