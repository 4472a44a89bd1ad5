//! Tests of the page with its panes: one URL for list and message, the marks of rows, choices of the reader.

use rocket::http::Status;

use crate::inbox::IncomingMessage;

use super::support::InboxFixture;

#[rocket::async_test]
async fn one_url_shows_the_list_and_the_open_message() {
    let fixture = InboxFixture::new().await;
    let first = fixture.mail("a@example.com", "Subject: first", "x").await;
    let second = fixture.mail("a@example.com", "Subject: second", "x").await;
    let text = async |path: String| fixture.get(&path).await.into_string().await.unwrap();
    let page = text(format!("/?m={first}&tab=headers")).await;
    assert!(page.contains("<body class=\"open\"") && page.contains("headers-panel"), "{page}");
    assert!(page.contains(&format!("data-id=\"{second}\"")) && page.contains("class=\"row now\""));
    let pane = text(format!("/view/{first}?pane=1")).await;
    assert!(pane.starts_with("<article") && !pane.contains("<html") && !pane.contains("class=\"row"));
    assert_eq!(fixture.get("/?m=nothing").await.status(), Status::NotFound);
    assert_eq!(text("/".to_owned()).await.matches("<li class=\"row unread").count(), 1, "opening marks as read");
}

#[rocket::async_test]
async fn a_row_has_the_marks_of_its_message() {
    let fixture = InboxFixture::new().await;
    let bytes =
        "From: a@example.com\r\nTo: b@example.com\r\nX-Tags: shop\r\nSubject: Your code\r\n\r\nYour code is 482913";
    for refusal in [None, Some("554 5.7.1 rejected".to_owned())] {
        let envelope_to = vec!["b@example.com".into(), "hidden@example.com".into()];
        fixture
            .store(IncomingMessage { bytes: bytes.into(), envelope_to, refusal, ..IncomingMessage::default() })
            .await;
    }
    let page = fixture.get("/").await.into_string().await.unwrap();
    let rows: Vec<&str> = page.split("<li class=\"row").skip(1).collect();
    assert!(rows[0].contains("</span>554</span>") && rows[0].contains("title=\"554 5.7.1 rejected\""), "{}", rows[0]);
    for row in rows {
        for mark in [">482913<", ">+1 bcc<", "</i>shop<", ">×2<"] {
            assert!(row.contains(mark), "{mark}: {row}");
        }
    }
}

#[rocket::async_test]
async fn a_choice_is_kept_in_a_cookie_and_returns_to_its_page() {
    let fixture = InboxFixture::new().await;
    let form = fixture.client.post(fixture.path("/preferences")).header(rocket::http::ContentType::Form);
    let answer = form.body("set=dark&next=/dev/inbox/?q=a").dispatch().await;
    assert_eq!((answer.status().code, answer.headers().get_one("Location")), (303, Some("/dev/inbox/?q=a")));
    let cookie = answer.cookies().iter().next().unwrap().clone().into_owned();
    let page = fixture.client.get(fixture.path("/")).cookie(cookie);
    assert!(page.dispatch().await.into_string().await.unwrap().contains("data-theme=\"dark\""));
    let elsewhere = fixture.form("/preferences", "set=light&next=https://a.example/").await;
    assert_eq!(elsewhere, (303, "/dev/inbox/".to_owned()));
    assert_eq!(fixture.form("/preferences", "set=explode&next=/").await.0, 400);
}

#[rocket::async_test]
async fn widths_of_panes_come_with_a_stylesheet_of_their_own() {
    let fixture = InboxFixture::new().await;
    assert!(!fixture.get("/").await.into_string().await.unwrap().contains("panes.css"));
    let form = fixture.client.post(fixture.path("/preferences")).header(rocket::http::ContentType::Form);
    let answer = form.body("set=list-500&next=/dev/inbox/").dispatch().await;
    let cookie = answer.cookies().iter().next().unwrap().clone().into_owned();
    let page = fixture.client.get(fixture.path("/")).cookie(cookie).dispatch().await.into_string().await.unwrap();
    assert!(page.contains("href=\"/static/panes.css?list=500\""), "{page}");
}

#[rocket::async_test]
async fn the_next_rows_follow_a_message_whatever_has_arrived_or_gone() {
    let fixture = InboxFixture::new().await;
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(fixture.mail("a@b.c", &format!("Subject: number {n}"), "x").await);
    }
    let rows = async |path: String| {
        let page = fixture.get(&path).await.into_string().await.unwrap();
        page.split("<li class=\"row")
            .skip(1)
            .map(|row| row[row.find("data-id=").unwrap()..].to_owned())
            .collect::<Vec<_>>()
    };
    let last = &ids[10];
    for path in [format!("/?start=50&before={last}"), format!("/?start=50&before={last}&q=subject:number")] {
        let rows = rows(path).await;
        assert_eq!(rows.len(), 10);
        assert!(rows[0].starts_with(&format!("data-id=\"{}\"", ids[9])), "{}", rows[0]);
    }
    let page = fixture.get(&format!("/?start=50&before={last}")).await.into_string().await.unwrap();
    assert!(page.contains("51–60 / 60") && !page.contains("rel=\"next\""), "{page}");
    assert!(!page.contains("before="), "forms and links do not return to it");
}

#[rocket::async_test]
async fn a_frame_marks_nothing_as_read_and_is_empty_without_html() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@b.c", "Subject: x", "only text").await;
    let frame = fixture.get(&format!("/view/{id}/frame")).await;
    assert_eq!(fixture.inbox.counts().await.unwrap().unread, 1, "the script loads it before the message is opened");
    assert!(
        frame.status() == Status::Ok && frame.headers().get_one("Content-Security-Policy").unwrap().contains("sandbox")
    );
    assert_eq!(frame.into_string().await.unwrap_or_default(), "");
    assert_eq!(fixture.get("/view/0000000000000000000001/frame").await.status(), Status::NotFound);
}

#[rocket::async_test]
async fn alike_messages_are_grouped_on_request() {
    let fixture = InboxFixture::new().await;
    for n in 0..14 {
        fixture.mail("a@example.com", &format!("Subject: Your order {n} has shipped"), &format!("Order {n}")).await;
    }
    fixture.mail("a@example.com", "Subject: something else", "x").await;
    let rows =
        async |path: &str| fixture.get(path).await.into_string().await.unwrap().matches("<li class=\"row").count();
    assert_eq!((rows("/").await, rows("/?group=1").await), (15, 2));
    let page = fixture.get("/?group=1").await.into_string().await.unwrap();
    assert!(page.contains(">×14<"));
    assert!(page.contains("2 groups · 15 messages") && page.contains("Delete all 15 messages"), "{page}");
    assert_eq!(rows("/?group=1&q=is:unread").await, 15, "a search is not grouped");
}

#[rocket::async_test]
async fn a_grouped_list_stays_grouped() {
    let fixture = InboxFixture::new().await;
    let ids =
        [fixture.mail("a@b.c", "Subject: Order 1", "x").await, fixture.mail("a@b.c", "Subject: Order 2", "x").await];
    let list = fixture.get("/?group=1").await.into_string().await.unwrap();
    assert!(list.contains(&format!("/view/{}?group=1\"", ids[1])), "{list}");
    let open = fixture.get(&format!("/view/{}?group=1", ids[1])).await.into_string().await.unwrap();
    assert_eq!(open.matches("<li class=\"row").count(), 1);
    assert!(open.contains("name=\"group\" value=\"1\"") && open.contains("tab=source&#38;group=1"), "{open}");
    for form in ["action=read-all&group=1".to_owned(), format!("id={}&action=unread&group=1", ids[1])] {
        assert_eq!(fixture.form("/selected", &form).await.1, "/dev/inbox/?group=1");
    }
    let (_, deleted) = fixture.form(&format!("/view/{}/delete?group=1", ids[1]), "").await;
    assert!(deleted.starts_with("/dev/inbox/?done=deleted") && deleted.ends_with("&group=1"), "{deleted}");
}

#[rocket::async_test]
async fn a_search_with_a_term_that_is_ignored_offers_no_action_on_all() {
    let fixture = InboxFixture::new().await;
    fixture.mail("a@b.c", "Subject: x", "x").await;
    let page = async |path: &str| fixture.get(path).await.into_string().await.unwrap();
    for action in ["read-all", "clear"] {
        let button = format!("value=\"{action}\"");
        assert!(page("/").await.contains(&button), "{action}");
        assert!(!page("/?q=is:bogus").await.contains(&button), "{action}");
    }
}

#[rocket::async_test]
async fn a_message_of_pictures_alone_shows_them() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: Scan\r\nMIME-Version: 1.0\r\nContent-Type: image/png; name=\"a b.png\"\r\n\
                Content-Transfer-Encoding: base64";
    let id = fixture.mail("a@b.c", head, "iVBORw0KGgo=").await;
    let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
    let picture = format!("<img src=\"/dev/inbox/api/v1/message/{id}/part/0\" alt=\"a b.png\">");
    assert!(page.contains(&picture) && !page.contains("no text and no HTML"), "{page}");
}

#[rocket::async_test]
async fn unknown_paths_below_the_inbox_get_its_error_page() {
    let fixture = InboxFixture::new().await;
    let html = |path: &str| fixture.client.get(fixture.path(path)).header(rocket::http::Accept::HTML);
    for path in ["/nonsense", "/view/x/y/z"] {
        let answer = html(path).dispatch().await;
        let status = answer.status();
        let page = answer.into_string().await.unwrap();
        assert!(
            status == Status::NotFound && page.contains("id=\"side\"") && !page.contains("Log in"),
            "{path}: {page}"
        );
    }
}

#[rocket::async_test]
async fn attachments_are_listed_in_a_closed_menu() {
    let fixture = InboxFixture::new().await;
    for count in [1, 4, 40] {
        let parts: String = (1..=count)
            .map(|n| {
                format!(
                    "--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=f{n}.csv\r\n\r\n1\r\n"
                )
            })
            .collect();
        let head = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b";
        let body = format!("--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n{parts}--b--");
        let id = fixture.mail("a@example.com", head, &body).await;
        let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
        let menu =
            page.split("<details class=\"menu attachments\"").nth(1).unwrap().split("</details>").next().unwrap();
        assert!(menu.starts_with(" name=\"act\">"), "{count}: {menu}");
        assert!((1..=count).all(|n| menu.contains(&format!(">f{n}.csv<"))), "{count}: {menu}");
    }
}

#[rocket::async_test]
async fn a_message_without_sender_recipient_and_id_says_so() {
    let fixture = InboxFixture::new().await;
    let bytes = b"Subject: bare\r\n\r\nx".to_vec();
    let to = vec!["kim@b.test".to_owned()];
    let id = fixture.store(IncomingMessage { envelope_to: to, bytes, ..IncomingMessage::default() }).await;
    let page = fixture.get(&format!("/view/{id}")).await.into_string().await.unwrap();
    assert_eq!(page.matches("→ <bdi>kim@b.test</bdi>").count(), 2, "the envelope's recipient: {page}");
    assert_eq!(page.matches("(no sender)").count(), 2, "{page}");
    assert!(page.contains("<dt>Date</dt>\n<dd>\n<div>none</div>") && !page.contains("@gatepost</bdi>"), "{page}");
}

#[rocket::async_test]
async fn a_message_that_is_gone_is_reported_beside_the_list() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x", "x").await;
    let browser = || rocket::http::Header::new("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let path = "/view/0000000000000000000000?q=x";
    for (pane, has_list) in [("", true), ("&pane=1", false)] {
        let answer = fixture.client.get(fixture.path(&format!("{path}{pane}"))).header(browser()).dispatch().await;
        assert_eq!(answer.status(), Status::NotFound);
        let html = answer.into_string().await.unwrap();
        assert!(
            html.contains("<h1>This message was deleted</h1>") && html.contains("href=\"/dev/inbox/?q=x\""),
            "{html}"
        );
        assert_eq!(html.contains(&format!("data-id=\"{id}\"")), has_list, "{html}");
    }
    assert_eq!(fixture.get(path).await.into_string().await.unwrap(), "404 page not found\n");
}
