//! Tests of the pages without scripts.

use rocket::http::Status;

use crate::inbox::{IncomingMessage, MessageId};

use super::support::{InboxFixture, Plan};

#[rocket::async_test]
async fn the_list_shows_subject_and_recipient_and_links_to_the_message() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("kim@example.com", "Subject: Verify <b>", "Your code is 482913").await;
    for path in ["", "/", "/search?q=verify", "/?q=to:kim"] {
        let page = fixture.get(path).await;
        assert_eq!(page.status(), Status::Ok, "{path}");
        let html = page.into_string().await.unwrap();
        assert!(html.contains("Verify &#60;b&#62;") || html.contains("Verify &lt;b&gt;"), "{path}");
        assert!(html.contains(&format!("href=\"/dev/inbox/view/{id}")) && html.contains("kim@example.com"));
    }
    assert!(fixture.get("/?q=nothing").await.into_string().await.unwrap().contains("No messages match"));
}

#[rocket::async_test]
async fn an_empty_inbox_shows_the_smtp_address_in_the_readers_language() {
    let fixture = InboxFixture::new().await;
    assert!(fixture.get("/").await.into_string().await.unwrap().contains("127.0.0.1:1025"));
    let korean = fixture.get("/?lang=ko").await.into_string().await.unwrap();
    assert!(korean.contains("lang=\"ko\"") && korean.contains("아직 메일이 없습니다"));
}

#[rocket::async_test]
async fn the_page_of_a_message_shows_each_tab_with_links_and_codes() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: Hi\r\nMIME-Version: 1.0\r\nContent-Type: text/html";
    let body = "<p>Your code is 482913</p><a href='https://example.com/v?a=1&amp;b=2'>Verify</a>";
    let id = fixture.mail("kim@example.com", head, body).await;
    let page = |tab: &str| fixture.path(&format!("/view/{id}?tab={tab}"));
    for (tab, expected) in [
        ("preview", "sandbox=\"allow-popups allow-popups-to-escape-sandbox\""),
        ("text", "Verify"),
        ("source", "MIME-Version"),
        ("headers", "Content-Type"),
        ("parts", "text/html"),
        ("smtp", "swaks"),
        ("checks", "caniemail"),
        ("versions", "1 version"),
    ] {
        let html = fixture.client.get(page(tab)).dispatch().await.into_string().await.unwrap();
        assert!(
            html.contains(expected) || html.contains(&expected.replace("#60", "lt").replace("#62", "gt")),
            "{tab}: {html}"
        );
        assert!(html.contains("482913") && html.contains("https://example.com/v?a=1&#38;b=2"), "{tab}");
    }
    assert!(fixture.inbox.counts().await.unwrap().unread == 0);
    assert_eq!(fixture.get("/view/nothing").await.status(), Status::NotFound);
}

#[rocket::async_test]
async fn forms_mark_tag_and_delete_messages() {
    let fixture = InboxFixture::new().await;
    let first = fixture.mail("a@example.com", "Subject: one", "x").await;
    let second = fixture.mail("b@example.com", "Subject: two", "x").await;
    let unread = async || fixture.inbox.counts().await.unwrap().unread;

    assert_eq!(fixture.form("/selected", &format!("id={first}&action=read&q=")).await, (303, "/dev/inbox/".into()));
    assert_eq!(unread().await, 1);
    assert_eq!(fixture.form(&format!("/view/{first}/unread"), "").await.0, 303);
    assert_eq!(unread().await, 2);
    assert_eq!(fixture.form("/selected", "action=read-all&q=to:b@").await, (303, "/dev/inbox/?q=to%3Ab%40".into()));
    assert_eq!(unread().await, 1);

    let tagged = fixture.form(&format!("/view/{first}/tags"), "tags=signup%2C+two+words").await;
    assert_eq!(tagged, (303, format!("/dev/inbox/view/{first}?done=tagged")));
    let id: MessageId = first.parse().unwrap();
    assert_eq!(fixture.inbox.summary(id).await.unwrap().unwrap().tags, ["signup", "two words"]);

    assert_eq!(
        fixture.form(&format!("/view/{second}/delete"), "").await,
        (303, "/dev/inbox/?done=deleted&undo=1".into())
    );
    assert_eq!(fixture.total().await, 1);
    assert_eq!(fixture.form("/selected", "action=clear&q=").await.0, 303);
    assert_eq!(fixture.total().await, 0);
    assert_eq!(fixture.form("/selected", "action=explode&q=").await.0, 400);
}

#[rocket::async_test]
async fn the_frame_has_inline_pictures_since_it_cannot_load_any() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b";
    let body = "--b\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:logo\">\r\n--b\r\nContent-Type: image/png\r\n\
                Content-ID: <logo>\r\n\r\nx\r\n--b--";
    let id = fixture.mail("a@example.com", head, body).await;
    let shown = async |path: String| fixture.get(&path).await.into_string().await.unwrap();
    assert!(shown(format!("/view/{id}/frame")).await.contains("src=\"data:image/png;base64,eA==\""));
    let part = format!("src=\"/dev/inbox/api/v1/message/{id}/part/2\"");
    assert!(shown(format!("/view/{id}.html")).await.contains(&part));
}

/// Chromium sends no password when it loads the pictures of a page without an origin.
#[rocket::async_test]
async fn with_a_password_a_browser_gets_inline_pictures_and_other_clients_get_links() {
    let head = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b";
    let body = "--b\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:logo\">\r\n--b\r\nContent-Type: image/png\r\n\
                Content-ID: <logo>\r\n\r\nx\r\n--b--";
    for (password, destination, inline) in [
        (Some("word"), "document", true),
        (Some("word"), "iframe", true),
        (Some("word"), "empty", false),
        (None, "document", false),
    ] {
        let fixture = InboxFixture::with(Plan { password, ..Plan::default() }).await;
        let id = fixture.mail("a@example.com", head, body).await;
        let request = fixture.client.get(fixture.path(&format!("/view/{id}.html")));
        let request = request.header(rocket::http::Header::new("Sec-Fetch-Dest", destination));
        let request = request.header(rocket::http::Header::new("Authorization", "Basic ZGV2OndvcmQ="));
        let html = request.dispatch().await.into_string().await.unwrap();
        let expected = match inline {
            true => "src=\"data:image/png;base64,eA==\"".to_owned(),
            false => format!("src=\"/dev/inbox/api/v1/message/{id}/part/2\""),
        };
        assert!(html.contains(&expected), "{password:?} {destination}: {html}");
    }
}

#[rocket::async_test]
async fn a_browser_gets_an_error_page_with_a_link_to_the_inbox() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x", "x").await;
    let browser = || rocket::http::Header::new("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for path in ["/view/nope", "/outbox/nope"] {
        let answer = fixture.client.get(fixture.path(path)).header(browser()).dispatch().await;
        assert_eq!(
            (answer.status().code, answer.content_type()),
            (404, Some(rocket::http::ContentType::HTML)),
            "{path}"
        );
        let html = answer.into_string().await.unwrap();
        assert!(html.contains("href=\"/dev/inbox/\"") && html.contains("Page not found"), "{path}: {html}");
        assert!(!html.contains("id=\"unread\""), "{path}: the page has no unread count");
        assert_eq!(html.contains("it is no longer kept"), path.starts_with("/view"), "{path}: {html}");
        // A client that accepts any type gets Mailpit's text.
        assert_eq!(fixture.get(path).await.into_string().await.unwrap(), "404 page not found\n");
    }
    let form = fixture.client.post(fixture.path(&format!("/view/{id}/release"))).header(browser());
    let form = form.header(rocket::http::ContentType::Form).body("to=<b>nonsense").dispatch().await;
    assert_eq!(form.status().code, 422);
    let html = form.into_string().await.unwrap();
    assert!(html.contains("invalid address: &#60;b&#62;nonsense"), "{html}");
    let api = fixture.client.get(fixture.path("/api/v1/message/nope")).header(browser()).dispatch().await;
    assert_eq!(api.into_string().await.unwrap(), "404 page not found\n");
}

#[rocket::async_test]
async fn a_long_list_is_split_into_pages() {
    let fixture = InboxFixture::new().await;
    for n in 0..55 {
        fixture.mail("a@example.com", &format!("Subject: number {n}"), "x").await;
    }
    let first = fixture.get("/").await.into_string().await.unwrap();
    assert!(first.contains("number 54") && !first.contains("number 4<") && first.contains("/dev/inbox/?start=50"));
    let second = fixture.get("/?start=50").await.into_string().await.unwrap();
    assert!(
        second.contains("number 4<")
            && !second.contains("number 54")
            && second.contains("rel=\"prev\" href=\"/dev/inbox/\"")
    );
}

#[rocket::async_test]
async fn refused_mail_is_marked_with_its_reason() {
    let fixture = InboxFixture::new().await;
    let arrival = IncomingMessage {
        envelope_to: vec!["a@example.com".into()],
        bytes: b"Subject: bad\r\n\r\nx".to_vec(),
        refusal: Some("552 too large".into()),
        transcript: "C: DATA\nS: 552 too large".into(),
        ..IncomingMessage::default()
    };
    let id = fixture.store(arrival).await;
    let page = fixture.get(&format!("/view/{id}?tab=smtp")).await.into_string().await.unwrap();
    assert!(page.contains("role=\"alert\"") && page.contains("552 too large") && page.contains("DATA"), "{page}");
}

#[rocket::async_test]
async fn recipients_that_are_not_shown_are_counted() {
    let fixture = InboxFixture::new().await;
    let people = |start: &str| (0..1_000).map(|n| format!("{start}{n}@b.test")).collect::<Vec<_>>();
    let bytes = format!("Subject: many\r\nTo: {}\r\n\r\nx", people("h").join(",\r\n "));
    let arrival = IncomingMessage { envelope_to: people("u"), bytes: bytes.into_bytes(), ..IncomingMessage::default() };
    let id = fixture.store(arrival).await;
    let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
    assert_eq!(page.matches(">+999<").count(), 2, "{page}");
    assert_eq!(page.matches(">and 800 more<").count(), 2, "{page}");
    // The sidebar lists mailboxes too.
    let (_, article) = page.split_once("<article").unwrap();
    assert!(article.contains("u199@b.test") && !article.contains("u200@b.test"));
}

#[rocket::async_test]
async fn on_its_own_listener_every_link_of_the_inbox_starts_at_the_root() {
    let fixture = InboxFixture::with(Plan { base: "", ..Plan::default() }).await;
    let id = fixture.mail("a@example.com", "Subject: x", "x").await;
    let list = fixture.get("/").await.into_string().await.unwrap();
    assert!(list.contains(&format!("href=\"/view/{id}\"")) && !list.contains("/dev/inbox"));
    let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
    assert!(page.contains(&format!("/api/v1/message/{id}/raw")) && !page.contains("/dev/inbox"));
    assert_eq!(fixture.json("/api/v1/messages").await["total"], 1);
}

#[rocket::async_test]
async fn every_email_has_a_preview_in_every_language_and_its_html_is_served_by_name() {
    let fixture = InboxFixture::new().await;
    let page = fixture.get("/previews").await.into_string().await.unwrap();
    let links: Vec<&str> =
        page.split("<a href=\"/dev/inbox/previews?email=").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let listed: Vec<(&str, &str)> = links.iter().filter_map(|link| link.split_once("&#38;locale=")).take(22).collect();
    assert_eq!(listed.len(), 22, "eleven emails in two languages");
    for (email, tag) in listed {
        let shown = fixture.get(&format!("/previews?email={email}&locale={tag}")).await.into_string().await.unwrap();
        assert!(shown.contains(&format!("src=\"/dev/inbox/previews/{email}.{tag}.html\"")), "{email} {tag}: {shown}");
        assert!(shown.contains(&format!("<code>templates/emails/{email}</code>")), "{shown}");
        let file = fixture.get(&format!("/previews/{email}.{tag}.html")).await;
        assert_eq!(file.status().code, 200, "{email}");
        assert!(file.headers().get_one("Content-Security-Policy").unwrap().starts_with("sandbox "));
        assert!(file.into_string().await.unwrap().contains(&format!("lang=\"{tag}\"")), "{email}");
    }
    for file in ["verification", "verification.en", "verification.fr.html", "..verification.en.html", "nothing.en.html"]
    {
        assert_eq!(fixture.get(&format!("/previews/{file}")).await.status().code, 404, "{file}");
    }
}

#[rocket::async_test]
async fn previews_have_sample_variants_widths_and_colours_and_can_be_sent_to_the_inbox() {
    let fixture = InboxFixture::new().await;
    let get = async |path: &str| fixture.get(path).await.into_string().await.unwrap();
    let page = get("/previews?email=welcome&locale=en&w=390&scheme=dark&sample=long-name").await;
    assert!(page.contains("class=\"mail w390 dark\"") && page.contains("Featherstonehaugh"), "{page}");
    let frame = "/previews/welcome.en.html?sample=long-name";
    assert!(get(frame).await.contains("Featherstonehaugh") && !get(frame).await.contains("invert("));
    assert!(get(&format!("{frame}&scheme=forced")).await.contains("invert("));
    assert!(get("/previews/welcome.ko.html?sample=long-site").await.contains("Very Long Site Names &#38; Partners"));
    assert_eq!(fixture.get("/previews?email=nothing").await.status(), Status::NotFound);
    let (status, path) = fixture.form("/previews", "email=welcome&locale=ko&sample=hangul").await;
    assert_eq!(status, 303);
    assert!(get(path.strip_prefix("/dev/inbox").unwrap()).await.contains("you@example.com"));
    assert_eq!(fixture.form("/previews", "email=nothing&locale=ko").await.0, 404);
}

#[rocket::async_test]
async fn the_api_page_is_in_the_readers_language_and_openapi_in_english() {
    let fixture = InboxFixture::new().await;
    let get = async |path: &str| {
        let korean = rocket::http::Header::new("Accept-Language", "ko");
        fixture.client.get(fixture.path(path)).header(korean).dispatch().await.into_string().await.unwrap()
    };
    let page = get("/api/v1/").await;
    assert!(page.contains("lang=\"ko\"") && page.contains("메일 한 통을 가져오고 읽음으로 표시합니다."), "{page}");
    assert!(!page.contains("Returns a message and marks it as read.") && page.contains("openapi.json"));
    assert!(page.contains("id=\"GetMessage\"") && page.contains("/dev/inbox/api/v1/message/latest&#39;"), "{page}");
    assert!(page.contains("href=\"/dev/inbox/api/v1/messages\" target=\"_blank\""), "{page}");
    let description = get("/api/v1/openapi.json").await;
    assert!(description.contains("\"summary\":\"Returns a message and marks it as read.\""), "{description}");
}

#[rocket::async_test]
async fn a_tag_with_unsupported_characters_or_length_is_answered_with_the_rules() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: one", "x").await;
    let tagged = async |tags: &str| fixture.form(&format!("/view/{id}/tags"), &format!("tags={tags}")).await.1;
    let many: String = (0..51).map(|n| format!("t{n},")).collect();
    for (tags, is_complete) in [
        ("a,++two++words+,,A", true),
        ("", true),
        ("%ED%95%9C%EA%B8%80", true),
        ("shop,%F0%9F%8E%89", false),
        ("a/b", false),
        (&"x".repeat(101), false),
        (&"x".repeat(100), true),
        (&many, false),
        (many.trim_end_matches("t50,"), true),
    ] {
        let code = if is_complete { "tagged" } else { "tagged-in-part" };
        assert_eq!(tagged(tags).await, format!("/dev/inbox/view/{id}?done={code}"), "{tags}");
    }
    for (lang, sentence) in [("en", "alphabetic characters of any script, digits"), ("ko", "모든 언어의 글자, 숫자")]
    {
        let page = fixture.get(&format!("/view/{id}?done=tagged-in-part&lang={lang}")).await;
        assert!(page.into_string().await.unwrap().contains(sentence), "{lang}");
    }
}
