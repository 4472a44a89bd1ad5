//! Query terms other than text terms, as an SQL condition on `messages m`.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row as _};

use crate::clock::Time;
use crate::inbox::store::bind::{Value, bind};
use crate::inbox::store::segment::bitmap::Bitmap;
use crate::inbox::store::unindexed::UnindexedRow;
use crate::inbox::types::{Criterion, PageRequest};

/// A page of matching rows, newest first, with the numbers of all matches.
#[derive(Default)]
pub struct MatchPage {
    pub rows: Vec<i64>,
    pub total: u64,
    pub unread: u64,
}

/// An SQL condition with its bound values.
pub struct SqlFilter {
    sql: String,
    values: Vec<Value>,
}

impl SqlFilter {
    /// Matches all messages.
    pub fn any() -> Self {
        SqlFilter { sql: "1".to_owned(), values: Vec::new() }
    }

    /// Matches refused messages.
    pub fn refused() -> Self {
        SqlFilter { sql: "m.refused = 1".to_owned(), values: Vec::new() }
    }

    pub fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" and ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    /// Adds the condition of a term. Text terms are ignored.
    pub fn add(&mut self, test: &Criterion, negated: bool) {
        let time = |t: &Time| vec![Value::Number(t.millis())];
        let (sql, values) = match test {
            Criterion::Words { .. } | Criterion::HeaderField { .. } => return,
            Criterion::Tag(key) => (
                "m.id in (select message_id from message_tags join tags on tags.id = tag_id where key = ?)",
                vec![Value::Text(key.clone())],
            ),
            Criterion::Read(true) => ("m.read = 1", vec![]),
            Criterion::Read(false) => ("m.read = 0", vec![]),
            Criterion::Tagged => ("m.id in (select message_id from message_tags)", vec![]),
            Criterion::Own => ("m.own = 1", vec![]),
            Criterion::Mailbox(bytes) => ("instr(m.mailboxes, ?) > 0", vec![Value::Bytes(bytes.clone())]),
            Criterion::Alike(key) => ("m.template = ?", vec![Value::Number(*key)]),
            Criterion::Refused => ("m.refused = 1", vec![]),
            Criterion::Attachment => ("m.attachments > 0", vec![]),
            Criterion::Inline => ("m.inlines > 0", vec![]),
            Criterion::Before(at) => ("m.created <= ?", time(at)),
            Criterion::After(at) => ("m.created >= ?", time(at)),
            Criterion::Larger(bytes) => ("m.size > ?", vec![Value::Number(*bytes)]),
            Criterion::Smaller(bytes) => ("m.size < ?", vec![Value::Number(*bytes)]),
        };
        let not = if negated { "not " } else { "" };
        self.and(&format!("{not}({sql})"), values);
    }

    pub async fn page(mut self, conn: &mut SqliteConnection, window: &PageRequest) -> Result<MatchPage, sqlx::Error> {
        let limit = window.limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let start = i64::try_from(window.start).unwrap_or(i64::MAX);
        let (total, unread) = self.count(conn).await?;
        if let Some(id) = window.older_than {
            self.and("m.id < ?", [Value::Number(id.row())]);
        }
        let rows = if total == 0 || limit == 0 { vec![] } else { self.rows(conn, limit, start).await? };
        Ok(MatchPage { rows, total, unread })
    }

    async fn count(&self, conn: &mut SqliteConnection) -> Result<(u64, u64), sqlx::Error> {
        let sql = format!(
            "select count(*) as total, coalesce(sum(1 - m.read), 0) as unread from messages m where {}",
            self.sql
        );
        let row = bind(sqlx::query(AssertSqlSafe(sql)).persistent(false), &self.values).fetch_one(conn).await?;
        let number = |name| row.try_get::<i64, _>(name).map(|n| u64::try_from(n).unwrap_or_default());
        Ok((number("total")?, number("unread")?))
    }

    pub async fn rows(&self, conn: &mut SqliteConnection, limit: i64, start: i64) -> Result<Vec<i64>, sqlx::Error> {
        let sql = format!("select m.id from messages m where {} order by m.id desc limit ? offset ?", self.sql);
        let query = bind(sqlx::query(AssertSqlSafe(sql)).persistent(false), &self.values);
        let rows = query.bind(limit).bind(start).fetch_all(conn).await?;
        rows.iter().map(|row| row.try_get("id")).collect()
    }

    /// Returns the matching rows of a range, newest first.
    pub async fn between(
        &self,
        conn: &mut SqliteConnection,
        first: i64,
        last: i64,
    ) -> Result<Vec<UnindexedRow>, sqlx::Error> {
        let sql = format!(
            "select m.id, m.read, m.size from messages m where {} and m.id between ? and ? order by m.id desc",
            self.sql
        );
        let query = bind(sqlx::query(AssertSqlSafe(sql)).persistent(false), &self.values);
        let rows = query.bind(first).bind(last).fetch_all(conn).await?;
        rows.iter().map(UnindexedRow::from_columns).collect()
    }

    /// Returns the ids of the matching rows; `None` if all rows match.
    pub async fn ids(&self, conn: &mut SqliteConnection) -> Result<Option<Ids>, sqlx::Error> {
        if self.values.is_empty() && self.sql == "1" {
            return Ok(None);
        }
        // One text instead of one row per id: fetching rows takes longer than finding them.
        let sql = format!("select coalesce(group_concat(m.id), '') as ids from messages m where {}", self.sql);
        let row = bind(sqlx::query(AssertSqlSafe(sql)).persistent(false), &self.values).fetch_one(conn).await?;
        Ok(Some(Ids::read(row.try_get("ids")?)))
    }
}

/// A set of row ids.
pub struct Ids {
    first: i64,
    bits: Bitmap,
}

impl Ids {
    fn read(list: &str) -> Self {
        let each = || list.split(',').filter_map(|id| id.parse::<i64>().ok());
        let (first, last) = each().fold((i64::MAX, i64::MIN), |(low, high), id| (low.min(id), high.max(id)));
        let index = |id: i64| usize::try_from(id.saturating_sub(first)).unwrap_or(usize::MAX);
        let mut bits = Bitmap::none(if first > last { 0 } else { index(last) + 1 });
        each().for_each(|id| bits.insert(index(id)));
        Ids { first, bits }
    }

    pub fn contains(&self, id: i64) -> bool {
        usize::try_from(id.saturating_sub(self.first)).is_ok_and(|index| self.bits.contains(index))
    }
}
