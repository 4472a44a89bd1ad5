//! Searchable text that waits for its segment.

use futures::TryStreamExt as _;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row as _};

use crate::capture::segment::{Doc, FIELDS, MAX_DOCS, Needle};

use super::value::{Bound, Value, bind};

/// Between the fields; never inside one.
pub const SEPARATOR: char = '\u{1f}';
/// Bytes of text taken into one segment.
const MAX_TEXT: i64 = 4 * 1024 * 1024;
/// Messages looked at to know whether many bytes wait.
const SAMPLE: i64 = 128;

/// A message's text as it waits.
pub struct Waiting {
    pub id: i64,
    pub words: String,
}

impl Waiting {
    pub fn doc(&self) -> Doc<'_> {
        Doc { id: self.id, fields: fields(&self.words) }
    }
}

fn fields(words: &str) -> [&str; FIELDS] {
    let mut pieces = words.split(SEPARATOR);
    std::array::from_fn(|_| pieces.next().unwrap_or_default())
}

/// The oldest that fit one segment, at least one.
pub async fn oldest(conn: &mut SqliteConnection) -> Result<Vec<Waiting>, sqlx::Error> {
    let sizes: Vec<(i64, i64)> =
        sqlx::query_as("select message_id, octet_length(words) from pending order by message_id limit ?")
            .bind(i64::try_from(MAX_DOCS).unwrap_or(i64::MAX))
            .fetch_all(&mut *conn)
            .await?;
    let mut bytes = 0;
    let fitting = sizes.iter().take_while(|(_, size)| {
        let fits = bytes < MAX_TEXT;
        bytes += size;
        fits
    });
    let Some((last, _)) = fitting.last() else { return Ok(vec![]) };
    let rows = sqlx::query("select message_id, words from pending where message_id <= ? order by message_id")
        .bind(last)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok(Waiting { id: row.try_get("message_id")?, words: row.try_get("words")? })).collect()
}

/// How many wait, roughly, and the bytes of the oldest of them.
pub async fn backlog(conn: &mut SqliteConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select coalesce((select max(message_id) from pending) - (select min(message_id) from pending) + 1, 0), \
         (select coalesce(sum(octet_length(words)), 0) from (select words from pending order by message_id limit ?))",
    )
    .bind(SAMPLE)
    .fetch_one(conn)
    .await
}

/// What a search looks for: a term, and whether it must be absent.
pub type Wanted = (bool, Needle);

/// Rows of a range in which all of `wanted` and a condition on `messages m` hold, newest first, with their read state.
pub async fn matching(
    conn: &mut SqliteConnection,
    wanted: &[Wanted],
    (state, values): (&str, &[Value]),
    (first, last): (i64, i64),
) -> Result<Vec<(i64, bool)>, sqlx::Error> {
    let mut sql =
        format!("select m.id, m.read, p.words from pending p join messages m on m.id = p.message_id where {state}");
    sql.push_str(" and p.message_id between ? and ?");
    // Only what holds the longest word of each term is handed over.
    let sieves: Vec<&str> = wanted.iter().filter(|(negated, _)| !negated).map(|(_, needle)| needle.longest()).collect();
    sieves.iter().for_each(|_| sql.push_str(" and instr(p.words, ?) > 0"));
    sql.push_str(" order by p.message_id desc");
    let query = bind(sqlx::query(AssertSqlSafe(sql)).persistent(false), values).bind(first).bind(last);
    // A row at a time: what waits may be much, and only its number is kept.
    let mut rows = sieves.into_iter().fold(query, Bound::bind).fetch(conn);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let fields = fields(row.try_get("words")?);
        if wanted.iter().all(|(negated, needle)| needle.is_in(&fields) != *negated) {
            found.push((row.try_get("id")?, row.try_get("read")?));
        }
    }
    Ok(found)
}
