//! aiosmtpd, told what to do: the moods of servers that Postfix has not.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::letter;
use super::site::{Site, Smtp};
use crate::smtp::programs::{said, succeeds};
use crate::support::scripted::Scripted;

#[test]
fn a_greylisted_letter_leaves_by_itself_a_little_later_and_is_the_same_letter() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "greylist": true })) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let output = site.send(&["kim@example.org"], &[]);
    assert!(!output.status.success() && said(&output).contains("Greylisted, come back later"), "{}", said(&output));
    assert_eq!(site.fate(), ("queued".into(), "transient".into()));
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
    let Some(found) = letter::read(&arrived[0]) else { return };
    assert_eq!(found["message_id"], json!(format!("<{}>", first.as_str().unwrap())));
}

#[test]
fn a_server_that_leaves_in_the_middle_keeps_nobody_from_trying_again() {
    for at in ["MAIL", "RCPT", "DATA"] {
        let Some(server) = Scripted::aiosmtpd(&json!({ "leave_at": at })) else { return };
        let site = Site::new(&Smtp::plain(server.port));
        let output = site.send(&["kim@example.org"], &[]);
        assert!(!output.status.success() && said(&output).contains("421 4.3.2 shutting down"), "{}", said(&output));
        assert_eq!(site.fate(), ("queued".into(), "transient".into()), "{at}");
    }
}

#[test]
fn each_mechanism_logs_in_alone_and_a_wrong_password_is_tried_once() {
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
        assert_eq!(site.fate(), ("queued".into(), "configuration".into()), "{mechanism}");
    }
}

#[test]
fn a_server_that_wants_tls_before_a_login_is_not_told_the_password() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "login": ["kim", "secret"] })) else { return };
    let site = Site::new(&Smtp::plain(server.port).login("kim", "secret"));
    let (well, line) = site.check();
    assert!(!well && line.contains("most servers offer it only under TLS"), "{line}");
    site.send(&["kim@example.org"], &[]);
    assert_eq!(site.fate(), ("queued".into(), "configuration".into()));
}

#[test]
fn a_mail_larger_than_the_server_says_it_takes_is_not_even_begun() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "size": 5000 })) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    site.folder.write("large.bin", &"x".repeat(5000));
    let output = site.send(&["kim@example.org"], &["--attach", "large.bin"]);
    assert!(!output.status.success() && said(&output).contains("takes 5000 at most"), "{}", said(&output));
    assert_eq!(site.fate(), ("dead".into(), "permanent".into()));
    succeeds(&site.send(&["kim@example.org"], &[]));
}

#[test]
fn a_mail_refused_for_one_of_its_recipients_says_so_and_ends_with_one() {
    let plan = json!({ "refuse": { "gone@example.org": "550 5.1.1 No such user" } });
    let Some(server) = Scripted::aiosmtpd(&plan) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let output = site.send(&["kim@example.org", "gone@example.org"], &[]);
    let told = said(&output);
    assert!(told.contains("sent by smtp") && told.contains("queued as SCRIPT0001"), "{told}");
    assert_eq!(output.status.code(), Some(1), "{told}");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(error, "gatepost: sent, but not for gone@example.org: 550 5.1.1 No such user\n");
    let row: Value = site.newest();
    assert_eq!(row["to"], json!(["kim@example.org", "gone@example.org"]));
    assert!(row["last_error"].as_str().unwrap().contains("No such user"), "{row}");
}

#[test]
fn every_command_that_spoke_to_the_server_says_goodbye() {
    let Some(server) = Scripted::aiosmtpd(&json!({})) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let send = ["mail", "send", "kim@example.org", "--subject", "s", "--text", "text.txt"];
    for (said_before, words) in [&["check"][..], &["mail", "test", "kim@example.org"], &send].into_iter().enumerate() {
        let (well, told) = site.run(words);
        assert!(well, "{words:?}: {told}");
        let started = Instant::now();
        // The command may be gone before the server has read its last word.
        while server.goodbyes() == said_before {
            assert!(started.elapsed() < Duration::from_secs(10), "{words:?} left without a word");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(server.goodbyes(), said_before + 1, "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_verdict_on_a_mail_in_flight_and_notes_it() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "verdict_after": 2 })) else { return };
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
    assert!(stopped.elapsed() < Duration::from_secs(15), "the verdict comes after two seconds");
    let row = site.newest();
    assert_eq!((&row["state"], &row["attempts"]), (&json!("sent"), &json!(1)), "{row}");
    assert_eq!(server.mail().len(), 1);
}
