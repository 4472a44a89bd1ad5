//! Cache of search results per term and segment. Segments never change, so entries never become stale.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::inbox::store::segment::bitmap::Bitmap;
use crate::inbox::types::SearchTerm;

/// Approximate maximum size of the cache in bytes.
const MAX_WEIGHT: usize = 4 * 1024 * 1024;
/// Bytes of an entry in addition to its bitmap.
const OVERHEAD: usize = 96;

#[derive(Default)]
pub struct SearchCache(Mutex<CachedAnswers>);

#[derive(Default)]
struct CachedAnswers {
    terms: HashMap<SearchTerm, CachedTerm>,
    weight: usize,
    /// Counts the lookups; used to find the least recently used term.
    now: u64,
}

#[derive(Default)]
struct CachedTerm {
    segments: HashMap<i64, Arc<Bitmap>>,
    weight: usize,
    used: u64,
}

impl SearchCache {
    pub fn get(&self, needle: &SearchTerm, segment: i64) -> Option<Arc<Bitmap>> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cached.now += 1;
        let now = cached.now;
        let term = cached.terms.get_mut(needle)?;
        term.used = now;
        term.segments.get(&segment).cloned()
    }

    pub fn put(&self, needle: &SearchTerm, segment: i64, bits: Arc<Bitmap>) {
        let cached = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut weight = bits.heap_size() + OVERHEAD;
        let term = cached.terms.entry(needle.clone()).or_default();
        term.used = cached.now;
        if term.segments.is_empty() {
            weight += needle.weight();
        }
        if term.segments.insert(segment, bits).is_none() {
            term.weight += weight;
            cached.weight += weight;
        }
        while cached.weight > MAX_WEIGHT {
            let oldest = cached.terms.iter().min_by_key(|(_, term)| term.used).map(|(needle, _)| needle.clone());
            let Some(evicted) = oldest.and_then(|needle| cached.terms.remove(&needle)) else { return };
            cached.weight -= evicted.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_term_is_evicted_first() {
        let cache = SearchCache::default();
        let term = |n: usize| SearchTerm::new(&format!("t{n}"), [0]);
        let weight = |n: usize| Bitmap::all(2_048).heap_size() + OVERHEAD + term(n).weight();
        let mut left = MAX_WEIGHT;
        let fits = |n: &usize| left.checked_sub(weight(*n)).inspect(|rest| left = *rest).is_some();
        let most = (0..).take_while(fits).count();
        for n in 0..=most {
            cache.put(&term(n), 1, Arc::new(Bitmap::all(2_048)));
            assert!(cache.get(&term(0), 1).is_some(), "{n}");
        }
        assert!(cache.get(&term(1), 1).is_none() && cache.get(&term(2), 1).is_some());
        assert!(cache.get(&term(0), 2).is_none());
    }

    #[test]
    fn the_length_of_a_term_counts_towards_the_limit() {
        let cache = SearchCache::default();
        let long = |n: usize| SearchTerm::new(&format!("{n}{}", "x".repeat(4_000)), [0]);
        for n in 0..10_000 {
            cache.put(&long(n), 1, Arc::new(Bitmap::all(1)));
        }
        let kept = cache.0.lock().unwrap().terms.len();
        assert!(kept < MAX_WEIGHT / 4_000, "{kept}");
    }
}
