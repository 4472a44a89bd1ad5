//! What segments answered: they never change, so a term that is searched again costs only the new ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::segment::{Bitmap, SearchTerm};

/// Bytes remembered, roughly.
const MAX_WEIGHT: usize = 4 * 1024 * 1024;
/// Of an entry beside its bits.
const OVERHEAD: usize = 96;

#[derive(Default)]
pub(super) struct SearchCache(Mutex<CachedAnswers>);

#[derive(Default)]
struct CachedAnswers {
    terms: HashMap<SearchTerm, CachedTerm>,
    weight: usize,
    /// Counts uses, so that the longest unused goes first.
    now: u64,
}

#[derive(Default)]
struct CachedTerm {
    segments: HashMap<i64, Arc<Bitmap>>,
    weight: usize,
    used: u64,
}

impl SearchCache {
    pub(super) fn get(&self, needle: &SearchTerm, segment: i64) -> Option<Arc<Bitmap>> {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.now += 1;
        let now = remembered.now;
        let term = remembered.terms.get_mut(needle)?;
        term.used = now;
        term.segments.get(&segment).cloned()
    }

    pub(super) fn put(&self, needle: &SearchTerm, segment: i64, bits: Arc<Bitmap>) {
        let remembered = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut weight = bits.heap_size() + OVERHEAD;
        let term = remembered.terms.entry(needle.clone()).or_default();
        term.used = remembered.now;
        if term.segments.is_empty() {
            weight += needle.weight();
        }
        if term.segments.insert(segment, bits).is_none() {
            term.weight += weight;
            remembered.weight += weight;
        }
        while remembered.weight > MAX_WEIGHT {
            let oldest = remembered.terms.iter().min_by_key(|(_, term)| term.used).map(|(needle, _)| needle.clone());
            let Some(gone) = oldest.and_then(|needle| remembered.terms.remove(&needle)) else { return };
            remembered.weight -= gone.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_term_is_forgotten_first() {
        let answers = SearchCache::default();
        let term = |n: usize| SearchTerm::new(&format!("t{n}"), [0]);
        let weight = |n: usize| Bitmap::all(2_048).heap_size() + OVERHEAD + term(n).weight();
        let mut left = MAX_WEIGHT;
        let fits = |n: &usize| left.checked_sub(weight(*n)).inspect(|rest| left = *rest).is_some();
        let most = (0..).take_while(fits).count();
        for n in 0..=most {
            answers.put(&term(n), 1, Arc::new(Bitmap::all(2_048)));
            assert!(answers.get(&term(0), 1).is_some(), "{n}");
        }
        assert!(answers.get(&term(1), 1).is_none() && answers.get(&term(2), 1).is_some());
        assert!(answers.get(&term(0), 2).is_none());
    }

    #[test]
    fn long_terms_count_with_their_length() {
        let answers = SearchCache::default();
        let long = |n: usize| SearchTerm::new(&format!("{n}{}", "x".repeat(4_000)), [0]);
        for n in 0..10_000 {
            answers.put(&long(n), 1, Arc::new(Bitmap::all(1)));
        }
        let kept = answers.0.lock().unwrap().terms.len();
        assert!(kept < MAX_WEIGHT / 4_000, "{kept}");
    }
}
