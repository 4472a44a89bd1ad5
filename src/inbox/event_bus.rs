//! The events of the inbox, and what connects their one reader with the subscriptions of this process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};

use super::types::{Counts, MessageId, Summary};

/// One change and its sequence number. Numbers are stored in the file and only grow; gaps are normal.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub seq: i64,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Stored(Box<Summary>),
    Read {
        id: MessageId,
        read: bool,
    },
    Tagged {
        id: MessageId,
        tags: Vec<String>,
    },
    Deleted {
        id: MessageId,
    },
    /// A deletion was undone. The message is where it was in the list.
    Restored(Box<Summary>),
    /// All messages were deleted.
    Truncated,
    /// Single changes are not available: there were too many, or the subscription was too slow. Clients must reload.
    Pruned,
    /// The new counts. Follows every group of other changes.
    Counted(Counts),
}

/// Notifies the waiting tasks of this process that a write has been committed.
#[derive(Clone, Default)]
pub(super) struct Notification(Arc<watch::Sender<()>>);

impl Notification {
    pub(super) fn now(&self) {
        self.0.send_replace(());
    }

    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// The event reader shared by all subscriptions of the process. It runs only while there is a subscription.
#[derive(Default)]
pub(super) struct EventBus(Mutex<Option<broadcast::Sender<Event>>>);

impl EventBus {
    pub(super) fn slot(&self) -> MutexGuard<'_, Option<broadcast::Sender<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if `sender` has no subscription left. The bus then drops it, so that none can be added.
    pub(super) fn close_if_unused(&self, sender: &broadcast::Sender<Event>) -> bool {
        let mut slot = self.slot();
        let unused = sender.receiver_count() == 0;
        if unused {
            *slot = None;
        }
        unused
    }
}
