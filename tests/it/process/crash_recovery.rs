//! kill -9, SIGTERM and a second process: acknowledged requests are complete and their emails are delivered.

use std::time::Duration;

use serde_json::Value;

use crate::smtp::programs::{program, said};
use crate::support::process::{Folder, Process};
use crate::support::source::ROOT;
use crate::support::visitor::Visitor;

const PASSWORD: &str = "correct horse battery";
/// The tests sign up faster than the limits allow.
const UNLIMITED: &str = r#"
[default.accounts.limits]
signups_per_client = "off"
emails_per_address_and_client = "off"
emails_per_address = "off"
emails_per_client = "off"
"#;

/// Waits for an email to this address in the inbox, and returns all of them.
async fn emails(process: &Process, address: &str) -> Vec<Value> {
    let path = format!("/dev/inbox/api/v1/wait?query=to%3A%22{address}%22&timeout=60s");
    let answer = process.visitor().get(&path).await;
    assert_eq!(answer.status, 200, "no email to {address}: {}\n{}", answer.text(), process.printed());
    answer.json()["messages"].as_array().cloned().unwrap_or_default()
}

fn message_ids(emails: &[Value]) -> Vec<&str> {
    emails.iter().filter_map(|email| email["MessageID"].as_str()).collect()
}

fn link(email: &Value, site: &str) -> String {
    let text = email["Text"].as_str().unwrap_or_default();
    let found = text.split_whitespace().find(|word| word.contains("/verify/"));
    found.unwrap_or_else(|| panic!("no link in {text}")).trim_start_matches(site).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_email_of_a_signup_arrives_although_the_server_was_killed_right_after_its_reply() {
    let folder = Folder::new(UNLIMITED);
    let mut process = folder.serve();
    let addresses: Vec<String> = (0..20).map(|round| format!("round{round}@example.com")).collect();
    for address in &addresses {
        let page = process.visitor().sign_up(address, PASSWORD).await;
        assert_eq!(page.status, 303, "{}", page.text());
        process.kill();
        process = folder.serve();
    }
    // Checked at the end, since an email that was being delivered waits until the lease of the killed process expires.
    for address in &addresses {
        let emails = emails(&process, address).await;
        let ids = message_ids(&emails);
        assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "no email, or different ones: {ids:?}");
    }
}

/// Runs `bench/crash` for five rounds; `just crash` runs more.
fn five_rounds(runner: &[&str]) {
    let Some(mut command) = program(runner.first().copied().unwrap_or("python3")) else { return };
    command.args(runner.iter().skip(1)).current_dir(ROOT);
    if !runner.is_empty() {
        command.arg("python3");
    }
    command.args(["bench/crash", "5", "--seconds", "4", "--binary", env!("CARGO_BIN_EXE_gatepost")]);
    if runner.is_empty() {
        command.env_remove("TEST_POSTGRES");
    }
    let output = command.output().expect("bench/crash runs");
    let table = said(&output);
    assert!(output.status.success() && table.contains("0 lost, 0 doubled"), "{table}");
}

#[test]
fn rounds_of_kill_9_over_all_flows_lose_and_double_nothing_on_sqlite() {
    five_rounds(&[]);
}

#[test]
fn rounds_of_kill_9_over_all_flows_lose_and_double_nothing_on_postgresql() {
    five_rounds(&["bin/with-postgres"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_completes_running_requests_and_loses_nothing_that_was_acknowledged() {
    let folder = Folder::new(UNLIMITED);
    let process = folder.serve();
    let site = process.http.clone();
    let signups: Vec<_> = (0..12)
        .map(|n| {
            let visitor = Visitor::new(&site);
            tokio::spawn(async move {
                let address = format!("stop{n}@example.com");
                let form = [("email", address.as_str()), ("password", PASSWORD)];
                let sent = visitor.submission("/signup").form(&form).send().await;
                // A refused or closed connection is fine; an error page is not.
                sent.ok().map(|answer| (address, answer.status().as_u16()))
            })
        })
        .collect();
    // Long enough for the first hashes to start, too short for all of them to finish.
    tokio::time::sleep(Duration::from_millis(60)).await;
    let (status, printed) = tokio::task::spawn_blocking(move || process.terminate()).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "shutdown is not a failure");
    assert!(!printed.contains("ERROR") && !printed.contains("closed pool"), "{printed}");
    let mut answered = Vec::new();
    for signup in signups {
        if let Some((address, status)) = signup.await.expect("a signup") {
            assert_eq!(status, 303, "{address}");
            answered.push(address);
        }
    }
    assert!(!answered.is_empty(), "no signup was running");
    let process = folder.serve();
    for address in answered {
        assert_eq!(emails(&process, &address).await.len(), 1, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_sqlite_file_are_one_site() {
    // Both have one address, as behind a proxy, so that links and cookies of one process work in the other.
    let folder = Folder::new(UNLIMITED);
    let (one, other) = (folder.serve(), folder.serve());
    for n in 0..5 {
        let address = format!("two{n}@example.com");
        let (here, there) = (one.visitor(), Visitor::new(&other.http));
        assert_eq!(here.sign_up(&address, PASSWORD).await.status, 303);
        let emails = emails(&other, &address).await;
        assert_eq!(emails.len(), 1, "both processes worked the outbox");
        let path = link(&emails[0], &one.http);
        let path = path.trim_start_matches(&other.http);
        for name in here.cookie_names() {
            there.plant(&name, &here.cookie(&name).unwrap_or_default());
        }
        let confirmed = there.post(path, &[]).await;
        assert_eq!(confirmed.location(), "/login", "{}", confirmed.text());
        assert_eq!(here.log_in(&address, PASSWORD).await.location(), "/account");
        for name in here.cookie_names() {
            there.plant(&name, &here.cookie(&name).unwrap_or_default());
        }
        assert!(there.is_signed_in().await, "a session is valid in both");
    }
    assert_eq!(one.terminate().0.code(), Some(0));
    assert_eq!(other.visitor().get("/readyz").await.json()["status"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_restart_because_debug_stores_its_generated_key() {
    let folder = Folder::new("");
    let process = folder.serve();
    let visitor = process.visitor();
    assert_eq!(visitor.sign_up("keeper@example.com", PASSWORD).await.status, 303);
    let link = link(&emails(&process, "keeper@example.com").await[0], &process.http);
    assert_eq!(visitor.post(&link, &[]).await.status, 303);
    assert_eq!(visitor.log_in("keeper@example.com", PASSWORD).await.location(), "/account");
    let names = visitor.cookie_names();
    assert_eq!(process.terminate().0.code(), Some(0));

    let process = folder.serve();
    let again = process.visitor();
    for name in names {
        again.plant(&name, &visitor.cookie(&name).unwrap_or_default());
    }
    assert!(again.is_signed_in().await);
}
