//! `/healthz`, `/readyz` and `/metrics`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, Engine, PASSWORD, Setup};
use crate::support::port;
use crate::support::visitor::Visitor;

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
    app.advance(Duration::from_secs(60));
    assert_eq!(app.visitor().get("/readyz").await.json()["checks"]["database"]["since"], first, "the first failure");
    let others = app.visitor().with("x-forwarded-for", "203.0.113.1").get("/readyz").await;
    assert_eq!((others.status, others.json()), (503, statuses("down", "transport.capture")));

    let metrics = app.visitor().get("/metrics").await;
    assert!(metrics.status == 200 && metrics.text().contains("gatepost_database_up 0"), "{}", metrics.text());
    for path in ["/dev/inbox/outbox", "/dev/inbox/outbox/x"] {
        let page = app.visitor().get(path).await;
        assert!(page.status == 503 && !page.header("retry-after").is_empty(), "{path}: {}", page.status);
    }
    let login = app.visitor().log_in("somebody@example.com", PASSWORD).await;
    assert!(login.status == 503 && !login.header("retry-after").is_empty(), "{}", login.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_writes_is_not_ready_and_a_logout_still_clears_the_cookie() {
    let app = App::start(Engine::Postgres).await;
    let member = app.member("ada@example.com").await;
    assert_eq!(app.visitor().get("/readyz").await.status, 200);
    app.make_database_read_only().await;
    app.advance(Duration::from_secs(10));
    let ready = app.visitor().get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (503, &json!("down")));
    assert!(ready.text().contains("read-only"), "{}", ready.text());
    let left = member.post("/logout", &[]).await;
    assert_eq!(left.status, 303, "{}", left.text());
    assert_eq!(member.get("/account").await.location(), "/login?next=%2Faccount", "the browser has no session");
}

/// The response of `/readyz` to unauthenticated clients: statuses without failure details and numbers.
fn statuses(status: &str, transport: &str) -> Value {
    let check = json!({ "status": status });
    json!({ "status": status, "checks": { "database": check, "outbox": check, transport: check } })
}

/// The release profile behind a proxy, with the mail server of `other`.
fn release(token: &str, other: &App) -> Setup {
    let port = other.smtp().port();
    App::on(Engine::Sqlite).release().settings(&format!(
        "[default]\npublic_url = 'https://id.example.com'\n[default.ops]\n{token}\n\
         [default.mail]\ntransport = 'smtp'\nfrom = 'no-reply@example.com'\n\
         [default.mail.smtp]\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'"
    ))
}

async fn assert_no_access(visitor: impl Fn() -> Visitor, transport: &str) {
    let ready = visitor().get("/readyz").await;
    assert_eq!((ready.status, ready.json()), (200, statuses("ready", transport)));
    assert_eq!(visitor().get("/metrics").await.status, 403);
}

async fn assert_access(visitor: impl Fn() -> Visitor) {
    let ready = visitor().get("/readyz").await.json();
    let outbox = &ready["checks"]["outbox"];
    for number in ["queued", "oldest_seconds", "dead_last_hour"] {
        assert_eq!(outbox[number], 0, "{number} in {ready}");
    }
    let metrics = visitor().get("/metrics").await;
    assert_eq!(metrics.status, 200, "{}", metrics.text());
    for wanted in ["gatepost_database_up 1", "gatepost_outbox_queued 0", "gatepost_outbox_dead_last_hour 0"] {
        assert!(metrics.text().contains(wanted), "{}", metrics.text());
    }
}

const RIGHT: [&str; 4] = ["Bearer sesame", "bearer sesame", "BEARER  sesame", "bEaReR sesame"];
const WRONG: [&str; 6] = ["Bearer", "Bearer ", "Bearer sesam", "Bearer sesamee", "Basic sesame", "sesame"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_release_only_the_token_gives_access_to_numbers_and_details() {
    let other = App::start(Engine::Sqlite).await;
    let app = release("token = 'sesame'", &other).start().await;
    assert_no_access(|| app.visitor(), "transport.smtp").await;
    for authorization in WRONG {
        assert_no_access(|| app.visitor().with("authorization", authorization), "transport.smtp").await;
    }
    for authorization in RIGHT {
        assert_access(|| app.visitor().with("authorization", authorization)).await;
        let proxied = || app.visitor().with("x-forwarded-for", "203.0.113.1").with("host", "id.example.com");
        assert_access(|| proxied().with("authorization", authorization)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_release_nobody_has_access_without_a_token_in_the_settings() {
    let other = App::start(Engine::Sqlite).await;
    let app = release("", &other).start().await;
    assert_no_access(|| app.visitor(), "transport.smtp").await;
    for authorization in RIGHT.into_iter().chain(WRONG) {
        assert_no_access(|| app.visitor().with("authorization", authorization), "transport.smtp").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_debug_localhost_has_access_but_clients_behind_a_local_proxy_do_not() {
    let app = App::on(Engine::Sqlite).settings("[default.ops]\ntoken = \"sesame\"").start().await;
    assert_access(|| app.visitor()).await;
    assert_access(|| app.visitor().with("authorization", "Bearer wrong")).await;
    for host in ["localhost", "LOCALHOST:8000", "[::1]:8000", "127.0.0.2"] {
        assert_access(|| app.visitor().with("host", host)).await;
    }
    for host in ["id.example.com", "10.0.0.7", "localhost.example.com", "127.0.0.1.example.com", "gatepost", ""] {
        assert_no_access(|| app.visitor().with("host", host), "transport.capture").await;
    }
    for header in [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-anything",
        "x-real-ip",
        "via",
    ] {
        for value in ["203.0.113.1", "127.0.0.1", ""] {
            let proxied = || app.visitor().with(header, value);
            assert_no_access(proxied, "transport.capture").await;
            assert_access(|| proxied().with("authorization", "Bearer sesame")).await;
        }
    }
}

/// Without a message, and without a request for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transport_that_cannot_work_is_degraded_from_the_start() {
    let [closed] = port::free();
    let smtp = format!("transport = 'smtp'\nsmtp.host = '127.0.0.1'\nsmtp.port = {closed}\nsmtp.security = 'none'");
    let local = App::start(Engine::Sqlite).await;
    let works = format!(
        "transport = 'smtp'\nsmtp.host = '127.0.0.1'\nsmtp.port = {}\nsmtp.security = 'none'",
        local.smtp().port()
    );
    for (settings, cause) in [
        ("from = 'a@example.com'\ntransport = 'gmail'", "credentials/README.md"),
        (&*format!("from = 'a@example.com'\n{smtp}"), "cannot connect"),
        (&*works, "from address no-reply@localhost will be rejected"),
    ] {
        let app = App::on(Engine::Sqlite).settings(&format!("[default.mail]\n{settings}")).start().await;
        let ready = loop {
            let ready = app.visitor().get("/readyz").await.json();
            if ready["status"] == "degraded" {
                break ready.to_string();
            }
        };
        assert!(ready.contains(cause), "{ready}");
        let page = app.visitor().get("/verify").await.text();
        assert!(page.contains("Developer inbox") && !page.contains("read the email in the inbox"), "{page}");
    }
    assert!(local.visitor().get("/verify").await.text().contains("read the email in the inbox"));
}

/// A message that the recipient's server defers stays in the queue. Unauthenticated clients must not notice it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued_and_dead_messages_are_visible_only_with_access() {
    let target = App::start(Engine::Sqlite).await;
    let refuse = |to: &str, code: u16| {
        let reply = json!({ "stage": "rcpt", "code": code, "text": "no" });
        json!({ "match": { "recipient": to }, "action": { "reply": reply } })
    };
    let rules = json!({ "rules": [refuse("later@example.com", 450), refuse("never@example.com", 550)] });
    let faults = target.visitor().request(reqwest::Method::PUT, "/dev/inbox/api/v1/faults").json(&rules);
    assert_eq!(target.visitor().send(faults).await.status, 200);
    let port = target.smtp().port();
    let settings = format!(
        "[default.mail]\ntransport = 'smtp'\n[default.mail.smtp]\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'"
    );
    let app = App::on(Engine::Sqlite).settings(&settings).start().await;
    let others = || app.visitor().with("x-forwarded-for", "203.0.113.1");
    let before = others().get("/readyz").await.text();
    for address in ["later@example.com", "never@example.com"] {
        assert_eq!(app.visitor().sign_up(address, PASSWORD).await.status, 303);
    }
    app.running().drain().await;
    app.advance(Duration::from_secs(16 * 60));
    let ready = app.visitor().get("/readyz").await.json();
    let outbox = &ready["checks"]["outbox"];
    assert_eq!((&outbox["status"], &outbox["queued"]), (&json!("degraded"), &json!(1)), "{ready}");
    assert_eq!((&outbox["oldest_seconds"], &outbox["dead_last_hour"]), (&json!(960), &json!(1)), "{ready}");
    assert_eq!(ready["status"], "degraded");
    assert!(app.visitor().get("/metrics").await.text().contains("gatepost_outbox_dead_last_hour 1"));
    assert_eq!(others().get("/readyz").await.text(), before);
    app.advance(Duration::from_secs(45 * 60));
    assert_eq!(app.visitor().get("/readyz").await.json()["checks"]["outbox"]["dead_last_hour"], 0);
}
