//! The outbox against a scripted transport: what becomes of rows, whoever fails. Each story is told on SQLite and on
//! PostgreSQL.

/// Runs one story on both databases.
macro_rules! both {
    ($story:ident) => {
        mod $story {
            #[tokio::test]
            async fn on_sqlite() {
                super::$story(super::Kind::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::$story(super::Kind::Postgres).await;
            }
        }
    };
}

mod claims;
mod failover;
mod fates;
mod forgetting;
mod gmail;
#[path = "../../../tests/it/support/postgres.rs"]
mod postgres;
mod processes;
mod stage;
mod suspicion;

mod source {
    pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");
}
