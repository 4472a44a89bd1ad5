//! Sending through Postfix: both kinds of TLS, every login mechanism, rejections, receipts and the delivered messages.

use serde_json::json;

use super::parsers;
use super::site::{Site, Smtp};
use crate::smtp::programs::{said, succeeds};
use crate::support::authority::Authority;
use crate::support::postfix::{PASSWORD, Postfix, USER};

const ACCOUNT: &str = "correct horse battery";

/// Settings for `localhost`, the name in the certificate.
fn secured(authority: &Authority, port: u16, security: &'static str) -> Smtp {
    let smtp = Smtp { host: "localhost", security, ..Smtp::plain(port) };
    smtp.with("ca_file", authority.root().to_str().unwrap())
}

#[test]
fn mail_is_sent_with_both_kinds_of_tls_and_every_login_and_the_receipt_holds_the_queue_id() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    let ports = &postfix.ports;
    let logins = [
        (ports.starttls, "starttls", "PLAIN"),
        (ports.tls, "tls", "PLAIN"),
        (ports.login_only, "starttls", "LOGIN"),
        (ports.cram_only, "starttls", "CRAM-MD5"),
    ];
    for (port, security, mechanism) in logins {
        let site = Site::new(&secured(&authority, port, security).login(USER, PASSWORD));
        let (well, line) = site.check();
        assert!(well && line.contains(&format!("logged in as {USER}")), "{mechanism}: {line}");
        let output = site.send(&["Kim <kim@example.org>"], &[]);
        succeeds(&output);
        let receipt = said(&output);
        let id = receipt.split("queued as ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
        let row = site.newest();
        assert_eq!((&row["state"], &row["remote_id"]), (&json!("sent"), &json!(id)), "{receipt}");
        let log = postfix.log();
        let line = log.lines().find(|line| line.contains(id) && line.contains("sasl_method")).unwrap_or(&log);
        assert!(line.contains(&format!("sasl_method={mechanism}, sasl_username={USER}")), "{line}");
    }
    postfix.mail(logins.len());
    assert!(!postfix.log().contains("lost connection"), "{}", postfix.log());
}

#[test]
fn messages_with_every_kind_of_attachment_arrive_unchanged() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    let site = Site::new(&secured(&authority, postfix.ports.starttls, "starttls").login(USER, PASSWORD));
    let files = [
        ("메모.txt", "text/plain", "기억할 것\n"),
        ("사진.png", "image/png", "\u{89}PNG"),
        ("소리.mp3", "audio/mpeg", "ID3"),
        ("가이드.pdf", "application/pdf", "%PDF-1.7"),
        ("그 밖의 것.unknown", "application/octet-stream", "\r\n.\r\nQUIT\r\n"),
    ];
    site.folder.write("page.html", "<p>안녕하세요.</p>\n");
    let mut more = vec!["--html", "page.html"];
    for (name, _, bytes) in &files {
        site.folder.write(name, bytes);
        more.extend(["--attach", name]);
    }
    succeeds(&site.send(&["김철수 <kim@example.org>", "lee@한국.example"], &more));
    for bytes in postfix.mail(2) {
        let Some(found) = parsers::read(&bytes) else { return };
        assert_eq!(found["subject"], "인사");
        assert_eq!(found["text"], "안녕하세요.\n.점으로 시작하는 줄\n");
        assert_eq!(found["html"], "<p>안녕하세요.</p>\n");
        for ((name, kind, bytes), part) in files.iter().zip(found["attachments"].as_array().unwrap()) {
            assert_eq!((&part["name"], &part["kind"]), (&json!(name), &json!(kind)));
            assert_eq!(part["bytes"], json!(bytes.as_bytes()), "{name}");
        }
    }
    assert!(postfix.log().contains("to=<lee@xn--3e0b707e.example>"), "{}", postfix.log());
    // Python's email does not support non-ASCII characters before the @ (RFC 6532).
    succeeds(&site.send(&["길동 <길동@example.org>"], &[]));
    assert!(postfix.mail(3).iter().any(|mail| String::from_utf8_lossy(mail).contains("To: ")), "{}", postfix.log());
    assert!(postfix.log().contains("to=<길동@example.org>"), "{}", postfix.log());
}

#[test]
fn a_rejected_or_deferred_address_does_not_delay_other_messages() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    let site = Site::new(&secured(&authority, postfix.ports.tls, "tls").login(USER, PASSWORD));
    let rejected = site.send(&["nobody@example.org"], &[]);
    assert!(!rejected.status.success() && said(&rejected).contains("No such user"), "{}", said(&rejected));
    assert_eq!(site.outcome(), ("dead".into(), "permanent".into()));
    let later = site.send(&["later@example.org"], &[]);
    assert!(!later.status.success() && said(&later).contains("still in the outbox"), "{}", said(&later));
    assert_eq!(site.outcome(), ("queued".into(), "transient".into()));
    site.folder.write("large.bin", &"x".repeat(300_000));
    let large = site.send(&["kim@example.org"], &["--attach", "large.bin"]);
    assert!(!large.status.success() && said(&large).contains("accepts 300000 at most"), "{}", said(&large));
    assert_eq!(site.outcome(), ("dead".into(), "permanent".into()));
    succeeds(&site.send(&["kim@example.org"], &[]));
    postfix.mail(1);
}

#[test]
fn a_rejected_account_is_a_configuration_failure_with_its_cure() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    let good = secured(&authority, postfix.ports.starttls, "starttls");
    let wrong_from = good.clone().login(USER, PASSWORD).with("from", "boss@example.com");
    let relay = Smtp { port: postfix.ports.relay, ..good.clone() };
    for (smtp, to, cure) in [
        (good.clone().login(USER, "wrong"), "kim@example.org", "Check mail.smtp.username and password"),
        (Smtp { port: postfix.ports.login_only, ..good.clone() }.login(USER, "wrong"), "kim@example.org", "535"),
        (good.clone(), "kim@example.org", "set mail.smtp.username and password"),
        (wrong_from, "kim@example.org", "set mail.smtp.from"),
        (relay, "kim@example.net", "only after a login"),
    ] {
        let site = Site::new(&smtp);
        let output = site.send(&[to], &[]);
        assert!(!output.status.success() && said(&output).contains(cure), "{cure}: {}", said(&output));
        assert_eq!(site.outcome(), ("queued".into(), "configuration".into()), "{cure}");
    }
    postfix.mail(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_is_confirmed_by_the_email_that_postfix_received() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    let site = Site::new(&secured(&authority, postfix.ports.starttls, "starttls").login(USER, PASSWORD));
    let server = site.folder.serve();
    let visitor = server.visitor();
    assert_eq!(visitor.sign_up("kim@example.org", ACCOUNT).await.status, 303);
    let emails = postfix.mail(1);
    let Some(found) = parsers::read(&emails[0]) else { return };
    let text = found["text"].as_str().unwrap();
    let link = text.split_whitespace().find(|word| word.contains("/verify/")).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(visitor.post(link, &[]).await.location(), "/login");
    assert_eq!(visitor.log_in("kim@example.org", ACCOUNT).await.status, 303);
    let welcome = postfix.mail(2);
    parsers::read(welcome.iter().find(|bytes| **bytes != emails[0]).unwrap());
    drop(server);
}
