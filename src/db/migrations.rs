//! The schema of the account database. Both dialects use one text; only the name of the type for bytes differs.

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{AnyPool, AssertSqlSafe, SqlSafeStr as _};

use super::dialect::Dialect;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/accounts");

/// Applies the migrations that `pool` lacks.
///
/// # Errors
/// When the database fails, or its schema is another version's.
pub async fn migrate(pool: &AnyPool, dialect: Dialect) -> Result<(), MigrateError> {
    match dialect {
        Dialect::Sqlite => MIGRATIONS.run(pool).await,
        Dialect::Postgres => Migrator::with_migrations(MIGRATIONS.iter().map(for_postgres).collect()).run(pool).await,
    }
}

fn for_postgres(migration: &Migration) -> Migration {
    let sql = migration.sql.as_str().replace(" blob ", " bytea ");
    Migration::new(
        migration.version,
        migration.description.clone(),
        migration.migration_type,
        AssertSqlSafe(sql).into_sql_str(),
        migration.no_tx,
    )
}
