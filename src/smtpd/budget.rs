//! How much memory all messages on their way in may take together, so that many large ones at once cannot exhaust it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reserving in steps keeps the shared counter quiet; a small message touches it once.
const STEP: usize = 64 * 1024;

/// The bytes that may be held at a time; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    free: Arc<AtomicUsize>,
}

/// A part of the budget; it goes back when dropped.
#[derive(Debug)]
pub(super) struct Held {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Budget { free: Arc::new(AtomicUsize::new(bytes)) }
    }

    pub(super) fn hold(&self) -> Held {
        Held { budget: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Whether `total` bytes may be held; reserves what is missing.
    pub(super) fn grow(&mut self, total: usize) -> bool {
        let Some(missing) = total.checked_sub(self.bytes).filter(|missing| *missing > 0) else { return true };
        let step = missing.next_multiple_of(STEP);
        let taken = self.budget.free.try_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(step));
        if taken.is_ok() {
            self.bytes += step;
        }
        taken.is_ok()
    }

    pub(super) fn release(&mut self) {
        self.budget.free.fetch_add(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_missing_until_it_is_given_back() {
        let budget = Budget::new(3 * STEP);
        let (mut a, mut b) = (budget.hold(), budget.hold());
        assert!(a.grow(1) && a.grow(STEP) && b.grow(STEP + 1));
        assert!(!a.grow(STEP + 1), "the budget is spent");
        drop(b);
        assert!(a.grow(3 * STEP));
        a.release();
        assert!(budget.hold().grow(3 * STEP));
    }
}
