//! `gatepost check`: it fails for what stops `serve`, and says so as lines or as JSON.

use std::process::Output;

use super::commands::{fails, json, text};
use crate::support::process::Folder;

/// The message of the failed check `name`, of an output that has failed.
fn failed(output: &Output, name: &str) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{}", text(output));
    let start = format!("FAIL  {name}: ");
    let line = printed.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no {start:?} in {}", text(output))).to_owned()
}

#[test]
fn wrong_settings_are_a_failed_check_in_both_forms() {
    let folder = Folder::new("[default]\nsite_nam = \"x\"");
    let said = failed(&folder.run(&["check"]), "settings");
    assert!(said.contains("did you mean site_name?"), "{said}");
    let output = folder.run(&["check", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows = json(&String::from_utf8_lossy(&output.stdout));
    assert_eq!((rows.len(), &rows[0]["name"], &rows[0]["ok"]), (1, &"settings".into(), &false.into()), "{rows:?}");
    assert!(rows[0]["message"].as_str().is_some_and(|said| said.contains("site_name")), "{rows:?}");
}

#[test]
fn a_certificate_that_serve_cannot_use_fails_the_check() {
    let folder = Folder::new("[default.inbox]\ntls_certificate = \"nowhere.pem\"");
    let said = failed(&folder.run(&["check"]), "inbox certificate");
    assert!(said.contains("inbox.tls_certificate") && said.contains("nowhere.pem"), "{said}");
    assert!(fails(folder.run(&["serve"])).contains("nowhere.pem"));
    folder.write("nowhere.pem", "no certificate");
    assert!(failed(&folder.run(&["check"]), "inbox certificate").contains("not a PEM file"));
    let generated = Folder::new("[default.inbox]\nstarttls = true");
    assert!(generated.run(&["check"]).status.success(), "a start generates the certificate");
    assert!(!generated.path().join("data/smtp-tls.pem").exists(), "check generates none");
    generated.write("data/smtp-tls.pem", "damaged");
    assert!(failed(&generated.run(&["check"]), "inbox certificate").contains("delete the file"));
}

/// 192.0.2.1 is for documentation (RFC 5737).
#[test]
fn an_address_of_another_machine_fails_check_and_serve_and_its_setting_is_named() {
    for (variable, value, setting) in [
        ("ROCKET_ADDRESS", "192.0.2.1", "address (ROCKET_ADDRESS)"),
        ("GATEPOST_INBOX__HTTP_ADDRESS", "192.0.2.1:0", "inbox.http_address"),
    ] {
        let folder = Folder::new("[default.inbox]\nopen = true\n[default]\npublic_url = \"http://127.0.0.1:8000\"");
        let run = |command| folder.command(&[command]).env(variable, value).output().expect("gatepost runs");
        for said in [failed(&run("check"), "listeners"), fails(run("serve"))] {
            assert!(said.contains("does not belong to this machine") && said.contains(setting), "{said}");
        }
    }
}

#[test]
fn two_listeners_at_one_address_are_refused_by_check_and_serve() {
    for (toml, setting, other) in [
        ("http_address = \"127.0.0.1:18931\"\nlmtp_address = \"127.0.0.1:18931\"", "lmtp_address", "http_address"),
        ("smtps_address = \"127.0.0.1:18931\"\npop3_address = \"0.0.0.0:18931\"\nopen = true", "pop3_address", "smtps"),
    ] {
        let folder = Folder::new(&format!("[default.inbox]\n{toml}"));
        for said in [failed(&folder.run(&["check"]), "settings"), fails(folder.run(&["serve"]))] {
            assert!(said.contains(&format!("setting inbox.{setting}")) && said.contains(other), "{said}");
            assert!(said.contains("choose another port"), "{said}");
        }
    }
    let folder = Folder::new("[default.inbox]\nhttp_address = \"127.0.0.1:18931\"");
    let output = folder.command(&["check"]).env("ROCKET_PORT", "18931").output().expect("gatepost runs");
    let said = failed(&output, "settings");
    assert!(said.contains("setting inbox.http_address") && said.contains("the address of port too"), "{said}");
}
