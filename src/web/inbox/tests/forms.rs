//! Tests of the forms of the pages: where they redirect to, and the notices they show.

use super::support::{InboxFixture, Plan};

#[rocket::async_test]
async fn every_link_and_form_of_a_message_returns_to_the_same_page_of_the_list() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("kim@example.com", "Subject: x", "x").await;
    let page = fixture.get(&format!("/view/{id}?q=to:kim&start=50")).await.into_string().await.unwrap();
    let position = "q=to%3Akim&#38;start=50";
    for link in [
        format!("class=\"btn ghost back\" href=\"/dev/inbox/?{position}\""),
        format!("/view/{id}/delete?{position}"),
        format!("/view/{id}/unread?{position}"),
        format!("/view/{id}/tags?{position}"),
        format!("/view/{id}?tab=text&#38;{position}"),
    ] {
        assert!(page.contains(&link), "{link}: {page}");
    }
    let back = |done: &str| (303, format!("/dev/inbox/?{done}q=to%3Akim&start=50"));
    assert_eq!(fixture.form(&format!("/view/{id}/unread?q=to:kim&start=50"), "").await, back(""));
    let selected = format!("id={id}&action=read&q=to:kim&start=50");
    assert_eq!(fixture.form("/selected", &selected).await, back(""));
    let deleted = fixture.form(&format!("/view/{id}/delete?q=to:kim&start=50"), "").await;
    assert_eq!(deleted, back("done=deleted&undo=1&"));
}

#[rocket::async_test]
async fn a_notice_reports_only_what_was_done() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("kim@example.com", "Subject: x", "x").await;
    let at = async |form: &str| fixture.form("/selected", form).await.1;
    assert_eq!(at("action=delete&q=").await, "/dev/inbox/?done=nothing-selected");
    assert_eq!(at(&format!("id={id}&action=unread")).await, "/dev/inbox/", "without a position in the list");
    assert_eq!(at(&format!("id={id}&action=unread&q=x&start=")).await, "/dev/inbox/?q=x");
    assert_eq!(at("action=clear&q=from:nobody").await, "/dev/inbox/?q=from%3Anobody");
    assert_eq!(at("action=clear&q=before:notadate").await, "/dev/inbox/?done=not-done&q=before%3Anotadate");
    for action in ["read-all", "all=true&action=read", "all=true&action=tag&tags=x", "all=true&action=export"] {
        let form = format!("{}{action}&q=is:unred", if action.contains('=') { "" } else { "action=" });
        assert_eq!(at(&form).await, "/dev/inbox/?done=not-done&q=is%3Aunred", "{action}");
    }
    assert_eq!(fixture.json("/api/v1/messages").await["messages_unread"], 1);
    assert_eq!(fixture.total().await, 1);
    assert_eq!(at(&format!("id={id}&action=delete&q=")).await, "/dev/inbox/?done=deleted&undo=1");
    assert_eq!(at(&format!("id={id}&action=delete&q=")).await, "/dev/inbox/");
    for form in ["action=clear", "all=true&action=delete"] {
        fixture.mail("kim@example.com", "Subject: x", "x").await;
        let location = at(&format!("{form}&q=subject:x&start=50")).await;
        assert!(
            location.starts_with("/dev/inbox/?done=deleted&") && location.ends_with("&q=subject%3Ax"),
            "{location}"
        );
    }
}

#[rocket::async_test]
async fn ignored_terms_of_a_search_are_listed() {
    let fixture = InboxFixture::new().await;
    let page = async |q: &str| fixture.get(&format!("/?q={q}")).await.into_string().await.unwrap();
    let html = page("before:notadate+x+from:").await;
    assert!(html.contains("<bdi>before:notadate</bdi>") && html.contains("<bdi>from:</bdi>"), "{html}");
    assert!(!page("before:2026-11-21+x").await.contains("not understood"));
}

#[rocket::async_test]
async fn a_refused_release_shows_the_submitted_addresses_and_the_allowed_ones() {
    let fixture =
        InboxFixture::with(Plan { transports: vec!["smtp"], release_to: vec!["*@ok.test"], ..Plan::default() }).await;
    let id = fixture.mail("kim@example.com", "Subject: x", "x").await;
    let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
    assert!(page.contains("name=\"to\" value=\"\"") && page.contains("<code>*@ok.test</code>"), "{page}");
    for (lang, to, sentence) in [
        ("en", "you@bad.test, a@ok.test", "address not allowed: you@bad.test. Allowed addresses: *@ok.test"),
        ("ko", "you@bad.test", "보낼 수 있는 주소가 아닙니다"),
        ("en", "", "enter an address"),
    ] {
        let request = fixture.client.post(fixture.path(&format!("/view/{id}/release?lang={lang}")));
        let request = request.header(rocket::http::ContentType::Form).body(format!("to={to}"));
        let answer = request.dispatch().await;
        assert_eq!(answer.status().code, 422, "{to}");
        let html = answer.into_string().await.unwrap();
        assert!(html.contains(sentence) && html.contains(&format!("value=\"{to}\"")), "{to}: {html}");
    }
    let allowed = fixture.mail("kim@ok.test", "Subject: x", "x").await;
    let page = fixture.get(&format!("/view/{allowed}")).await.into_string().await.unwrap();
    assert!(page.contains("name=\"to\" value=\"kim@ok.test\""), "{page}");
}

#[rocket::async_test]
async fn long_lists_of_tags_and_recipients_are_shortened() {
    let fixture = InboxFixture::new().await;
    let many: Vec<String> = (0..300).map(|n| format!("p{n}@example.com")).collect();
    let id = fixture.mail("kim@example.com", &format!("Cc: {}\r\nSubject: x", many.join(",\r\n ")), "x").await;
    fixture.form(&format!("/view/{id}/tags"), "tags=a,b,c,d,e,f,g,h").await;
    let list = fixture.get("/").await.into_string().await.unwrap();
    let row = list.split("<li class=\"row").nth(1).unwrap();
    assert!(row.contains("</i>a</span>") && !row.contains("</i>b</span>"), "{row}");
    assert!(row.contains(">+7<") && row.contains("title=\"b, c, d, e, f, g, h\""), "{row}");
    let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
    assert!(page.contains("<summary><bdi>p0@example.com</bdi> <span class=\"mark\">+299</span>"), "{page}");
}

#[rocket::async_test]
async fn a_deletion_is_undone_from_its_notice_on_the_same_page_of_the_list() {
    let fixture = InboxFixture::new().await;
    for n in 0..3 {
        fixture.mail("kim@example.com", &format!("Subject: number {n}"), "x").await;
    }
    let (_, place) = fixture.form("/selected", "action=delete&all=true&q=subject:number").await;
    assert_eq!((place.as_str(), fixture.total().await), ("/dev/inbox/?done=deleted&undo=1&q=subject%3Anumber", 0));
    for (lang, sentence) in [("en", "Deleted 3 messages."), ("ko", "메일 3통을 삭제했습니다.")] {
        let page = fixture.get(&format!("/?done=deleted&undo=1&q=to:kim&lang={lang}")).await;
        let page = page.into_string().await.unwrap();
        assert!(page.contains(sentence) && page.contains("action=\"/dev/inbox/undo/1?q=to%3Akim\""), "{page}");
    }
    assert_eq!(fixture.form("/undo/1?q=to:kim", "").await, (303, "/dev/inbox/?done=restored&q=to%3Akim".into()));
    assert_eq!(fixture.total().await, 3);
    assert_eq!(fixture.form("/undo/1", "").await.1, "/dev/inbox/?done=not-restored");
    let page = fixture.get("/?done=deleted&undo=1").await.into_string().await.unwrap();
    assert!(!page.contains("/undo/"), "{page}");
    assert_eq!(fixture.form("/undo/x", "").await.0, 404);
}

#[rocket::async_test]
async fn an_action_applies_to_everything_that_a_search_finds_if_all_is_selected() {
    let fixture = InboxFixture::new().await;
    let ids = [fixture.mail("a@b.c", "Subject: one", "x").await, fixture.mail("a@b.c", "Subject: two", "x").await];
    let unread = async || fixture.json("/api/v1/messages").await["unread"].clone();
    fixture.form("/selected", &format!("action=read&all=true&id={}&q=", ids[0])).await;
    assert_eq!(unread().await, 0);
    fixture.form("/selected", "action=unread&all=true&q=subject:two").await;
    assert_eq!(unread().await, 1);
    let (_, place) = fixture.form("/selected", "action=delete&all=true&q=before:notadate").await;
    assert_eq!((place.as_str(), fixture.total().await), ("/dev/inbox/?done=not-done&q=before%3Anotadate", 2));
    assert_eq!(fixture.form("/selected", "action=other&all=true&q=").await.0, 400);
    let next = fixture.form(&format!("/view/{}/delete?next={}&q=x", ids[1], ids[0]), "").await.1;
    assert_eq!(next, format!("/dev/inbox/view/{}?done=deleted&undo=1&q=x", ids[0]));
}
