//! Damaged messages, and messages with a Return-Path field of the sender, over HTTP.

use rocket::http::Accept;
use serde_json::{Value, json};

use super::support::{BASE, InboxFixture};
use crate::inbox::Damage;

/// The paths that read one message.
fn message_paths(id: &str) -> [String; 9] {
    [
        format!("/api/v1/message/{id}"),
        format!("/api/v1/message/{id}/headers"),
        format!("/api/v1/message/{id}/raw"),
        format!("/api/v1/message/{id}/received"),
        format!("/api/v1/message/{id}/part/1"),
        format!("/api/v1/message/{id}/lint"),
        format!("/view/{id}"),
        format!("/view/{id}.txt"),
        format!("/view/{id}.html"),
    ]
}

async fn ids(fixture: &InboxFixture, path: &str) -> Vec<String> {
    let response = fixture.json(path).await;
    response["messages"].as_array().unwrap().iter().map(|message| message["ID"].as_str().unwrap().to_owned()).collect()
}

async fn status(fixture: &InboxFixture, path: &str) -> u16 {
    fixture.client.get(fixture.path(path)).header(Accept::HTML).dispatch().await.status().code
}

#[rocket::async_test]
async fn a_message_with_a_return_path_is_readable_on_every_path() {
    let fixture = InboxFixture::new().await;
    for length in [0, 1, 60, 180, 185, 600, 998, 1_200, 5_000] {
        let body = json!({
            "From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Subject": format!("s{length}x"),
            "Text": "hello", "HTML": "<p>hello</p>",
            "Headers": {"Return-Path": format!("<{}@bounces.example>", "v".repeat(length))},
        });
        let (code, text) = fixture.post("/api/v1/send", &body.to_string()).await;
        assert_eq!(code, 200, "{length}: {text}");
        let id = serde_json::from_str::<Value>(&text).unwrap()["ID"].as_str().unwrap().to_owned();
        for path in message_paths(&id).iter().chain(&message_paths("latest")[..6]) {
            assert_eq!(status(&fixture, path).await, 200, "{length}: {path}");
        }
        let raw = fixture.get(&format!("/api/v1/message/{id}/raw")).await.into_bytes().await.unwrap();
        assert_eq!(fixture.json(&format!("/api/v1/message/{id}")).await["Size"], raw.len(), "{length}");
        assert_eq!(fixture.json("/api/v1/message/latest").await["ID"], id.as_str());
        assert_eq!(ids(&fixture, &format!("/api/v1/search?query=subject:s{length}x")).await, [id.as_str()]);
        assert_eq!(ids(&fixture, &format!("/api/v1/wait?query=subject:s{length}x&timeout=1s")).await, [id]);
    }
}

#[rocket::async_test]
async fn a_damaged_message_is_listed_and_does_not_hide_others() {
    let fixture = InboxFixture::new().await;
    let whole = fixture.mail("kim@example.com", "Subject: whole\r\nContent-Type: text/html", "<p>hello</p>").await;
    let broken = fixture.mail("kim@example.com", "Subject: broken\r\nContent-Type: text/html", "<p>hello</p>").await;
    fixture.inbox.damage(broken.parse().unwrap(), Damage::Bytes).await;
    let list = fixture.json("/api/v1/messages").await;
    assert_eq!((&list["messages"][0]["ID"], &list["messages"][0]["Subject"]), (&json!(broken), &json!("broken")));
    assert_eq!(list["messages"][1]["ID"], whole.as_str());
    assert_eq!(ids(&fixture, "/api/v1/search?query=hello").await, [whole.as_str()]);
    assert_eq!(ids(&fixture, "/api/v1/search?query=!nothing").await, [broken.as_str(), whole.as_str()]);
    for path in ["/", "/?q=!nothing", &format!("/view/{whole}"), "/view/latest.html"] {
        assert_eq!(status(&fixture, path).await, 200, "{path}");
    }
    assert_eq!(fixture.json("/api/v1/message/latest").await["ID"], whole.as_str());
    let latest = fixture.get("/view/latest").await;
    assert_eq!(latest.headers().get_one("Location"), Some(&*format!("{BASE}/view/{whole}")));
    for path in ["/api/v1/wait?timeout=1s", "/api/v1/wait?query=!nothing&timeout=1s"] {
        assert_eq!(ids(&fixture, path).await, [whole.as_str()], "{path}");
    }
    assert_eq!(fixture.get("/api/v1/wait?count=2&timeout=1ms").await.status().code, 408, "it is not counted");
    let release = json!({"To": ["kim@example.com"]}).to_string();
    assert_eq!(fixture.post(&format!("/api/v1/message/{broken}/release"), &release).await.0, 500);
    assert_eq!(fixture.post(&format!("/api/v1/message/{whole}/release"), &release).await, (200, "ok".to_owned()));
    let everything = json!({"IDs": [broken, whole]}).to_string();
    assert_eq!(fixture.delete("/api/v1/messages", &everything).await, (200, "ok".to_owned()));
    assert_eq!(fixture.total().await, 0);
}

#[rocket::async_test]
async fn a_damaged_message_causes_an_error_that_names_the_damage() {
    let fixture = InboxFixture::new().await;
    let broken = fixture.mail("kim@example.com", "Subject: broken", "hello").await;
    fixture.inbox.damage(broken.parse().unwrap(), Damage::Bytes).await;
    for path in message_paths(&broken) {
        let response = fixture.client.get(fixture.path(&path)).header(Accept::HTML).dispatch().await;
        assert_eq!(response.status().code, 500, "{path}");
        let text = response.into_string().await.unwrap();
        assert!(text.contains("the stored bytes of this message are damaged"), "{path}: {text}");
    }
    assert_eq!(status(&fixture, "/api/v1/message/latest").await, 404);
    assert_eq!(fixture.form(&format!("/view/{broken}/delete"), "").await.0, 303);
    assert_eq!(fixture.total().await, 0);
}

#[rocket::async_test]
async fn more_damaged_messages_than_one_page_do_not_hide_an_older_one_from_wait() {
    let fixture = InboxFixture::new().await;
    let whole = fixture.mail("kim@example.com", "Subject: whole", "hello").await;
    for _ in 0..110 {
        let broken = fixture.mail("kim@example.com", "Subject: broken", "hello").await;
        fixture.inbox.damage(broken.parse().unwrap(), Damage::Bytes).await;
    }
    assert_eq!(ids(&fixture, "/api/v1/wait?timeout=60s").await, [whole]);
}

#[rocket::async_test]
async fn a_message_without_its_summary_is_listed_and_readable() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("kim@example.com", "Subject: broken\r\nContent-Type: text/html", "<p>hello</p>").await;
    fixture.inbox.damage(id.parse().unwrap(), Damage::Summary).await;
    assert_eq!(ids(&fixture, "/api/v1/messages").await, [id.as_str()]);
    assert_eq!(fixture.json(&format!("/api/v1/message/{id}")).await["Subject"], "broken");
    assert_eq!(ids(&fixture, "/api/v1/wait?query=hello&timeout=1s").await, [id.as_str()]);
    for path in message_paths(&id).iter().map(String::as_str).chain(["/"]).filter(|path| !path.ends_with("/part/1")) {
        assert_eq!(status(&fixture, path).await, 200, "{path}");
    }
}
