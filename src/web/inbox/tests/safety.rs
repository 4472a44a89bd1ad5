//! Tests against hostile messages, pages and clients, after the advisories of Mailpit and others.

use std::net::{Ipv4Addr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::http::{Header, Method};

use super::support::{InboxFixture, Plan, origin};
use crate::inbox::IncomingMessage;

const BOMB: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";

/// A message that attacks in every field.
async fn hostile(fixture: &InboxFixture) -> String {
    let head = format!(
        "Subject: {BOMB}\r\nX-Evil: {BOMB}\r\nMessage-ID: <{BOMB}@x>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b"
    );
    let body = format!(
        "--b\r\nContent-Type: text/html\r\n\r\n{BOMB}<a href=\"javascript:alert(3)\">x</a>\
         <a href='https://example.com/\"onclick=\"alert(4)'>y</a>\r\n\
         --b\r\nContent-Type: text/html\r\nContent-ID: <../../{BOMB}>\r\n\
         Content-Disposition: attachment; filename=\"../../../{BOMB}.html\"\r\n\r\n<script>alert(5)</script>\r\n\
         --b\r\nContent-Type: image/svg+xml\r\nContent-Disposition: attachment; filename=x.svg\r\n\r\n\
         <svg onload='alert(6)'/>\r\n--b--"
    );
    fixture.mail("kim@example.com", &head, &body).await
}

#[rocket::async_test]
async fn no_view_of_a_hostile_message_lets_its_markup_through() {
    let fixture = InboxFixture::new().await;
    let id = hostile(&fixture).await;
    let in_envelope = fixture
        .store(IncomingMessage {
            envelope_from: BOMB.into(),
            envelope_to: vec![BOMB.into()],
            helo: BOMB.into(),
            remote: BOMB.into(),
            username: BOMB.into(),
            transcript: format!("C: EHLO {BOMB}"),
            refusal: Some(BOMB.into()),
            purpose: Some(BOMB.into()),
            tags: vec![BOMB.into()],
            bytes: format!("From: \"{BOMB}\" <a@b.c>\r\nReply-To: {BOMB}\r\n\r\nhttps://b.c/{BOMB} code: {BOMB}")
                .into(),
            ..IncomingMessage::default()
        })
        .await;
    let mut paths = vec!["/".to_owned(), "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E".to_owned()];
    for tab in ["preview", "text", "source", "headers", "parts", "smtp", "checks", "versions"] {
        paths.push(format!("/view/{id}?tab={tab}&q=%22%3E%3Cscript%3E"));
        paths.push(format!("/view/{in_envelope}?tab={tab}"));
    }
    for path in paths {
        let html = fixture.get(&path).await.into_string().await.unwrap();
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{path}");
        assert!(!html.contains("href=\"javascript:"), "{path}");
        assert!(!html.contains("\"onclick="), "{path}");
    }
}

#[rocket::async_test]
async fn every_part_of_a_message_is_served_without_origin_and_scripts() {
    let fixture = InboxFixture::new().await;
    let id = hostile(&fixture).await;
    let mut paths: Vec<String> = ["raw", "received", "part/1", "part/2", "part/3", "part/1/thumb"]
        .iter()
        .map(|end| format!("/api/v1/message/{id}/{end}"))
        .collect();
    paths.extend([format!("/view/{id}.html"), format!("/view/{id}.html?embed=1"), format!("/view/{id}.txt")]);
    paths.push(format!("/view/{id}/frame"));
    for path in paths {
        let response = fixture.get(&path).await;
        assert_eq!(response.status().code, 200, "{path}");
        let policy = response.headers().get_one("Content-Security-Policy").unwrap();
        assert!(policy.starts_with("sandbox") && policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"), "{path}");
        assert_eq!(response.headers().get_one("X-Content-Type-Options"), Some("nosniff"), "{path}");
    }
    let view =
        fixture.client.get(fixture.path(&format!("/view/{id}.html"))).header(Header::new("Host", "localhost:8000"));
    let view = view.dispatch().await;
    let policy = view.headers().get_one("Content-Security-Policy").unwrap();
    assert!(policy.contains("frame-ancestors 'self'"));
    assert!(policy.contains(&format!("http://localhost:8000/dev/inbox/api/v1/message/{id}/part/")), "{policy}");
}

#[rocket::async_test]
async fn a_frame_without_origin_can_load_the_pictures_of_its_message_only() {
    let fixture = InboxFixture::new().await;
    let id = hostile(&fixture).await;
    for (path, embedding) in [
        (format!("/api/v1/message/{id}/part/1"), "cross-origin"),
        ("/api/v1/message/latest/part/1".to_owned(), "same-origin"),
        (format!("/api/v1/message/{id}/raw"), "same-origin"),
        ("/api/v1/messages".to_owned(), "same-origin"),
    ] {
        let answer = fixture.get(&path).await;
        assert_eq!(answer.headers().get_one("Cross-Origin-Resource-Policy"), Some(embedding), "{path}");
    }
}

#[rocket::async_test]
async fn the_frame_loads_pictures_of_other_hosts_only_when_asked() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/html", "<img src=https://a.test/x>").await;
    let sources = async |end: &str| {
        let response = fixture.get(&format!("/view/{id}{end}")).await;
        let policy = response.headers().get_one("Content-Security-Policy").unwrap();
        let pictures = policy.split(';').find(|directive| directive.trim().starts_with("img-src")).unwrap();
        pictures.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let has = |sources: &[String], source: &str| sources.iter().any(|each| each == source);
    let (frame, asked, rendering) = (sources("/frame").await, sources("/frame?img=1").await, sources(".html").await);
    assert!(has(&frame, "http://127.0.0.1:*") && !has(&frame, "http:") && !has(&frame, "https:"), "{frame:?}");
    assert!(has(&asked, "http:") && has(&asked, "https:"), "{asked:?}");
    assert!(!has(&rendering, "http://127.0.0.1:*") && !has(&rendering, "https:"), "{rendering:?}");
}

#[rocket::async_test]
async fn file_names_of_parts_contain_no_path() {
    let fixture = InboxFixture::new().await;
    let id = hostile(&fixture).await;
    let part = fixture.get(&format!("/api/v1/message/{id}/part/2")).await;
    let disposition = part.headers().get_one("Content-Disposition").unwrap();
    assert!(!disposition.contains("..") && !disposition.contains('/') && !disposition.contains('<'), "{disposition}");
    for path in ["/part/..%2f..%2fetc%2fpasswd", "/part/../../raw", "/part/%00"] {
        let status = fixture.get(&format!("/api/v1/message/{id}{path}")).await.status().code;
        assert!(matches!(status, 400 | 404 | 422), "{path}: {status}");
    }
}

#[rocket::async_test]
async fn a_page_of_another_origin_can_read_and_change_nothing() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/html", "<p>x</p>").await;
    let host = || Header::new("Host", "localhost:8000");
    for route in fixture.client.rocket().routes() {
        let path = route.uri.path().replace("<id>", &id).replace("<_>", &id).replace("<name>", &format!("{id}.html"));
        let path = path
            .replace("<part>", "0")
            .replace("<tag>", "t")
            .replace("<_..>", "x")
            .replace("<path>", "1")
            .replace("<batch>", "1")
            .replace("<file>", "verification.en.html");
        if path.ends_with("livez") || path.ends_with("readyz") {
            continue;
        }
        for other_origin in
            ["http://evil.example", "null", "http://localhost:8001", "https://localhost:8000.evil.example"]
        {
            let request = fixture.client.req(route.method, path.clone()).header(host()).header(origin(other_origin));
            let response = request.header(rocket::http::ContentType::Form).body("{}").dispatch().await;
            assert_eq!(response.status().code, 403, "{} {path} from {other_origin}", route.method);
            assert!(response.headers().get_one("Access-Control-Allow-Origin").is_none());
        }
    }
    assert_eq!(fixture.total().await, 1);
    let same_origin =
        fixture.client.get(fixture.path("/api/v1/messages")).header(host()).header(origin("http://localhost:8000"));
    let same_origin = same_origin.dispatch().await;
    assert_eq!(same_origin.status().code, 200);
    assert_eq!(same_origin.headers().get_one("Access-Control-Allow-Origin"), Some("http://localhost:8000"));
}

#[rocket::async_test]
async fn a_password_covers_every_route_except_the_two_probes() {
    let fixture = InboxFixture::with(Plan { password: Some("s3cret"), ..Plan::default() }).await;
    let id = fixture.mail("a@example.com", "Subject: x", "x").await;
    let authorization = |text: &str| Header::new("Authorization", format!("Basic {}", STANDARD.encode(text)));
    // Each try is of another client, since one that guesses is refused for a while.
    let mut clients = (1..).map(|n| SocketAddr::from((Ipv4Addr::from(0x0a00_0000_u32 + n), 1000)));
    for route in fixture.client.rocket().routes() {
        let path =
            route.uri.path().replace("<id>", &id).replace("<_>", &id).replace("<name>", &id).replace("<part>", "0");
        let path = path.replace("<tag>", "t").replace("<_..>", "x").replace("<file>", "verification.en.html");
        let path = path.replace("<path>", "1").replace("<batch>", "1");
        let is_public = path.ends_with("livez") || path.ends_with("readyz") || route.method == Method::Options;
        for credentials in [None, Some("dev:wrong"), Some("eve:s3cret"), Some("dev:s3cret2"), Some("dev")] {
            let mut request = fixture.client.req(route.method, path.clone()).header(rocket::http::ContentType::Form);
            request = request.remote(clients.next().unwrap());
            if let Some(credentials) = credentials {
                request = request.header(authorization(credentials));
            }
            let response = request.body("").dispatch().await;
            assert_eq!(response.status().code == 401, !is_public, "{} {path}", route.method);
            if !is_public {
                assert!(response.headers().get_one("WWW-Authenticate").unwrap().starts_with("Basic realm=\"Login\""));
                assert_eq!(response.into_string().await.unwrap(), "Unauthorized.\n");
            }
        }
    }
    assert_eq!(fixture.total().await, 1);
    let authorized =
        fixture.client.get(fixture.path("/api/v1/messages")).header(authorization("dev:s3cret")).dispatch().await;
    assert_eq!(authorized.status().code, 200);
}

#[rocket::async_test]
async fn every_route_with_a_body_has_a_limit() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x", "x").await;
    let huge = format!("{{\"IDs\":[\"{}\"]}}", "x".repeat(8 * 1024 * 1024));
    for route in fixture.client.rocket().routes() {
        let path =
            route.uri.path().replace("<id>", &id).replace("<_>", &id).replace("<tag>", "t").replace("<name>", &id);
        if !matches!(route.method, Method::Put | Method::Post | Method::Delete) || path.ends_with("/search") {
            continue;
        }
        let (api, deletes_by_path) =
            (path.contains("/api/"), route.method == Method::Delete && path.contains("/tags/"));
        let without_body = ["/delete", "/unread", "/outbox/", "/undo/", "/faults/clear", "/faults/preset/"];
        if deletes_by_path || without_body.iter().any(|part| path.contains(part)) {
            continue;
        }
        let mut request = fixture.client.req(route.method, path.clone()).body(huge.clone());
        if !api {
            request = request.header(rocket::http::ContentType::Form);
        }
        let status = request.dispatch().await.status().code;
        assert!(matches!(status, 400 | 413 | 422), "{} {path}: {status}", route.method);
    }
    assert_eq!(fixture.total().await, 1);
}

/// True if no client has connected to `listener`.
fn has_no_connection(listener: &std::net::TcpListener) -> bool {
    listener.set_nonblocking(true).unwrap();
    listener.accept().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[rocket::async_test]
async fn the_html_check_fetches_nothing() {
    let fixture = InboxFixture::with(Plan { internal_links: true, ..Plan::default() }).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let body = format!(
        "<link rel=stylesheet href=http://{at}/a.css><style>@import url(http://{at}/b.css);</style><img src=http://{at}/c>"
    );
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/html", &body).await;
    for path in ["html-check", "lint", "headers", "raw", "part/0", "part/0/thumb"] {
        assert_eq!(fixture.get(&format!("/api/v1/message/{id}/{path}")).await.status().code, 200, "{path}");
    }
    for path in [format!("/view/{id}.html"), format!("/view/{id}?tab=checks"), format!("/view/{id}/frame")] {
        assert_eq!(fixture.get(&path).await.status().code, 200, "{path}");
    }
    assert!(has_no_connection(&listener));
}

#[rocket::async_test]
async fn no_path_fetches_a_given_url() {
    let fixture = InboxFixture::with(Plan { internal_links: true, ..Plan::default() }).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x.png", listener.local_addr().unwrap());
    let body = format!("<img src={url}>");
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/html", &body).await;
    let data = STANDARD.encode(format!("{id}:{url}"));
    // Mailpit has a proxy for its screenshots; our page takes no screenshots.
    assert_eq!(fixture.get(&format!("/proxy?data={data}&url={url}")).await.status().code, 404);
    assert!(has_no_connection(&listener));
}

#[rocket::async_test]
async fn the_link_check_connects_to_no_private_address() {
    let fixture = InboxFixture::new().await;
    let body = "<a href='http://127.0.0.1:1/'>a</a><a href='http://[::ffff:10.0.0.1]/'>b</a><img src='http://169.254.169.254/x'>";
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/html", body).await;
    let report = fixture.json(&format!("/api/v1/message/{id}/link-check?follow=true")).await;
    assert_eq!(report["Errors"], 3);
    for link in report["Links"].as_array().unwrap() {
        assert_eq!(
            (link["StatusCode"].as_u64(), link["Status"].as_str()),
            (Some(451), Some("Blocked private/reserved address"))
        );
    }
}

#[rocket::async_test]
async fn a_name_cannot_turn_the_text_beside_it() {
    let fixture = InboxFixture::new().await;
    let bytes = "From: =?utf-8?Q?Kim_=E2=80=AEmoc=2Eelpmaxe?= <kim@example.com>\r\nSubject: =?utf-8?Q?a=E2=81=A6b?=\r\n\
                 To: =?utf-8?Q?=E2=80=ABLee?= <lee@example.com>\r\n\r\nHello";
    let id = fixture.store(IncomingMessage { bytes: bytes.into(), ..IncomingMessage::default() }).await;
    let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
    assert!(page.contains("<bdi>Kim ⟨RLO⟩moc.elpmaxe</bdi> <bdi>&#60;kim@example.com&#62;</bdi>"), "{page}");
    assert!(page.contains("<bdi>⟨RLE⟩Lee</bdi> <bdi>&#60;lee@example.com&#62;</bdi>"));
    let list = fixture.get("/").await.into_string().await.unwrap();
    for shown in [page, list] {
        assert!(shown.contains("a⟨LRI⟩b") && shown.contains("Kim ⟨RLO⟩moc.elpmaxe"));
        assert!(!shown.contains(['\u{202e}', '\u{202b}', '\u{2066}']));
    }
}
