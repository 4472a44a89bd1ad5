//! A [`Query`] answered: terms are looked up in the index's segments and read in what waits for one; state terms are
//! a [`Condition`] in SQL. Everything from outside is bound, the SQL is ours alone.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};

use super::id::MessageId;
use super::inbox::PageRequest;
use super::query::{Criterion, Query, QueryTerm};
use super::search_cache::SearchCache;
use super::search_text::SearchText;
use super::segment::{Bitmap, Dictionary, Positions, SearchTerm};
use super::sql_filter::SqlFilter;
use super::store::bind::Value;
use super::store::flags::{Flag, Flags};
use super::store::segments::{self, Segment};
use super::store::unindexed;
use super::unindexed::{Unindexed, UnindexedCache, batches};

/// A page of matching rows, newest first.
#[derive(Default)]
pub(super) struct MatchPage {
    pub rows: Vec<i64>,
    pub total: u64,
    pub unread: u64,
}

/// What one search has worked out and the next may use.
#[derive(Default)]
pub(super) struct SearchCaches {
    pub answers: SearchCache,
    pub waiting: UnindexedCache,
}

/// Whatever there is.
const ALL: (i64, i64) = (0, i64::MAX);

pub(super) async fn page(
    conn: &mut SqliteConnection,
    recall: &SearchCaches,
    query: &Query,
    window: &PageRequest,
) -> Result<MatchPage, sqlx::Error> {
    // One moment for all statements: nothing may move from one place to the other in between.
    let mut tx = conn.begin().await?;
    let page = page_within(&mut tx, recall, query, window).await?;
    tx.commit().await?;
    Ok(page)
}

async fn page_within(
    conn: &mut SqliteConnection,
    recall: &SearchCaches,
    query: &Query,
    window: &PageRequest,
) -> Result<MatchPage, sqlx::Error> {
    let mut plan = SearchPlan::of(query);
    if let Some(before) = window.before {
        plan.state.and("m.created < ?", [Value::Number(before.millis())]);
    }
    if plan.wanted.is_empty() {
        return plan.state.page(conn, window).await;
    }
    let (mut skip, most) = (window.start, window.limit.unwrap_or(u64::MAX));
    let below = window.older_than.map_or(i64::MAX, MessageId::row);
    let mut page = MatchPage::default();
    plan.visit(conn, recall, ALL, |found| {
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

/// All matching rows, newest first, inside the caller's transaction.
pub(super) async fn rows(
    conn: &mut SqliteConnection,
    recall: &SearchCaches,
    query: &Query,
) -> Result<Vec<i64>, sqlx::Error> {
    Ok(page_within(conn, recall, query, &PageRequest { limit: None, ..PageRequest::default() }).await?.rows)
}

/// The newest matching row before `below`.
pub(super) async fn newest(
    conn: &mut SqliteConnection,
    recall: &SearchCaches,
    query: &Query,
    below: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let mut tx = conn.begin().await?;
    let newest = SearchPlan::of(query).first(&mut tx, recall, (0, below.saturating_sub(1))).await?;
    tx.commit().await?;
    Ok(newest)
}

/// Whether one message matches; for those who wait for an arrival.
pub(super) async fn matches(
    conn: &mut SqliteConnection,
    recall: &SearchCaches,
    query: &Query,
    id: MessageId,
) -> Result<bool, sqlx::Error> {
    let mut tx = conn.begin().await?;
    let found = SearchPlan::of(query).first(&mut tx, recall, (id.row(), id.row())).await?;
    tx.commit().await?;
    Ok(found.is_some())
}

/// Terms for the index, and the rest.
struct SearchPlan {
    /// Each term, and whether it must be absent.
    wanted: Vec<(bool, SearchTerm)>,
    /// Read states asked for, when there are terms: those come with the rows.
    read: Vec<bool>,
    /// Whether refused mail is left out, when there are terms: it is little, and has an index of its own.
    arrived: bool,
    state: SqlFilter,
}

impl SearchPlan {
    fn of(query: &Query) -> Self {
        let mut plan = SearchPlan { wanted: Vec::new(), read: Vec::new(), arrived: false, state: SqlFilter::any() };
        for QueryTerm { negated, test } in &query.terms {
            if let Criterion::Words { fields, needle } = test {
                plan.wanted.push((*negated, SearchTerm::new(needle, fields.iter().map(|field| *field as usize))));
            }
        }
        for QueryTerm { negated, test } in &query.terms {
            match test {
                Criterion::Words { .. } => {}
                Criterion::Read(read) if !plan.wanted.is_empty() => plan.read.push(*read != *negated),
                Criterion::Refused if *negated && !plan.wanted.is_empty() => plan.arrived = true,
                test => plan.state.add(test, *negated),
            }
        }
        plan
    }

    /// The newest of a range of rows that matches.
    async fn first(
        self,
        conn: &mut SqliteConnection,
        recall: &SearchCaches,
        range: (i64, i64),
    ) -> Result<Option<i64>, sqlx::Error> {
        if self.wanted.is_empty() {
            let mut state = self.state;
            state.and("m.id between ? and ?", [Value::Number(range.0), Value::Number(range.1)]);
            return Ok(state.rows(conn, 1, 0).await?.pop());
        }
        let mut first = None;
        self.visit(conn, recall, range, |found| {
            first = found.first().map(|(id, _)| *id);
            first.is_none()
        })
        .await?;
        Ok(first)
    }

    /// Calls `each` with the matching rows of a range and their read state, some at a time, newest first, until it
    /// answers no.
    async fn visit(
        &self,
        conn: &mut SqliteConnection,
        recall: &SearchCaches,
        (first, last): (i64, i64),
        mut each: impl FnMut(&[(i64, bool)]) -> bool,
    ) -> Result<(), sqlx::Error> {
        let mut waiting = self.scan(conn, &recall.waiting, (first, last)).await?;
        let refused = if self.arrived { SqlFilter::refused().ids(conn).await? } else { None };
        let wanted = |(id, read): &(i64, bool)| {
            let left_out = refused.as_ref().is_some_and(|refused| refused.contains(*id));
            (first..=last).contains(id) && !left_out && self.read.iter().all(|r| r == read)
        };
        waiting.retain(wanted);
        if !each(&waiting) {
            return Ok(());
        }
        let segments = segments::between(conn, first, last).await?;
        let allowed = if segments.is_empty() { None } else { self.state.ids(conn).await? };
        let marks = Flags::load(conn).await?;
        for segment in segments {
            let found = self.search_unindexed(conn, &recall.answers, &segment).await?;
            let clear = marks.is_clear(segment.first, segment.last);
            let rows: Vec<(i64, bool)> = found
                .descending()
                .map(|doc| segment.message(doc))
                .filter(|id| clear || !marks.has(Flag::Deleted, *id))
                .filter(|id| allowed.as_ref().is_none_or(|allowed| allowed.contains(*id)))
                .map(|id| (id, !clear && marks.has(Flag::Read, id)))
                .filter(wanted)
                .collect();
            if !each(&rows) {
                break;
            }
        }
        Ok(())
    }

    /// The messages of a range that no segment holds yet and in which every term holds, newest first.
    async fn scan(
        &self,
        conn: &mut SqliteConnection,
        waiting: &UnindexedCache,
        (first, last): (i64, i64),
    ) -> Result<Vec<(i64, bool)>, sqlx::Error> {
        let waiting_from = unindexed::last_indexed(conn).await? + 1;
        let rows = self.state.between(conn, first.max(waiting_from), last).await?;
        // Most messages hold nothing of what is sought: looking for the longest words first sorts them out fastest.
        let sieve: Vec<&str> = self.wanted.iter().filter(|(not, _)| !not).map(|(_, needle)| needle.longest()).collect();
        let matches = |words: &SearchText| {
            sieve.iter().all(|word| words.hold(word)) && {
                let fields = words.fields();
                self.wanted.iter().all(|(negated, needle)| needle.is_in(&fields) != *negated)
            }
        };
        let mut found = Vec::new();
        for batch in batches(&rows) {
            let read = waiting.read(conn, batch).await?;
            let matching = read.into_iter().filter(|unindexed| matches(&unindexed.words));
            found.extend(matching.map(|Unindexed { row, .. }| (row.id, row.read)));
        }
        Ok(found)
    }

    /// The documents of a segment in which every term holds.
    async fn search_unindexed(
        &self,
        conn: &mut SqliteConnection,
        answers: &SearchCache,
        segment: &Segment,
    ) -> Result<Bitmap, sqlx::Error> {
        let mut all = Bitmap::all(segment.docs);
        for (negated, needle) in &self.wanted {
            if all.is_empty() {
                break;
            }
            let holding = match answers.get(needle, segment.id) {
                Some(holding) => holding,
                None => {
                    let holding = Arc::new(search_segment(conn, segment, needle).await?);
                    answers.put(needle, segment.id, holding.clone());
                    holding
                }
            };
            if *negated { all.and_not(&holding) } else { all.and(&holding) }
        }
        Ok(all)
    }
}

/// The documents of a segment that hold a term.
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
