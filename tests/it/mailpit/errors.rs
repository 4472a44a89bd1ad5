//! Errors and cures of `gatepost mailpit`: they name its own flags and variables, and what helps.

use std::process::Command;

use crate::support::process::Folder;

use super::server::{MailpitServer, command, failure, on_free_ports};

/// Exit code and the one line of a start that fails.
fn refused(folder: &Folder, flags: &[&str]) -> (Option<i32>, String) {
    let (code, said) = failure(&on_free_ports(folder, flags).output().expect("gatepost runs"));
    assert_eq!(said.lines().count(), 1, "{said}");
    (code, said)
}

fn certificate(folder: &Folder) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder.path())
        .output();
    assert!(made.expect("openssl runs").status.success());
}

#[test]
fn a_certificate_that_cannot_be_used_names_flag_variable_and_cure() {
    let folder = Folder::new("");
    certificate(&folder);
    folder.write("text.pem", "no certificate, but -----BEGIN PRIVATE KEY-----");
    folder.write("logins", "kim:secret\n");
    for (flag, variable) in [("--ui-tls", "MP_UI_TLS"), ("--smtp-tls", "MP_SMTP_TLS"), ("--pop3-tls", "MP_POP3_TLS")] {
        let (cert, key) = (format!("{flag}-cert"), format!("{flag}-key"));
        let (named, named_key) = (format!("{cert} ({variable}_CERT)"), format!("{key} ({variable}_KEY)"));
        let start = |flags: &[&str]| refused(&folder, &[flags, &["--pop3-auth-file", "logins"]].concat());
        let (code, said) = start(&[&cert, "nope"]);
        assert_eq!(code, Some(2));
        assert!(said.contains(&format!("{named}: cannot read nope")) && said.contains("PEM file"), "{said}");
        let (_, said) = start(&[&cert, "cert.pem"]);
        assert!(said.contains(&named) && said.contains(&format!("give {named_key}")), "{said}");
        let (_, said) = start(&[&cert, "cert.pem", &key, "nope"]);
        assert!(said.contains(&format!("{named_key}: cannot read nope")), "{said}");
        let (_, said) = start(&[&cert, "text.pem", &key, "key.pem"]);
        assert!(said.contains(&named) && said.contains("text.pem is not a PEM file"), "{said}");
        let (_, said) = start(&[&key, "key.pem"]);
        assert!(said.contains(&key) && said.contains(&format!("give {named}")), "{said}");
    }
}

#[test]
fn a_log_file_that_cannot_be_opened_names_flag_and_variable() {
    let folder = Folder::new("");
    let output = on_free_ports(&folder, &[]).env("MP_LOG_FILE", "nowhere/x").output().expect("gatepost runs");
    let (code, said) = failure(&output);
    assert_eq!(code, Some(1));
    assert!(said.contains("--log-file (MP_LOG_FILE): cannot open nowhere/x"), "{said}");
}

#[test]
fn a_message_may_have_at_least_one_recipient() {
    let (code, said) = refused(&Folder::new(""), &["--smtp-max-recipients", "0"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--smtp-max-recipients: expected a whole number from 1"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cure_for_a_large_message_and_the_logins_are_named_by_flag_and_variable() {
    let server = MailpitServer::start(&["--max-message-size", "1"], &[]);
    let body = format!("Subject: large\r\n\r\n{}", ("x".repeat(70) + "\r\n").repeat(18_000));
    assert!(server.send("a@x.test", &body).starts_with("552 "), "it is refused");
    let cure = "raise --max-message-size (MP_MAX_MESSAGE_SIZE)";
    server.process.prints(cure, 1);
    let (_, listed) = server.api("/api/v1/sessions").await;
    assert!(listed["sessions"][0]["Cure"].as_str().is_some_and(|text| text.contains(cure)), "{listed}");
    for (path, words) in [("/sessions", cure), ("/connect", cure), ("/connect", "--smtp-auth-file or MP_SMTP_AUTH")] {
        let page = server.process.visitor().get(path).await;
        let page = String::from_utf8_lossy(&page.body).into_owned();
        assert!(page.contains(words) && !page.contains("inbox.max") && !page.contains("inbox.smtp"), "{path}: {page}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_ingest_says_how_many_messages_were_sent() {
    let server = MailpitServer::start(&[], &[]);
    let mbox: String = (0..20_000)
        .map(|n| format!("From a@x.test Thu Jan  1 00:00:00 2026\r\nSubject: {n}\r\n\r\nhi\r\n\r\n"))
        .collect();
    server.folder.write("big.mbox", &mbox);
    let smtp = server.process.smtp();
    let mut ingest = command(&server.folder, &["ingest", "-S", &smtp, "big.mbox"]);
    let child = ingest.stderr(std::process::Stdio::piped()).spawn().expect("gatepost runs");
    while server.subjects().await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    let (code, said) = failure(&child.wait_with_output().expect("its end"));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("mailpit: interrupted; ") && said.contains("messages were sent to"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_server_without_a_port_is_wrong_use_of_ingest() {
    let folder = Folder::new("");
    folder.write("m.eml", "Subject: x\r\n\r\nhi\r\n");
    let output = command(&folder, &["ingest", "-S", "localhost", "m.eml"]).output().expect("gatepost runs");
    let (code, said) = failure(&output);
    assert_eq!(code, Some(2));
    assert!(said.contains("\"localhost\" has no port") && said.contains("HOST:PORT"), "{said}");
}
