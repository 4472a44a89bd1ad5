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
    for path in ["/login", "/signup", "/account", "/dev/inbox", "/dev/inbox/outbox", "/dev/inbox/previews"] {
        assert_eq!(own.get(path).await.status, 404, "{path}");
    }
    assert!(own.get("/?lang=ko").await.text().contains("lang=\"ko\""));
    assert!(own.get(&format!("/view/{id}")).await.text().contains("lang=\"ko\""), "the language is kept");
    assert_eq!(own.get("/livez").await.status, 200);
    assert!(own.get("/livez").await.headers.contains_key("date"));
}

/// An inbox on its own listener, and a letter of the site's that finds no mail server.
async fn with_a_letter_that_waits() -> (App, Visitor, String) {
    let [nobody] = crate::support::port::free();
    let settings = format!(
        "[default.inbox]\nhttp_address = '127.0.0.1:0'\n[default.mail]\ntransport = 'smtp'\n\
         [default.mail.smtp]\nhost = '127.0.0.1'\nport = {nobody}\nsecurity = 'none'"
    );
    let app = App::on(Engine::Sqlite).settings(&settings).start().await;
    app.visitor().sign_up("kim@example.com", crate::support::app::PASSWORD).await;
    app.running().drain().await;
    let own = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    let list = own.get("/outbox").await;
    assert_eq!(list.status, 200);
    let row = list.text().split("href=\"/outbox/").nth(1).and_then(|rest| Some(rest.split('"').next()?.to_owned()));
    (app, own, format!("/outbox/{}", row.expect("the letter's row")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outgoing_mail_and_letters_are_there_too_and_every_link_stays_on_the_listener() {
    let (app, own, row) = with_a_letter_that_waits().await;
    for (path, says) in [("/outbox", "kim@example.com"), ("/outbox?state=queued", "verify"), (&row, "kim@example.com")]
    {
        let page = own.get(path).await;
        assert!(page.status == 200 && page.text().contains(says) && !page.text().contains("/dev/inbox"), "{path}");
    }
    let letters = own.get("/previews").await.text();
    assert!(letters.contains("src=\"/previews/verify.ko.html\"") && !letters.contains("/dev/inbox"));
    // The way home is the site's own address.
    assert!(letters.contains(&format!("href=\"{}/\"", app.site())), "{letters}");
    let letter = own.get("/previews/verify.ko.html").await;
    assert!(letter.status == 200 && letter.header("content-security-policy").starts_with("sandbox "));

    let done = own.post(&format!("{row}/cancel"), &[]).await;
    assert_eq!((done.status, done.location()), (303, row.as_str()));
    assert!(own.get(&row).await.text().contains(">cancelled<"));
    assert_eq!(own.post(&format!("{row}/requeue"), &[]).await.status, 303);
    assert!(!own.get(&row).await.text().contains(">cancelled<"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_captured_mail_and_no_other_site_can_requeue_or_cancel() {
    let (app, own, row) = with_a_letter_that_waits().await;
    // What a browser says of a page in a sandbox (a mail's HTML, an attachment), of another port, of another site.
    let strangers: [&[(&str, &str)]; 5] = [
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", &app.site()), ("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.example")],
    ];
    for action in ["cancel", "requeue"] {
        for headers in strangers {
            let request = own.request(reqwest::Method::POST, &format!("{row}/{action}"));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            assert_eq!(own.send(request).await.status, 403, "{action} {headers:?}");
        }
        // Nothing that a picture or a link could fetch does it either.
        assert_eq!(own.get(&format!("{row}/{action}")).await.status, 405, "{action}");
    }
    assert!(own.get(&row).await.text().contains("queued"));
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
    for path in ["/dev/inbox", "/dev/inbox/api/v1/messages", "/dev/inbox/previews", "/dev/inbox/livez"] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
}
