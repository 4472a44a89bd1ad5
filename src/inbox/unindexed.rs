//! The words of messages that no segment holds yet. They are worked out when a search or the indexing first asks for
//! them, not while a sender waits for his 250; what a search had to work out is remembered for the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnection;

use super::search_text::SearchText;
use super::segment::{Doc, MAX_DOCS};
use super::store::unindexed::{self, StoredMessage, UnindexedRow};

/// Bytes of words remembered; what does not fit is worked out again.
const MAX_WEIGHT: usize = 8 * 1024 * 1024;
/// Messages read at a time, and their bytes.
const BATCH: usize = 256;
const BATCH_BYTES: i64 = 4 * 1024 * 1024;
/// Bytes of words taken into one segment.
const MAX_WORDS: usize = 4 * 1024 * 1024;

/// A message that waits.
pub(super) struct Unindexed {
    pub row: UnindexedRow,
    pub words: Arc<SearchText>,
}

impl Unindexed {
    pub(super) fn doc(&self) -> Doc<'_> {
        Doc { id: self.row.id, fields: self.words.fields() }
    }
}

/// Words that were worked out before their segment was.
#[derive(Default)]
pub(super) struct UnindexedCache(Mutex<CachedTexts>);

#[derive(Default)]
struct CachedTexts {
    words: HashMap<i64, Arc<SearchText>>,
    weight: usize,
}

impl UnindexedCache {
    /// The oldest that fit one segment, at least one if any waits.
    pub(super) async fn oldest(&self, conn: &mut SqliteConnection) -> Result<Vec<Unindexed>, sqlx::Error> {
        let last = unindexed::last_indexed(conn).await?;
        let rows = unindexed::after(conn, last, MAX_DOCS).await?;
        let (mut oldest, mut bytes) = (Vec::new(), 0);
        for batch in batches(&rows) {
            let read = self.read(conn, batch).await?;
            bytes += read.iter().map(|unindexed| unindexed.words.len()).sum::<usize>();
            oldest.extend(read);
            if bytes >= MAX_WORDS {
                break;
            }
        }
        Ok(oldest)
    }

    /// A batch's words; those that are gone meanwhile are left out.
    pub(super) async fn read(
        &self,
        conn: &mut SqliteConnection,
        batch: &[UnindexedRow],
    ) -> Result<Vec<Unindexed>, sqlx::Error> {
        let mut known = self.known(batch);
        let missing: Vec<i64> = batch.iter().map(|row| row.id).filter(|id| !known.contains_key(id)).collect();
        if !missing.is_empty() {
            let stored = unindexed::stored(conn, &missing).await?;
            let work =
                move || stored.iter().map(|one| (one.id, Arc::new(StoredMessage::words(one)))).collect::<Vec<_>>();
            let made = tokio::task::spawn_blocking(work).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
            self.remember(&made);
            known.extend(made);
        }
        Ok(batch.iter().filter_map(|row| Some(Unindexed { row: *row, words: known.remove(&row.id)? })).collect())
    }

    /// Their segment has been written.
    pub(super) fn forget(&self, last: i64) {
        let remembered = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.words.retain(|id, _| *id > last);
        remembered.words.shrink_to_fit();
        remembered.weight = remembered.words.values().map(|words| words.len()).sum();
    }

    fn known(&self, batch: &[UnindexedRow]) -> HashMap<i64, Arc<SearchText>> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        batch.iter().filter_map(|row| Some((row.id, remembered.words.get(&row.id)?.clone()))).collect()
    }

    fn remember(&self, made: &[(i64, Arc<SearchText>)]) {
        let remembered = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, words) in made {
            if remembered.weight + words.len() <= MAX_WEIGHT && !remembered.words.contains_key(id) {
                remembered.weight += words.len();
                remembered.words.insert(*id, words.clone());
            }
        }
    }
}

/// Some at a time, so that a few large ones do not lie in memory together with many others.
pub(super) fn batches(rows: &[UnindexedRow]) -> impl Iterator<Item = &[UnindexedRow]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |row: &&UnindexedRow| {
            let fits = bytes < BATCH_BYTES;
            bytes += row.size;
            fits
        };
        let count = rest.iter().take(BATCH).take_while(fits).count();
        let (batch, others) = rest.split_at_checked(count).filter(|(batch, _)| !batch.is_empty())?;
        rest = others;
        Some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_many_small_messages_or_a_large_one() {
        let row = |id, size| UnindexedRow { id, read: false, size };
        let small: Vec<UnindexedRow> = (0..600).map(|id| row(id, 2_000)).collect();
        assert_eq!(batches(&small).map(<[UnindexedRow]>::len).collect::<Vec<_>>(), [256, 256, 88]);
        let large = [row(1, 10), row(2, 50_000_000), row(3, 10), row(4, BATCH_BYTES), row(5, 10)];
        assert_eq!(batches(&large).map(<[UnindexedRow]>::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(batches(&[]).count(), 0);
    }

    #[test]
    fn words_are_remembered_up_to_a_limit_and_until_they_are_indexed() {
        let waiting = UnindexedCache::default();
        let words = Arc::new(SearchText::of(&[b"\r\n".as_slice(), &[b'x'; 500_000]].concat(), "", &[], ""));
        let made: Vec<_> = (0..100).map(|id| (id, words.clone())).collect();
        waiting.remember(&made);
        waiting.remember(&made);
        let known = |id| waiting.known(&[UnindexedRow { id, read: false, size: 0 }]).len();
        let most = i64::try_from(MAX_WEIGHT / words.len()).unwrap();
        assert_eq!([0, most - 1, most].map(known), [1, 1, 0]);
        waiting.forget(most - 2);
        assert_eq!([0, most - 2, most - 1].map(known), [0, 0, 1]);
        waiting.forget(most);
        assert_eq!(waiting.0.lock().unwrap().weight, 0);
    }
}
