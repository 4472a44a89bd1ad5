//! Server behaviour that Postfix does not have, with a scripted aiosmtpd.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::parsers;
use super::site::{Site, Smtp};
use crate::smtp::programs::{said, succeeds};
use crate::support::scripted::Scripted;

#[test]
fn a_greylisted_message_is_retried_unchanged() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "greylist": true })) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let output = site.send(&["kim@example.org"], &[]);
    assert!(!output.status.success() && said(&output).contains("Greylisted, come back later"), "{}", said(&output));
    assert_eq!(site.outcome(), ("queued".into(), "transient".into()));
    let first = site.newest()["message_id"].clone();
    let _running = site.folder.serve();
    let started = Instant::now();
    while site.newest()["state"] != "sent" {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", site.newest());
        std::thread::sleep(Duration::from_millis(200));
    }
    let row = site.newest();
    assert_eq!((&row["attempts"], &row["message_id"]), (&json!(2), &first));
    let arrived = server.mail();
    assert_eq!(arrived.len(), 1);
    let Some(found) = parsers::read(&arrived[0]) else { return };
    assert_eq!(found["message_id"], json!(format!("<{}>", first.as_str().unwrap())));
}

#[test]
fn a_message_is_retried_after_the_server_shuts_down_in_the_middle() {
    for at in ["MAIL", "RCPT", "DATA"] {
        let Some(server) = Scripted::aiosmtpd(&json!({ "leave_at": at })) else { return };
        let site = Site::new(&Smtp::plain(server.port));
        let output = site.send(&["kim@example.org"], &[]);
        assert!(!output.status.success() && said(&output).contains("421 4.3.2 shutting down"), "{}", said(&output));
        assert_eq!(site.outcome(), ("queued".into(), "transient".into()), "{at}");
    }
}

#[test]
fn each_login_mechanism_works_alone_and_a_wrong_password_is_tried_once() {
    for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5"] {
        let login = ["kim", "correct horse 배터리"];
        let plan = json!({ "login": login, "mechanisms": [mechanism], "auth_in_clear": true });
        let Some(server) = Scripted::aiosmtpd(&plan) else { return };
        let site = Site::new(&Smtp::plain(server.port).login(login[0], login[1]));
        succeeds(&site.send(&["kim@example.org"], &[]));
        assert_eq!(server.mail().len(), 1, "{mechanism}");
        let site = Site::new(&Smtp::plain(server.port).login(login[0], "wrong"));
        let output = site.send(&["kim@example.org"], &[]);
        assert!(!output.status.success() && said(&output).contains("535 5.7.8"), "{mechanism}: {}", said(&output));
        assert_eq!(site.outcome(), ("queued".into(), "configuration".into()), "{mechanism}");
    }
}

#[test]
fn the_password_is_not_sent_to_a_server_that_requires_tls_before_a_login() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "login": ["kim", "secret"] })) else { return };
    let site = Site::new(&Smtp::plain(server.port).login("kim", "secret"));
    let (well, line) = site.check();
    assert!(!well && line.contains("most servers offer it only under TLS"), "{line}");
    site.send(&["kim@example.org"], &[]);
    assert_eq!(site.outcome(), ("queued".into(), "configuration".into()));
}

#[test]
fn a_message_larger_than_the_announced_size_is_not_sent() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "size": 5000 })) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    site.folder.write("large.bin", &"x".repeat(5000));
    let output = site.send(&["kim@example.org"], &["--attach", "large.bin"]);
    assert!(!output.status.success() && said(&output).contains("accepts 5000 at most"), "{}", said(&output));
    assert_eq!(site.outcome(), ("dead".into(), "permanent".into()));
    succeeds(&site.send(&["kim@example.org"], &[]));
}

#[test]
fn a_message_rejected_for_one_recipient_is_reported_with_exit_code_one() {
    let plan = json!({ "refuse": { "gone@example.org": "550 5.1.1 No such user" } });
    let Some(server) = Scripted::aiosmtpd(&plan) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let output = site.send(&["kim@example.org", "gone@example.org"], &[]);
    let printed = said(&output);
    assert!(printed.contains("sent by smtp") && printed.contains("queued as SCRIPT0001"), "{printed}");
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(error, "gatepost: sent, but not for gone@example.org: 550 5.1.1 No such user\n");
    let row: Value = site.newest();
    assert_eq!(row["to"], json!(["kim@example.org", "gone@example.org"]));
    assert!(row["last_error"].as_str().unwrap().contains("No such user"), "{row}");
}

#[test]
fn every_command_that_connects_to_a_server_sends_quit() {
    let Some(server) = Scripted::aiosmtpd(&json!({})) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let send = ["mail", "send", "kim@example.org", "--subject", "s", "--text", "text.txt"];
    for (before, command) in [&["check"][..], &["mail", "test", "kim@example.org"], &send].into_iter().enumerate() {
        let (well, printed) = site.run(command);
        assert!(well, "{command:?}: {printed}");
        let started = Instant::now();
        // The command may end before the server has read QUIT.
        while server.quits() == before {
            assert!(started.elapsed() < Duration::from_secs(10), "{command:?} sent no QUIT");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(server.quits(), before + 1, "{command:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_reply_to_a_message_in_delivery_and_records_it() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "reply_after": 2 })) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let running = site.folder.serve();
    assert_eq!(running.visitor().sign_up("kim@example.org", "correct horse battery").await.status, 303);
    let started = Instant::now();
    while server.mail().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", running.printed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let stopped = Instant::now();
    assert!(running.terminate().0.success());
    assert!(stopped.elapsed() < Duration::from_secs(15), "the reply comes after two seconds");
    let row = site.newest();
    assert_eq!((&row["state"], &row["attempts"]), (&json!("sent"), &json!(1)), "{row}");
    assert_eq!(server.mail().len(), 1);
}
