//! Host names that the site accepts. No request header affects an email's links or the client's identity.

use reqwest::Method;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    under_an_unknown_host_every_path_shows_an_error_page,
    an_additional_host_is_served_and_accepts_forms_of_its_own_origin,
    a_host_without_a_port_matches_every_port,
    a_link_in_an_email_begins_with_the_public_url_whatever_a_request_claims,
    pages_with_a_token_load_and_link_only_this_site,
}

async fn under_an_unknown_host_every_path_shows_an_error_page(engine: Engine) {
    let app = App::start(engine).await;
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""] {
        for (method, path) in [(Method::GET, "/login"), (Method::POST, "/password/forgot"), (Method::GET, "/nowhere")] {
            let visitor = app.visitor().with("host", host);
            let page = visitor.send(visitor.request(method.clone(), path).body("")).await;
            assert!([400, 421].contains(&page.status), "{method} {path} at {host:?}: {}", page.status);
        }
    }
    let visitor = app.visitor();
    let own = app.site().replace("http://", "");
    let two = visitor.request(Method::GET, "/login").header("host", own).header("host", "evil.example");
    assert_eq!(visitor.send(two).await.status, 400, "two Host headers are rejected");
    let page = app.visitor().with("host", "evil.example").get("/login").await;
    assert!(page.text().contains(&format!("href=\"{}/\"", app.site())), "a link to the site: {}", page.text());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.visitor().with("host", "10.1.2.3").get(path).await.status, 200, "{path} accepts any host");
    }
}

async fn an_additional_host_is_served_and_accepts_forms_of_its_own_origin(engine: Engine) {
    let settings = "[default]\npublic_url = \"https://id.example.com\"\nhosts = [\"www.example.com\"]";
    let app = App::on(engine).settings(settings).start().await;
    let visitor = app.visitor().with("host", "www.example.com");
    assert_eq!(visitor.get("/login").await.status, 200);
    for (origin, wanted) in [
        ("https://www.example.com", 303),
        ("https://id.example.com", 303),
        ("http://www.example.com", 403),
        ("https://evil.example", 403),
        ("https://www.example.com.evil.example", 403),
    ] {
        let request = visitor.request(Method::POST, "/logout").header("origin", origin);
        assert_eq!(visitor.send(request).await.status, wanted, "{origin}");
    }
}

async fn a_host_without_a_port_matches_every_port(engine: Engine) {
    let settings =
        "[default]\npublic_url = \"https://id.example.com\"\nhosts = [\"www.example.com\", \"a.example:81\"]";
    let app = App::on(engine).settings(settings).start().await;
    for (host, wanted) in [
        ("www.example.com", 200),
        ("www.example.com:8025", 200),
        ("a.example:81", 200),
        ("a.example:82", 421),
        ("a.example", 421),
        ("id.example.com:8443", 421),
        ("www.example.com.evil.example:8025", 421),
    ] {
        assert_eq!(app.visitor().with("host", host).get("/login").await.status, wanted, "{host}");
    }
    let visitor = app.visitor().with("host", "www.example.com:8443");
    for (origin, wanted) in [("https://www.example.com:8443", 303), ("https://www.example.com:9443", 403)] {
        let request = visitor.request(Method::POST, "/logout").header("origin", origin);
        assert_eq!(visitor.send(request).await.status, wanted, "{origin}");
    }
}

async fn a_link_in_an_email_begins_with_the_public_url_whatever_a_request_claims(engine: Engine) {
    let settings = "[default]\npublic_url = \"https://id.example.com\"";
    let app = App::on(engine).settings(settings).start().await;
    let visitor = app
        .visitor()
        .with("host", "id.example.com")
        .with("x-forwarded-host", "evil.example")
        .with("x-forwarded-proto", "http")
        .with("forwarded", "host=evil.example;proto=http")
        .with("referer", "https://evil.example/");
    let request = visitor.request(Method::POST, "/signup").header("sec-fetch-site", "same-origin");
    let page = visitor.send(request.form(&[("email", "new@example.com"), ("password", PASSWORD)])).await;
    assert_eq!(page.location(), "/verify", "{}", page.text());
    app.running().drain().await;
    let reader = app.visitor().with("host", "id.example.com");
    let list = reader.get("/dev/inbox/api/v1/messages").await.json();
    let id = list["messages"][0]["ID"].as_str().expect("an email");
    let message = reader.get(&format!("/dev/inbox/api/v1/message/{id}")).await.text();
    assert!(message.contains("https://id.example.com/verify/") && !message.contains("evil.example"), "{message}");
}

async fn pages_with_a_token_load_and_link_only_this_site(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    let link = app.email("new@example.com").await.link();
    let page = visitor.get(&link).await;
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert!(page.header("cache-control").contains("no-store"));
    let text = page.text();
    for attribute in ["href=\"", "src=\"", "action=\""] {
        for target in text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
            let own = target.starts_with('#') || target.starts_with(&app.site()) || target.starts_with('/');
            assert!(own && !target.starts_with("//"), "{target}");
        }
    }
    assert!(!page.header("server").contains('.'), "no version");
}
