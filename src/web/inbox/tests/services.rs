//! Tests of the other routes: sending, faults, release, waiting, the event stream and the API description.

use rocket::http::Header;
use serde_json::{Value, json};

use super::support::{InboxFixture, Plan, keys};

#[rocket::async_test]
async fn a_sent_message_is_stored_with_the_requested_headers_and_no_received_field() {
    let fixture = InboxFixture::new().await;
    let (status, text) = fixture
        .post(
            "/api/v1/send",
            &json!({
                "From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Cc": [{"Email": "c@example.com"}],
                "Bcc": ["d@example.com"], "ReplyTo": [{"Email": "r@example.com"}], "Subject": "x", "Text": "y",
                "Headers": {"List-Unsubscribe": "<https://a.example>"}, "Tags": ["t"],
            })
            .to_string(),
        )
        .await;
    assert_eq!(status, 200, "{text}");
    let id = serde_json::from_str::<Value>(&text).unwrap()["ID"].as_str().unwrap().to_owned();
    let headers = fixture.json(&format!("/api/v1/message/{id}/headers")).await;
    let mut found = keys(&headers);
    found.retain(|name| *name != "Content-Transfer-Encoding" && *name != "X-Tags");
    assert_eq!(
        found,
        [
            "Bcc",
            "Cc",
            "Content-Type",
            "Date",
            "From",
            "List-Unsubscribe",
            "Message-Id",
            "Mime-Version",
            "Reply-To",
            "Return-Path",
            "Subject",
            "To"
        ]
    );
    let message = fixture.json(&format!("/api/v1/message/{id}")).await;
    assert_eq!(message["Bcc"], json!([{"Name": "", "Address": "d@example.com"}]));
    assert_eq!(message["Tags"], json!(["t"]));
    let (status, text) = fixture.post("/api/v1/send", r#"{"From":{"Email":"nobody"}}"#).await;
    assert_eq!((status, text.as_str()), (400, r#"{"Error":"invalid From address: nobody"}"#));
}

#[rocket::async_test]
async fn a_sent_message_has_the_user_name_of_the_request_even_without_a_password() {
    let fixture = InboxFixture::new().await;
    let request =
        fixture.client.post(fixture.path("/api/v1/send")).header(Header::new("Authorization", "Basic am9lOnB3"));
    let body = json!({"From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}]});
    assert_eq!(fixture.send(request, &body.to_string()).await.0, 200);
    assert_eq!(fixture.json("/api/v1/message/latest").await["Username"], "joe");
}

#[rocket::async_test]
async fn chaos_and_faults_are_set_and_read_back() {
    let fixture = InboxFixture::new().await;
    let never = json!({"Sender": {"ErrorCode": 451, "Probability": 0}, "Recipient": {"ErrorCode": 451, "Probability": 0},
                       "Authentication": {"ErrorCode": 535, "Probability": 0}});
    assert_eq!(fixture.json("/api/v1/chaos").await, never);
    let (status, text) = fixture.put("/api/v1/chaos", r#"{"Recipient":{"ErrorCode":550,"Probability":100}}"#).await;
    assert_eq!(status, 200);
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap()["Recipient"],
        json!({"ErrorCode": 550, "Probability": 100})
    );
    let (status, text) = fixture.put("/api/v1/chaos", r#"{"Sender":{"ErrorCode":700}}"#).await;
    assert_eq!((status, text.as_str()), (400, "error code must be between 400 and 599"));
    fixture.put("/api/v1/chaos", "{}").await;
    assert_eq!(fixture.json("/api/v1/chaos").await, never);

    let rules =
        json!({"rules": [{"match": {"recipient": "bounce@*"}, "action": {"reply": {"stage": "rcpt", "code": 550}}}]});
    let (status, text) = fixture.put("/api/v1/faults", &rules.to_string()).await;
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()), (200, rules.clone()));
    assert_eq!(fixture.json("/api/v1/faults").await, rules);
    assert_eq!(fixture.put("/api/v1/faults", r#"{"rules":[{"misspelt":1}]}"#).await.0, 400);

    let off = InboxFixture::with(Plan { chaos: false, ..Plan::default() }).await;
    let response = off.get("/api/v1/chaos").await;
    assert_eq!((response.status().code, response.into_string().await.unwrap()), (400, "Chaos is not enabled".into()));
}

#[rocket::async_test]
async fn release_queues_for_allowed_addresses_only() {
    let plan = Plan { transports: vec!["smtp"], release_to: vec!["*@example.com"], ..Plan::default() };
    let fixture = InboxFixture::with(plan).await;
    let id = fixture.mail("a@example.com", "Subject: x\r\nBcc: secret@example.com", "x").await;
    let path = format!("/api/v1/message/{id}/release");
    for (to, text) in [
        (json!(["nonsense"]), "Invalid email address: nonsense"),
        (json!(["a@else.example"]), "Failed: Address do not match the allowlist: a@else.example"),
        (
            json!(["a@x.example", "b@x.example"]),
            "Failed: Addresses do not match the allowlist: a@x.example, b@x.example",
        ),
        (json!([]), "No valid addresses found"),
    ] {
        assert_eq!(fixture.post(&path, &json!({"To": to}).to_string()).await, (400, text.into()));
    }
    assert_eq!(fixture.post(&path, r#"{"to":["Q <q@example.com>"]}"#).await, (200, "ok".into()));
    let page = fixture.outbox.page(None, None, 10).await.unwrap();
    assert_eq!((page.entries.len(), page.entries[0].to[0].to_string()), (1, "q@example.com".into()));

    let off = InboxFixture::with(Plan { transports: vec!["gmail"], ..Plan::default() }).await;
    let id = off.mail("a@example.com", "Subject: x", "x").await;
    let (status, text) = off.post(&format!("/api/v1/message/{id}/release"), r#"{"To":["a@example.com"]}"#).await;
    assert!(status == 400 && text.contains("inbox.release_to"), "{text}");
}

#[rocket::async_test]
async fn wait_answers_with_links_and_codes_as_soon_as_messages_match_and_marks_nothing_read() {
    let fixture = InboxFixture::new().await;
    let path = "/api/v1/wait?query=to:kim@&timeout=20s&count=2";
    let (answer, (first, second)) = tokio::join!(fixture.json(path), async {
        let first = fixture.mail("kim@example.com", "Subject: one", "Your code is 482913. https://example.com/v").await;
        (first, fixture.mail("kim@example.com", "Subject: two", "x").await)
    });
    let messages = answer["messages"].as_array().unwrap();
    assert_eq!(messages.iter().map(|m| m["ID"].as_str().unwrap()).collect::<Vec<_>>(), [&first, &second]);
    assert_eq!(messages[0]["Codes"], json!(["482913"]));
    assert_eq!(messages[0]["Links"], json!([{"URL": "https://example.com/v", "Text": ""}]));
    assert_eq!(messages[0]["Purpose"], Value::Null);
    assert_eq!(fixture.inbox.counts().await.unwrap().unread, 2);

    let late = fixture.json(&format!("/api/v1/wait?since={first}")).await;
    assert_eq!(late["messages"].as_array().unwrap().len(), 1);
    let at = "2026-11-21T03:34:00.143Z";
    assert_eq!(fixture.json(&format!("/api/v1/wait?since={at}")).await["messages"][0]["ID"], *second);
    let none = fixture.get(&format!("/api/v1/wait?since={second}&timeout=10ms")).await;
    assert_eq!(none.status().code, 408);
    assert_eq!(none.content_type().unwrap().to_string(), "application/problem+json");
    for _ in 0..20 {
        assert_eq!(
            fixture.get("/api/v1/wait?timeout=0").await.status().code,
            200,
            "an existing message is found at once"
        );
    }
    let (read, changed) = tokio::join!(
        fixture.get("/api/v1/wait?query=is:read&count=2&timeout=20s"),
        fixture.put("/api/v1/messages", r#"{"Read":true}"#)
    );
    assert_eq!((read.status().code, changed.0), (200, 200));
    for bad in ["timeout=3m", "timeout=soon", "count=0", "count=101", "since=yesterday"] {
        assert_eq!(fixture.get(&format!("/api/v1/wait?{bad}")).await.status().code, 400, "{bad}");
    }
}

#[rocket::async_test]
async fn a_stream_resumes_after_the_last_event() {
    let fixture = InboxFixture::new().await;
    let first = fixture.mail("a@example.com", "Subject: one", "x").await;
    let feed = fixture.inbox.feed(None).await.unwrap();
    let position = feed.position();
    let second = fixture.mail("a@example.com", "Subject: two", "x").await;
    let request = fixture.client.get(fixture.path("/api/v1/stream"));
    let request = request.header(rocket::http::Header::new("Last-Event-ID", position.to_string()));
    let mut response = request.dispatch().await;
    assert_eq!(response.content_type().unwrap().to_string(), "text/event-stream");
    let mut text = String::new();
    let mut buffer = vec![0; 1024];
    while !text.contains(&second) {
        let n = tokio::io::AsyncReadExt::read(&mut response, &mut buffer).await.unwrap();
        text.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
    assert!(text.contains(&second) && !text.contains(&first), "{text}");
    assert!(text.contains("event:stats") && text.contains(r#""Unread":2,"UnreadRefused":0"#), "{text}");
}

#[rocket::async_test]
async fn the_server_describes_itself() {
    let fixture = InboxFixture::new().await;
    assert!(fixture.json("/api/v1/info").await["Version"].as_str().unwrap().starts_with('v'));
    let webui = fixture.json("/api/v1/webui").await;
    assert_eq!(
        keys(&webui),
        ["ChaosEnabled", "DuplicatesIgnored", "HideDeleteAllButton", "Label", "MessageRelay", "SpamAssassin"]
    );
    assert!(webui["MessageRelay"].get("RecipientAllowlist").is_some());
    fixture.mail("a+shop@example.com", "Subject: x", "x").await;
    let metrics = fixture.get("/metrics").await;
    assert_eq!(metrics.content_type().unwrap().to_string(), "text/plain; version=0.0.4; charset=utf-8");
    let metrics = metrics.into_string().await.unwrap();
    assert!(metrics.contains("\nmailpit_messages 1\n") && metrics.contains("mailpit_tag_messages{tag=\"shop\"} 1\n"));
    assert!(metrics.lines().all(|line| line.starts_with("mailpit_") || line.starts_with("# ")), "{metrics}");
    let live = fixture.get("/livez").await;
    assert_eq!((live.status().code, live.content_type()), (200, Some(rocket::http::ContentType::Plain)));
    assert_eq!(fixture.get("/readyz").await.status().code, 200);
    assert_eq!(fixture.get("/api/v1/").await.status().code, 200);
    let events = fixture.get("/api/events").await;
    assert_eq!((events.status().code, events.into_string().await.unwrap().as_str()), (400, "Bad Request\n"));
    let options = fixture.client.options(fixture.path("/api/v1/messages")).dispatch().await;
    assert_eq!((options.status().code, options.into_string().await.unwrap_or_default()), (200, String::new()));
}

#[rocket::async_test]
async fn the_description_lists_exactly_the_existing_routes() {
    let fixture = InboxFixture::new().await;
    let description = fixture.json("/api/v1/openapi.json").await;
    let mut described = Vec::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        described.extend(operations.as_object().unwrap().keys().map(|method| (method.to_uppercase(), normal(path))));
    }
    let api = |path: &str| {
        path.starts_with("/api/")
            || path.starts_with("/view/")
            || ["livez", "readyz", "metrics"].iter().any(|end| path.ends_with(end))
    };
    let mut routed = Vec::new();
    for route in fixture.client.rocket().routes() {
        let path = route.uri.path().strip_prefix("/dev/inbox").unwrap();
        let form = route.method == rocket::http::Method::Post && path.starts_with("/view/");
        if api(path) && !form && route.method != rocket::http::Method::Options && !is_part_of_a_page(path) {
            routed.push((route.method.to_string(), normal(path)));
        }
    }
    let answers = |path: &str| description["paths"][path]["get"]["responses"].as_object().unwrap().clone();
    assert!(answers("/view/latest").contains_key("302") && answers("/api/events").contains_key("101"));
    assert_eq!(fixture.get("/view/latest").await.status().code, 302);
    assert_eq!(description["paths"]["/api/v1/stream"]["get"]["parameters"][0]["name"], "Last-Event-ID");
    described.sort();
    routed.sort();
    // The WebSocket has two routes: one with an upgrade and one without.
    routed.dedup();
    assert_eq!(described, routed);
}

/// True for the frames and the contents that the page of a message links to.
fn is_part_of_a_page(path: &str) -> bool {
    ["/frame", "/content/<path>", "/nested/<path>"].iter().any(|end| path.ends_with(end))
}

/// A path without the names of its parameters and without a slash at the end.
fn normal(path: &str) -> String {
    let part = |part: &str| if part.starts_with(['{', '<']) { "*".to_owned() } else { part.to_owned() };
    path.trim_end_matches('/').split('/').map(part).collect::<Vec<_>>().join("/")
}
