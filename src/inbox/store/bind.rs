//! What is bound to SQL that is put together from a query's terms.

use sqlx::sqlite::SqliteArguments;

/// A query under way.
pub type BoundQuery<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

pub enum Value {
    Number(i64),
    Text(String),
}

/// Binds `values` in order.
pub fn bind<'q>(query: BoundQuery<'q>, values: &'q [Value]) -> BoundQuery<'q> {
    values.iter().fold(query, |query, value| match value {
        Value::Number(n) => query.bind(n),
        Value::Text(text) => query.bind(text.as_str()),
    })
}
