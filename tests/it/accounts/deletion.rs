//! Deleting an account deletes its data from every table, and no other account's data.

use sqlx::{AssertSqlSafe, Row as _};

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    an_account_deleted_by_its_owner_leaves_nothing_in_the_database,
    an_account_deleted_by_an_operator_leaves_nothing_in_the_database,
}

/// All columns that may contain an address or a user's id.
const COLUMNS: [(&str, &str); 17] = [
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
    ("outbox", "user_id"),
    ("outbox", "recipients"),
    ("outbox", "payload"),
    ("outbox", "supersedes"),
    ("outbox", "last_error"),
    ("outbox", "reply"),
    ("outbox_attempts", "reply"),
];

/// All values that contain one of `texts`, with table and column.
async fn traces(app: &App, texts: &[&str]) -> Vec<String> {
    let mut database = app.database().await;
    let mut found = Vec::new();
    for (table, column) in COLUMNS {
        let sql = format!("select {column} as value from {table} where {column} is not null");
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut database).await.expect("a column to read") {
            let value: String = row.get("value");
            if texts.iter().any(|text| value.to_lowercase().contains(text)) {
                found.push(format!("{table}.{column}: {value}"));
            }
        }
    }
    found
}

/// Creates an account with a history: an earlier address, a requested one, another person's signups with its addresses,
/// and emails of each kind. Returns the user's id.
async fn account_with_history(app: &App) -> String {
    let visitor = app.visitor();
    visitor.sign_up("Old.Self@example.com", PASSWORD).await;
    app.confirm(&visitor, "Old.Self@example.com").await;
    visitor.log_in("old.self@example.com", PASSWORD).await;
    app.visitor().sign_up("old.self@example.com", "the attacker's password").await;
    let change_to = |address| [("email", address), ("current_password", PASSWORD)];
    visitor.post("/account/email", &change_to("new.self@example.com")).await;
    let link = app.email("new.self@example.com").await.link();
    assert_eq!(visitor.post(&link, &[]).await.location(), "/account");
    app.visitor().sign_up("new.self@example.com", "the attacker's password").await;
    app.visitor().post("/password/forgot", &[("email", "new.self@example.com")]).await;
    visitor.post("/account/email", &change_to("never.mine@example.com")).await;
    assert!(app.emails("never.mine@example.com").await.len() == 1);
    let shown = app.command(&["users", "show", "new.self@example.com", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    shown["id"].as_str().expect("an id").to_owned()
}

const SELF: [&str; 3] = ["old.self@", "new.self@", "never.mine@"];

async fn an_account_deleted_by_its_owner_leaves_nothing_in_the_database(engine: Engine) {
    let app = App::start(engine).await;
    app.member("bystander@example.com").await;
    let id = account_with_history(&app).await;
    let texts = [SELF[0], SELF[1], SELF[2], id.as_str()];
    let before = traces(&app, &texts).await;
    for column in ["users.email", "signups.email", "signups.decoy_for", "links.user_id", "sessions.user_id", "outbox"] {
        assert!(before.iter().any(|trace| trace.starts_with(column)), "{column} is not in {before:#?}");
    }
    let bystander = traces(&app, &["bystander@"]).await;
    let visitor = app.visitor();
    visitor.log_in("new.self@example.com", PASSWORD).await;
    assert_eq!(visitor.post("/account/delete", &[("current_password", PASSWORD)]).await.location(), "/");
    assert_eq!(traces(&app, &texts).await, Vec::<String>::new());
    assert_eq!(traces(&app, &["bystander@"]).await, bystander, "other accounts are unchanged");
    app.running().drain().await;
    assert_eq!(traces(&app, &texts).await, Vec::<String>::new(), "the delivery worker restores nothing");
}

async fn an_account_deleted_by_an_operator_leaves_nothing_in_the_database(engine: Engine) {
    let app =
        App::on(engine).real_time().settings("[default.accounts.limits]\nemails_per_address_and_client = \"off\"");
    let app = app.start().await;
    let id = account_with_history(&app).await;
    let sent = app.command(&["mail", "list", "--json"]);
    assert!(String::from_utf8_lossy(&sent.stdout).contains("new.self@"));
    assert!(app.command(&["users", "delete", "new.self@example.com"]).status.success());
    let texts = [SELF[0], SELF[1], SELF[2], id.as_str()];
    assert_eq!(traces(&app, &texts).await, Vec::<String>::new());
    let sent = app.command(&["mail", "list", "--json"]);
    assert!(!String::from_utf8_lossy(&sent.stdout).contains("self@"));
}
