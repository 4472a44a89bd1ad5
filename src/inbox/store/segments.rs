//! Reads and writes the search index: the tables `segments` and `segment_parts`.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::inbox::types::{FIELDS, PARTS};

use super::flags::{self, Flag};
use super::segment::build::{BuiltSegment, Doc, MAX_DOCS, build};
use super::segment::codec;
use super::segment::lookup::{Dictionary, Positions, texts};

/// The ids that one segment has in `segment_parts.id`, and those of each of its parts.
const PIECES: i64 = 256;
const PIECES_OF_PART: i64 = 128;
/// Adjacent segments with fewer remaining messages than this are merged once they have as many together.
const SMALL: i64 = 1_024;
/// The same limit in bytes.
const SMALL_BYTES: i64 = 2 * 1024 * 1024;

/// A segment without its dictionaries and word sequences.
#[derive(Clone, Debug)]
pub struct Segment {
    pub id: i64,
    pub first: i64,
    pub last: i64,
    pub docs: usize,
    /// The number of messages that are not deleted, or can be restored.
    alive: i64,
    /// Bytes of its dictionaries and word sequences.
    bytes: i64,
    /// The message ids; empty if they are all numbers from `first` to `last`.
    ids: Vec<i64>,
}

impl Segment {
    /// The message id of a document.
    pub fn message(&self, doc: usize) -> i64 {
        let without_gap = || self.first + i64::try_from(doc).unwrap_or_default();
        self.ids.get(doc).copied().unwrap_or_else(without_gap)
    }
}

/// The segments whose range overlaps `first` to `last`, newest first.
pub async fn between(conn: &mut SqliteConnection, first: i64, last: i64) -> Result<Vec<Segment>, sqlx::Error> {
    let rows = sqlx::query(
        "select id, first, last, docs, alive, bytes, ids from segments where first <= ?2 and last >= ?1 order by first desc",
    )
    .bind(first)
    .bind(last)
    .fetch_all(conn)
    .await?;
    rows.iter().map(segment).collect()
}

fn segment(row: &SqliteRow) -> Result<Segment, sqlx::Error> {
    let first = row.try_get("first")?;
    let mut packed: &[u8] = row.try_get("ids")?;
    let mut ids = Vec::new();
    let mut id: i64 = first;
    while let Some(distance) = codec::read_varint(&mut packed) {
        id += i64::from(distance);
        ids.push(id);
    }
    Ok(Segment {
        id: row.try_get("id")?,
        first,
        last: row.try_get("last")?,
        docs: usize::try_from(row.try_get::<i64, _>("docs")?).unwrap_or_default(),
        alive: row.try_get("alive")?,
        bytes: row.try_get("bytes")?,
        ids,
    })
}

/// The bytes of a part's dictionary (piece 0) or of one chunk of its word sequences (pieces from 1).
pub async fn piece(
    conn: &mut SqliteConnection,
    segment: i64,
    part: usize,
    piece: usize,
) -> Result<Option<SqliteRow>, sqlx::Error> {
    sqlx::query("select data from segment_parts where id = ?")
        .bind(key(segment, part, piece))
        .fetch_optional(conn)
        .await
}

fn key(segment: i64, part: usize, piece: usize) -> i64 {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    segment * PIECES + number(part) * PIECES_OF_PART + number(piece)
}

/// A segment ready to be written.
pub struct EncodedSegment {
    ids: Vec<i64>,
    parts: [BuiltSegment; 2],
}

impl EncodedSegment {
    /// Builds the dictionaries and word sequences; too slow for async threads.
    pub fn new(docs: &[Doc<'_>]) -> Self {
        EncodedSegment { ids: docs.iter().map(|doc| doc.id).collect(), parts: build(docs) }
    }

    fn bytes(&self) -> i64 {
        let each = self.parts.iter().flat_map(|part| std::iter::once(&part.dictionary).chain(&part.sequences));
        i64::try_from(each.map(Vec::len).sum::<usize>()).unwrap_or(i64::MAX)
    }
}

/// Writes a segment after all others. Returns how many of its messages still exist or can be restored. Returns 0 and writes nothing if
/// another process has indexed them or all were deleted.
pub async fn append(conn: &mut SqliteConnection, ready: &EncodedSegment) -> Result<u64, sqlx::Error> {
    let (Some(first), Some(last)) = (ready.ids.first(), ready.ids.last()) else { return Ok(0) };
    let taken: bool = sqlx::query_scalar("select exists (select 1 from segments where last >= ?)")
        .bind(first)
        .fetch_one(&mut *conn)
        .await?;
    if taken {
        return Ok(0);
    }
    let existing = ids_between(conn, "select id from messages where id between ? and ? order by id", (*first, *last));
    let existing = existing.await?;
    let alive = existing.len() + restorable(conn, *first, *last).await?.len();
    if alive > 0 {
        // Messages may have been deleted since they were read, and their flags may have been trimmed.
        let deleted: Vec<i64> = ready.ids.iter().copied().filter(|id| existing.binary_search(id).is_err()).collect();
        flags::set(conn, Flag::Deleted, &deleted, true).await?;
        insert(conn, ready, i64::try_from(alive).unwrap_or(i64::MAX)).await?;
    }
    Ok(u64::try_from(alive).unwrap_or(u64::MAX))
}

/// The deleted messages of a range that can be restored, sorted. They stay in the segments.
pub async fn restorable(conn: &mut SqliteConnection, first: i64, last: i64) -> Result<Vec<i64>, sqlx::Error> {
    let sql = "select id from deleted_messages where id between ? and ? order by id";
    ids_between(conn, sql, (first, last)).await
}

async fn ids_between(
    conn: &mut SqliteConnection,
    sql: &'static str,
    (first, last): (i64, i64),
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(sql).bind(first).bind(last).fetch_all(conn).await
}

async fn insert(conn: &mut SqliteConnection, ready: &EncodedSegment, alive: i64) -> Result<(), sqlx::Error> {
    let (Some(first), Some(last)) = (ready.ids.first(), ready.ids.last()) else { return Ok(()) };
    let docs = i64::try_from(ready.ids.len()).unwrap_or(i64::MAX);
    let packed = if last - first + 1 == docs { vec![] } else { distances(&ready.ids) };
    let id: i64 = sqlx::query_scalar(
        "insert into segments (first, last, docs, alive, bytes, ids) values (?, ?, ?, ?, ?, ?) returning id",
    )
    .bind(first)
    .bind(last)
    .bind(docs)
    .bind(alive)
    .bind(ready.bytes())
    .bind(packed)
    .fetch_one(&mut *conn)
    .await?;
    for (part, built) in ready.parts.iter().enumerate() {
        let pieces = std::iter::once(&built.dictionary).chain(&built.sequences);
        for (n, data) in pieces.enumerate() {
            sqlx::query("insert into segment_parts (id, data) values (?, ?)")
                .bind(key(id, part, n))
                .bind(data.as_slice())
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

/// The ids as distances, each from the one before.
fn distances(ids: &[i64]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut before = ids.first().copied().unwrap_or_default();
    for id in ids {
        codec::write_varint(&mut packed, u32::try_from(id - before).unwrap_or(u32::MAX));
        before = *id;
    }
    packed
}

/// Subtracts deleted messages from the counts of their segments, and deletes segments that become empty.
pub async fn mark_deleted(conn: &mut SqliteConnection, ids: &[i64]) -> Result<(), sqlx::Error> {
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(()) };
    for segment in between(conn, *first, *last).await? {
        let deleted = ids.iter().filter(|id| (segment.first..=segment.last).contains(*id)).count();
        let deleted = i64::try_from(deleted).unwrap_or(i64::MAX);
        if deleted >= segment.alive {
            remove(conn, segment.id).await?;
        } else if deleted > 0 {
            sqlx::query("update segments set alive = alive - ? where id = ?")
                .bind(deleted)
                .bind(segment.id)
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

async fn remove(conn: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from segment_parts where id >= ?1 * 256 and id < (?1 + 1) * 256")
        .bind(id)
        .execute(&mut *conn)
        .await?;
    sqlx::query("delete from segments where id = ?").bind(id).execute(conn).await?;
    Ok(())
}

/// The first run of small adjacent segments that is large enough to be merged; empty if no run is.
pub async fn small(conn: &mut SqliteConnection) -> Result<Vec<Segment>, sqlx::Error> {
    let rows = sqlx::query("select id, first, last, docs, alive, bytes, x'' as ids from segments order by first")
        .fetch_all(&mut *conn)
        .await?;
    let mut run: Vec<Segment> = Vec::new();
    for row in &rows {
        let next = segment(row)?;
        if next.alive >= SMALL || next.bytes >= SMALL_BYTES {
            run.clear();
            continue;
        }
        run.push(next);
        let sum = |of: fn(&Segment) -> i64| run.iter().map(of).sum::<i64>();
        let docs: usize = run.iter().map(|segment| segment.docs).sum();
        if run.len() > 1 && (sum(|s| s.alive) >= SMALL || sum(|s| s.bytes) >= SMALL_BYTES || docs > MAX_DOCS) {
            return Ok(run);
        }
    }
    Ok(vec![])
}

/// One document loaded from a segment.
pub struct LoadedDoc {
    pub id: i64,
    pub fields: Vec<String>,
}

impl LoadedDoc {
    pub fn doc(&self) -> Doc<'_> {
        Doc { id: self.id, fields: std::array::from_fn(|n| self.fields.get(n).map_or("", String::as_str)) }
    }
}

/// The documents of a segment, to be merged into a larger one. `None` if the segment was deleted or is damaged.
pub async fn load_docs(conn: &mut SqliteConnection, segment: &Segment) -> Result<Option<Vec<LoadedDoc>>, sqlx::Error> {
    let found = between(conn, segment.first, segment.first).await?;
    let Some(segment) = found.first().filter(|found| found.id == segment.id) else { return Ok(None) };
    let mut docs: Vec<LoadedDoc> = (0..segment.docs)
        .map(|doc| LoadedDoc { id: segment.message(doc), fields: Vec::with_capacity(FIELDS) })
        .collect();
    for (part, fields) in PARTS.iter().enumerate() {
        let rows = sqlx::query("select data from segment_parts where id >= ? and id < ? order by id")
            .bind(key(segment.id, part, 0))
            .bind(key(segment.id, part + 1, 0))
            .fetch_all(&mut *conn)
            .await?;
        let pieces = rows.iter().map(|row| row.try_get("data")).collect::<Result<Vec<&[u8]>, _>>()?;
        let Some((dictionary, chunks)) = pieces.split_first() else { return Ok(None) };
        let Some(dictionary) = Dictionary::read(dictionary) else { return Ok(None) };
        let chunks: Vec<Positions<'_>> = chunks.iter().filter_map(|bytes| Positions::read(bytes)).collect();
        let texts = texts(&dictionary, &chunks);
        // A missing text would assign all later texts to other messages.
        if texts.len() != docs.len() * fields.len() {
            return Ok(None);
        }
        let mut texts = texts.into_iter();
        for doc in &mut docs {
            doc.fields.extend(texts.by_ref().take(fields.len()));
        }
    }
    Ok(Some(docs))
}

/// Replaces several segments with one. Returns false if one of them has changed since it was read; the caller must then
/// roll back.
pub async fn replace(
    conn: &mut SqliteConnection,
    old: &[Segment],
    ready: &EncodedSegment,
) -> Result<bool, sqlx::Error> {
    for segment in old {
        let alive: Option<i64> = sqlx::query_scalar("select alive from segments where id = ?")
            .bind(segment.id)
            .fetch_optional(&mut *conn)
            .await?;
        if alive != Some(segment.alive) {
            return Ok(false);
        }
        remove(conn, segment.id).await?;
    }
    insert(conn, ready, i64::try_from(ready.ids.len()).unwrap_or(i64::MAX)).await?;
    Ok(true)
}
