//! The memory budget of all messages being received, so that many large ones at once cannot exhaust the memory. SMTP
//! and the API share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes are reserved in steps of this size, so that a small message changes the shared counter only once.
const STEP: usize = 64 * 1024;

/// The bytes that all messages together may occupy; clones share one budget.
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    free: Arc<AtomicUsize>,
}

/// A reserved part of the budget, released when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: MemoryBudget,
    bytes: usize,
}

impl MemoryBudget {
    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Self {
        MemoryBudget { free: Arc::new(AtomicUsize::new(bytes)) }
    }

    /// A reservation of nothing yet.
    pub fn hold(&self) -> Reservation {
        Reservation { budget: self.clone(), bytes: 0 }
    }
}

impl Reservation {
    /// Extends the reservation to `total` bytes. Returns false, and changes nothing, if the budget is exhausted.
    pub fn grow(&mut self, total: usize) -> bool {
        let Some(missing) = total.checked_sub(self.bytes).filter(|missing| *missing > 0) else { return true };
        let step = missing.next_multiple_of(STEP);
        let reserved = self.budget.free.try_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(step));
        if reserved.is_ok() {
            self.bytes += step;
        }
        reserved.is_ok()
    }

    pub(super) fn release(&mut self) {
        self.budget.free.fetch_add(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_bytes_are_unavailable_until_they_are_released() {
        let budget = MemoryBudget::new(3 * STEP);
        let (mut a, mut b) = (budget.hold(), budget.hold());
        assert!(a.grow(1) && a.grow(STEP) && b.grow(STEP + 1));
        assert!(!a.grow(STEP + 1), "the budget is exhausted");
        drop(b);
        assert!(a.grow(3 * STEP));
        a.release();
        assert!(budget.hold().grow(3 * STEP));
    }
}
