//! Executes a [`Query`]. Text terms are looked up in the segments of the index and in the text of unindexed messages;
//! all other terms become a [`SqlFilter`]. Values from the query are passed to SQL as bound parameters only.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};

use crate::inbox::store::bind::Value;
use crate::inbox::store::flags::{Flag, Flags};
use crate::inbox::store::segment::bitmap::Bitmap;
use crate::inbox::store::segment::lookup::{Dictionary, Positions};
use crate::inbox::store::segments::{self, Segment};
use crate::inbox::store::unindexed;
use crate::inbox::types::{Criterion, MessageId, PageRequest, Query, QueryTerm, SearchTerm, SearchText};

use super::search_cache::SearchCache;
use super::sql_filter::{MatchPage, SqlFilter};
use super::unindexed::{Unindexed, UnindexedCache, batches};

/// Results that later searches can reuse.
#[derive(Default)]
pub struct SearchCaches {
    pub answers: SearchCache,
    pub waiting: UnindexedCache,
}

/// The range of all row ids.
const ALL: (i64, i64) = (0, i64::MAX);

/// Returns a page of matching rows.
pub async fn page(
    conn: &mut SqliteConnection,
    search_caches: &SearchCaches,
    query: &Query,
    window: &PageRequest,
) -> Result<MatchPage, sqlx::Error> {
    // One transaction for all statements, so that a message is found even if it is indexed between them.
    let mut tx = conn.begin().await?;
    let page = page_within(&mut tx, search_caches, query, window).await?;
    tx.commit().await?;
    Ok(page)
}

async fn page_within(
    conn: &mut SqliteConnection,
    search_caches: &SearchCaches,
    query: &Query,
    window: &PageRequest,
) -> Result<MatchPage, sqlx::Error> {
    let mut plan = SearchPlan::of(query);
    if let Some(before) = window.before {
        plan.state.and("m.created < ?", [Value::Number(before.millis())]);
    }
    if plan.text_terms.is_empty() {
        return plan.state.page(conn, window).await;
    }
    let (mut skip, most) = (window.start, window.limit.unwrap_or(u64::MAX));
    let below = window.older_than.map_or(i64::MAX, MessageId::row);
    let mut page = MatchPage::default();
    plan.visit(conn, search_caches, ALL, |found| {
        page.total += found.len() as u64;
        page.unread += found.iter().filter(|(_, read)| !read).count() as u64;
        for (id, _) in found.iter().filter(|(id, _)| *id < below) {
            match skip {
                0 if page.rows.len() as u64 >= most => break,
                0 => page.rows.push(*id),
                _ => skip -= 1,
            }
        }
        true
    })
    .await?;
    Ok(page)
}

/// Returns all matching rows, newest first, inside the caller's transaction.
pub async fn rows(
    conn: &mut SqliteConnection,
    search_caches: &SearchCaches,
    query: &Query,
) -> Result<Vec<i64>, sqlx::Error> {
    Ok(page_within(conn, search_caches, query, &PageRequest { limit: None, ..PageRequest::default() }).await?.rows)
}

/// Returns the newest matching row below `below`.
pub async fn newest(
    conn: &mut SqliteConnection,
    search_caches: &SearchCaches,
    query: &Query,
    below: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let mut tx = conn.begin().await?;
    let newest = SearchPlan::of(query).first(&mut tx, search_caches, (0, below.saturating_sub(1))).await?;
    tx.commit().await?;
    Ok(newest)
}

/// Returns true if one message matches.
pub async fn matches(
    conn: &mut SqliteConnection,
    search_caches: &SearchCaches,
    query: &Query,
    id: MessageId,
) -> Result<bool, sqlx::Error> {
    let mut tx = conn.begin().await?;
    let found = SearchPlan::of(query).first(&mut tx, search_caches, (id.row(), id.row())).await?;
    tx.commit().await?;
    Ok(found.is_some())
}

/// A query, divided into text terms and other terms.
struct SearchPlan {
    /// Text terms; true if the term is negated.
    text_terms: Vec<(bool, SearchTerm)>,
    /// Required read states, if there are text terms. They are compared with the flags of the rows found.
    read: Vec<bool>,
    /// True if refused messages are excluded and there are text terms. Refused messages are few and have an index of
    /// their own in SQL.
    arrived: bool,
    state: SqlFilter,
}

impl SearchPlan {
    fn of(query: &Query) -> Self {
        let mut plan = SearchPlan { text_terms: Vec::new(), read: Vec::new(), arrived: false, state: SqlFilter::any() };
        for QueryTerm { negated, test } in &query.terms {
            if let Some(term) = test.search_term() {
                plan.text_terms.push((*negated, term));
            }
        }
        for QueryTerm { negated, test } in &query.terms {
            match test {
                Criterion::Words { .. } | Criterion::HeaderField { .. } => {}
                Criterion::Read(read) if !plan.text_terms.is_empty() => plan.read.push(*read != *negated),
                Criterion::Refused if *negated && !plan.text_terms.is_empty() => plan.arrived = true,
                test => plan.state.add(test, *negated),
            }
        }
        plan
    }

    /// Returns the newest matching row of a range.
    async fn first(
        self,
        conn: &mut SqliteConnection,
        search_caches: &SearchCaches,
        range: (i64, i64),
    ) -> Result<Option<i64>, sqlx::Error> {
        if self.text_terms.is_empty() {
            let mut state = self.state;
            state.and("m.id between ? and ?", [Value::Number(range.0), Value::Number(range.1)]);
            return Ok(state.rows(conn, 1, 0).await?.pop());
        }
        let mut first = None;
        self.visit(conn, search_caches, range, |found| {
            first = found.first().map(|(id, _)| *id);
            first.is_none()
        })
        .await?;
        Ok(first)
    }

    /// Calls `each` with batches of the matching rows of a range and their read states, newest first, until it returns
    /// false.
    async fn visit(
        &self,
        conn: &mut SqliteConnection,
        search_caches: &SearchCaches,
        (first, last): (i64, i64),
        mut each: impl FnMut(&[(i64, bool)]) -> bool,
    ) -> Result<(), sqlx::Error> {
        let mut unindexed = self.search_unindexed(conn, &search_caches.waiting, (first, last)).await?;
        let refused = if self.arrived { SqlFilter::refused().ids(conn).await? } else { None };
        let wanted = |(id, read): &(i64, bool)| {
            let is_refused = refused.as_ref().is_some_and(|refused| refused.contains(*id));
            (first..=last).contains(id) && !is_refused && self.read.iter().all(|r| r == read)
        };
        unindexed.retain(wanted);
        if !each(&unindexed) {
            return Ok(());
        }
        let segments = segments::between(conn, first, last).await?;
        let allowed = if segments.is_empty() { None } else { self.state.ids(conn).await? };
        let flags = Flags::load(conn).await?;
        for segment in segments {
            let found = self.search_cached(conn, &search_caches.answers, &segment).await?;
            let clear = flags.is_clear(segment.first, segment.last);
            let rows: Vec<(i64, bool)> = found
                .descending()
                .map(|doc| segment.message(doc))
                .filter(|id| clear || !flags.has(Flag::Deleted, *id))
                .filter(|id| allowed.as_ref().is_none_or(|allowed| allowed.contains(*id)))
                .map(|id| (id, !clear && flags.has(Flag::Read, id)))
                .filter(wanted)
                .collect();
            if !each(&rows) {
                break;
            }
        }
        Ok(())
    }

    /// Returns the unindexed messages of a range in which every text term holds, newest first.
    async fn search_unindexed(
        &self,
        conn: &mut SqliteConnection,
        cache: &UnindexedCache,
        (first, last): (i64, i64),
    ) -> Result<Vec<(i64, bool)>, sqlx::Error> {
        let first_unindexed = unindexed::last_indexed(conn).await? + 1;
        let rows = self.state.between(conn, first.max(first_unindexed), last).await?;
        // Most messages do not match. A search for the longest word of each term excludes them fastest.
        let longest_words: Vec<&str> =
            self.text_terms.iter().filter(|(not, _)| !not).map(|(_, needle)| needle.longest()).collect();
        let matches = |text: &SearchText| {
            longest_words.iter().all(|word| text.contains(word)) && {
                let fields = text.fields();
                self.text_terms.iter().all(|(negated, needle)| needle.is_in(&fields) != *negated)
            }
        };
        let mut found = Vec::new();
        for batch in batches(&rows) {
            let read = cache.read(conn, batch).await?;
            let matching = read.into_iter().filter(|unindexed| matches(&unindexed.text));
            found.extend(matching.map(|Unindexed { row, .. }| (row.id, row.read)));
        }
        Ok(found)
    }

    /// Returns the documents of a segment in which every text term holds, from the cache where possible.
    async fn search_cached(
        &self,
        conn: &mut SqliteConnection,
        cache: &SearchCache,
        segment: &Segment,
    ) -> Result<Bitmap, sqlx::Error> {
        let mut all = Bitmap::all(segment.docs);
        for (negated, needle) in &self.text_terms {
            if all.is_empty() {
                break;
            }
            let holding = match cache.get(needle, segment.id) {
                Some(holding) => holding,
                None => {
                    let holding = Arc::new(search_segment(conn, segment, needle).await?);
                    cache.put(needle, segment.id, holding.clone());
                    holding
                }
            };
            if *negated { all.and_not(&holding) } else { all.and(&holding) }
        }
        Ok(all)
    }
}

/// Returns the documents of a segment that contain a term.
async fn search_segment(
    conn: &mut SqliteConnection,
    segment: &Segment,
    needle: &SearchTerm,
) -> Result<Bitmap, sqlx::Error> {
    let mut all = Bitmap::none(segment.docs);
    for part in needle.parts() {
        let Some(row) = segments::piece(conn, segment.id, part, 0).await? else { continue };
        let Some(dictionary) = Dictionary::read(row.try_get("data")?) else { continue };
        let mut found = dictionary.find(needle, part, segment.docs);
        let chunks = if found.is_phrase() { found.chunks() } else { vec![] };
        for chunk in chunks {
            let Some(row) = segments::piece(conn, segment.id, part, chunk + 1).await? else { continue };
            if let Some(sequences) = Positions::read(row.try_get("data")?) {
                sequences.check(&mut found, needle, part, chunk);
            }
        }
        all.or(&found.docs);
    }
    Ok(all)
}
