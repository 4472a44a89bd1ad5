//! Mailpit's routes, one by one.

use serde_json::{Value, json};

use super::stand::{Plan, Stand};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[rocket::async_test]
async fn lists_have_mailpits_shape() {
    let stand = Stand::new().await;
    let empty = stand.json("/api/v1/messages").await;
    assert_eq!(
        empty,
        json!({"total":0,"unread":0,"count":0,"messages_count":0,"messages_unread":0,"start":0,"tags":[],"messages":[]})
    );
    let id = stand.mail("kim+tag@example.com", "Subject: one\r\nMessage-ID: <a@b>", "Hello there").await;
    let list = stand.json("/api/v1/messages").await;
    assert_eq!(list["messages"][0]["Created"], "2026-11-21T03:34:00.133Z");
    assert_eq!(
        list["messages"][0],
        json!({
            "ID": id, "MessageID": "a@b", "Read": false, "From": {"Name": "App", "Address": "app@example.com"},
            "To": [{"Name": "", "Address": "kim+tag@example.com"}], "Cc": [], "Bcc": [], "ReplyTo": [],
            "Subject": "one", "Created": "2026-11-21T03:34:00.133Z", "Username": "", "Tags": ["tag"],
            "Size": list["messages"][0]["Size"], "Attachments": 0, "Snippet": "Hello there",
        })
    );
    assert_eq!(list["tags"], json!(["tag"]));
}

#[rocket::async_test]
async fn paging_is_lenient() {
    let stand = Stand::new().await;
    for n in 0..4 {
        stand.mail("a@example.com", &format!("Subject: s{n}"), "x").await;
    }
    let subjects = async |path: &str| -> Vec<String> {
        let list = stand.json(path).await;
        list["messages"].as_array().unwrap().iter().map(|m| m["Subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects("/api/v1/messages?start=1&limit=2").await, ["s2", "s1"]);
    assert_eq!(subjects("/api/v1/messages?start=x&limit=-1").await.len(), 4);
    assert_eq!(subjects("/api/v1/messages?limit=0").await.len(), 4);
    assert_eq!(subjects("/api/v1/search?query=subject:s&limit=0").await.len(), 0);
    assert_eq!(stand.json("/api/v1/search?query=s1+OR&limit=0").await["messages_count"], 0);
    let found = stand.json("/api/v1/search?query=subject:s&limit=1").await;
    assert_eq!((found["messages_count"].as_u64(), found["count"].as_u64()), (Some(4), Some(1)));
    let blank = stand.get("/api/v1/search?query=").await;
    assert_eq!(blank.status().code, 400);
    assert_eq!(blank.into_string().await.unwrap(), "Error: no search query");
}

#[rocket::async_test]
async fn a_message_has_exactly_mailpits_keys_and_is_read_then() {
    let stand = Stand::new().await;
    let head = "Subject: Re: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\
                Date: Sat, 21 Nov 2026 12:34:00 +0900\r\nList-Unsubscribe: https://a.example";
    let body = "--b\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--b\r\nContent-Type: application/pdf\r\n\
                Content-Disposition: attachment; filename=\"in voice.pdf\"\r\n\r\n%PDF\r\n--b--";
    let id = stand.mail("a@example.com", head, body).await;
    let message = stand.json(&format!("/api/v1/message/{id}")).await;
    let mut expected = vec![
        "ID",
        "MessageID",
        "From",
        "To",
        "Cc",
        "Bcc",
        "ReplyTo",
        "ReturnPath",
        "Subject",
        "ListUnsubscribe",
        "Date",
        "Tags",
        "Username",
        "Text",
        "HTML",
        "Size",
        "Inline",
        "Attachments",
    ];
    expected.sort_unstable();
    let mut found = keys(&message);
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(message["Date"], "2026-11-21T12:34:00+09:00");
    assert_eq!(message["ReturnPath"], "app@example.com");
    assert_eq!(message["Text"].as_str().unwrap().trim(), "Hi");
    assert_eq!(message["ListUnsubscribe"]["Errors"], "\"https://a.example\" no valid unsubscribe links found");
    let attachment = &message["Attachments"][0];
    assert_eq!((attachment["FileName"].as_str(), attachment["Size"].as_u64()), (Some("in voice.pdf"), Some(4)));
    assert_eq!(attachment["Checksums"]["MD5"].as_str().unwrap().len(), 32);
    assert_eq!(stand.inbox.counts().await.unwrap().unread, 0);

    let part = stand.get(&format!("/api/v1/message/{id}/part/{}", attachment["PartID"].as_str().unwrap())).await;
    assert_eq!(part.headers().get_one("Content-Type"), Some("application/pdf"));
    assert_eq!(part.headers().get_one("Content-Disposition"), Some("inline; filename=\"in%20voice.pdf\""));
    assert_eq!(part.into_string().await.unwrap(), "%PDF");
}

#[rocket::async_test]
async fn latest_is_a_message_everywhere() {
    let stand = Stand::new().await;
    assert_eq!(stand.get("/api/v1/message/latest").await.into_string().await.unwrap(), "Message not found");
    assert_eq!(stand.get("/view/latest").await.headers().get_one("Location"), Some("/dev/inbox/"));
    stand.mail("a@example.com", "Subject: old\r\nContent-Type: text/html", "<p>x</p>").await;
    let id = stand.mail("b@example.com", "Subject: new\r\nContent-Type: text/html", "<p>x</p>").await;
    for path in ["", "/headers", "/raw", "/received", "/part/0", "/part/0/thumb", "/html-check", "/link-check", "/lint"]
    {
        assert_eq!(stand.get(&format!("/api/v1/message/latest{path}")).await.status().code, 200, "{path}");
    }
    assert_eq!(stand.json("/api/v1/message/latest").await["Subject"], "new");
    assert_eq!(stand.json("/api/v1/message/latest?query=to:a@").await["Subject"], "old");
    assert_eq!(stand.get("/view/latest.html").await.status().code, 200);
    assert_eq!(stand.get("/view/latest.txt").await.into_string().await.unwrap().trim(), "x");
    assert_eq!(stand.get("/view/latest").await.headers().get_one("Location"), Some(&*format!("/dev/inbox/view/{id}")));
}

#[rocket::async_test]
async fn unknown_ids_and_paths_are_404_in_mailpits_words() {
    let stand = Stand::new().await;
    for path in ["", "/headers", "/raw", "/part/1", "/html-check", "/link-check", "/sa-check"] {
        let response = stand.get(&format!("/api/v1/message/no-such-id{path}")).await;
        assert_eq!(response.status().code, 404, "{path}");
        assert_eq!(response.into_string().await.unwrap(), "404 page not found\n", "{path}");
    }
    assert_eq!(stand.get("/api/v1/message/no-such-id/part/1/thumb").await.status().code, 400);
    assert_eq!(stand.get("/api/v1/nothing").await.into_string().await.unwrap(), "404 page not found\n");
    assert_eq!(stand.get("/view/no-such-id.html").await.into_string().await.unwrap(), "Message not found");
    let id = stand.mail("a@example.com", "Subject: x", "text").await;
    assert_eq!(
        stand.get(&format!("/view/{id}.html")).await.into_string().await.unwrap(),
        "This message does not contain a HTML part"
    );
    assert_eq!(
        stand.get(&format!("/api/v1/message/{id}/html-check")).await.into_string().await.unwrap(),
        "message does not contain HTML"
    );
}

#[rocket::async_test]
async fn read_state_is_set_by_ids_by_search_or_for_all() {
    let stand = Stand::new().await;
    let id = stand.mail("a@example.com", "Subject: one", "x").await;
    stand.mail("b@example.com", "Subject: two", "x").await;
    let unread = async || stand.inbox.counts().await.unwrap().unread;
    let ok = (200, "ok".to_owned());
    assert_eq!(stand.put("/api/v1/messages", &json!({"ids": [id, "unknown"], "READ": true}).to_string()).await, ok);
    assert_eq!(unread().await, 1);
    assert_eq!(stand.put("/api/v1/messages", r#"{"Search":"to:b@","Read":true}"#).await, ok);
    assert_eq!(unread().await, 0);
    assert_eq!(stand.put("/api/v1/messages", "{}").await, ok);
    assert_eq!(unread().await, 2);
    assert_eq!(stand.put("/api/v1/messages", "").await, (400, "EOF".into()));
    let both = json!({"IDs": [id], "Search": "x"}).to_string();
    let (status, text) = stand.put("/api/v1/messages", &both).await;
    assert_eq!((status, text.as_str()), (400, "You may specify either IDs or a search query, not both"));
}

#[rocket::async_test]
async fn deleting_takes_ids_a_search_or_everything_but_never_a_garbled_wish() {
    let stand = Stand::new().await;
    let one = stand.mail("a@example.com", "Subject: one", "x").await;
    let two = stand.mail("b@example.com", "Subject: two", "x").await;
    for n in 0..3 {
        stand.mail("c@example.com", &format!("Subject: {n}"), "x").await;
    }
    assert_eq!(stand.delete("/api/v1/messages", "{garbled").await.0, 400);
    assert_eq!(stand.delete("/api/v1/messages", &json!({"IDs": [one, "unknown"]}).to_string()).await.1, "ok");
    assert_eq!(stand.total().await, 4);
    assert_eq!(stand.delete("/api/v1/messages", &format!("ids={two}")).await.1, "ok");
    assert_eq!(stand.total().await, 3);
    let words: String = (0..33).map(|n| format!("-n{n}+")).collect();
    for half in
        ["from:", "subject:2+to:", "after:yesterday", "before:2026-13-41+subject:0", words.as_str(), &"x".repeat(5_000)]
    {
        assert_eq!(stand.delete(&format!("/api/v1/search?query={half}"), "").await.0, 400, "{half}");
        assert_eq!(stand.form("/selected", &format!("action=clear&q={half}")).await.0, 400, "{half}");
        assert_eq!(stand.total().await, 3, "{half}");
    }
    assert_eq!(stand.delete("/api/v1/search?query=subject:2", "").await.1, "ok");
    assert_eq!(stand.total().await, 2);
    assert_eq!(stand.delete("/api/v1/messages", "").await.1, "ok");
    assert_eq!(stand.total().await, 0);
}

#[rocket::async_test]
async fn tags_are_set_renamed_and_deleted() {
    let stand = Stand::new().await;
    let id = stand.mail("a@example.com", "Subject: one", "x").await;
    let ok = (200, "ok".to_owned());
    let set = json!({"IDs": [id], "Tags": ["Tag 1", "b@d"]}).to_string();
    assert_eq!(stand.put("/api/v1/tags", &set).await, ok);
    assert_eq!(stand.json("/api/v1/tags").await, json!(["b@d", "Tag 1"]));
    assert_eq!(stand.put("/api/v1/tags/Tag%201", r#"{"Name":"Tag 2"}"#).await, ok);
    assert_eq!(stand.put("/api/v1/tags/Tag%201", r#"{"Name":"x"}"#).await, (400, "tag not found: Tag 1".into()));
    assert_eq!(stand.put("/api/v1/tags/Tag%202", r#"{"Name":"B@D"}"#).await.0, 400);
    assert_eq!(stand.delete("/api/v1/tags/b%40d", "").await, ok);
    assert_eq!(stand.delete("/api/v1/tags/b%40d", "").await, (400, "tag not found: b@d".into()));
    assert_eq!(stand.json("/api/v1/tags").await, json!(["Tag 2"]));
    assert_eq!(stand.put("/api/v1/tags", r#"{"Tags":["x"]}"#).await, ok);
}

#[rocket::async_test]
async fn a_sent_message_is_stored_with_the_headers_asked_for_and_no_received_line() {
    let stand = Stand::new().await;
    let (status, text) = stand
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
    let headers = stand.json(&format!("/api/v1/message/{id}/headers")).await;
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
    let message = stand.json(&format!("/api/v1/message/{id}")).await;
    assert_eq!(message["Bcc"], json!([{"Name": "", "Address": "d@example.com"}]));
    assert_eq!(message["Tags"], json!(["t"]));
    let (status, text) = stand.post("/api/v1/send", r#"{"From":{"Email":"nobody"}}"#).await;
    assert_eq!((status, text.as_str()), (400, r#"{"Error":"invalid From address: nobody"}"#));
}

#[rocket::async_test]
async fn chaos_and_faults_are_set_and_read_back() {
    let stand = Stand::new().await;
    let never = json!({"Sender": {"ErrorCode": 451, "Probability": 0}, "Recipient": {"ErrorCode": 451, "Probability": 0},
                       "Authentication": {"ErrorCode": 535, "Probability": 0}});
    assert_eq!(stand.json("/api/v1/chaos").await, never);
    let (status, text) = stand.put("/api/v1/chaos", r#"{"Recipient":{"ErrorCode":550,"Probability":100}}"#).await;
    assert_eq!(status, 200);
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap()["Recipient"],
        json!({"ErrorCode": 550, "Probability": 100})
    );
    let (status, text) = stand.put("/api/v1/chaos", r#"{"Sender":{"ErrorCode":700}}"#).await;
    assert_eq!((status, text.as_str()), (400, "error code must be between 400 and 599"));
    stand.put("/api/v1/chaos", "{}").await;
    assert_eq!(stand.json("/api/v1/chaos").await, never);

    let rules =
        json!({"rules": [{"match": {"recipient": "bounce@*"}, "action": {"reply": {"stage": "rcpt", "code": 550}}}]});
    let (status, text) = stand.put("/api/v1/faults", &rules.to_string()).await;
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()), (200, rules.clone()));
    assert_eq!(stand.json("/api/v1/faults").await, rules);
    assert_eq!(stand.put("/api/v1/faults", r#"{"rules":[{"misspelt":1}]}"#).await.0, 400);

    let off = Stand::with(Plan { chaos: false, ..Plan::default() }).await;
    let response = off.get("/api/v1/chaos").await;
    assert_eq!((response.status().code, response.into_string().await.unwrap()), (400, "Chaos is not enabled".into()));
}

#[rocket::async_test]
async fn release_queues_for_allowed_addresses_only() {
    let plan = Plan { transports: vec!["smtp"], release_to: vec!["*@example.com"], ..Plan::default() };
    let stand = Stand::with(plan).await;
    let id = stand.mail("a@example.com", "Subject: x\r\nBcc: secret@example.com", "x").await;
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
        assert_eq!(stand.post(&path, &json!({"To": to}).to_string()).await, (400, text.into()));
    }
    assert_eq!(stand.post(&path, r#"{"to":["q@example.com"]}"#).await, (200, "ok".into()));
    let page = stand.outbox.page(None, None, 10).await.unwrap();
    assert_eq!((page.entries.len(), page.entries[0].to[0].to_string()), (1, "q@example.com".into()));

    let off = Stand::with(Plan { transports: vec!["gmail"], ..Plan::default() }).await;
    let id = off.mail("a@example.com", "Subject: x", "x").await;
    let (status, text) = off.post(&format!("/api/v1/message/{id}/release"), r#"{"To":["a@example.com"]}"#).await;
    assert!(status == 400 && text.contains("inbox.release_to"), "{text}");
}

#[rocket::async_test]
async fn wait_answers_with_links_and_codes_as_soon_as_the_mail_is_there_and_marks_nothing_read() {
    let stand = Stand::new().await;
    let path = "/api/v1/wait?query=to:kim@&timeout=20s&count=2";
    let (answer, (first, second)) = tokio::join!(stand.json(path), async {
        let first = stand.mail("kim@example.com", "Subject: one", "Your code is 482913. https://example.com/v").await;
        (first, stand.mail("kim@example.com", "Subject: two", "x").await)
    });
    let messages = answer["messages"].as_array().unwrap();
    assert_eq!(messages.iter().map(|m| m["ID"].as_str().unwrap()).collect::<Vec<_>>(), [&first, &second]);
    assert_eq!(messages[0]["Codes"], json!(["482913"]));
    assert_eq!(messages[0]["Links"], json!([{"URL": "https://example.com/v", "Text": ""}]));
    assert_eq!(messages[0]["Purpose"], Value::Null);
    assert_eq!(stand.inbox.counts().await.unwrap().unread, 2);

    let late = stand.json(&format!("/api/v1/wait?since={first}")).await;
    assert_eq!(late["messages"].as_array().unwrap().len(), 1);
    let at = "2026-11-21T03:34:00.143Z";
    assert_eq!(stand.json(&format!("/api/v1/wait?since={at}")).await["messages"][0]["ID"], *second);
    let none = stand.get(&format!("/api/v1/wait?since={second}&timeout=10ms")).await;
    assert_eq!(none.status().code, 408);
    assert_eq!(none.content_type().unwrap().to_string(), "application/problem+json");
    for bad in ["timeout=3m", "timeout=soon", "count=0", "count=101", "since=yesterday"] {
        assert_eq!(stand.get(&format!("/api/v1/wait?{bad}")).await.status().code, 400, "{bad}");
    }
}

#[rocket::async_test]
async fn the_stream_goes_on_where_the_last_one_ended() {
    let stand = Stand::new().await;
    let first = stand.mail("a@example.com", "Subject: one", "x").await;
    let feed = stand.inbox.feed(None).await.unwrap();
    let position = feed.position();
    let second = stand.mail("a@example.com", "Subject: two", "x").await;
    let request = stand.client.get(stand.path("/api/v1/stream"));
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
    assert!(text.contains("event:stats"));
}

#[rocket::async_test]
async fn the_server_describes_itself() {
    let stand = Stand::new().await;
    assert!(stand.json("/api/v1/info").await["Version"].as_str().unwrap().starts_with('v'));
    let webui = stand.json("/api/v1/webui").await;
    assert_eq!(
        keys(&webui),
        ["ChaosEnabled", "DuplicatesIgnored", "HideDeleteAllButton", "Label", "MessageRelay", "SpamAssassin"]
    );
    assert!(webui["MessageRelay"].get("RecipientAllowlist").is_some());
    stand.mail("a+shop@example.com", "Subject: x", "x").await;
    let metrics = stand.get("/metrics").await;
    assert_eq!(metrics.content_type().unwrap().to_string(), "text/plain; version=0.0.4; charset=utf-8");
    let metrics = metrics.into_string().await.unwrap();
    assert!(metrics.contains("\nmailpit_messages 1\n") && metrics.contains("mailpit_tag_messages{tag=\"shop\"} 1\n"));
    assert!(metrics.lines().all(|line| line.starts_with("mailpit_") || line.starts_with("# ")), "{metrics}");
    assert_eq!(stand.get("/livez").await.status().code, 200);
    assert_eq!(stand.get("/readyz").await.status().code, 200);
    assert_eq!(stand.get("/api/v1/").await.status().code, 200);
    let events = stand.get("/api/events").await;
    assert_eq!((events.status().code, events.into_string().await.unwrap().as_str()), (400, "Bad Request\n"));
    let options = stand.client.options(stand.path("/api/v1/messages")).dispatch().await;
    assert_eq!((options.status().code, options.into_string().await.unwrap_or_default()), (200, String::new()));
}

#[rocket::async_test]
async fn the_description_names_every_route_and_no_other() {
    let stand = Stand::new().await;
    let description = stand.json("/api/v1/openapi.json").await;
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
    for route in stand.client.rocket().routes() {
        let path = route.uri.path().strip_prefix("/dev/inbox").unwrap();
        let form = route.method == rocket::http::Method::Post && path.starts_with("/view/");
        if api(path) && !form && route.method != rocket::http::Method::Options && !path.ends_with("/frame") {
            routed.push((route.method.to_string(), normal(path)));
        }
    }
    described.sort();
    routed.sort();
    // With and without an upgrade the events are one.
    routed.dedup();
    assert_eq!(described, routed);
}

/// Parameters without their names; `/api/v1` and `/api/v1/` are one.
fn normal(path: &str) -> String {
    let part = |part: &str| if part.starts_with(['{', '<']) { "*".to_owned() } else { part.to_owned() };
    path.trim_end_matches('/').split('/').map(part).collect::<Vec<_>>().join("/")
}
