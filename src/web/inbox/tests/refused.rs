//! Tests of refused messages: the pages show them, and Mailpit's API leaves them out unless a search names them.

use serde_json::json;

use super::support::InboxFixture;
use crate::inbox::IncomingMessage;

async fn refused(fixture: &InboxFixture) -> String {
    let head = "From: a@example.com\r\nTo: kim@example.com\r\nSubject: refused message\r\nX-Tags: inspected, shared";
    let bytes = format!("{head}\r\n\r\nx\r\n").into_bytes();
    let envelope_to = vec!["kim@example.com".into()];
    fixture
        .store(IncomingMessage {
            envelope_to,
            bytes,
            refusal: Some("552 too large".into()),
            ..IncomingMessage::default()
        })
        .await
}

#[rocket::async_test]
async fn refused_messages_are_in_no_count_and_no_list_unless_a_search_names_them() {
    let fixture = InboxFixture::new().await;
    let accepted = fixture.mail("kim@example.com", "Subject: message", "x").await;
    let refused = refused(&fixture).await;
    for indexed in [false, true] {
        while indexed && fixture.inbox.index().await.unwrap() > 0 {}
        let list = fixture.json("/api/v1/messages").await;
        let counts = |list: &serde_json::Value| {
            ["total", "unread", "count", "messages_count", "messages_unread"].map(|key| list[key].as_u64().unwrap())
        };
        assert_eq!(counts(&list), [1; 5]);
        assert_eq!(list["messages"][0]["ID"], *accepted);
        for query in ["message", "to:kim", "subject:message+is:unread", "-is:refused", "message+-is:refused"] {
            let found = fixture.json(&format!("/api/v1/search?query={query}")).await;
            assert_eq!((counts(&found), &found["messages"][0]["ID"]), ([1; 5], &json!(accepted)), "{query}");
        }
        for query in ["is:refused", "message+is:refused"] {
            let found = fixture.json(&format!("/api/v1/search?query={query}")).await;
            assert_eq!((counts(&found), &found["messages"][0]["ID"]), ([1; 5], &json!(refused)), "{query}");
        }
    }
    let info = fixture.json("/api/v1/info").await;
    assert_eq!((&info["Messages"], &info["Unread"]), (&json!(1), &json!(1)));
    assert_eq!(fixture.json("/api/v1/tags").await, json!([]));
    fixture.put("/api/v1/tags", &json!({"IDs": [accepted], "Tags": ["shared"]}).to_string()).await;
    assert_eq!(fixture.json("/api/v1/messages").await["tags"], json!(["shared"]));
    assert_eq!(fixture.json("/api/v1/info").await["Tags"], json!({"shared": 1}));
}

#[rocket::async_test]
async fn accepted_and_refused_messages_are_counted_since_the_start_even_after_deletion() {
    let fixture = InboxFixture::new().await;
    fixture.mail("kim@example.com", "Subject: message", "x").await;
    refused(&fixture).await;
    let numbers = async || {
        let info = fixture.json("/api/v1/info").await;
        ["SMTPAccepted", "SMTPAcceptedSize", "SMTPRejected"].map(|key| info["RuntimeStats"][key].as_u64().unwrap())
    };
    let before = numbers().await;
    assert_eq!((before[0], before[2]), (1, 1));
    fixture.delete("/api/v1/messages", "").await;
    assert_eq!(numbers().await, before);
    let metrics = fixture.get("/metrics").await.into_string().await.unwrap();
    assert!(metrics.contains(&format!("\nmailpit_smtp_accepted_size_bytes_total {}\n", before[1])));
    assert!(metrics.contains("\nmailpit_smtp_accepted_total 1\n") && metrics.contains("_rejected_total 1\n"));
}

#[rocket::async_test]
async fn latest_and_wait_find_accepted_messages_and_refused_ones_only_if_the_search_names_them() {
    let fixture = InboxFixture::new().await;
    let accepted = fixture.mail("kim@example.com", "Subject: message", "x").await;
    let refused = refused(&fixture).await;
    assert_eq!(fixture.json("/api/v1/message/latest").await["ID"], *accepted);
    assert_eq!(fixture.json("/api/v1/message/latest?query=subject:message").await["ID"], *accepted);
    assert_eq!(fixture.json("/api/v1/message/latest?query=is:refused").await["ID"], *refused);
    let waited = fixture.json("/api/v1/wait?query=to:kim&timeout=5s").await;
    assert_eq!((waited["messages"].as_array().unwrap().len(), &waited["messages"][0]["ID"]), (1, &json!(accepted)));
    assert_eq!(fixture.get("/api/v1/wait?count=2&timeout=10ms").await.status().code, 408);
    assert_eq!(fixture.json("/api/v1/wait?query=is:refused&timeout=5s").await["messages"][0]["ID"], *refused);
    // Its id finds it, and deleting all messages deletes it.
    let message = fixture.json(&format!("/api/v1/message/{refused}")).await;
    assert_eq!(message["Subject"], "refused message");
    assert!(message["Refusal"].as_str().is_some_and(|reason| !reason.is_empty()), "{message}");
    assert_eq!(fixture.json("/api/v1/search?query=is:refused").await["messages"][0]["Refusal"], message["Refusal"]);
    assert_eq!(fixture.json(&format!("/api/v1/message/{accepted}")).await.get("Refusal"), None);
    assert_eq!(fixture.delete("/api/v1/messages", "").await.1, "ok");
    assert_eq!(fixture.total().await, 0);
}

#[rocket::async_test]
async fn the_list_and_the_search_of_the_pages_show_refused_messages() {
    let fixture = InboxFixture::new().await;
    refused(&fixture).await;
    let html = fixture.get("/").await.into_string().await.unwrap();
    assert!(html.contains("refused message"));
    let html = fixture.get("/?q=message").await.into_string().await.unwrap();
    assert!(html.contains("refused message"));
}
