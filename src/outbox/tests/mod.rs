//! The outbox against scripted transports. Most tests run on SQLite and on PostgreSQL.

/// Runs one test on both databases.
macro_rules! both {
    ($test:ident) => {
        mod $test {
            #[tokio::test]
            async fn on_sqlite() {
                super::$test(super::Kind::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::$test(super::Kind::Postgres).await;
            }
        }
    };
}

mod claims;
mod failover;
mod gmail;
mod health;
mod outcomes;
#[path = "../../../tests/it/support/postgres.rs"]
mod postgres;
mod processes;
mod redaction;
mod support;
mod suspicion;

mod source {
    pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");
}
