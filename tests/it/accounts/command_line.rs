//! `gatepost users` with a running server: an operator's operations on accounts.

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    disabling_an_account_ends_sessions_and_links_until_it_is_enabled,
    an_operator_creates_an_account_or_starts_a_reset_without_a_password,
    accounts_are_listed_shown_and_deleted,
}

fn run(app: &App, arguments: &[&str]) -> String {
    let output = app.command(arguments);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    stdout.into_owned()
}

async fn disabling_an_account_ends_sessions_and_links_until_it_is_enabled(engine: Engine) {
    let app = App::on(engine).real_time().start().await;
    let visitor = app.member("member@example.com").await;
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.email("member@example.com").await.link();
    run(&app, &["users", "disable", "member@example.com"]);
    assert!(!visitor.is_signed_in().await);
    assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 422);
    assert_eq!(app.visitor().post(&link, &[("password", "a fresh long password")]).await.status, 410);
    run(&app, &["users", "enable", "member@example.com"]);
    assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303);
}

async fn an_operator_creates_an_account_or_starts_a_reset_without_a_password(engine: Engine) {
    let app = App::on(engine).real_time().start().await;
    run(&app, &["users", "create", "new@example.com", "--name", "길동", "--locale", "ko"]);
    let email = app.email("new@example.com").await;
    let visitor = app.visitor();
    assert_eq!(visitor.get(&email.link()).await.status, 200);
    assert_eq!(visitor.post(&email.link(), &[("password", PASSWORD)]).await.location(), "/login");
    assert_eq!(visitor.log_in("new@example.com", PASSWORD).await.status, 303);
    let before = app.emails("new@example.com").await.len();
    run(&app, &["users", "reset", "new@example.com"]);
    assert!(app.emails("new@example.com").await.len() > before);
    assert!(app.email("new@example.com").await.link().starts_with("/password/reset/"));
    run(&app, &["users", "create", "other@example.com"]);
    run(&app, &["users", "disable", "other@example.com"]);
    for command in ["reset", "resend"] {
        let refused = app.command(&["users", command, "other@example.com"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && said.contains("enable the account first"), "{command}: {said}");
    }
    run(&app, &["users", "end-sessions", "new@example.com"]);
    assert!(!visitor.is_signed_in().await);
}

async fn accounts_are_listed_shown_and_deleted(engine: Engine) {
    let app = App::on(engine).real_time().start().await;
    app.member("one@example.com").await;
    app.member("two@example.com").await;
    let list: serde_json::Value = serde_json::from_str(&run(&app, &["users", "list", "--json"])).expect("JSON");
    let list = list.as_array().expect("one array");
    assert_eq!(list.len(), 2);
    for key in ["id", "email", "name", "locale", "created_at", "verified_at", "disabled_at"] {
        assert!(list[0].get(key).is_some(), "{key} is not in {}", list[0]);
    }
    let id = list[0]["id"].as_str().expect("an id");
    let email = list[0]["email"].as_str().expect("an address");
    assert!(run(&app, &["users", "show", id]).contains(email));
    run(&app, &["users", "delete", "one@example.com"]);
    assert_eq!(app.visitor().log_in("one@example.com", PASSWORD).await.status, 422);
    let missing = app.command(&["users", "show", "one@example.com"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&missing.stderr).trim().lines().count(), 1, "one clear line");
}
