//! Tests of the review as a whole.

use crate::clock::Time;
use crate::mail::html_check;
use crate::mail::parse::ParsedMessage;

use super::{Issue, Place, Severity, review};

fn reviewed(message: &str, family: &str) -> Vec<Issue> {
    let received = Time::parse_rfc3339("2026-11-21T03:34:05Z").unwrap();
    let parsed = ParsedMessage::read(message.as_bytes());
    let report = (!parsed.html.is_empty()).then(|| html_check::check(&parsed.html));
    review(message.as_bytes(), &parsed, received, report.as_ref(), family)
}

fn html(body: &str) -> Vec<Issue> {
    let head = "Date: Sat, 21 Nov 2026 03:34:00 +0000\r\nMessage-ID: <a@example.com>\r\nFrom: a@example.com\r\n\
                To: b@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
    reviewed(&format!("{head}{body}\r\n"), "")
}

fn has(issues: &[Issue], code: &str) -> bool {
    issues.iter().any(|issue| issue.code == code)
}

#[test]
fn each_issue_of_the_html_is_found_and_its_opposite_is_not() {
    let dark =
        "<meta name=color-scheme content='light dark'><style>@media (prefers-color-scheme: dark){p{color:red}}</style>";
    for (code, wrong, right) in [
        ("alt-missing", "<img src=https://a.example.com/x.png>", "<img src=https://a.example.com/x.png alt=''>"),
        ("lang-missing", "<html><p>x", "<html lang=en><p>x"),
        ("table-role", "<table><tr><td>x", "<table role=presentation><tr><td>x"),
        ("table-role", "<table><tr><td>x", "<table><tr><th>x"),
        ("contrast", "<p style='color:#999'>x", "<p style='color:#555'>x"),
        ("contrast", "<td bgcolor=#000000><p style='color:#333'>x", "<td bgcolor=#000000><p style='color:#ccc'>x"),
        ("contrast", "<p style='color:#888'>x", "<p style='color:#888;font-size:30px'>x"),
        (
            "link-without-text",
            "<a href=https://a.example.com></a>",
            "<a href=https://a.example.com><img alt=Shop src=x></a>",
        ),
        (
            "link-text-vague",
            "<a href=https://a.example.com>Click here!</a>",
            "<a href=https://a.example.com>Your order</a>",
        ),
        (
            "link-local",
            "<a href=http://localhost:3000/x>Your order</a>",
            "<a href=https://example.com/x>Your order</a>",
        ),
        ("link-http", "<a href=http://example.com/x>Your order</a>", "<a href=https://example.com/x>Your order</a>"),
        ("link-relative", "<a href=/x>Your order</a>", "<a href=mailto:a@b.c>Your order</a>"),
        ("link-empty", "<a href='#'>Your order</a>", "<a href='#top'>Your order</a>"),
        (
            "link-text-differs",
            "<a href=https://evil.example>https://bank.example</a>",
            "<a href=https://www.a.example/x>https://a.example</a>",
        ),
        ("image-http", "<img alt='' src=http://a.example.com/x>", "<img alt='' src=https://a.example.com/x>"),
        ("image-data", "<img alt='' src='data:image/png;base64,AAAA'>", "<img alt='' src=cid:x>"),
        ("placeholder", "<p>Hi {{ name }}", "<p>Hi Ada"),
        ("weight-clipped", &"<p>한</p>".repeat(12_000), "<p>x"),
        ("dark-none", "<p>x", dark),
        ("preheader-empty", "<img alt='' src=cid:x>", "<p>x"),
        ("preheader-boilerplate", "<p>View in browser", "<p>x"),
        ("preheader-short", "<p>Hello", "<p>Your order has left our warehouse today"),
        ("look", "<div style='display:flex'>x</div>", "x"),
    ] {
        assert!(has(&html(wrong), code), "{code}: {wrong}: {:?}", html(wrong));
        assert!(!has(&html(right), code), "{code}: {right}");
    }
}

#[test]
fn issues_come_worst_first_with_their_locations() {
    let message = "Subject: Hi ${first}\r\nFrom: a@example.com\r\nTo: b@example.com\r\n\r\nx\r\n";
    let issues = reviewed(message, "");
    assert!(issues.is_sorted_by_key(|issue| issue.severity));
    let placeholder = issues.iter().find(|issue| issue.code == "placeholder").unwrap();
    assert_eq!((placeholder.severity, placeholder.spots[0].place), (Severity::Problem, Place::Line(1)));
    assert!(has(&issues, "date-missing") && !has(&issues, "lang-missing"));
}

#[test]
fn looks_are_limited_to_a_family_of_clients() {
    let head = "From: a@example.com\r\nContent-Type: text/html\r\n\r\n";
    let issues = reviewed(&format!("{head}<div style='display:flex;border-radius:4px'>x</div>"), "outlook");
    let look: Vec<&Issue> = issues.iter().filter(|issue| issue.code == "look").collect();
    assert!(!look.is_empty());
    assert!(look.iter().all(|issue| issue.clients.iter().all(|client| client.starts_with("Outlook"))), "{look:?}");
}

#[test]
fn repairs_of_the_reader_are_listed_with_their_parts() {
    let message = "From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
                   Content-Transfer-Encoding: odd\r\n\r\nx\r\n";
    let issues = reviewed(message, "");
    let titles: Vec<&str> = issues.iter().filter(|i| i.code == "reading").map(|i| i.title.as_str()).collect();
    assert!(titles.contains(&"transfer-encoding") && titles.contains(&"boundary-not-closed"), "{titles:?}");
}

#[test]
fn a_review_of_hostile_html_is_bounded() {
    for html in [
        "<img>".repeat(400_000),
        "<a href=x>".repeat(200_000),
        "<table>".repeat(200_000),
        "{{".repeat(500_000),
        "<p style='color:#999'>x".repeat(100_000),
        "</b>".repeat(300_000),
    ] {
        let message = format!("From: a@example.com\r\nContent-Type: text/html\r\n\r\n{html}");
        for issue in reviewed(&message, "") {
            assert!(issue.spots.len() <= 5 && issue.spots.iter().all(|spot| spot.detail.chars().count() <= 200));
        }
    }
}
