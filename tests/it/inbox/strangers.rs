//! Other sites' pages and rebound names against the whole server.

use reqwest::Method;

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_foreign_host_nor_a_foreign_page_reaches_captured_mail() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for path in ["/dev/inbox", "/dev/inbox/api/v1/messages", "/dev/inbox/api/v1/stream", "/dev/inbox/view/latest.html"]
    {
        let rebound = visitor.request(Method::GET, path).header("host", "evil.example");
        assert_eq!(visitor.send(rebound).await.status, 421, "{path}");
        let foreign = visitor.request(Method::GET, path).header("origin", "http://evil.example");
        assert_eq!(visitor.send(foreign).await.status, 403, "{path}");
    }
    for (method, path) in [
        (Method::DELETE, "/dev/inbox/api/v1/messages"),
        (Method::POST, "/dev/inbox/api/v1/send"),
        (Method::POST, "/dev/inbox/selected"),
        (Method::PUT, "/dev/inbox/api/v1/faults"),
    ] {
        let foreign = visitor.request(method.clone(), path).header("sec-fetch-site", "cross-site").body("{}");
        let answer = visitor.send(foreign).await;
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(!path.contains("/api/") || answer.text() == "Blocked due to CORS violation\n", "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inboxs_own_listener_is_as_closed_and_only_its_probes_answer_by_any_name() {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nhttp_address = '127.0.0.1:0'").start().await;
    let own = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    for path in
        ["/", "/api/v1/messages", "/api/v1/stream", "/api/events", "/view/latest.html", "/metrics", "/static/inbox.js"]
    {
        let rebound = own.request(Method::GET, path).header("host", "evil.example");
        assert_eq!(own.send(rebound).await.status, 421, "{path}");
        if path.starts_with("/static/") {
            continue;
        }
        let foreign = own.request(Method::GET, path).header("origin", "http://evil.example");
        assert_eq!(own.send(foreign).await.status, 403, "{path}");
    }
    let preflight = own.request(Method::OPTIONS, "/api/v1/messages").header("origin", "http://evil.example");
    let preflight = own.send(preflight).await;
    assert!(preflight.status == 403 && !preflight.headers.contains_key("access-control-allow-origin"));
    for (visitor, base) in [(&own, ""), (&app.visitor(), "/dev/inbox")] {
        for probe in ["livez", "readyz"] {
            let named = visitor.request(Method::GET, &format!("{base}/{probe}")).header("host", "10.0.0.7:8025");
            assert_eq!(visitor.send(named).await.status, 200, "{base}/{probe}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_paths_answer_other_methods_with_405_and_unknown_ones_with_404() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let put = visitor.send(visitor.request(Method::PUT, "/dev/inbox/api/v1/info")).await;
    assert_eq!((put.status, put.headers["allow"].to_str().expect("text")), (405, "GET, HEAD"));
    assert_eq!(put.text(), "Method Not Allowed\n");
    let unknown = visitor.get("/dev/inbox/api/v1/message/latest/sa-check").await;
    assert_eq!((unknown.status, unknown.text().as_str()), (404, "404 page not found\n"));
    let head = visitor.send(visitor.request(Method::HEAD, "/dev/inbox/api/v1/messages")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_knows_is_answered_in_the_same_words_at_either_address() {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nhttp_address = '127.0.0.1:0'").start().await;
    let own = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    for (visitor, base) in [(&own, ""), (&app.visitor(), "/dev/inbox")] {
        for method in ["PROPFIND", "FOO"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = visitor.send(visitor.request(method, &format!("{base}/api/v1/messages"))).await;
            assert_eq!((answer.status, answer.text().as_str()), (501, "Not Implemented\n"), "{base}");
        }
        let answer = visitor.get(&format!("{base}/api/v1/nothing")).await;
        assert_eq!((answer.status, answer.text().as_str()), (404, "404 page not found\n"), "{base}");
    }
    // People get a page there.
    let program = own.without("accept");
    let answer = program.get("/nothing").await;
    assert_eq!((answer.status, answer.text().as_str()), (404, "404 page not found\n"));
    assert_eq!(program.send(program.request(Method::PUT, "/api/v1/info")).await.text(), "Method Not Allowed\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_compressed_for_who_asks() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor().with("accept-encoding", "gzip");
    let page = visitor.get("/dev/inbox/").await;
    assert_eq!(page.headers["content-encoding"], "gzip");
    assert!(page.body.starts_with(&[0x1f, 0x8b]));
    assert!(!app.visitor().get("/dev/inbox/").await.headers.contains_key("content-encoding"));
}
