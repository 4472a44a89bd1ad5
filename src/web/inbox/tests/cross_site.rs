//! Requests that a page of another site causes, and clients that guess the password.

use std::time::Duration;

use rocket::http::{Accept, Header};

use super::support::{InboxFixture, Plan};

async fn fetched(fixture: &InboxFixture, path: &str, site: &'static str, destination: &'static str) -> u16 {
    let request = fixture.client.get(fixture.path(path)).header(Accept::HTML);
    let request = request.header(Header::new("Sec-Fetch-Site", site));
    request.header(Header::new("Sec-Fetch-Dest", destination)).dispatch().await.status().code
}

async fn is_read(fixture: &InboxFixture) -> bool {
    fixture.json("/api/v1/messages").await["messages"][0]["Read"] == true
}

#[rocket::async_test]
async fn a_page_of_another_site_neither_marks_a_message_read_nor_starts_a_check() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: x\r\nContent-Type: text/html";
    let id = fixture.mail("kim@example.com", head, "<p>hello</p>").await;
    for path in ["/api/v1/message/ID", "/api/v1/message/latest", "/api/v1/message/ID/link-check", "/view/ID.html"]
        .into_iter()
        .chain(["/view/latest.html", "/view/ID.txt", "/view/ID/frame", "/view/ID"])
    {
        let path = path.replace("ID", &id);
        assert_eq!(fetched(&fixture, &path, "cross-site", "image").await, 403, "{path}");
    }
    assert_eq!(fetched(&fixture, &format!("/view/{id}?tab=checks&links=1"), "cross-site", "document").await, 403);
    assert_eq!(fetched(&fixture, &format!("/api/v1/message/{id}/part/0"), "cross-site", "image").await, 200);
    assert!(!is_read(&fixture).await);
    assert_eq!(fetched(&fixture, &format!("/view/{id}"), "cross-site", "document").await, 200, "a link to a page");
    for site in ["same-origin", "same-site", "none"] {
        assert_eq!(fetched(&fixture, &format!("/view/{id}.html"), site, "iframe").await, 200, "{site}");
    }
    assert!(is_read(&fixture).await);
}

#[rocket::async_test]
async fn a_client_that_guesses_the_password_is_refused_for_a_minute_even_with_the_right_one() {
    let fixture = InboxFixture::with(Plan { password: Some("secret"), ..Plan::default() }).await;
    let status = async |credentials: &'static str| {
        let request = fixture.client.get(fixture.path("/api/v1/info"));
        let request = request.remote("192.0.2.1:1000".parse().unwrap());
        request.header(Header::new("Authorization", credentials)).dispatch().await
    };
    let (right, wrong) = ("Basic ZGV2OnNlY3JldA==", "Basic ZGV2Ondyb25n");
    for _ in 0..10 {
        assert_eq!(fixture.client.get(fixture.path("/api/v1/info")).dispatch().await.status().code, 401, "no try");
        assert_eq!(status(wrong).await.status().code, 401);
    }
    for credentials in [wrong, right] {
        let refused = status(credentials).await;
        assert_eq!((refused.status().code, refused.headers().get_one("Retry-After")), (429, Some("60")));
    }
    let other = fixture.client.get(fixture.path("/api/v1/info")).remote("192.0.2.2:1000".parse().unwrap());
    assert_eq!(other.header(Header::new("Authorization", right)).dispatch().await.status().code, 200);
    fixture.clock.advance(Duration::from_secs(60));
    assert_eq!(status(right).await.status().code, 200);
}
