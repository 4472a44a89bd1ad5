//! `gatepost users`, beside a running server: what an operator may do to an account.

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    disabling_ends_sessions_and_links_until_the_account_is_enabled_again,
    an_operator_starts_an_account_or_a_reset_and_never_knows_the_password,
    accounts_are_listed_shown_and_deleted,
}

fn ran(app: &App, arguments: &[&str]) -> String {
    let output = app.command(arguments);
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {complained}");
    said.into_owned()
}

async fn disabling_ends_sessions_and_links_until_the_account_is_enabled_again(engine: Engine) {
    let app = App::on(engine).real_time().start().await;
    let visitor = app.member("member@example.com").await;
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.letter("member@example.com").await.link();
    ran(&app, &["users", "disable", "member@example.com"]);
    assert!(!visitor.is_signed_in().await);
    assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 422);
    assert_eq!(app.visitor().post(&link, &[("password", "a fresh long password")]).await.status, 410);
    ran(&app, &["users", "enable", "member@example.com"]);
    assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303);
}

async fn an_operator_starts_an_account_or_a_reset_and_never_knows_the_password(engine: Engine) {
    let app = App::on(engine).real_time().start().await;
    ran(&app, &["users", "create", "new@example.com", "--name", "길동", "--locale", "ko"]);
    let letter = app.letter("new@example.com").await;
    let visitor = app.visitor();
    assert_eq!(visitor.get(&letter.link()).await.status, 200);
    assert_eq!(visitor.post(&letter.link(), &[("password", PASSWORD)]).await.location(), "/login");
    assert_eq!(visitor.log_in("new@example.com", PASSWORD).await.status, 303);
    let before = app.letters("new@example.com").await.len();
    ran(&app, &["users", "reset", "new@example.com"]);
    assert!(app.letters("new@example.com").await.len() > before);
    assert!(app.letter("new@example.com").await.link().starts_with("/password/reset/"));
    ran(&app, &["users", "end-sessions", "new@example.com"]);
    assert!(!visitor.is_signed_in().await);
}

async fn accounts_are_listed_shown_and_deleted(engine: Engine) {
    let app = App::on(engine).real_time().start().await;
    app.member("one@example.com").await;
    app.member("two@example.com").await;
    let list: serde_json::Value = serde_json::from_str(&ran(&app, &["users", "list", "--json"])).expect("JSON");
    let list = list.as_array().expect("one array");
    assert_eq!(list.len(), 2);
    for key in ["id", "email", "name", "locale", "created_at", "verified_at", "disabled_at"] {
        assert!(list[0].get(key).is_some(), "{key} is not in {}", list[0]);
    }
    let id = list[0]["id"].as_str().expect("an id");
    let email = list[0]["email"].as_str().expect("an address");
    assert!(ran(&app, &["users", "show", id]).contains(email));
    ran(&app, &["users", "delete", "one@example.com"]);
    assert_eq!(app.visitor().log_in("one@example.com", PASSWORD).await.status, 422);
    let missing = app.command(&["users", "show", "one@example.com"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&missing.stderr).trim().lines().count(), 1, "one clear line");
}
