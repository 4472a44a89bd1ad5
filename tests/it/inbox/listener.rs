//! Tests of `inbox.http_address`: the inbox's own listener serves the pages and the API at `/`.

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inboxs_own_listener_has_the_same_messages_and_no_account_pages() {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nhttp_address = '127.0.0.1:0'").start().await;
    let own = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    let visitor = app.visitor();
    visitor.sign_up("kim@example.com", crate::support::app::PASSWORD).await;
    assert_eq!(app.emails("kim@example.com").await.len(), 1);

    let list = own.get("/api/v1/messages").await.json();
    assert_eq!(list["total"], 1);
    assert_eq!(visitor.get("/dev/inbox/api/v1/messages").await.json()["total"], 1);
    let id = list["messages"][0]["ID"].as_str().expect("an id").to_owned();
    let page = own.get(&format!("/view/{id}")).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("/dev/inbox"));
    for path in ["/login", "/signup", "/account", "/dev/inbox", "/dev/inbox/outbox", "/dev/inbox/previews"] {
        assert_eq!(own.get(path).await.status, 404, "{path}");
    }
    assert!(own.get("/?lang=ko").await.text().contains("lang=\"ko\""));
    assert!(own.get(&format!("/view/{id}")).await.text().contains("lang=\"ko\""), "the language is remembered");
    assert_eq!(own.get("/livez").await.status, 200);
    assert!(own.get("/livez").await.headers.contains_key("date"));
}

/// An app whose inbox has its own listener, and the path of an email that waits because no mail server answers.
async fn with_a_queued_email() -> (App, Visitor, String) {
    let [unused] = crate::support::port::free();
    let settings = format!(
        "[default.inbox]\nhttp_address = '127.0.0.1:0'\n[default.mail]\ntransport = 'smtp'\n\
         [default.mail.smtp]\nhost = '127.0.0.1'\nport = {unused}\nsecurity = 'none'"
    );
    let app = App::on(Engine::Sqlite).settings(&settings).start().await;
    app.visitor().sign_up("kim@example.com", crate::support::app::PASSWORD).await;
    app.running().drain().await;
    let own = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    let list = own.get("/outbox").await;
    assert_eq!(list.status, 200);
    let row = list.text().split("href=\"/outbox/").nth(1).and_then(|rest| Some(rest.split('"').next()?.to_owned()));
    (app, own, format!("/outbox/{}", row.expect("the email's row")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inboxs_own_listener_shows_outgoing_mail_and_previews_with_links_to_itself() {
    let (app, own, row) = with_a_queued_email().await;
    for (path, expected) in [
        ("/outbox", "kim@example.com"),
        ("/outbox?state=queued", "Confirmation of an email"),
        (&row, "kim@example.com"),
    ] {
        let page = own.get(path).await;
        assert!(page.status == 200 && page.text().contains(expected) && !page.text().contains("/dev/inbox"), "{path}");
    }
    let previews = own.get("/previews?locale=ko").await.text();
    assert!(previews.contains("src=\"/previews/verification.ko.html\"") && !previews.contains("/dev/inbox"));
    // The link to the site has the site's own address.
    assert!(previews.contains(&format!("href=\"{}/\"", app.site())), "{previews}");
    let preview = own.get("/previews/verification.ko.html").await;
    assert!(preview.status == 200 && preview.header("content-security-policy").starts_with("sandbox "));

    let done = own.post(&format!("{row}/cancel"), &[]).await;
    assert_eq!((done.status, done.location()), (303, row.as_str()));
    assert!(own.get(&row).await.text().contains(">cancelled<"));
    assert_eq!(own.post(&format!("{row}/requeue"), &[]).await.status, 303);
    assert!(!own.get(&row).await.text().contains(">cancelled<"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_captured_message_nor_another_site_can_requeue_or_cancel() {
    let (app, own, row) = with_a_queued_email().await;
    // The headers a browser sends for a sandboxed page (a message's HTML, an attachment), another port, another site.
    let cross_site: [&[(&str, &str)]; 5] = [
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", &app.site()), ("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.example")],
    ];
    for action in ["cancel", "requeue"] {
        for headers in cross_site {
            let request = own.request(reqwest::Method::POST, &format!("{row}/{action}"));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            assert_eq!(own.send(request).await.status, 403, "{action} {headers:?}");
        }
        // A GET request, which a picture or a link can send, has no effect.
        assert_eq!(own.get(&format!("{row}/{action}")).await.status, 405, "{action}");
    }
    assert!(own.get(&row).await.text().contains("queued"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_answers_under_every_name_of_localhost_without_a_redirect() {
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
async fn the_paths_of_a_disabled_inbox_answer_404() {
    let app = App::on(Engine::Sqlite)
        .settings("[default.inbox]\nenabled = false\n[default.mail]\ntransport = 'smtp'\n[default.mail.smtp]\nhost = '127.0.0.1'\nsecurity = 'none'")
        .start()
        .await;
    let visitor = app.visitor();
    for path in ["/dev/inbox", "/dev/inbox/api/v1/messages", "/dev/inbox/previews", "/dev/inbox/livez"] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
}
