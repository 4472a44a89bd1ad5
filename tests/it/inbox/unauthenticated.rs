//! Tests of requests from other origins and under rebound names.

use reqwest::Method;

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_wrong_host_nor_a_page_of_another_origin_reaches_captured_messages() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for path in ["/dev/inbox", "/dev/inbox/api/v1/messages", "/dev/inbox/api/v1/stream", "/dev/inbox/view/latest.html"]
    {
        let rebound = visitor.request(Method::GET, path).header("host", "evil.example");
        assert_eq!(visitor.send(rebound).await.status, 421, "{path}");
        let cross_site = visitor.request(Method::GET, path).header("origin", "http://evil.example");
        assert_eq!(visitor.send(cross_site).await.status, 403, "{path}");
    }
    for (method, path) in [
        (Method::DELETE, "/dev/inbox/api/v1/messages"),
        (Method::POST, "/dev/inbox/api/v1/send"),
        (Method::POST, "/dev/inbox/selected"),
        (Method::PUT, "/dev/inbox/api/v1/faults"),
    ] {
        let cross_site = visitor.request(method.clone(), path).header("sec-fetch-site", "cross-site").body("{}");
        let answer = visitor.send(cross_site).await;
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(!path.contains("/api/") || answer.text() == "Blocked due to CORS violation\n", "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inboxs_own_listener_is_protected_alike_and_only_its_probes_answer_under_any_host() {
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
        let cross_site = own.request(Method::GET, path).header("origin", "http://evil.example");
        assert_eq!(own.send(cross_site).await.status, 403, "{path}");
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
async fn unknown_methods_and_paths_answer_with_the_same_text_on_both_listeners() {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nhttp_address = '127.0.0.1:0'").start().await;
    let own = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    for (visitor, base) in [(&own, ""), (&app.visitor(), "/dev/inbox")] {
        let known = visitor.get(&format!("{base}/api/v1/nothing")).await;
        for method in ["PROPFIND", "QUERY", "FOO"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = visitor.send(visitor.request(method, &format!("{base}/api/v1/messages"))).await;
            assert_eq!((answer.status, answer.text().as_str()), (405, "Method Not Allowed\n"), "{base}");
            assert!(answer.headers["allow"].to_str().expect("text").contains("GET"), "{base}");
            for name in known.headers.keys().filter(|name| !["content-length", "server"].contains(&name.as_str())) {
                assert!(answer.headers.contains_key(name), "{base}: {name}");
            }
        }
        let answer = visitor.get(&format!("{base}/api/v1/nothing")).await;
        assert_eq!((answer.status, answer.text().as_str()), (404, "404 page not found\n"), "{base}");
    }
    // On the inbox's own listener, browsers get a page and other clients a text.
    let program = own.without("accept");
    let answer = program.get("/nothing").await;
    assert_eq!((answer.status, answer.text().as_str()), (404, "404 page not found\n"));
    assert_eq!(program.send(program.request(Method::PUT, "/api/v1/info")).await.text(), "Method Not Allowed\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_compressed_for_clients_that_accept_gzip() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor().with("accept-encoding", "gzip");
    let page = visitor.get("/dev/inbox/").await;
    assert_eq!(page.headers["content-encoding"], "gzip");
    assert!(page.body.starts_with(&[0x1f, 0x8b]));
    assert!(!app.visitor().get("/dev/inbox/").await.headers.contains_key("content-encoding"));
}
