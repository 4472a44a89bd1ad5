//! `inbox.http_address`: pages and API at `/`, on an origin of their own.

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inbox_has_a_listener_of_its_own_with_the_same_mail_and_no_accounts() {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nhttp_address = '127.0.0.1:0'").start().await;
    let own = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    let visitor = app.visitor();
    visitor.sign_up("kim@example.com", crate::support::app::PASSWORD).await;
    assert_eq!(app.letters("kim@example.com").await.len(), 1);

    let here = own.get("/api/v1/messages").await.json();
    assert_eq!(here["total"], 1);
    assert_eq!(visitor.get("/dev/inbox/api/v1/messages").await.json()["total"], 1);
    let id = here["messages"][0]["ID"].as_str().expect("an id").to_owned();
    let page = own.get(&format!("/view/{id}")).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("/dev/inbox"));
    for path in ["/login", "/signup", "/account", "/dev/inbox", "/outbox", "/letters"] {
        assert_eq!(own.get(path).await.status, 404, "{path}");
    }
    assert_eq!(own.get("/livez").await.status, 200);
    assert!(own.get("/livez").await.headers.contains_key("date"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_name_of_this_machine_may_ask_the_api_without_being_sent_elsewhere() {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nhttp_address = '127.0.0.1:0'").start().await;
    let at = app.running().inbox_http().expect("a second listener");
    for (site, path) in [(format!("http://{at}"), "/api/v1/messages"), (app.site(), "/dev/inbox/api/v1/messages")] {
        let port = site.rsplit(':').next().expect("a port").to_owned();
        let visitor = Visitor::new(&site);
        for (host, status) in [("localhost", 200), ("127.0.0.1", 200), ("evil.example", 421)] {
            let request = visitor.request(reqwest::Method::GET, path).header("host", format!("{host}:{port}"));
            assert_eq!(visitor.send(request).await.status, status, "{host} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_inbox_its_paths_are_not_there() {
    let app = App::on(Engine::Sqlite)
        .settings("[default.inbox]\nenabled = false\n[default.mail]\ntransport = 'smtp'\n[default.mail.smtp]\nhost = '127.0.0.1'\nsecurity = 'none'")
        .start()
        .await;
    let visitor = app.visitor();
    for path in ["/dev/inbox", "/dev/inbox/api/v1/messages", "/dev/inbox/letters", "/dev/inbox/livez"] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
}
