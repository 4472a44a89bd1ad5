//! Tests of transactions and of databases of other versions.

use sqlx::Executor as _;

use super::Db;
use super::pool::MAX_CONNECTIONS;

#[tokio::test]
async fn a_connection_is_usable_after_the_database_ended_its_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}/gatepost.db", folder.path().display())).await.unwrap();
    for _ in 0..3 * MAX_CONNECTIONS {
        // SQLite does this when the disk is full.
        let mut tx = db.write().await.unwrap();
        tx.execute("rollback").await.unwrap();
        assert!(tx.commit().await.is_err(), "nothing is committed");
    }
    for committed in [false, true] {
        let mut tx = db.write().await.unwrap();
        tx.execute("create table probe (id integer)").await.unwrap();
        if committed {
            tx.commit().await.unwrap();
        }
    }
    db.read().await.unwrap().execute("select id from probe").await.unwrap();
}

#[tokio::test]
async fn a_database_of_another_version_is_refused_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/gatepost.db", folder.path().display());
    for (change, said) in [
        ("update _sqlx_migrations set checksum = x'00'", "unreleased version"),
        (
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
             values (9999, 'later', true, x'00', 0)",
            "newer version",
        ),
    ] {
        let db = Db::open(&url).await.unwrap();
        db.read().await.unwrap().execute(change).await.unwrap();
        db.close().await;
        let error = Db::open(&url).await.err().unwrap().to_string();
        assert!(error.contains(said) && error.contains("gatepost.db"), "{error}");
        std::fs::remove_file(folder.path().join("gatepost.db")).unwrap();
    }
}

#[tokio::test]
async fn a_cancelled_wait_for_a_write_does_not_block_later_writes() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}/gatepost.db", folder.path().display())).await.unwrap();
    let first = db.write().await.unwrap();
    for _ in 0..3 * MAX_CONNECTIONS {
        let waiting = Box::pin(db.write());
        drop(futures::future::select(waiting, std::future::ready(())).await);
    }
    first.commit().await.unwrap();
    db.write().await.unwrap().commit().await.unwrap();
}
