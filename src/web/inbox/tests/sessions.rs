//! Tests of the SMTP sessions in the API and on their page.

use serde_json::json;

use super::support::{InboxFixture, keys};
use crate::inbox::{EndedSession, SessionDetails, SessionOutcome};

impl InboxFixture {
    fn session(&self, outcome: SessionOutcome, details: SessionDetails) {
        let started = self.clock.now();
        self.clock.advance(std::time::Duration::from_secs(1));
        let ended = self.clock.now();
        self.inbox.record_session(EndedSession { started, ended, count: 1, outcome, details });
    }

    fn refused(&self) {
        let details = SessionDetails {
            client: "192.0.2.7".into(),
            hello: "<b>\u{202e}me".into(),
            protocol: "ESMTP".into(),
            reason: "550 5.1.1 No such user".into(),
            transcript: "C: RCPT TO:<\"</pre><script>\"@x.test>\nS: 550 5.1.1 No such user\n".into(),
            ..SessionDetails::default()
        };
        self.session(SessionOutcome::RecipientRefused, details);
    }
}

#[rocket::async_test]
async fn the_api_lists_sessions_newest_first_with_outcome_and_cure() {
    let fixture = InboxFixture::new().await;
    assert_eq!(fixture.json("/api/v1/sessions").await, json!({"total": 0, "count": 0, "start": 0, "sessions": []}));
    fixture.refused();
    let id = fixture.mail("a@example.com", "Subject: x", "x").await;
    let messages = vec![id.clone(), "0".repeat(22)];
    fixture.session(
        SessionOutcome::Delivered,
        SessionDetails { message_count: 2, messages, client: "::1".into(), ..SessionDetails::default() },
    );
    let list = fixture.json("/api/v1/sessions").await;
    assert_eq!((&list["total"], &list["sessions"][1]["Outcome"]), (&json!(2), &json!("recipient_refused")));
    let (delivered, refused) = (&list["sessions"][0], &list["sessions"][1]);
    let mut names = keys(refused);
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "Client",
            "Count",
            "Cure",
            "Ended",
            "Hello",
            "ID",
            "MessageCount",
            "Messages",
            "Outcome",
            "Protocol",
            "Reason",
            "Started",
            "Transcript",
            "Username"
        ]
    );
    assert_eq!((&refused["Client"], &refused["Reason"]), (&json!("192.0.2.7"), &json!("550 5.1.1 No such user")));
    assert!(refused["Cure"].as_str().unwrap().starts_with("Check the recipient's address"));
    assert_eq!(
        (&refused["Started"], &refused["Ended"]),
        (&json!("2026-11-21T03:34:00.123Z"), &json!("2026-11-21T03:34:01.123Z"))
    );
    assert_eq!(
        (&delivered["Messages"], &delivered["MessageCount"], &delivered["Cure"]),
        (&json!([id]), &json!(2), &json!(""))
    );
    for (query, expected) in [
        ("delivered=true", ["delivered"].as_slice()),
        ("delivered=false", &["recipient_refused"]),
        ("limit=1", &["delivered"]),
        ("start=1&limit=1", &["recipient_refused"]),
        ("start=2", &[]),
    ] {
        let list = fixture.json(&format!("/api/v1/sessions?{query}")).await;
        let found: Vec<_> =
            list["sessions"].as_array().unwrap().iter().map(|s| s["Outcome"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(fixture.get("/api/v1/sessions?delivered=maybe").await.status().code, 400);
}

#[rocket::async_test]
async fn the_page_shows_sessions_in_both_languages_and_escapes_what_clients_sent() {
    let fixture = InboxFixture::new().await;
    let page = async |path: &str| fixture.get(path).await.into_string().await.unwrap();
    assert!(page("/sessions").await.contains("No SMTP sessions in the last 24 hours"));
    fixture.refused();
    let id = fixture.mail("a@example.com", "Subject: x", "x").await;
    let details = SessionDetails { message_count: 3, messages: vec![id.clone()], ..SessionDetails::default() };
    fixture.session(SessionOutcome::Delivered, details);
    let shown = page("/sessions").await;
    assert!(shown.contains(&format!("<a href=\"/dev/inbox/view/{id}\"><bdi>x</bdi></a>")), "{shown}");
    assert!(shown.contains(">and 2 more<") && !shown.contains("deleted"), "{shown}");
    assert!(shown.contains("recipient refused") && shown.contains("Check the recipient&#39;s address"), "{shown}");
    assert!(!shown.contains("<script>\"") && !shown.contains("<b>\u{202e}"), "{shown}");
    assert!(shown.contains("<bdi>&#60;b&#62;\u{202e}me</bdi>"), "{shown}");
    let list = fixture.json("/api/v1/sessions?delivered=true").await;
    let one = page(&format!("/sessions/{}", list["sessions"][0]["ID"].as_str().unwrap())).await;
    assert!(one.contains("2 more messages, not listed here or deleted"), "{one}");
    let list = fixture.json("/api/v1/sessions?delivered=false").await;
    let one = page(&format!("/sessions/{}", list["sessions"][0]["ID"].as_str().unwrap())).await;
    let escaped = "<code>C: RCPT TO:&#60;&#34;&#60;/pre&#62;&#60;script&#62;";
    assert!(one.contains(&format!("<div class=\"t-client\">{escaped}")) && one.contains("class=\"t-server\""), "{one}");
    assert!(one.contains("<dd>1.000 s</dd>"), "{one}");
    for unknown in ["/sessions/99", "/sessions/x", "/sessions/-1"] {
        assert_eq!(fixture.get(unknown).await.status().code, 404, "{unknown}");
    }
    let korean = page("/sessions?lang=ko").await;
    assert!(korean.contains("받는 주소 거부") && korean.contains("lang=\"ko\""), "{korean}");
    let failed = page("/sessions?delivered=false").await;
    assert!(failed.contains("recipient refused") && !failed.contains(&id), "{failed}");
    assert!(page("/").await.contains("href=\"/dev/inbox/sessions\""), "the list links to the page");
}

#[rocket::async_test]
async fn a_long_list_of_sessions_has_pages() {
    let fixture = InboxFixture::new().await;
    for n in 0..51 {
        fixture
            .session(SessionOutcome::TimedOut, SessionDetails { client: format!("client {n}."), ..Default::default() });
    }
    let first = fixture.get("/sessions?delivered=false").await.into_string().await.unwrap();
    assert!(first.contains("client 50.") && !first.contains("client 0."));
    assert!(first.contains("href=\"/dev/inbox/sessions?delivered=false&#38;start=50\""), "{first}");
    let second = fixture.get("/sessions?delivered=false&start=50").await.into_string().await.unwrap();
    assert!(second.contains("client 0.") && !second.contains("client 1."), "{second}");
}
