//! Places for those who wait. Nothing tells us that a client has gone away while we have nothing to say: when all places
//! are taken, whoever has waited longest gives up his, since he is most likely gone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Clones share the places.
#[derive(Clone)]
pub struct Places(Arc<Shared>);

struct Shared {
    most: usize,
    /// Who has one, longest first; each is told when he loses it.
    taken: Mutex<VecDeque<Arc<Notify>>>,
}

/// One place, given back when dropped.
pub struct Place {
    of: Places,
    lost: Arc<Notify>,
}

impl Places {
    pub fn new(most: usize) -> Self {
        Places(Arc::new(Shared { most, taken: Mutex::default() }))
    }

    pub fn take(&self) -> Place {
        let lost = Arc::new(Notify::new());
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push_back(lost.clone());
        if taken.len() > self.0.most
            && let Some(longest) = taken.pop_front()
        {
            longest.notify_one();
        }
        drop(taken);
        Place { of: self.clone(), lost }
    }
}

impl Place {
    /// Comes true when somebody else has it.
    pub async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|other| !Arc::ptr_eq(other, &self.lost));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn the_longest_waiting_gives_way_and_a_place_given_back_is_free() {
        let places = Places::new(2);
        let (first, second) = (places.take(), places.take());
        assert!(first.lost().now_or_never().is_none());
        let third = places.take();
        assert!(first.lost().now_or_never().is_some() && second.lost().now_or_never().is_none());
        drop(second);
        let fourth = places.take();
        assert!(third.lost().now_or_never().is_none() && fourth.lost().now_or_never().is_none());
    }
}
