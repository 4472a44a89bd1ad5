//! Tests of Mailpit's routes for messages.

use serde_json::json;

use super::support::{InboxFixture, keys};

#[rocket::async_test]
async fn lists_have_mailpits_shape() {
    let fixture = InboxFixture::new().await;
    let empty = fixture.json("/api/v1/messages").await;
    assert_eq!(
        empty,
        json!({"total":0,"unread":0,"count":0,"messages_count":0,"messages_unread":0,"start":0,"tags":[],"messages":[]})
    );
    let id = fixture.mail("kim+tag@example.com", "Subject: one\r\nMessage-ID: <a@b>", "Hello there").await;
    let list = fixture.json("/api/v1/messages").await;
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
async fn invalid_paging_parameters_are_ignored() {
    let fixture = InboxFixture::new().await;
    for n in 0..4 {
        fixture.mail("a@example.com", &format!("Subject: s{n}"), "x").await;
    }
    let subjects = async |path: &str| -> Vec<String> {
        let list = fixture.json(path).await;
        list["messages"].as_array().unwrap().iter().map(|m| m["Subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects("/api/v1/messages?start=1&limit=2").await, ["s2", "s1"]);
    assert_eq!(subjects("/api/v1/messages?start=x&limit=-1").await.len(), 4);
    assert_eq!(subjects("/api/v1/messages?limit=0").await.len(), 4);
    assert_eq!(subjects("/api/v1/messages?limit=1&start=1&limit=3&start=0").await, ["s2"]);
    assert_eq!(subjects("/api/v1/search?query=s1&query=s2&que%72y=s3").await, ["s1"]);
    assert_eq!(subjects("/api/v1/search?query=subject:s&limit=0").await.len(), 0);
    assert_eq!(fixture.json("/api/v1/search?query=s1+OR&limit=0").await["messages_count"], 0);
    let found = fixture.json("/api/v1/search?query=subject:s&limit=1").await;
    assert_eq!((found["messages_count"].as_u64(), found["count"].as_u64()), (Some(4), Some(1)));
    let blank = fixture.get("/api/v1/search?query=").await;
    assert_eq!(blank.status().code, 400);
    assert_eq!(blank.into_string().await.unwrap(), "Error: no search query");
}

#[rocket::async_test]
async fn a_message_has_exactly_mailpits_keys_and_is_marked_read() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: Re: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\
                Date: Sat, 21 Nov 2026 12:34:00 +0900\r\nList-Unsubscribe: https://a.example";
    let body = "--b\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--b\r\nContent-Type: application/pdf\r\n\
                Content-Disposition: attachment; filename=\"in voice.pdf\"\r\n\r\n%PDF\r\n--b--";
    let id = fixture.mail("a@example.com", head, body).await;
    let message = fixture.json(&format!("/api/v1/message/{id}")).await;
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
    assert_eq!(fixture.inbox.counts().await.unwrap().unread, 0);

    let part = fixture.get(&format!("/api/v1/message/{id}/part/{}", attachment["PartID"].as_str().unwrap())).await;
    assert_eq!(part.headers().get_one("Content-Type"), Some("application/pdf"));
    assert_eq!(part.headers().get_one("Content-Disposition"), Some("inline; filename=\"in%20voice.pdf\""));
    assert_eq!(part.into_string().await.unwrap(), "%PDF");
}

#[rocket::async_test]
async fn latest_names_a_message_on_every_route() {
    let fixture = InboxFixture::new().await;
    assert_eq!(fixture.get("/api/v1/message/latest").await.into_string().await.unwrap(), "Message not found");
    assert_eq!(fixture.get("/view/latest").await.headers().get_one("Location"), Some("/dev/inbox/"));
    fixture.mail("a@example.com", "Subject: old\r\nContent-Type: text/html", "<p>x</p>").await;
    let id = fixture.mail("b@example.com", "Subject: new\r\nContent-Type: text/html", "<p>x</p>").await;
    for path in ["", "/headers", "/raw", "/received", "/part/0", "/part/0/thumb", "/html-check", "/link-check", "/lint"]
    {
        assert_eq!(fixture.get(&format!("/api/v1/message/latest{path}")).await.status().code, 200, "{path}");
    }
    assert_eq!(fixture.json("/api/v1/message/latest").await["Subject"], "new");
    assert_eq!(fixture.json("/api/v1/message/latest?query=to:a@").await["Subject"], "old");
    assert_eq!(fixture.get("/view/latest.html").await.status().code, 200);
    assert_eq!(fixture.get("/view/latest.txt").await.into_string().await.unwrap().trim(), "x");
    assert_eq!(
        fixture.get("/view/latest").await.headers().get_one("Location"),
        Some(&*format!("/dev/inbox/view/{id}"))
    );
}

#[rocket::async_test]
async fn unknown_ids_and_paths_answer_404_with_mailpits_texts() {
    let fixture = InboxFixture::new().await;
    for path in ["", "/headers", "/raw", "/part/1", "/html-check", "/link-check", "/sa-check"] {
        let response = fixture.get(&format!("/api/v1/message/no-such-id{path}")).await;
        assert_eq!(response.status().code, 404, "{path}");
        assert_eq!(response.into_string().await.unwrap(), "404 page not found\n", "{path}");
    }
    assert_eq!(fixture.get("/api/v1/message/no-such-id/part/1/thumb").await.status().code, 400);
    assert_eq!(fixture.get("/api/v1/nothing").await.into_string().await.unwrap(), "404 page not found\n");
    assert_eq!(fixture.get("/view/no-such-id.html").await.into_string().await.unwrap(), "Message not found");
    let id = fixture.mail("a@example.com", "Subject: x", "text").await;
    assert_eq!(
        fixture.get(&format!("/view/{id}.html")).await.into_string().await.unwrap(),
        "This message does not contain a HTML part"
    );
    assert_eq!(
        fixture.get(&format!("/api/v1/message/{id}/html-check")).await.into_string().await.unwrap(),
        "message does not contain HTML"
    );
}

#[rocket::async_test]
async fn read_state_is_set_by_ids_by_search_or_for_all() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: one", "x").await;
    fixture.mail("b@example.com", "Subject: two", "x").await;
    let unread = async || fixture.inbox.counts().await.unwrap().unread;
    let ok = (200, "ok".to_owned());
    assert_eq!(fixture.put("/api/v1/messages", &json!({"ids": [id, "unknown"], "READ": true}).to_string()).await, ok);
    assert_eq!(unread().await, 1);
    assert_eq!(fixture.put("/api/v1/messages", r#"{"Search":"to:b@","Read":true}"#).await, ok);
    assert_eq!(unread().await, 0);
    assert_eq!(fixture.put("/api/v1/messages", "{}").await, ok);
    assert_eq!(unread().await, 2);
    assert_eq!(fixture.put("/api/v1/messages", "").await, (400, "EOF".into()));
    let both = json!({"IDs": [id], "Search": "x"}).to_string();
    let (status, text) = fixture.put("/api/v1/messages", &both).await;
    assert_eq!((status, text.as_str()), (400, "You may specify either IDs or a search query, not both"));
}

#[rocket::async_test]
async fn messages_are_deleted_by_ids_by_search_or_all_and_an_invalid_request_deletes_nothing() {
    let fixture = InboxFixture::new().await;
    let one = fixture.mail("a@example.com", "Subject: one", "x").await;
    let two = fixture.mail("b@example.com", "Subject: two", "x").await;
    for n in 0..3 {
        fixture.mail("c@example.com", &format!("Subject: {n}"), "x").await;
    }
    assert_eq!(fixture.delete("/api/v1/messages", "{garbled").await.0, 400);
    assert_eq!(fixture.delete("/api/v1/messages", &json!({"IDs": [one, "unknown"]}).to_string()).await.1, "ok");
    assert_eq!(fixture.total().await, 4);
    assert_eq!(fixture.delete("/api/v1/messages", &format!("ids={two}")).await.1, "ok");
    assert_eq!(fixture.total().await, 3);
    let many: String = (0..33).map(|n| format!("-n{n}+")).collect();
    for query in
        ["from:", "subject:2+to:", "after:yesterday", "before:2026-13-41+subject:0", many.as_str(), &"x".repeat(5_000)]
    {
        assert_eq!(fixture.delete(&format!("/api/v1/search?query={query}"), "").await.0, 400, "{query}");
        let (status, location) = fixture.form("/selected", &format!("action=clear&q={query}")).await;
        assert!(status == 303 && location.contains("done=not-done"), "{query}: {status} {location}");
        assert_eq!(fixture.total().await, 3, "{query}");
    }
    assert_eq!(fixture.delete("/api/v1/search?query=subject:2", "").await.1, "ok");
    assert_eq!(fixture.total().await, 2);
    assert_eq!(fixture.delete("/api/v1/messages", "").await.1, "ok");
    assert_eq!(fixture.total().await, 0);
}

#[rocket::async_test]
async fn tags_are_set_renamed_and_deleted() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: one", "x").await;
    let ok = (200, "ok".to_owned());
    let set = json!({"IDs": [id], "Tags": ["Tag 1", "b@d"]}).to_string();
    assert_eq!(fixture.put("/api/v1/tags", &set).await, ok);
    assert_eq!(fixture.json("/api/v1/tags").await, json!(["b@d", "Tag 1"]));
    assert_eq!(fixture.put("/api/v1/tags/Tag%201", r#"{"Name":"Tag 2"}"#).await, ok);
    assert_eq!(fixture.put("/api/v1/tags/Tag%201", r#"{"Name":"x"}"#).await, (400, "tag not found: Tag 1".into()));
    assert_eq!(fixture.put("/api/v1/tags/Tag%202", r#"{"Name":"B@D"}"#).await.0, 400);
    assert_eq!(fixture.delete("/api/v1/tags/b%40d", "").await, ok);
    assert_eq!(fixture.delete("/api/v1/tags/b%40d", "").await, (400, "tag not found: b@d".into()));
    assert_eq!(fixture.json("/api/v1/tags").await, json!(["Tag 2"]));
    assert_eq!(fixture.put("/api/v1/tags", r#"{"Tags":["x"]}"#).await, ok);
}

#[rocket::async_test]
async fn tags_are_kept_in_any_script_and_a_name_without_valid_characters_is_rejected() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a+긴급@example.com", "Subject: one\r\nX-Tags: =?utf-8?q?=C3=A9t=C3=A9?=", "x").await;
    assert_eq!(fixture.json("/api/v1/tags").await, json!(["été", "긴급"]));
    let ok = (200, "ok".to_owned());
    let set = |tags: &[&str]| json!({"IDs": [id], "Tags": tags}).to_string();
    assert_eq!(fixture.put("/api/v1/tags", &set(&["빨강", "Ärger", ""])).await, ok);
    assert_eq!(fixture.json("/api/v1/tags").await, json!(["Ärger", "빨강"]));
    for query in ["tag:빨강", "tag:ärger", "tag:\"ÄRGER\"", "-tag:긴급"] {
        let query = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
        assert_eq!(fixture.json(&format!("/api/v1/search?query={query}")).await["messages_count"], 1, "{query}");
    }
    for invalid in ["🎉", "!!", "<>"] {
        let answer = (400, format!("invalid tag name: {invalid}"));
        assert_eq!(fixture.put("/api/v1/tags", &set(&["kept", invalid])).await, answer);
        assert_eq!(fixture.put("/api/v1/tags/%EB%B9%A8%EA%B0%95", &json!({"Name": invalid}).to_string()).await, answer);
        let send = json!({"From": {"Email": "a@b.test"}, "To": [{"Email": "a@b.test"}], "Tags": [invalid]});
        assert_eq!(fixture.post("/api/v1/send", &send.to_string()).await.0, 400);
    }
    assert_eq!(fixture.put("/api/v1/tags/%EB%B9%A8%EA%B0%95", r#"{"Name":"파랑"}"#).await, ok);
    assert_eq!(fixture.delete("/api/v1/tags/%C3%84RGER", "").await, ok);
    assert_eq!(fixture.json("/api/v1/messages").await["messages"][0]["Tags"], json!(["파랑"]));
}

#[rocket::async_test]
async fn a_term_that_is_not_understood_is_named_and_nothing_is_searched() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: one is:bogus", "x").await;
    for term in ["is:bogus", "has:bogus", "larger:huge", "smaller:x", "before:yesterday", "-is:bogus"] {
        let error = (400, format!("Error: not understood in the query: {term}"));
        for path in [
            "/api/v1/search?query=",
            "/api/v1/message/latest?query=",
            "/view/latest?query=",
            "/view/latest.html?query=",
        ] {
            let response = fixture.get(&format!("{path}one+{term}")).await;
            assert_eq!((response.status().code, response.into_string().await.unwrap()), error, "{path}");
        }
        assert_eq!(fixture.delete(&format!("/api/v1/search?query={term}"), "").await, error);
        let read = json!({"Search": term, "Read": true}).to_string();
        assert_eq!(fixture.put("/api/v1/messages", &read).await, error);
        let waited = fixture.get(&format!("/api/v1/wait?timeout=0&query={term}")).await;
        assert_eq!(waited.status().code, 400);
        assert!(waited.into_string().await.unwrap().contains(term));
        let page = fixture.get(&format!("/?q={term}")).await.into_string().await.unwrap();
        assert!(page.contains(&format!("<bdi>{term}</bdi>")), "{page}");
    }
    assert_eq!(fixture.json("/api/v1/search?query=one+to:").await["messages"][0]["ID"], id);
    assert_eq!(fixture.inbox.counts().await.unwrap().unread, 1);
}

#[rocket::async_test]
async fn views_of_a_sent_message_return_the_posted_bytes() {
    let fixture = InboxFixture::new().await;
    for text in ["<p>one\ntwo</p>\n\n", "<p>one\r\ntwo</p>", "한글\n", "a\rb\n c \n"] {
        let send = json!({"From": {"Email": "a@b.test"}, "To": [{"Email": "a@b.test"}], "Text": text, "HTML": text});
        assert_eq!(fixture.post("/api/v1/send", &send.to_string()).await.0, 200);
        for view in ["/view/latest.html", "/view/latest.txt"] {
            assert_eq!(fixture.get(view).await.into_string().await.unwrap(), text, "{view}");
        }
        let source = fixture.get("/api/v1/message/latest/raw").await.into_string().await.unwrap();
        assert!(!source.contains('\r'), "{source}");
    }
}
