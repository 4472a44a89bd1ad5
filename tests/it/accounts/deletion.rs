//! The end of an account: its data is gone from every table, and nobody else's is.

use sqlx::{AssertSqlSafe, Row as _};

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    nothing_of_an_account_that_its_owner_deleted_is_left_in_the_database,
    nothing_of_an_account_that_an_operator_deleted_is_left_in_the_database,
}

/// Every column that may hold an address or a user's id.
const PLACES: [(&str, &str); 17] = [
    ("users", "id"),
    ("users", "email"),
    ("users", "email_key"),
    ("signups", "email"),
    ("signups", "email_key"),
    ("signups", "decoy_for"),
    ("links", "user_id"),
    ("links", "new_email"),
    ("sessions", "user_id"),
    ("counters", "key"),
    ("outbox", "about"),
    ("outbox", "recipients"),
    ("outbox", "payload"),
    ("outbox", "supersedes"),
    ("outbox", "last_error"),
    ("outbox", "reply"),
    ("outbox_attempts", "words"),
];

/// Where any of these words stands.
async fn traces(app: &App, words: &[&str]) -> Vec<String> {
    let mut database = app.database().await;
    let mut found = Vec::new();
    for (table, column) in PLACES {
        let sql = format!("select {column} as held from {table} where {column} is not null");
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut database).await.expect("a column to read") {
            let held: String = row.get("held");
            if words.iter().any(|word| held.to_lowercase().contains(word)) {
                found.push(format!("{table}.{column}: {held}"));
            }
        }
    }
    found
}

/// An account with a past: an address it gave up, one it asked for, somebody who tried to sign up with its address,
/// letters of each kind. Returns its id.
async fn a_life(app: &App) -> String {
    let visitor = app.visitor();
    visitor.sign_up("Old.Self@example.com", PASSWORD).await;
    app.confirm(&visitor, "Old.Self@example.com").await;
    visitor.log_in("old.self@example.com", PASSWORD).await;
    app.visitor().sign_up("old.self@example.com", "the stranger's password").await;
    let ask = |address| [("email", address), ("current_password", PASSWORD)];
    visitor.post("/account/email", &ask("new.self@example.com")).await;
    let link = app.letter("new.self@example.com").await.link();
    assert_eq!(visitor.post(&link, &[]).await.location(), "/account");
    app.visitor().sign_up("new.self@example.com", "the stranger's password").await;
    app.visitor().post("/password/forgot", &[("email", "new.self@example.com")]).await;
    visitor.post("/account/email", &ask("never.mine@example.com")).await;
    assert!(app.letters("never.mine@example.com").await.len() == 1);
    let shown = app.command(&["users", "show", "new.self@example.com", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    shown["id"].as_str().expect("an id").to_owned()
}

const SELF: [&str; 3] = ["old.self@", "new.self@", "never.mine@"];

async fn nothing_of_an_account_that_its_owner_deleted_is_left_in_the_database(engine: Engine) {
    let app = App::start(engine).await;
    app.member("bystander@example.com").await;
    let id = a_life(&app).await;
    let words = [SELF[0], SELF[1], SELF[2], id.as_str()];
    let before = traces(&app, &words).await;
    for place in ["users.email", "signups.email", "signups.decoy_for", "links.user_id", "sessions.user_id", "outbox"] {
        assert!(before.iter().any(|trace| trace.starts_with(place)), "{place} is not in {before:#?}");
    }
    let bystander = traces(&app, &["bystander@"]).await;
    let visitor = app.visitor();
    visitor.log_in("new.self@example.com", PASSWORD).await;
    assert_eq!(visitor.post("/account/delete", &[("current_password", PASSWORD)]).await.location(), "/");
    assert_eq!(traces(&app, &words).await, Vec::<String>::new());
    assert_eq!(traces(&app, &["bystander@"]).await, bystander, "nobody else's");
    app.running().drain().await;
    assert_eq!(traces(&app, &words).await, Vec::<String>::new(), "nor does a worker bring anything back");
}

async fn nothing_of_an_account_that_an_operator_deleted_is_left_in_the_database(engine: Engine) {
    let app =
        App::on(engine).real_time().settings("[default.accounts.limits]\nletters_per_address_and_client = \"off\"");
    let app = app.start().await;
    let id = a_life(&app).await;
    let sent = app.command(&["mail", "list", "--json"]);
    assert!(String::from_utf8_lossy(&sent.stdout).contains("new.self@"));
    assert!(app.command(&["users", "delete", "new.self@example.com"]).status.success());
    let words = [SELF[0], SELF[1], SELF[2], id.as_str()];
    assert_eq!(traces(&app, &words).await, Vec::<String>::new());
    let sent = app.command(&["mail", "list", "--json"]);
    assert!(!String::from_utf8_lossy(&sent.stdout).contains("self@"));
}
