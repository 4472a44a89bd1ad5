//! Expired rows are purged while requests run; neither waits for the other.

use std::time::Duration;

use futures::future::join_all;
use sqlx::{Connection as _, Executor as _};

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    a_purge_during_busy_requests_fails_none_of_them,
}

const PROXY: &str = "[default]\ntrusted_proxies = [\"127.0.0.1\"]";

async fn a_purge_during_busy_requests_fails_none_of_them(engine: Engine) {
    let app = App::on(engine).settings(PROXY).start().await;
    app.member("member@example.com").await;
    // Each form increments several counters. All windows have ended before each round, so the purge deletes the same
    // rows.
    for _ in 0..6 {
        app.advance(Duration::from_secs(25 * 3_600));
        let visitors: Vec<_> =
            (0..12).map(|n| app.visitor().with("x-forwarded-for", &format!("203.0.113.{}", n % 3))).collect();
        let forms = join_all(visitors.iter().enumerate().map(|(n, visitor)| async move {
            match n % 3 {
                0 => visitor.log_in("member@example.com", "wrong horse battery").await,
                1 => visitor.post("/password/forgot", &[("email", "member@example.com")]).await,
                _ => visitor.post("/verify/resend", &[("email", "member@example.com")]).await,
            }
        }));
        let purges = async {
            for _ in 0..8 {
                app.running().drain().await;
            }
        };
        let (pages, ()) = futures::future::join(forms, purges).await;
        for page in pages {
            assert!([303, 422, 429].contains(&page.status), "{}: {}", page.status, page.text());
        }
    }
    app.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303);
}

/// PostgreSQL locks single rows: a purge that waits for one while it holds others can deadlock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_skips_counters_that_a_request_has_locked() {
    let app = App::start(Engine::Postgres).await;
    app.visitor().log_in("ghost@example.com", "wrong horse battery").await;
    app.advance(Duration::from_secs(25 * 3_600));
    let mut request = app.database().await;
    let mut held = request.begin().await.expect("a transaction");
    let rows = held.execute("update counters set count = count").await.expect("the rows").rows_affected();
    assert!(rows > 0);
    let purge = tokio::time::timeout(Duration::from_secs(20), app.running().drain());
    purge.await.expect("the purge does not wait for the request");
    held.rollback().await.expect("a rollback");
    app.running().drain().await;
    let left = request.execute("update counters set count = count").await.expect("the rows").rows_affected();
    assert_eq!(left, 0, "the next purge deletes them");
}
