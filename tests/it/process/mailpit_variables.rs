//! Mailpit's variables beside `serve`, `dev` and `check`: a wrong value stops the start, and what has no effect is named.

use std::process::Command;

use super::commands::{fails, succeeds};
use crate::support::process::{Folder, Process};

fn with(folder: &Folder, arguments: &[&str], name: &str, value: &str) -> Command {
    let mut command = folder.command(arguments);
    command.env(name, value);
    command
}

#[test]
fn a_wrong_value_of_a_variable_that_is_read_stops_the_start_and_fails_the_check() {
    for (name, value, reason) in [
        ("MP_UI_AUTH", "hunter2", "expected name:password"),
        ("MP_UI_AUTH", " ", "expected name:password"),
        ("MP_SMTP_AUTH", "hunter2", "name:password"),
        ("MP_MAX_AGE", "3w", "expected a number of hours or days"),
        ("MP_MAX_MESSAGE_SIZE", "x", "expected a whole number"),
        ("MP_MAX_MESSAGES", "x", "expected a whole number"),
        ("MP_UI_BIND_ADDR", "x", "expected an address and a port"),
        ("MP_ENABLE_CHAOS", "maybe", "true nor false"),
    ] {
        let folder = Folder::new("");
        for command in ["serve", "dev"] {
            let said = fails(with(&folder, &[command], name, value).output().expect("gatepost runs"));
            assert!(said.contains(name) && said.contains(reason) && !said.contains("hunter2"), "{said}");
        }
        let output = with(&folder, &["check"], name, value).output().expect("gatepost runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("FAIL  settings: ") && said.contains(name) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn each_variable_without_an_effect_has_a_line_with_the_reason() {
    let folder = Folder::new("");
    let mut start = with(&folder, &["serve"], "MP_WEBHOOK_URL", "http://x.test");
    start.env("MP_SMTP_TLS_CERT", "cert.pem").env("MP_MAX_MESAGES", "1").env("MP_QUIET", "false");
    let server = Process::start(start).expect("it starts");
    for line in [
        "MP_MAX_MESAGES is not known; did you mean MP_MAX_MESSAGES?",
        "MP_SMTP_TLS_CERT (certificate for STARTTLS): has no effect here; only `gatepost mailpit` reads it",
        "MP_WEBHOOK_URL (a request for each message): has no effect; it comes later",
    ] {
        assert_eq!(server.prints(line, 1).len(), 1, "{line}");
    }
    assert!(!server.printed().contains("MP_QUIET"), "{}", server.printed());
}

#[test]
fn settings_and_errors_name_the_variable_that_sets_a_value() {
    let folder = Folder::new("");
    let mut command = with(&folder, &["settings", "--changed"], "MP_MAX_AGE", "36h");
    let shown = succeeds(command.env("MP_UI_AUTH", "kim:hunter2").output().expect("gatepost runs"));
    let line = |key: &str| shown.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    assert!(line("inbox.keep_days").contains('2') && line("inbox.keep_days").ends_with("MP_MAX_AGE"), "{shown}");
    assert!(line("inbox.username").ends_with("MP_UI_AUTH") && !shown.contains("hunter2"), "{shown}");
    let said = fails(with(&folder, &["serve"], "MP_SMTP_AUTH", "x").output().expect("gatepost runs"));
    assert!(said.contains("from MP_SMTP_AUTH)"), "{said}");
}
