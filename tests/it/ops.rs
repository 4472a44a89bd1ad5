//! /healthz, /readyz and /metrics for orchestrators and operators.

use crate::support::app::{App, Engine, PASSWORD};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_database_the_server_is_alive_but_not_ready_and_states_the_reason_and_the_time() {
    let app = App::start(Engine::Postgres).await;
    assert_eq!(app.visitor().get("/readyz").await.json()["status"], "ready");
    app.lose_database().await;
    assert_eq!(app.visitor().get("/healthz").await.status, 200);
    let ready = app.visitor().get("/readyz").await;
    assert_eq!(ready.status, 503);
    let (body, first) = (ready.json(), ready.json()["checks"]["database"]["since"].clone());
    assert_eq!(body["status"], "down");
    for check in ["database", "outbox", "transport.capture"] {
        assert_eq!(body["checks"][check]["status"], "down", "{body}");
        assert!(body["checks"][check]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{body}");
    }
    assert!(first.is_string() && body["checks"]["outbox"]["queued"].is_null(), "{body}");
    app.advance(std::time::Duration::from_secs(60));
    assert_eq!(
        app.visitor().get("/readyz").await.json()["checks"]["database"]["since"],
        first,
        "since the failure began"
    );
    let remote = app.visitor().with("x-forwarded-for", "203.0.113.1").get("/readyz").await.json();
    assert!(remote["checks"]["database"]["reason"].is_null(), "{remote}");

    let metrics = app.visitor().get("/metrics").await;
    assert!(metrics.status == 200 && metrics.text().contains("gatepost_database_up 0"), "{}", metrics.text());
    for path in ["/dev/inbox/outbox", "/dev/inbox/outbox/x"] {
        let page = app.visitor().get(path).await;
        assert!(page.status == 503 && !page.header("retry-after").is_empty(), "{path}: {}", page.status);
    }
    let login = app.visitor().log_in("somebody@example.com", PASSWORD).await;
    assert!(login.status == 503 && !login.header("retry-after").is_empty(), "{}", login.status);
}

#[tokio::test]
async fn metrics_and_reasons_require_localhost_or_the_token() {
    let app = App::on(Engine::Sqlite).settings("[default.ops]\ntoken = \"sesame\"").start().await;
    let remote = || app.visitor().with("x-forwarded-for", "203.0.113.1");
    assert_eq!(remote().get("/metrics").await.status, 403);
    for authorization in ["Bearer sesame", "bearer sesame", "BEARER  sesame"] {
        assert_eq!(remote().with("authorization", authorization).get("/metrics").await.status, 200, "{authorization}");
    }
    for authorization in ["Bearer", "Bearer ", "Bearer sesam", "Basic sesame", "sesame"] {
        assert_eq!(remote().with("authorization", authorization).get("/metrics").await.status, 403, "{authorization}");
    }
    let metrics = app.visitor().get("/metrics").await.text();
    for wanted in
        ["gatepost_database_up 1", "gatepost_outbox_queued 0", "gatepost_transport_up{transport=\"capture\"} 1"]
    {
        assert!(metrics.contains(wanted), "{metrics}");
    }
}
