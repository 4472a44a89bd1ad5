//! kill -9, SIGTERM and a second process: what was answered has happened, and goes on happening.

use std::time::Duration;

use serde_json::Value;

use crate::support::process::{Folder, Process};
use crate::support::visitor::Visitor;

const PASSWORD: &str = "correct horse battery";
/// The rounds sign up faster than people do.
const UNLIMITED: &str = r#"
[default.accounts.limits]
signups_per_client = "off"
letters_per_address_and_client = "off"
letters_per_address = "off"
letters_per_client = "off"
"#;

/// Waits until a letter to this address is in the inbox; all of them.
async fn letters(process: &Process, address: &str) -> Vec<Value> {
    let path = format!("/dev/inbox/api/v1/wait?query=to%3A%22{address}%22&timeout=60s");
    let answer = process.visitor().get(&path).await;
    assert_eq!(answer.status, 200, "no letter to {address}: {}\n{}", answer.text(), process.printed());
    answer.json()["messages"].as_array().cloned().unwrap_or_default()
}

fn message_ids(letters: &[Value]) -> Vec<&str> {
    letters.iter().filter_map(|letter| letter["MessageID"].as_str()).collect()
}

fn link(letter: &Value, site: &str) -> String {
    let text = letter["Text"].as_str().unwrap_or_default();
    let found = text.split_whitespace().find(|word| word.contains("/verify/"));
    found.unwrap_or_else(|| panic!("no link in {text}")).trim_start_matches(site).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letter_of_a_signup_arrives_although_the_server_was_killed_right_after_its_answer() {
    let folder = Folder::new(UNLIMITED);
    let mut process = folder.serve();
    let addresses: Vec<String> = (0..20).map(|round| format!("round{round}@example.com")).collect();
    for address in &addresses {
        let page = process.visitor().sign_up(address, PASSWORD).await;
        assert_eq!(page.status, 303, "{}", page.text());
        process.kill();
        process = folder.serve();
    }
    // At the end, since a letter that was being handed over waits until the dead process's lease has run out.
    for address in &addresses {
        let letters = letters(&process, address).await;
        let ids = message_ids(&letters);
        assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "not one letter, or one seen twice: {ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_what_has_begun_and_loses_nothing_that_was_answered() {
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
                // A connection that was refused or closed is no answer; an error page would be one.
                sent.ok().map(|answer| (address, answer.status().as_u16()))
            })
        })
        .collect();
    // Long enough for the first hashes to be under way, too short for all of them.
    tokio::time::sleep(Duration::from_millis(60)).await;
    let (status, printed) = tokio::task::spawn_blocking(move || process.terminate()).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "a stop is no failure");
    assert!(!printed.contains("ERROR") && !printed.contains("closed pool"), "{printed}");
    let mut answered = Vec::new();
    for signup in signups {
        if let Some((address, status)) = signup.await.expect("a signup") {
            assert_eq!(status, 303, "{address}");
            answered.push(address);
        }
    }
    assert!(!answered.is_empty(), "nothing was under way");
    let process = folder.serve();
    for address in answered {
        assert_eq!(letters(&process, &address).await.len(), 1, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_sqlite_file_are_one_site() {
    // One address for both, as behind a proxy: links made by either must meet the other's cookies.
    let folder = Folder::new(UNLIMITED);
    let (one, other) = (folder.serve(), folder.serve());
    for n in 0..5 {
        let address = format!("two{n}@example.com");
        let (here, there) = (one.visitor(), Visitor::new(&other.http));
        assert_eq!(here.sign_up(&address, PASSWORD).await.status, 303);
        let letters = letters(&other, &address).await;
        assert_eq!(letters.len(), 1, "both processes worked the outbox");
        let path = link(&letters[0], &one.http);
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
        assert!(there.is_signed_in().await, "a session holds in both");
    }
    assert_eq!(one.terminate().0.code(), Some(0));
    assert_eq!(other.visitor().get("/readyz").await.json()["status"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_a_restart_since_debug_keeps_the_key_it_made() {
    let folder = Folder::new("");
    let process = folder.serve();
    let visitor = process.visitor();
    assert_eq!(visitor.sign_up("keeper@example.com", PASSWORD).await.status, 303);
    let link = link(&letters(&process, "keeper@example.com").await[0], &process.http);
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
