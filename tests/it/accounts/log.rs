//! The log contains no passwords, tokens, cookies or whole addresses, from signup to logout.

use crate::support::app::PASSWORD;
use crate::support::process::{Folder, Process};

const ADDRESS: &str = "secretive.person@example.com";
const NEW_ADDRESS: &str = "moved.elsewhere@example.com";

/// Path of the link for `purpose` in the newest email to `address`.
async fn link(process: &Process, address: &str, purpose: &str) -> String {
    let path = format!("/dev/inbox/api/v1/wait?query=to%3A%22{address}%22&timeout=60s&count=");
    for count in 1..10 {
        let messages = process.visitor().get(&format!("{path}{count}")).await.json();
        for message in messages["messages"].as_array().expect("messages") {
            let parts = message["Text"].as_str().unwrap_or_default().split_whitespace();
            let mut links = parts.filter_map(|part| part.strip_prefix(process.http.as_str()));
            if let Some(link) = links.find(|link| link.starts_with(purpose) && link.len() > purpose.len() + 20) {
                return link.to_owned();
            }
        }
    }
    panic!("no email with {purpose} to {address}");
}

fn token(link: &str) -> String {
    link.rsplit('/').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_contains_no_secret_and_no_whole_address() {
    for level in ["log_level = \"debug\"\n", ""] {
        log_all_operations(level).await;
    }
}

/// Uses an account from signup to logout and checks the log. The default level includes security events too.
async fn log_all_operations(level: &str) {
    let folder = Folder::new(&format!("[default]\n{level}"));
    let process = folder.serve();
    let visitor = process.visitor();
    let fields = [("email", ADDRESS), ("password", PASSWORD), ("name", "forged\nINFO line")];
    assert_eq!(visitor.post("/signup", &fields).await.status, 422, "no name breaks a line");
    assert_eq!(visitor.sign_up(ADDRESS, PASSWORD).await.status, 303);
    let binding = visitor.cookie("gatepost-signup").expect("a binding");
    let verify = link(&process, ADDRESS, "/verify/").await;
    assert_eq!(visitor.get(&verify).await.status, 200);
    assert_eq!(visitor.post(&verify, &[]).await.status, 303);
    assert_eq!(visitor.log_in(ADDRESS, "wrong horse battery").await.status, 422);
    assert_eq!(visitor.log_in("bad\n2026 INFO forged@example.com", "wrong horse battery").await.status, 422);
    assert_eq!(visitor.log_in(ADDRESS, PASSWORD).await.status, 303);
    let session = visitor.cookie("gatepost-session").expect("a session");
    visitor.post("/password/forgot", &[("email", ADDRESS)]).await;
    let reset = link(&process, ADDRESS, "/password/reset/").await;
    assert_eq!(visitor.post(&reset, &[("password", "a fresh long password")]).await.status, 303);
    assert_eq!(visitor.log_in(ADDRESS, "a fresh long password").await.status, 303);
    visitor.post("/account/email", &[("email", NEW_ADDRESS), ("current_password", "a fresh long password")]).await;
    let change = link(&process, NEW_ADDRESS, "/account/email/").await;
    assert_eq!(visitor.post(&change, &[]).await.status, 303);
    assert_eq!(visitor.get("/verify/%00%0aforged").await.status / 100, 4);

    assert_eq!(process.visitor().get("/account").await.status, 303);
    let cross_site = visitor.request(reqwest::Method::POST, "/logout").header("origin", "https://evil.example\tforged");
    assert_eq!(visitor.send(cross_site).await.status, 403);
    let wrong = [("email", ADDRESS), ("current_password", "wrong horse battery")];
    assert_eq!(visitor.post("/account/email", &wrong).await.status, 422);
    while visitor.post("/password/forgot", &[("email", ADDRESS)]).await.status == 303 {}
    assert_eq!(visitor.post("/logout", &[]).await.status, 303);

    let (_, log) = process.terminate();
    assert!(!log.contains("guard"), "a visitor without a session is not logged:\n{log}");
    let tokens = [token(&verify), token(&reset), token(&change)];
    let secrets = [PASSWORD, "wrong horse battery", "a fresh long password", ADDRESS, NEW_ADDRESS, &binding, &session];
    for secret in secrets.into_iter().chain(tokens.iter().map(String::as_str)) {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    assert!(!log.lines().any(|line| line.starts_with("2026 INFO")), "a forged line:\n{log}");
    // The security events are logged.
    let events = [
        "a login failed",
        "a login succeeded",
        "a password was reset",
        "an address change was requested",
        "a cross-site request was rejected",
        "a current password was wrong",
        "a user logged out",
        "throttled",
        "***@example.com",
    ];
    for wanted in events {
        assert!(log.contains(wanted), "{wanted} is not in the log:\n{log}");
    }
}
