//! What the log says: the lines of a request, of its transaction and of the deliveries that it caused have one id.

use crate::support::process::{Folder, Process};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_the_request_of_a_signup_in_its_transaction_and_in_its_delivery() {
    let folder = Folder::new("");
    let mut command = folder.command(&["serve"]);
    command.env("ROCKET_LOG_LEVEL", "debug");
    let process = Process::start(command).expect("it starts");
    assert_eq!(process.visitor().sign_up("kim@example.com", "correct horse battery").await.status, 303);
    let sent = process.prints("message sent", 1).remove(0);
    let id = quoted(&sent, " request=");
    assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{sent}");
    let request = format!("request{{id=\"{id}\"}}");
    for part in ["enqueued with this transaction", "a request was answered method=POST route=\"/signup\" status=303"] {
        let lines = process.prints(part, 1);
        assert!(lines.iter().any(|line| line.contains(&request)), "{part}: {lines:?}");
    }
    let visited = process.visitor().get("/verify/a-token-in-a-path").await;
    assert!(visited.status < 500);
    process.prints("a request was answered method=GET", 1);
    assert!(!process.printed().contains("a-token-in-a-path"), "{}", process.printed());
}

/// The text in quotes behind `mark`.
fn quoted<'l>(line: &'l str, mark: &str) -> &'l str {
    let behind = line.split_once(mark).unwrap_or_else(|| panic!("{mark} is not in {line}")).1;
    behind.split('"').nth(1).expect("a text in quotes")
}
