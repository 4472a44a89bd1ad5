//! Known and unknown addresses cost the same. The tests count hashes and rows, since a clock would measure the machine.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row as _};

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::Visitor;

on_both_databases! {
    every_form_does_the_same_work_for_known_and_unknown_addresses,
}

/// The number of hashes so far, and of the rows in each table.
async fn work_done(app: &App) -> Vec<i64> {
    let metrics = app.visitor().get("/metrics").await.text();
    let hashes = metrics.lines().find_map(|line| line.strip_prefix("gatepost_password_hashes_total "));
    let mut done = vec![hashes.expect("a count").parse().expect("a number")];
    let mut database = app.database().await;
    for table in ["users", "signups", "links", "sessions", "counters", "outbox"] {
        let sql = format!("select count(*) as rows from {table}");
        done.push(sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut database).await.expect("a count").get("rows"));
    }
    done
}

/// The hashes and rows of one form, without throttles or counters from before.
async fn cost(app: &App, visitor: &Visitor, path: &str, fields: &[(&str, &str)], status: u16) -> Vec<i64> {
    app.advance(Duration::from_secs(3 * 3_600));
    app.advance(Duration::from_secs(22 * 3_600));
    app.running().drain().await;
    if path.starts_with("/account") {
        visitor.log_in("member@example.com", PASSWORD).await;
    }
    let before = work_done(app).await;
    let page = visitor.post(path, fields).await;
    assert_eq!(page.status, status, "{path} {fields:?}: {}", page.text());
    work_done(app).await.iter().zip(before).map(|(after, before)| after - before).collect()
}

async fn every_form_does_the_same_work_for_known_and_unknown_addresses(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    app.member("disabled@example.com").await;
    app.command(&["users", "disable", "disabled@example.com"]);
    app.command(&["users", "create", "invited@example.com"]);
    app.visitor().sign_up("pending@example.com", PASSWORD).await;
    let addresses = [
        "unknown@example.com",
        "member@example.com",
        "pending@example.com",
        "disabled@example.com",
        "invited@example.com",
    ];
    let password = "another long password";
    let mut signups = Vec::new();
    for address in addresses {
        let fields = [("email", address), ("password", password)];
        signups.push(cost(&app, &app.visitor(), "/signup", &fields, 303).await);
    }
    // Every address has a signup by now. The other forms need an unknown one without.
    assert!(signups.iter().all(|cost| *cost == signups[0] && cost[0] == 1 && cost[2] == 1), "{signups:?}");
    let addresses = ["ghost@example.com", addresses[1], addresses[2], addresses[3], addresses[4]];
    for (path, hashes, status) in [("/login", 1, 422), ("/password/forgot", 0, 303), ("/verify/resend", 0, 303)] {
        let mut costs = Vec::new();
        for address in addresses {
            // For a known address these forms write a real signup, for an unknown one a decoy.
            let fields = [("email", address), ("password", password)];
            costs.push(cost(&app, &app.visitor(), path, &fields, status).await);
        }
        assert!(costs.iter().all(|cost| *cost == costs[0] && cost[0] == hashes), "{path}: {costs:?}");
    }
    let member = app.visitor();
    // Each change replaces the one before.
    cost(&app, &member, "/account/email", &[("email", "first@example.com"), ("current_password", PASSWORD)], 303).await;
    let mut changes = Vec::new();
    for address in ["free@example.com", "disabled@example.com", "pending@example.com"] {
        let fields = [("email", address), ("current_password", PASSWORD)];
        changes.push(cost(&app, &member, "/account/email", &fields, 303).await);
    }
    assert!(changes.iter().all(|cost| *cost == changes[0] && cost[0] == 1), "{changes:?}");
}
