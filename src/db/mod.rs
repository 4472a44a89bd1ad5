//! The account database on SQLite or PostgreSQL: pool, migrations and transactions. Only this module and the claim of
//! the outbox distinguish the two dialects.

mod dialect;
mod migrations;
mod open_error;
mod pool;
mod postgres;
mod recognize;
pub mod sqlite_file;
#[cfg(test)]
mod tests;

pub use dialect::Dialect;
pub use open_error::OpenError;
pub use pool::{Conn, Database, Db};
pub use recognize::is_account_database;
pub use sqlite_file::SqliteFileError;
