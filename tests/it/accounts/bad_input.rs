//! Malformed and hostile input gets a readable page with the right status, never a server error.

use reqwest::Method;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::Page;

on_both_databases! {
    huge_malformed_and_missing_bodies_get_a_readable_error,
    control_characters_in_name_and_address_never_reach_a_header,
    planted_and_oversize_cookies_grant_nothing,
    unknown_paths_and_methods_get_404_and_405,
    an_impossible_id_is_not_found,
    an_unknown_method_gets_a_page_with_all_security_headers,
    look_alike_and_international_domains_are_kept_apart,
}

/// Checks for a readable page that is not a server error.
fn is_readable(page: &Page, what: &str) {
    assert!((300..500).contains(&page.status), "{what}: {}", page.status);
    assert!(page.status < 400 || page.text().contains("<h1"), "{what}: a page with a headline");
}

const FORMS: [&str; 5] = ["/signup", "/login", "/verify/resend", "/password/forgot", "/logout"];

async fn huge_malformed_and_missing_bodies_get_a_readable_error(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts.limits]\nlogin_failures_per_client = \"off\"").start().await;
    let visitor = app.visitor();
    let huge = "x".repeat(1_000_000);
    for path in FORMS {
        is_readable(&visitor.post(path, &[("email", &huge), ("password", PASSWORD)]).await, path);
        is_readable(&visitor.post(path, &[("email", "a@example.com"), ("password", &huge)]).await, path);
        is_readable(&visitor.post(path, &[]).await, path);
        let bodies: [&[u8]; 4] =
            [b"email=%FF%FE&password=%C3%28", b"email=\0a@b.c&password=\x01\x02", b"=&=&=&", b"\xff\xfe"];
        for body in bodies {
            let form = visitor.submission(path).header("content-type", "application/x-www-form-urlencoded");
            is_readable(&visitor.send(form.body(body.to_vec())).await, path);
        }
        for kind in ["", "text/plain", "application/json", "multipart/form-data", "garbage"] {
            let request = visitor.submission(path).header("content-type", kind).body("{\"email\":1}");
            is_readable(&visitor.send(request).await, kind);
        }
    }
}

async fn control_characters_in_name_and_address_never_reach_a_header(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    for (name, email) in [
        ("x", "a@example.com\r\nBcc: victim@example.com"),
        ("x\r\nBcc: victim@example.com", "b@example.com"),
        ("x\0y", "c@example.com"),
        ("\u{202e}evil", "d\u{202e}@example.com"),
    ] {
        let page = visitor.post("/signup", &[("name", name), ("email", email), ("password", PASSWORD)]).await;
        is_readable(&page, email);
    }
    assert!(app.emails("victim@example.com").await.is_empty());
}

async fn planted_and_oversize_cookies_grant_nothing(engine: Engine) {
    let app = App::start(engine).await;
    for value in ["x", "%00", "%E2%80%A6", "verified.1.", &"y".repeat(3_000)] {
        let visitor = app.visitor();
        for name in ["gatepost-session", "gatepost-signup", "gatepost-known", "gatepost-flash", "gatepost-language"] {
            visitor.plant(name, value);
        }
        for path in ["/", "/login", "/verify", "/account"] {
            let page = visitor.get(path).await;
            assert!(page.status < 400, "{path} with {value:.10}: {}", page.status);
            assert!(page.flash().is_none());
        }
        assert!(!visitor.is_signed_in().await);
        assert_eq!(visitor.sign_up("new@example.com", PASSWORD).await.status / 100, 3);
    }
}

async fn unknown_paths_and_methods_get_404_and_405(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    for path in ["/nowhere", "/account/nowhere", "/%2e%2e/%2e%2e/etc/passwd", "/static/../Cargo.toml", "/%00", "/%ff"] {
        let page = visitor.get(path).await;
        assert!([400, 404].contains(&page.status), "{path}: {}", page.status);
    }
    for (method, path) in
        [(Method::DELETE, "/login"), (Method::PUT, "/signup"), (Method::POST, "/"), (Method::PATCH, "/account")]
    {
        let page = visitor.send(visitor.request(method.clone(), path)).await;
        assert_eq!(page.status, 405, "{method} {path}");
        assert!(page.header("allow").contains("GET"), "{method} {path}: {:?}", page.header("allow"));
    }
    let head = visitor.send(visitor.request(Method::HEAD, "/login")).await;
    assert!(head.status == 200 && head.body.is_empty());
    let json = visitor.send(visitor.request(Method::GET, "/nowhere").header("accept", "application/json")).await;
    assert_eq!(json.status, 404);
    let html = visitor.get("/nowhere").await;
    for name in ["content-language", "vary"] {
        assert!(!json.header(name).is_empty());
        assert_eq!(json.header(name), html.header(name), "{name}");
    }
}

async fn an_impossible_id_is_not_found(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("kim@example.com").await;
    for path in ["/account/sessions/%00/end", "/dev/inbox/outbox/%00/requeue", "/dev/inbox/outbox/%00/cancel"] {
        assert_eq!(visitor.post(path, &[]).await.status, 404, "{path}");
    }
    for path in ["/dev/inbox/outbox/%00", "/dev/inbox/outbox?before=%00"] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
}

async fn an_unknown_method_gets_a_page_with_all_security_headers(engine: Engine) {
    let app = App::start(engine).await;
    let method = Method::from_bytes(b"PROPFIND").expect("a method");
    let page = app.visitor().send(app.visitor().request(method, "/login")).await;
    assert_eq!((page.status, page.header("allow")), (405, "GET, HEAD, POST"));
    let known = app.visitor().get("/nowhere").await;
    for name in ["content-security-policy", "x-content-type-options", "cache-control", "referrer-policy"] {
        assert_eq!(page.header(name), known.header(name), "{name}");
    }
}

async fn look_alike_and_international_domains_are_kept_apart(engine: Engine) {
    let app = App::start(engine).await;
    app.member("user@example.com").await;
    let visitor = app.visitor();
    // The domain contains a Cyrillic character.
    let page = visitor.sign_up("user@ex\u{0430}mple.com", PASSWORD).await;
    assert!([303, 422].contains(&page.status));
    assert!(app.emails("user@example.com").await.len() <= 2, "no email about it to the other");
    let korean = app.visitor().sign_up("user@한국.example", PASSWORD).await;
    assert_eq!(korean.status, 303);
    assert_eq!(app.emails("user@xn--3e0b707e.example").await.len(), 1);
}
