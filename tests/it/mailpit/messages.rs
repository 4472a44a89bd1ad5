//! Options that decide which messages are kept, and with which tags and time.

use crate::support::process::Folder;

use super::options::base64_of as basic;
use super::server::MailpitServer;

#[tokio::test(flavor = "multi_thread")]
async fn tags_come_from_rules_addresses_headers_and_the_login() {
    let folder = Folder::new("");
    folder.write("tags.yml", "filters:\n  - match: \"addressed:qa@\"\n    tags: \"QA, Team\"\n");
    let flags = ["--tag", "Red=subject:order \"Big one\"=larger:1M", "--tags-config", "tags.yml", "--tags-username"];
    let server = MailpitServer::start_in(folder, &flags, &[("MP_TAGS_TITLE_CASE", "1")]);
    let login = format!("AUTH PLAIN {}", basic("\0shop\0x"));
    let message = "To: qa@x.test\r\nX-Tags: from header, red\r\nSubject: your order\r\n\r\nhi\r\n.";
    server.smtp(&["EHLO me", &login, "MAIL FROM:<a+plus@x.test>", "RCPT TO:<qa+late@x.test>", "DATA", message, "QUIT"]);
    let (_, list) = server.api("/api/v1/messages").await;
    assert_eq!(list["messages"][0]["Tags"], serde_json::json!(["From Header", "Late", "QA", "Red", "shop", "Team"]));
    let off = MailpitServer::start(&["--tags-disable", "plus-addresses,x-tags"], &[]);
    off.send("qa+late@x.test", "X-Tags: a\r\n\r\nhi");
    assert_eq!(off.api("/api/v1/tags").await.1, serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn recipients_are_limited_in_number_and_by_a_pattern() {
    let flags = ["--smtp-max-recipients", "2", "--smtp-allowed-recipients", "@x\\.test$"];
    let server = MailpitServer::start(&flags, &[]);
    let replies = server.smtp(&[
        "EHLO me",
        "MAIL FROM:<a@x.test>",
        "RCPT TO:<a@y.test>",
        "RCPT TO:<a@x.test>",
        "RCPT TO:<b@x.test>",
        "RCPT TO:<c@x.test>",
        "QUIT",
    ]);
    let codes: Vec<&str> = replies.iter().map(|reply| &reply[..3]).collect();
    assert_eq!(codes, ["220", "250", "250", "550", "250", "250", "452", "221"], "{replies:?}");
    let server = MailpitServer::start(&[flags[2], flags[3], "--smtp-ignore-rejected-recipients"], &[]);
    let lines = [
        "EHLO me",
        "MAIL FROM:<a@x.test>",
        "RCPT TO:<a@y.test>",
        "RCPT TO:<b@x.test>",
        "DATA",
        "Subject: s\r\n\r\n.",
        "QUIT",
    ];
    assert!(server.smtp(&lines)[6].starts_with("250 2.0.0 Ok: queued as "));
    let (_, list) = server.api("/api/v1/messages").await;
    assert_eq!(list["messages"][0]["Bcc"][0]["Address"], "b@x.test");
    assert_eq!(list["messages"][0]["Bcc"].as_array().map(Vec::len), Some(1), "{list}");
    let (_, headers) = server.api("/api/v1/message/latest/headers").await;
    assert_eq!(headers["Bcc"], serde_json::json!(["b@x.test"]));
    assert!(server.send("only@y.test", "Subject: nobody\r\n\r\n").starts_with("250"));
    assert_eq!(server.subjects().await, ["s"], "a message without an allowed recipient is dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_duplicates_follow_the_switches() {
    let server = MailpitServer::start(&["--use-message-dates", "--ignore-duplicate-ids"], &[]);
    let message = "Message-ID: <one@x.test>\r\nDate: Tue, 03 Mar 2020 04:05:06 +0000\r\nSubject: once\r\n\r\nhi";
    let (first, second) = (server.send("a@x.test", message), server.send("a@x.test", message));
    assert_eq!(first, second, "the id of the first one");
    server.send("a@x.test", "Subject: without an id\r\n\r\nhi");
    server.send("a@x.test", "Subject: without an id\r\n\r\nhi");
    let (_, list) = server.api("/api/v1/search?query=subject:once").await;
    assert_eq!(list["messages_count"], 1);
    assert!(list["messages"][0]["Created"].as_str().is_some_and(|at| at.starts_with("2020-03-03T04:05:06")), "{list}");
    assert_eq!(server.api("/api/v1/webui").await.1["DuplicatesIgnored"], true);
    assert_eq!(server.subjects().await.len(), 3);
}
