//! Refused mail: kept for people to look at, no mail at all for a client of Mailpit.

use serde_json::json;

use super::stand::Stand;
use crate::capture::Arrival;

async fn refused(stand: &Stand) -> String {
    let head = "From: a@example.com\r\nTo: kim@example.com\r\nSubject: refused letter\r\nX-Tags: inspected, shared";
    let bytes = format!("{head}\r\n\r\nx\r\n").into_bytes();
    let envelope_to = vec!["kim@example.com".into()];
    stand.store(Arrival { envelope_to, bytes, refusal: Some("552 too large".into()), ..Arrival::default() }).await
}

#[rocket::async_test]
async fn what_was_refused_is_in_no_count_and_no_list_unless_it_is_asked_for() {
    let stand = Stand::new().await;
    let arrived = stand.mail("kim@example.com", "Subject: letter", "x").await;
    let refused = refused(&stand).await;
    for indexed in [false, true] {
        while indexed && stand.inbox.index().await.unwrap() > 0 {}
        let list = stand.json("/api/v1/messages").await;
        let counts = |list: &serde_json::Value| {
            ["total", "unread", "count", "messages_count", "messages_unread"].map(|key| list[key].as_u64().unwrap())
        };
        assert_eq!(counts(&list), [1; 5]);
        assert_eq!(list["messages"][0]["ID"], *arrived);
        for query in ["letter", "to:kim", "subject:letter+is:unread", "-is:refused", "letter+-is:refused"] {
            let found = stand.json(&format!("/api/v1/search?query={query}")).await;
            assert_eq!((counts(&found), &found["messages"][0]["ID"]), ([1; 5], &json!(arrived)), "{query}");
        }
        for query in ["is:refused", "letter+is:refused"] {
            let found = stand.json(&format!("/api/v1/search?query={query}")).await;
            assert_eq!((counts(&found), &found["messages"][0]["ID"]), ([1; 5], &json!(refused)), "{query}");
        }
    }
    let info = stand.json("/api/v1/info").await;
    assert_eq!((&info["Messages"], &info["Unread"]), (&json!(1), &json!(1)));
    assert_eq!(stand.json("/api/v1/tags").await, json!([]));
    stand.put("/api/v1/tags", &json!({"IDs": [arrived], "Tags": ["shared"]}).to_string()).await;
    assert_eq!(stand.json("/api/v1/messages").await["tags"], json!(["shared"]));
    assert_eq!(stand.json("/api/v1/info").await["Tags"], json!({"shared": 1}));
}

#[rocket::async_test]
async fn what_came_in_is_counted_since_the_start_whatever_is_deleted() {
    let stand = Stand::new().await;
    stand.mail("kim@example.com", "Subject: letter", "x").await;
    refused(&stand).await;
    let numbers = async || {
        let info = stand.json("/api/v1/info").await;
        ["SMTPAccepted", "SMTPAcceptedSize", "SMTPRejected"].map(|key| info["RuntimeStats"][key].as_u64().unwrap())
    };
    let before = numbers().await;
    assert_eq!((before[0], before[2]), (1, 1));
    stand.delete("/api/v1/messages", "").await;
    assert_eq!(numbers().await, before);
    let metrics = stand.get("/metrics").await.into_string().await.unwrap();
    assert!(metrics.contains(&format!("\nmailpit_smtp_accepted_size_bytes_total {}\n", before[1])));
    assert!(metrics.contains("\nmailpit_smtp_accepted_total 1\n") && metrics.contains("_rejected_total 1\n"));
}

#[rocket::async_test]
async fn latest_and_wait_mean_what_arrived_and_find_refused_mail_by_its_name() {
    let stand = Stand::new().await;
    let arrived = stand.mail("kim@example.com", "Subject: letter", "x").await;
    let refused = refused(&stand).await;
    assert_eq!(stand.json("/api/v1/message/latest").await["ID"], *arrived);
    assert_eq!(stand.json("/api/v1/message/latest?query=subject:letter").await["ID"], *arrived);
    assert_eq!(stand.json("/api/v1/message/latest?query=is:refused").await["ID"], *refused);
    let waited = stand.json("/api/v1/wait?query=to:kim&timeout=5s").await;
    assert_eq!((waited["messages"].as_array().unwrap().len(), &waited["messages"][0]["ID"]), (1, &json!(arrived)));
    assert_eq!(stand.get("/api/v1/wait?count=2&timeout=10ms").await.status().code, 408);
    assert_eq!(stand.json("/api/v1/wait?query=is:refused&timeout=5s").await["messages"][0]["ID"], *refused);
    // By its own id everybody finds it, and it goes with all the others.
    let whole = stand.json(&format!("/api/v1/message/{refused}")).await;
    assert_eq!(whole["Subject"], "refused letter");
    assert!(whole["Refusal"].as_str().is_some_and(|why| !why.is_empty()), "{whole}");
    assert_eq!(stand.json("/api/v1/search?query=is:refused").await["messages"][0]["Refusal"], whole["Refusal"]);
    assert_eq!(stand.json(&format!("/api/v1/message/{arrived}")).await.get("Refusal"), None);
    assert_eq!(stand.delete("/api/v1/messages", "").await.1, "ok");
    assert_eq!(stand.total().await, 0);
}

#[rocket::async_test]
async fn the_page_shows_it_marked() {
    let stand = Stand::new().await;
    refused(&stand).await;
    let html = stand.get("/").await.into_string().await.unwrap();
    assert!(html.contains("refused letter"));
    let html = stand.get("/?q=letter").await.into_string().await.unwrap();
    assert!(html.contains("refused letter"));
}
