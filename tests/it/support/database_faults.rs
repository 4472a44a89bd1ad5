//! What may happen to a PostgreSQL database while a server uses it.

use sqlx::{Connection as _, Executor as _};

use super::app::App;

impl App {
    /// Drops the PostgreSQL database while the server runs.
    ///
    /// # Panics
    /// On SQLite.
    pub async fn lose_database(&self) {
        let (server, name) = self.database_url().rsplit_once('/').expect("a URL with a database name");
        let mut connection =
            sqlx::PgConnection::connect(&format!("{server}/postgres")).await.expect("a connection to PostgreSQL");
        let statement = format!("drop database {name} with (force)");
        connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("the database is dropped");
    }

    /// Makes the PostgreSQL database refuse writes, as a full disk or a replica would.
    ///
    /// # Panics
    /// On SQLite.
    pub async fn make_database_read_only(&self) {
        let (server, name) = self.database_url().rsplit_once('/').expect("a URL with a database name");
        let mut connection =
            sqlx::PgConnection::connect(&format!("{server}/postgres")).await.expect("a connection to PostgreSQL");
        for statement in [
            format!("alter database {name} set default_transaction_read_only = on"),
            // The setting applies to new connections.
            format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
        ] {
            connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("the statement succeeds");
        }
    }
}
