//! The values to bind to SQL that is generated from the terms of a search.

use sqlx::sqlite::SqliteArguments;

/// An SQL statement with the values bound so far.
pub type BoundQuery<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

pub enum Value {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Binds `values` in order.
pub fn bind<'q>(query: BoundQuery<'q>, values: &'q [Value]) -> BoundQuery<'q> {
    values.iter().fold(query, |query, value| match value {
        Value::Number(n) => query.bind(n),
        Value::Text(text) => query.bind(text.as_str()),
        Value::Bytes(bytes) => query.bind(bytes.as_slice()),
    })
}
