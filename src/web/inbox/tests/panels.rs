//! Tests of the panels of a message, without scripts.

use rocket::http::Status;

use crate::inbox::IncomingMessage;

use super::support::InboxFixture;

async fn panel(fixture: &InboxFixture, id: &str, query: &str) -> String {
    let answer = fixture.get(&format!("/view/{id}?{query}")).await;
    assert_eq!(answer.status(), Status::Ok, "{query}");
    answer.into_string().await.unwrap()
}

#[rocket::async_test]
async fn the_text_has_its_addresses_as_links() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x", "See https://example.com/a?b=1&c=2. <script>").await;
    let html = panel(&fixture, &id, "tab=text").await;
    assert!(html.contains("href=\"https://example.com/a?b=1&#38;c=2\" target=\"_blank\""), "{html}");
    assert!(html.contains("&#60;script&#62;") && !html.contains("See https://example.com/a?b=1&#38;c=2.<"));
    let empty = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: application/pdf", "").await;
    assert!(panel(&fixture, &empty, "tab=text").await.contains("no text and no HTML"));
}

#[rocket::async_test]
async fn controls_that_change_the_direction_of_text_are_shown_by_their_names() {
    let fixture = InboxFixture::new().await;
    let body = "pay \u{202e}moc.elpmaxe\u{202c} now\r\nhttps://a.test/\u{2066}x";
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/plain; charset=utf-8", body).await;
    let html = panel(&fixture, &id, "tab=text").await;
    assert!(html.contains("pay ⟨RLO⟩moc.elpmaxe⟨PDF⟩ now") && html.contains("⟨LRI⟩"), "{html}");
    let compare = fixture.get(&format!("/compare?a={id}&b={id}&view=text")).await.into_string().await.unwrap();
    let side_by_side = fixture.get(&format!("/compare?a={id}&b={id}")).await.into_string().await.unwrap();
    for page in [&html, &compare, &side_by_side] {
        assert!(page.contains("⟨RLO⟩") && !page.contains(['\u{202e}', '\u{2066}']), "{page}");
    }
}

#[rocket::async_test]
async fn the_source_has_numbered_lines_that_can_be_linked_and_is_shown_as_sent_or_decoded() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: =?utf-8?q?caf=C3=A9?=\r\nContent-Transfer-Encoding: quoted-printable";
    let id = fixture.mail("a@example.com", head, "caf=C3=A9").await;
    let sent = panel(&fixture, &id, "tab=source").await;
    assert!(sent.contains("<div id=\"L3\">") && sent.contains("<span class=\"s-name\">Subject</span>"), "{sent}");
    assert!(sent.contains("<span class=\"s-value\">=?utf-8?q?caf=C3=A9?=</span>") && sent.contains("caf=C3=A9</code>"));
    let decoded = panel(&fixture, &id, "tab=source&as=decoded&wrap=1").await;
    assert!(decoded.contains("<code>café</code>") && decoded.contains("class=\"source wrap\""), "{decoded}");
}

#[rocket::async_test]
async fn a_long_source_is_shown_a_page_at_a_time() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x", &"line\r\n".repeat(3_000)).await;
    let first = panel(&fixture, &id, "tab=source").await;
    assert!(first.contains("id=\"L1000\"") && !first.contains("id=\"L1001\"") && first.contains("from=1001"));
    let second = panel(&fixture, &id, "tab=source&from=1001").await;
    assert!(second.contains("id=\"L1001\"") && !second.contains("id=\"L1000\""));
    assert!(panel(&fixture, &id, "tab=source&from=99999999999999999999").await.contains("id=\"L1\""));
}

#[rocket::async_test]
async fn header_fields_are_shown_as_sent_and_those_of_gatepost_apart() {
    let fixture = InboxFixture::new().await;
    let head = "SUBJECT: =?utf-8?b?7JWI64WV?=\r\nX-Mailer: one\r\n\ttwo";
    let id = fixture.mail("a@example.com", head, "x").await;
    let html = panel(&fixture, &id, "tab=headers").await;
    let (sent, added) = html.split_once("Added by Gatepost").unwrap();
    assert!(sent.contains("<bdi>SUBJECT</bdi>") && sent.contains("안녕") && sent.contains("one\n\ttwo"), "{sent}");
    assert!(added.contains("<bdi>Return-Path</bdi>") && !sent.contains("<bdi>Return-Path</bdi>"));
    let filtered = panel(&fixture, &id, "tab=headers&filter=MAILER").await;
    assert!(filtered.contains("<bdi>X-Mailer</bdi>") && !filtered.contains("<bdi>SUBJECT</bdi>"));
}

const FORWARDED: &str = "--o\r\n\r\nsee below\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n\
                         From: in@example.com\r\nSubject: Inner\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n\
                         --i\r\nContent-Type: text/html\r\n\r\n<p>inner <script>x</script></p>\r\n--i\r\n\
                         Content-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; \
                         filename=f.csv\r\n\r\nYSxi\r\n--i--\r\n--o--";

#[rocket::async_test]
async fn parts_are_a_tree_and_attached_messages_open_in_place() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: multipart/mixed; boundary=o", FORWARDED).await;
    let outer = panel(&fixture, &id, "tab=parts").await;
    assert!(outer.contains("<b>multipart/mixed</b>") && outer.contains("<b>message/rfc822</b>"), "{outer}");
    assert!(outer.contains(&format!("/view/{id}?tab=parts&#38;path=2\"")), "{outer}");
    let inner = panel(&fixture, &id, "tab=parts&path=2").await;
    assert!(inner.contains("<h2 dir=\"auto\">Inner</h2>") && inner.contains("aria-current=\"page\"><bdi>Inner</bdi>"));
    assert!(inner.contains(&format!("src=\"/dev/inbox/view/{id}/nested/2\" ")) && inner.contains("f.csv"), "{inner}");
    for path in ["1", "9", "~", "2~1", "2~2~2~2~2~2~2~2~2"] {
        let unknown = fixture.client.get(fixture.path(&format!("/view/{id}?tab=parts&path={path}")));
        let unknown = unknown.header(rocket::http::Accept::HTML).dispatch().await;
        assert_eq!(unknown.status(), Status::NotFound, "{path}");
        let sentence = "does not contain the attached message that the address names";
        assert!(unknown.into_string().await.unwrap().contains(sentence), "{path}");
    }
}

#[rocket::async_test]
async fn attached_messages_are_linked_down_to_the_depth_that_can_be_opened() {
    let fixture = InboxFixture::new().await;
    let wrapped = |inner: String, n: usize| {
        let head = format!("Subject: m{n}\r\nContent-Type: multipart/mixed; boundary=b{n}");
        let attached = format!("--b{n}\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b{n}--");
        format!("{head}\r\n\r\n{attached}")
    };
    let message = (0..10).fold("Subject: inner\r\n\r\nx".to_owned(), wrapped);
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let id = fixture.mail("a@example.com", head, body).await;
    for (depth, links) in [(7, true), (8, false)] {
        let path = vec!["1"; depth].join("~");
        let shown = panel(&fixture, &id, &format!("tab=parts&path={path}")).await;
        assert!(shown.contains("<b>message/rfc822</b>"), "{shown}");
        let deeper = format!("path={}\"", vec!["1"; depth + 1].join("%7E"));
        assert_eq!(shown.contains(&deeper), links, "{depth}: {shown}");
    }
}

#[rocket::async_test]
async fn contents_of_parts_are_served_decoded_as_sent_and_as_a_download() {
    let fixture = InboxFixture::new().await;
    let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: multipart/mixed; boundary=o", FORWARDED).await;
    let get = async |path: &str| fixture.get(&format!("/view/{id}/{path}")).await;
    let decoded = get("content/2~2").await;
    assert!(decoded.headers().get_one("Content-Security-Policy").unwrap().starts_with("sandbox"));
    assert_eq!(decoded.into_string().await.unwrap(), "a,b");
    let sent = get("content/2~2?sent=1").await.into_string().await.unwrap();
    assert!(sent.starts_with("Content-Type: text/csv\r\n") && sent.ends_with("YSxi"), "{sent}");
    let download = get("content/2~2?dl=1").await;
    let disposition = download.headers().get_one("Content-Disposition").unwrap();
    assert_eq!(disposition, "attachment; filename=\"f.csv\"");
    let html = get("content/2~1").await;
    assert_eq!(html.headers().get_one("Content-Type"), Some("text/plain; charset=utf-8"));
    let nested = get("nested/2").await;
    let policy = nested.headers().get_one("Content-Security-Policy").unwrap().to_owned();
    assert!(policy.starts_with("sandbox allow-popups ") && policy.contains("default-src 'none'"), "{policy}");
    assert!(nested.into_string().await.unwrap().contains("inner"));
    for path in ["content/9", "content/2~9", "content/..", "nested/1", "nested/~", "content/2~2~2~2~2~2~2~2~2~2~2"] {
        assert_eq!(get(path).await.status(), Status::NotFound, "{path}");
    }
}

#[rocket::async_test]
async fn the_smtp_panel_sums_the_session_up_and_quotes_the_command() {
    let fixture = InboxFixture::new().await;
    let transcript = "S: 220 here\nC: EHLO me\nS: 250-here\nS: 250 HELP\nC: MAIL FROM:<it's@example.com>\nS: 250 Ok\n";
    let message = IncomingMessage {
        envelope_from: "it's@example.com".into(),
        envelope_to: vec!["b@example.com".into()],
        bytes: b"Subject: x\r\n\r\nx".to_vec(),
        helo: "me".into(),
        transcript: transcript.into(),
        ..IncomingMessage::default()
    };
    let id = fixture.store(message).await;
    let html = panel(&fixture, &id, "tab=smtp").await;
    assert!(html.contains("<summary class=\"t-server\">S: 250-here") && html.contains("class=\"t-client\""), "{html}");
    assert!(html.contains("not encrypted") && html.contains("no login"));
    assert!(html.contains("--from &#39;it&#39;\\&#39;&#39;s@example.com&#39;"), "{html}");
    let plain = fixture.mail("a@example.com", "Subject: x", "x").await;
    assert!(panel(&fixture, &plain, "tab=smtp").await.contains("transcript was not kept"));
}

#[rocket::async_test]
async fn checks_are_one_list_with_links_to_the_source() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: Hi {{ name }}\r\nMIME-Version: 1.0\r\nContent-Type: text/html";
    let body = "<p>\r\n<img src=https://example.com/x.png><div style='display:flex'>Hello</div>";
    let id = fixture.mail("a@example.com", head, body).await;
    let html = panel(&fixture, &id, "tab=checks").await;
    let place = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
    assert!(place("Unfilled placeholders: 1") < place("Images without alternative text: 1"));
    assert!(html.contains("tab=source#L3\"><bdi>Line 3: {{ name }}"), "{html}");
    assert!(html.contains("tab=source&#38;as=decoded#L8\"><bdi>Line 8: https://example.com/x.png"), "{html}");
    assert!(html.contains("display:flex") && html.contains("Outlook Windows"));
    let apple = panel(&fixture, &id, "tab=checks&client=apple-mail").await;
    assert!(!apple.contains("Outlook Windows") && apple.contains("aria-current=\"true\">Apple Mail"));
    assert!(html.contains("<span class=\"score bad\">"), "the tab has a badge");
    let korean = panel(&fixture, &id, "tab=checks&lang=ko").await;
    assert!(korean.contains("채워지지 않은 자리 표시자: 1개"));
}

#[rocket::async_test]
async fn a_calendar_invitation_is_shown_as_one() {
    let fixture = InboxFixture::new().await;
    let calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Asia/Seoul:20261201T100000\r\n\
                    DTEND;TZID=Asia/Seoul:20261201T110000\r\nSUMMARY:Plan <b>\r\nLOCATION:Hall 2\r\n\
                    URL:https://meet.test/7?a=1&b=2\r\nDESCRIPTION:Bring <i>\\na pen\r\n\
                    ORGANIZER;CN=Kim:mailto:kim@example.kr\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.com\r\n\
                    END:VEVENT\r\nEND:VCALENDAR";
    let body = format!("--b\r\n\r\nplease come\r\n--b\r\nContent-Type: text/calendar\r\n\r\n{calendar}\r\n--b--");
    let head = "Subject: x\r\nContent-Type: multipart/alternative; boundary=b";
    let id = fixture.mail("a@example.com", head, &body).await;
    for (query, count) in [("", 1), ("tab=parts", 1), ("tab=headers", 0)] {
        let html = panel(&fixture, &id, query).await;
        assert_eq!(html.matches("class=\"invitation\"").count(), count, "{query}: {html}");
        if count > 0 {
            assert!(html.contains("Plan &#60;b&#62;") && html.contains("2026-12-01 10:00 – 11:00"), "{html}");
            assert!(
                html.contains("href=\"https://meet.test/7?a=1&#38;b=2\" target=\"_blank\" rel=\"noreferrer"),
                "{html}"
            );
            assert!(html.contains("Bring &#60;i&#62; a pen</dd>"), "{html}");
            assert!(html.contains("Asia/Seoul") && html.contains("Kim &#60;kim@example.kr&#62;"), "{html}");
            assert!(html.contains("<bdi>ada@example.com</bdi> <span class=\"quiet\">accepted</span>"), "{html}");
        }
    }
}

#[rocket::async_test]
async fn versions_of_a_template_are_listed_and_compared() {
    let fixture = InboxFixture::new().await;
    let head = |n: u32| format!("Subject: Your order #{n}\r\nMIME-Version: 1.0\r\nContent-Type: text/html");
    let body = |n: u32, more: &str| format!("<p>Order {n} left our warehouse{more}.</p>");
    let mut ids = Vec::new();
    for (n, more) in [(101, ""), (102, ""), (103, " today")] {
        ids.push(fixture.mail("a@example.com", &head(n), &body(n, more)).await);
    }
    let html = panel(&fixture, &ids[2], "tab=versions").await;
    assert!(html.contains("3 messages, 2 versions"), "{html}");
    let link = format!("/dev/inbox/compare?a={}&#38;b={}", ids[1], ids[2]);
    assert!(html.contains(&link), "{link} in {html}");
    let compare = async |view: &str| {
        let path = format!("/compare?a={}&b={}&view={view}", ids[1], ids[2]);
        fixture.get(&path).await.into_string().await.unwrap()
    };
    let preview = compare("preview").await;
    assert!(ids[1..].iter().all(|id| preview.contains(&format!("src=\"/dev/inbox/view/{id}/frame\""))));
    for side in ["Older: Your order #102", "Newer: Your order #103"] {
        assert!(preview.contains(&format!("<section aria-label=\"{side}, 2026-11-21 03:34:00 UTC\"")), "{preview}");
        assert!(preview.contains(&format!("<bdi>{side}</bdi> <time data-exact")), "{preview}");
        assert!(compare("source").await.contains(&format!("<th scope=\"col\"><bdi>{side}</bdi>")));
    }
    assert!(preview.contains("Your order #102\u{2069} → \u{2068}Your order #103"), "{preview}");
    let text = compare("text").await;
    assert!(text.contains("<ins> today</ins>") && text.contains("<span class=\"var\">102</span>"), "{text}");
    let source = compare("source").await;
    assert!(source.contains("class=\"changed\""), "{source}");
    let headers = compare("headers").await;
    assert!(headers.contains("Your order #"), "{headers}");
    for path in ["/compare?a=x&b=y", &format!("/compare?a={}&b=0000000000000000000000", ids[0])] {
        assert_eq!(fixture.get(path).await.status(), Status::NotFound, "{path}");
    }
}

#[rocket::async_test]
async fn panels_of_hostile_messages_stay_small() {
    let fixture = InboxFixture::new().await;
    let many: String = (0..10_000).map(|n| format!("--b\r\nX-N: {n}\r\n\r\nx\r\n")).collect();
    let parts = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: multipart/mixed; boundary=b", &many).await;
    let large = "<p style='color:#999'><a href=http://localhost>{{ x }}</a><table><tr><td>x</table>".repeat(10_000);
    let html = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/html", &large).await;
    for (id, limit) in [(&parts, 1_000_000), (&html, 1_000_000)] {
        for tab in ["text", "source", "headers", "parts", "smtp", "checks", "versions"] {
            let page = panel(&fixture, id, &format!("tab={tab}")).await;
            assert!(page.len() < limit, "{tab}: {}", page.len());
        }
    }
}
