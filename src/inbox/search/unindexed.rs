//! The search text of messages that are not indexed yet. The writer adds the text of each small message to a cache.
//! Other texts are extracted from the file when a search or the indexer needs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnection;

use crate::inbox::store::segment::build::{Doc, MAX_DOCS};
use crate::inbox::store::unindexed::{self, StoredMessage, UnindexedRow};
use crate::inbox::types::SearchText;

/// Maximum memory of the texts in the cache, in bytes. Text that does not fit is extracted again.
const MAX_WEIGHT: usize = 8 * 1024 * 1024;
/// The part of it for the texts of the batch that is being written.
const RESERVED: usize = 512 * 1024;
/// Maximum number of messages in a batch.
const BATCH: usize = 256;
/// Size in bytes after which a batch ends.
const BATCH_BYTES: i64 = 4 * 1024 * 1024;
/// Bytes of text after which a segment is full.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// An unindexed message with its search text.
pub struct Unindexed {
    pub row: UnindexedRow,
    pub text: Arc<SearchText>,
}

impl Unindexed {
    pub fn doc(&self) -> Doc<'_> {
        Doc { id: self.row.id, fields: self.text.fields() }
    }
}

/// Cache of the search text of unindexed messages. Clones share it.
#[derive(Clone, Default)]
pub struct UnindexedCache(Arc<Mutex<CachedTexts>>);

#[derive(Default)]
struct CachedTexts {
    texts: HashMap<i64, Arc<SearchText>>,
    weight: usize,
}

impl UnindexedCache {
    /// Returns the oldest unindexed messages that fit one segment; at least one if there are any.
    pub async fn oldest(&self, conn: &mut SqliteConnection) -> Result<Vec<Unindexed>, sqlx::Error> {
        let last = unindexed::last_indexed(conn).await?;
        // Another process may have indexed messages of this one.
        self.forget(last);
        let rows = unindexed::after(conn, last, MAX_DOCS).await?;
        let (mut oldest, mut bytes) = (Vec::new(), 0);
        for batch in batches(&rows) {
            let read = self.read(conn, batch).await?;
            bytes += read.iter().map(|unindexed| unindexed.text.len()).sum::<usize>();
            oldest.extend(read);
            if bytes >= MAX_TEXT {
                break;
            }
        }
        Ok(oldest)
    }

    /// Returns the messages of a batch with their text, from the cache where possible. Omits messages deleted since.
    pub async fn read(
        &self,
        conn: &mut SqliteConnection,
        batch: &[UnindexedRow],
    ) -> Result<Vec<Unindexed>, sqlx::Error> {
        let mut known = self.known(batch);
        let missing: Vec<i64> = batch.iter().map(|row| row.id).filter(|id| !known.contains_key(id)).collect();
        if !missing.is_empty() {
            let stored = unindexed::stored(conn, &missing).await?;
            let work = move || {
                stored.iter().map(|one| (one.id, Arc::new(StoredMessage::search_text(one)))).collect::<Vec<_>>()
            };
            let made = tokio::task::spawn_blocking(work).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
            self.add(made.iter().cloned());
            known.extend(made);
        }
        Ok(batch.iter().filter_map(|row| Some(Unindexed { row: *row, text: known.remove(&row.id)? })).collect())
    }

    /// False if the cache is full, as it is during an import without an indexer: building texts in advance is in vain.
    pub fn has_space(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).weight < MAX_WEIGHT - RESERVED
    }

    /// Adds texts until the cache is full.
    pub fn add(&self, texts: impl IntoIterator<Item = (i64, Arc<SearchText>)>) {
        let cached = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, text) in texts {
            if cached.weight + text.weight() <= MAX_WEIGHT && !cached.texts.contains_key(&id) {
                cached.weight += text.weight();
                cached.texts.insert(id, text);
            }
        }
    }

    /// Removes the messages up to `last`, which have been indexed.
    pub fn forget(&self, last: i64) {
        let cached = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cached.texts.retain(|id, _| *id > last);
        cached.texts.shrink_to_fit();
        cached.weight = cached.texts.values().map(|text| text.weight()).sum();
    }

    /// Memory use in bytes.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).weight
    }

    fn known(&self, batch: &[UnindexedRow]) -> HashMap<i64, Arc<SearchText>> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        batch.iter().filter_map(|row| Some((row.id, cached.texts.get(&row.id)?.clone()))).collect()
    }
}

/// Divides `rows` into batches of limited size, so that large messages are not in memory together with many others.
pub fn batches(rows: &[UnindexedRow]) -> impl Iterator<Item = &[UnindexedRow]> {
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
    fn a_batch_has_many_small_messages_or_ends_with_a_large_one() {
        let row = |id, size| UnindexedRow { id, read: false, size };
        let small: Vec<UnindexedRow> = (0..600).map(|id| row(id, 2_000)).collect();
        assert_eq!(batches(&small).map(<[UnindexedRow]>::len).collect::<Vec<_>>(), [256, 256, 88]);
        let large = [row(1, 10), row(2, 50_000_000), row(3, 10), row(4, BATCH_BYTES), row(5, 10)];
        assert_eq!(batches(&large).map(<[UnindexedRow]>::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(batches(&[]).count(), 0);
    }

    #[test]
    fn texts_are_cached_up_to_a_limit_and_until_they_are_indexed() {
        let cache = UnindexedCache::default();
        let text = Arc::new(SearchText::of(&[b"\r\n".as_slice(), &[b'x'; 500_000]].concat(), "", &[], ""));
        let texts: Vec<_> = (0..100).map(|id| (id, text.clone())).collect();
        cache.add(texts.clone());
        cache.add(texts);
        let known = |id| cache.known(&[UnindexedRow { id, read: false, size: 0 }]).len();
        let most = i64::try_from(MAX_WEIGHT / text.weight()).unwrap();
        assert_eq!([0, most - 1, most].map(known), [1, 1, 0]);
        assert!(!cache.has_space());
        cache.forget(most - 2);
        assert_eq!([0, most - 2, most - 1].map(known), [0, 0, 1]);
        cache.forget(most);
        assert_eq!((cache.weight(), cache.has_space()), (0, true));
    }
}
