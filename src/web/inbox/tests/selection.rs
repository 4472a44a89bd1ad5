//! Tests of actions on several messages: tags, release, export.

use rocket::http::ContentType;

use super::support::{InboxFixture, Plan};

async fn tags(fixture: &InboxFixture, id: &str) -> Vec<String> {
    let message = fixture.json(&format!("/api/v1/message/{id}")).await;
    message["Tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect()
}

#[rocket::async_test]
async fn selected_messages_get_tags_beside_their_own() {
    let fixture = InboxFixture::new().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(fixture.mail("a@b.c", &format!("X-Tags: old\r\nSubject: number {n}"), "x").await);
    }
    let form = format!("id={}&id={}&action=tag&tags=new, 빨강&q=x", ids[0], ids[1]);
    assert_eq!(fixture.form("/selected", &form).await, (303, "/dev/inbox/?done=tagged&q=x".into()));
    assert_eq!(tags(&fixture, &ids[0]).await, ["new", "old", "빨강"]);
    assert_eq!(tags(&fixture, &ids[2]).await, ["old"]);
    // The Enter key in the field, and everything that a search finds.
    assert_eq!(fixture.form("/selected", "all=true&action=entered&tags=found&q=subject:number").await.0, 303);
    assert_eq!(tags(&fixture, &ids[2]).await, ["found", "old"]);
    let some = fixture.form("/selected", &format!("id={}&action=tag&tags=a,<>", ids[2])).await.1;
    assert_eq!(some, "/dev/inbox/?done=tagged-in-part");
    assert_eq!(fixture.form("/selected", &format!("id={}&action=entered", ids[2])).await.1, "/dev/inbox/");
    assert_eq!(fixture.form("/selected", "action=tag&tags=a").await.1, "/dev/inbox/?done=nothing-selected");
    let vague = fixture.form("/selected", "all=true&action=tag&tags=a&q=before:notadate").await.1;
    assert_eq!(vague, "/dev/inbox/?done=not-done&q=before%3Anotadate");
    let many: String = (0..60).map(|n| format!("t{n},")).collect();
    fixture.form("/selected", &format!("id={}&action=tag&tags={many}", ids[0])).await;
    assert_eq!(tags(&fixture, &ids[0]).await.len(), 50, "a message has a limit of tags");
}

#[rocket::async_test]
async fn selected_messages_are_exported_as_one_mbox_file() {
    let fixture = InboxFixture::new().await;
    let first = fixture.mail("a@b.c", "Subject: first", "From here").await;
    fixture.mail("a@b.c", "Subject: left out", "x").await;
    let last = fixture.mail("a@b.c", "Subject: last", "x").await;
    let request = fixture.client.post(fixture.path("/selected")).header(ContentType::Form);
    let answer = request.body(format!("id={last}&id={first}&action=export&q=")).dispatch().await;
    assert_eq!(answer.status().code, 200);
    assert_eq!(answer.headers().get_one("Content-Disposition"), Some("attachment; filename=\"messages.mbox\""));
    let file = answer.into_string().await.unwrap();
    let subjects: Vec<&str> = file.lines().filter(|line| line.starts_with("Subject:")).collect();
    assert_eq!(subjects, ["Subject: first", "Subject: last"]);
    assert!(file.starts_with("From app@example.com ") && file.contains("\n>From here"), "{file}");
}

#[rocket::async_test]
async fn selected_messages_are_released_together_or_not_at_all() {
    let plan = Plan { transports: vec!["smtp"], release_to: vec!["*@ok.test"], ..Plan::default() };
    let fixture = InboxFixture::with(plan).await;
    let good = fixture.mail("kim@ok.test", "Subject: good", "x").await;
    let without_from = crate::inbox::IncomingMessage { bytes: b"Subject: bad\r\n\r\nx".into(), ..Default::default() };
    let bad = fixture.store(without_from).await;
    let queued = async || fixture.outbox.page(None, None, 50).await.unwrap().entries.len();
    let refused = async |form: String| {
        let request = fixture.client.post(fixture.path("/selected")).header(ContentType::Form);
        let answer = request.body(form).dispatch().await;
        (answer.status().code, answer.into_string().await.unwrap())
    };
    let (status, page) = refused(format!("id={good}&id={bad}&action=release&to=kim@ok.test")).await;
    assert!(status == 422 && page.contains("has no From header") && page.contains(&format!("data-id=\"{bad}\"")));
    let (status, page) = refused(format!("id={good}&action=release&to=kim@other.test")).await;
    assert!(status == 422 && page.contains("address not allowed: kim@other.test"));
    assert_eq!(queued().await, 0);
    let second = fixture.mail("kim@ok.test", "Subject: second", "x").await;
    let form = format!("id={good}&id={second}&action=release&to=kim@ok.test, lee@ok.test");
    assert_eq!(fixture.form("/selected", &form).await.1, "/dev/inbox/?done=released");
    assert_eq!(queued().await, 2);
}

#[rocket::async_test]
async fn too_many_messages_are_left_alone() {
    let fixture = InboxFixture::new().await;
    for n in 0..51 {
        fixture.mail("a@b.c", &format!("Subject: number {n}"), "x").await;
    }
    let place = fixture.form("/selected", "all=true&action=release&to=a@b.c&q=").await.1;
    assert_eq!(place, "/dev/inbox/?done=too-many");
    let page = fixture.get("/?done=too-many&lang=ko").await.into_string().await.unwrap();
    assert!(page.contains("아무것도 하지 않았습니다"), "{page}");
}
