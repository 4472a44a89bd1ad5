//! A [`Query`] as SQL: text terms go to the trigram index and, for what it has not swallowed yet, to a scan of the
//! pending text; state terms are plain conditions. Everything from outside is bound, the SQL is ours alone.

use sqlx::query::QueryScalar;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::clock::Time;

use super::id::MessageId;
use super::inbox::Window;
use super::query::{Field, Query, Term, Test};
use super::store::read;

/// A page of matching rows, newest first.
pub(super) struct Page {
    pub rows: Vec<i64>,
    pub total: u64,
    pub unread: u64,
}

pub(super) async fn page(conn: &mut SqliteConnection, query: &Query, window: &Window) -> Result<Page, sqlx::Error> {
    let mut condition = Condition::of(conn, query).await?;
    let limit = window.limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
    let start = i64::try_from(window.start).unwrap_or(i64::MAX);
    if let (Some(words), None, None) = (condition.only_words(), window.before, window.older_than) {
        return words.page(conn, limit, start).await;
    }
    if let Some(before) = window.before {
        condition.and("m.created < ?", [Value::Number(before.millis())]);
    }
    let (total, unread) = condition.count(conn).await?;
    if let Some(id) = window.older_than {
        condition.and("m.id < ?", [Value::Number(id.row())]);
    }
    let rows = if total == 0 || limit == 0 { vec![] } else { condition.rows(conn, limit, start).await? };
    Ok(Page { rows, total, unread })
}

/// All matching rows, newest first.
pub(super) async fn rows(conn: &mut SqliteConnection, query: &Query) -> Result<Vec<i64>, sqlx::Error> {
    Condition::of(conn, query).await?.rows(conn, -1, 0).await
}

pub(super) async fn newest(conn: &mut SqliteConnection, query: &Query) -> Result<Option<i64>, sqlx::Error> {
    Ok(Condition::of(conn, query).await?.rows(conn, 1, 0).await?.pop())
}

/// Whether one message matches; for those who wait for an arrival.
pub(super) async fn matches(conn: &mut SqliteConnection, query: &Query, id: MessageId) -> Result<bool, sqlx::Error> {
    let mut condition = Condition::of(conn, query).await?;
    condition.and("m.id = ?", [Value::Number(id.row())]);
    Ok(!condition.rows(conn, 1, 0).await?.is_empty())
}

enum Value {
    Number(i64),
    Text(String),
}

/// The part behind `where`, with what is bound to it.
struct Condition {
    sql: String,
    values: Vec<Value>,
    /// The wanted words, whether refused mail is left out, and whether there is any other condition.
    wanted: Vec<Needle>,
    arrived: bool,
    mixed: bool,
}

type Bound<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

impl Condition {
    async fn of(conn: &mut SqliteConnection, query: &Query) -> Result<Self, sqlx::Error> {
        let mut condition =
            Condition { sql: "1".to_owned(), values: Vec::new(), wanted: Vec::new(), arrived: false, mixed: false };
        let mut wanted = Vec::new();
        for Term { negated, test } in &query.terms {
            match test {
                // Together in one look into the index.
                Test::Words { fields, needle } if !negated => wanted.push(Needle::new(conn, fields, needle).await?),
                Test::Words { fields, needle } => {
                    condition.words(&[Needle::new(conn, fields, needle).await?], "not ");
                }
                Test::Refused if *negated => condition.arrived = true,
                test => condition.state(test, if *negated { "not " } else { "" }),
            }
        }
        if !wanted.is_empty() {
            condition.mixed = condition.sql != "1";
            condition.words(&wanted, "");
            condition.wanted = wanted;
        }
        if condition.arrived {
            condition.and("m.refused = 0", []);
        }
        Ok(condition)
    }

    /// The common search: some words and nothing else.
    fn only_words(&self) -> Option<Words<'_>> {
        let index = self.wanted.iter().map(Needle::index).collect::<Option<Vec<_>>>()?;
        let index = (!self.mixed && !index.is_empty()).then(|| index.join(" AND "))?;
        Some(Words { needles: &self.wanted, index, arrived: self.arrived })
    }

    fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" and ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    fn state(&mut self, test: &Test, not: &str) {
        let time = |t: &Time| vec![Value::Number(t.millis())];
        let (sql, values) = match test {
            Test::Words { .. } => return,
            Test::Tag(name) => (
                "m.id in (select message_id from message_tags join tags on tags.id = tag_id where name = ?)",
                vec![Value::Text(name.clone())],
            ),
            Test::Read(true) => ("m.read = 1", vec![]),
            Test::Read(false) => ("m.read = 0", vec![]),
            Test::Tagged => ("m.id in (select message_id from message_tags)", vec![]),
            Test::Refused => ("m.refused = 1", vec![]),
            Test::Attachment => ("m.attachments > 0", vec![]),
            Test::Inline => ("m.inlines > 0", vec![]),
            Test::Before(at) => ("m.created <= ?", time(at)),
            Test::After(at) => ("m.created >= ?", time(at)),
            Test::Larger(bytes) => ("m.size > ?", vec![Value::Number(*bytes)]),
            Test::Smaller(bytes) => ("m.size < ?", vec![Value::Number(*bytes)]),
        };
        self.and(&format!("{not}({sql})"), values);
    }

    /// All of `needles` in one message.
    fn words(&mut self, needles: &[Needle], not: &str) {
        let scan = needles.iter().map(Needle::scan).collect::<Vec<_>>().join(" and ");
        let index = needles.iter().map(Needle::index).collect::<Option<Vec<_>>>();
        let mut values = Vec::new();
        let mut sql = format!("{not}m.id in (");
        if let Some(index) = index {
            sql.push_str("select rowid from words where words match ? union all ");
            values.push(Value::Text(index.join(" AND ")));
        }
        sql.push_str(&format!("select message_id from pending where {scan})"));
        for needle in needles {
            values.extend(needle.fields.iter().map(|_| Value::Text(needle.text.clone())));
        }
        self.and(&sql, values);
    }

    async fn count(&self, conn: &mut SqliteConnection) -> Result<(u64, u64), sqlx::Error> {
        let sql = format!(
            "select count(*) as total, coalesce(sum(1 - m.read), 0) as unread from messages m where {}",
            self.sql
        );
        let row = self.bind(&sql).fetch_one(conn).await?;
        let number = |name| row.try_get::<i64, _>(name).map(|n| u64::try_from(n).unwrap_or_default());
        Ok((number("total")?, number("unread")?))
    }

    async fn rows(&self, conn: &mut SqliteConnection, limit: i64, start: i64) -> Result<Vec<i64>, sqlx::Error> {
        let sql = format!("select m.id from messages m where {} order by m.id desc limit ? offset ?", self.sql);
        let rows = self.bind(&sql).bind(limit).bind(start).fetch_all(conn).await?;
        rows.iter().map(|row| row.try_get("id")).collect()
    }

    fn bind<'q>(&'q self, sql: &str) -> Bound<'q> {
        self.values.iter().fold(
            sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false),
            |query, value| match value {
                Value::Number(n) => query.bind(n),
                Value::Text(text) => query.bind(text.as_str()),
            },
        )
    }
}

/// Words only: the index counts and orders its matches by itself, so no message is touched but those of the page.
/// What it has not swallowed yet is always newer than what it has.
struct Words<'n> {
    needles: &'n [Needle],
    index: String,
    arrived: bool,
}

impl Words<'_> {
    async fn page(&self, conn: &mut SqliteConnection, limit: i64, start: i64) -> Result<Page, sqlx::Error> {
        // One moment for all statements: nothing may move from one place to the other in between.
        let mut tx = conn.begin().await?;
        let mut rows = self.pending(&mut tx).await?;
        let waiting = rows.len();
        let indexed: i64 = self.indexed("select count(*)", "").fetch_one(&mut *tx).await?;
        let from_index = start.saturating_sub(i64::try_from(waiting).unwrap_or(i64::MAX)).max(0);
        let skip = usize::try_from(start).unwrap_or(usize::MAX).min(waiting);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let unread = self.unread(&mut tx, indexed, &rows).await?;
        rows = rows.into_iter().skip(skip).take(most).collect();
        let missing = if limit < 0 { -1 } else { limit.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX)) };
        if missing != 0 && indexed > 0 {
            let more = self.indexed("select rowid", "order by rowid desc limit ? offset ?");
            rows.extend(more.bind(missing).bind(from_index).fetch_all(&mut *tx).await?);
        }
        tx.commit().await?;
        let total = u64::try_from(indexed).unwrap_or_default() + u64::try_from(waiting).unwrap_or_default();
        Ok(Page { rows, total, unread })
    }

    /// Matches in the index.
    fn indexed<'q>(&'q self, select: &str, tail: &str) -> QueryScalar<'q, sqlx::Sqlite, i64, SqliteArguments> {
        let sql = format!("{select} from words where words match ? {} {tail}", self.without_refused("rowid"));
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(self.index.as_str())
    }

    /// The refused are few, and have an index of their own.
    fn without_refused(&self, row: &str) -> String {
        match self.arrived {
            true => format!("and {row} not in (select id from messages where refused = 1)"),
            false => String::new(),
        }
    }

    async fn pending(&self, conn: &mut SqliteConnection) -> Result<Vec<i64>, sqlx::Error> {
        let scan = self.needles.iter().map(Needle::scan).collect::<Vec<_>>().join(" and ");
        let refused = self.without_refused("message_id");
        let sql = format!("select message_id from pending where {scan} {refused} order by message_id desc");
        let bound =
            self.needles.iter().fold(sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false), |query, needle| {
                needle.fields.iter().fold(query, |query, _| query.bind(needle.text.as_str()))
            });
        bound.fetch_all(conn).await
    }

    async fn unread(&self, conn: &mut SqliteConnection, indexed: i64, waiting: &[i64]) -> Result<u64, sqlx::Error> {
        let counts = read::counts(conn).await?;
        let all = indexed.saturating_add(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
        if counts.unread == 0 || counts.unread == counts.messages {
            return Ok(if counts.unread == 0 { 0 } else { u64::try_from(all).unwrap_or_default() });
        }
        let refused = if self.arrived { "and m.refused = 0" } else { "" };
        let sql = format!(
            "select (select count(*) from words join messages m on m.id = words.rowid \
             where words match ?1 and m.read = 0 {refused}) \
             + (select count(*) from json_each(?2) j join messages m on m.id = j.value where m.read = 0)"
        );
        let unread: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(&self.index)
            .bind(serde_json::to_string(waiting).unwrap_or_default())
            .fetch_one(conn)
            .await?;
        Ok(u64::try_from(unread).unwrap_or_default())
    }
}

/// Characters of a trigram.
const GRAM: usize = 3;
/// Trigrams that stand for a shorter term.
const MAX_GRAMS: i64 = 500;
/// The same for a single letter, which nearly every message holds: with the first of them nearly all are found, and
/// more would take seconds in a large inbox.
const MAX_LETTER_GRAMS: i64 = 40;

/// A text term ready for both ways to look.
struct Needle {
    fields: &'static [Field],
    text: String,
    /// What to look for in the index: the term itself, or, when it is too short for it, every trigram that begins
    /// with it.
    grams: Vec<String>,
}

impl Needle {
    async fn new(conn: &mut SqliteConnection, fields: &'static [Field], text: &str) -> Result<Self, sqlx::Error> {
        let grams = if text.chars().count() >= GRAM { vec![text.to_owned()] } else { grams(conn, text).await? };
        Ok(Needle { fields, text: text.to_owned(), grams })
    }

    /// `{a b} : ("x" OR "y")`; `None` when the index cannot hold it.
    fn index(&self) -> Option<String> {
        if self.grams.is_empty() {
            return None;
        }
        let fields = self.fields.iter().map(|f| f.column()).collect::<Vec<_>>().join(" ");
        let quoted: Vec<String> = self.grams.iter().map(|g| format!("\"{}\"", g.replace('"', "\"\""))).collect();
        Some(format!("{{{fields}}} : ({})", quoted.join(" OR ")))
    }

    fn scan(&self) -> String {
        let each: Vec<String> = self.fields.iter().map(|f| format!("instr({}, ?) > 0", f.column())).collect();
        format!("({})", each.join(" or "))
    }
}

async fn grams(conn: &mut SqliteConnection, start: &str) -> Result<Vec<String>, sqlx::Error> {
    let letter = start.len() == 1 && start.bytes().all(|b| b.is_ascii_alphanumeric());
    sqlx::query_scalar(
        "select term from trigrams where term >= ?1 and term < ?1 || char(1114111, 1114111, 1114111) limit ?2",
    )
    .bind(start)
    .bind(if letter { MAX_LETTER_GRAMS } else { MAX_GRAMS })
    .fetch_all(conn)
    .await
}

impl Field {
    fn column(self) -> &'static str {
        match self {
            Field::Sender => "sender",
            Field::Recipients => "recipients",
            Field::Cc => "cc",
            Field::Bcc => "bcc",
            Field::ReplyTo => "reply_to",
            Field::Subject => "subject",
            Field::Ident => "ident",
            Field::Body => "body",
            Field::Headers => "headers",
            Field::Links => "links",
            Field::Codes => "codes",
        }
    }
}
