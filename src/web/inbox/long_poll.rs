//! Limits the number of long polls. A disconnected client is not noticed until the server writes, so when all slots are
//! taken the oldest one is evicted: its client is the most likely to be disconnected.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// A fixed number of slots; clones share them.
#[derive(Clone)]
pub struct LongPollSlots(Arc<SlotState>);

struct SlotState {
    capacity: usize,
    /// The holders, oldest first; each is notified when its slot is evicted.
    holders: Mutex<VecDeque<Arc<Notify>>>,
}

/// One slot; released when dropped.
pub struct LongPollSlot {
    slots: LongPollSlots,
    evicted: Arc<Notify>,
}

impl LongPollSlots {
    pub fn new(capacity: usize) -> Self {
        LongPollSlots(Arc::new(SlotState { capacity, holders: Mutex::default() }))
    }

    /// Takes a slot. Evicts the oldest holder if all slots are taken.
    pub fn acquire(&self) -> LongPollSlot {
        let evicted = Arc::new(Notify::new());
        let mut holders = self.0.holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.push_back(evicted.clone());
        if holders.len() > self.0.capacity
            && let Some(oldest) = holders.pop_front()
        {
            oldest.notify_one();
        }
        drop(holders);
        LongPollSlot { slots: self.clone(), evicted }
    }
}

impl LongPollSlot {
    /// Completes when the slot has been evicted.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for LongPollSlot {
    fn drop(&mut self) {
        let mut holders = self.slots.0.holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.retain(|other| !Arc::ptr_eq(other, &self.evicted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn the_oldest_holder_is_evicted_and_a_dropped_slot_is_free() {
        let slots = LongPollSlots::new(2);
        let (first, second) = (slots.acquire(), slots.acquire());
        assert!(first.evicted().now_or_never().is_none());
        let third = slots.acquire();
        assert!(first.evicted().now_or_never().is_some() && second.evicted().now_or_never().is_none());
        drop(second);
        let fourth = slots.acquire();
        assert!(third.evicted().now_or_never().is_none() && fourth.evicted().now_or_never().is_none());
    }
}
