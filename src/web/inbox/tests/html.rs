//! What the pages, the API and searches read in the HTML of a message.

use super::support::InboxFixture;

#[rocket::async_test]
async fn embedded_pictures_links_and_lines_are_read_from_the_html() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b";
    let body = "--b\r\nContent-Type: text/html\r\n\r\n<style>p{background:url(cid:a@b)}</style><img src=CID:a@b>\
                <a href=myapp://verify?t=1>open</a><pre>1\r\n  2</pre>\r\n\
                --b\r\nContent-Type: image/png\r\nContent-ID: <a@b>\r\n\r\nx\r\n--b--";
    let id = fixture.mail("a@example.com", head, body).await;
    let shown = async |path: String| fixture.get(&path).await.into_string().await.unwrap();
    let html = shown(format!("/view/{id}.html")).await;
    let part = format!("/dev/inbox/api/v1/message/{id}/part/2");
    assert!(!html.to_lowercase().contains("cid:") && html.contains(&format!("url({part})")), "{html}");
    assert!(html.contains(&format!("<img src={part}>")));
    assert_eq!(shown(format!("/view/{id}.txt")).await, "open ( myapp://verify?t=1 )\n\n1\n  2");
    assert!(shown(format!("/view/{id}")).await.contains("href=\"myapp://verify?t=1\""));
}

#[rocket::async_test]
async fn a_search_reads_the_text_and_the_html_of_a_message() {
    let fixture = InboxFixture::new().await;
    let head = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b";
    let body = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n회의록 minutes\r\n\
                --b\r\nContent-Type: text/html\r\n\r\n<img src=x><p>H<sub>2</sub>O &hellip; picture</p>\r\n--b--";
    fixture.mail("a@example.com", head, body).await;
    for (query, found) in
        [("%ED%9A%8C%EC%9D%98%EB%A1%9D", 1), ("minutes", 1), ("h2o", 1), ("picture", 1), ("nothing", 0)]
    {
        let list = fixture.json(&format!("/api/v1/search?query={query}")).await;
        assert_eq!(list["messages_count"], found, "{query}");
    }
}

#[rocket::async_test]
async fn the_html_check_counts_the_elements_that_mailpit_counts() {
    let fixture = InboxFixture::new().await;
    for (html, nodes) in [
        ("<h1>a</h1>", 1),
        ("<html><head><meta charset=utf-8><title>x</title></head><body><h1>a</h1></body></html>", 3),
        ("<title>x</title><table><tr><td>a</td></tr></table>", 4),
    ] {
        let id = fixture.mail("a@example.com", "Subject: x\r\nContent-Type: text/html", html).await;
        let report = fixture.json(&format!("/api/v1/message/{id}/html-check")).await;
        assert_eq!(report["Total"]["Nodes"], nodes, "{html}");
    }
}
