//! Throttles slow down guessing and mailing, and cannot be used to lock other users out.

use std::time::Duration;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::Visitor;

on_both_databases! {
    after_five_wrong_passwords_the_right_one_is_throttled_too,
    a_quota_over_all_clients_is_exact_and_then_allows_one_attempt_per_interval,
    too_many_signups_of_one_client_are_throttled_and_its_sessions_continue,
    other_clients_can_neither_lock_an_address_nor_use_up_its_emails,
    x_forwarded_for_is_trusted_only_from_a_configured_proxy,
}

/// A client at this address, behind the proxy on localhost.
fn from(app: &App, address: &str) -> Visitor {
    app.visitor().with("x-forwarded-for", address)
}

const PROXY: &str = "[default]\ntrusted_proxies = [\"127.0.0.1\"]";

async fn after_five_wrong_passwords_the_right_one_is_throttled_too(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitor = app.visitor();
    for _ in 0..5 {
        assert_eq!(visitor.log_in("member@example.com", "wrong horse battery").await.status, 422);
    }
    let throttled = visitor.log_in("member@example.com", PASSWORD).await;
    assert_eq!(throttled.status, 429);
    assert!(throttled.header("retry-after").parse::<u64>().is_ok_and(|wait| (1..=300).contains(&wait)));
    assert!(throttled.text().contains("<h1"), "a page");
    app.advance(Duration::from_secs(301));
    assert_eq!(visitor.log_in("member@example.com", PASSWORD).await.status, 303);
}

async fn a_quota_over_all_clients_is_exact_and_then_allows_one_attempt_per_interval(engine: Engine) {
    let settings = format!("{PROXY}\n[default.accounts.limits]\nlogin_failures_per_address = \"4/40s\"");
    let app = App::on(engine).settings(&settings).start().await;
    let mut client = 0;
    let mut attempt = async |password: &str| {
        client += 1;
        from(&app, &format!("198.51.100.{client}")).log_in("ghost@example.com", password).await
    };
    for _ in 0..4 {
        assert_eq!(attempt("wrong horse battery").await.status, 422);
    }
    let page = attempt("wrong horse battery").await;
    assert_eq!((page.status, page.header("retry-after")), (429, "10"), "the fifth waits for an interval of 40 s / 4");
    app.advance(Duration::from_secs(11));
    assert_eq!(attempt("wrong horse battery").await.status, 422, "delayed, not locked");
    assert_eq!(attempt("wrong horse battery").await.status, 429);
}

async fn too_many_signups_of_one_client_are_throttled_and_its_sessions_continue(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts.limits]\nsignups_per_client = \"3/1h\"").start().await;
    let member = app.member("member@example.com").await;
    for n in 0..2 {
        assert_eq!(app.visitor().sign_up(&format!("n{n}@example.com"), PASSWORD).await.status, 303);
    }
    let page = app.visitor().sign_up("last@example.com", PASSWORD).await;
    assert_eq!(page.status, 429);
    assert!(!page.header("retry-after").is_empty());
    assert!(member.is_signed_in().await);
    assert!(app.emails("last@example.com").await.is_empty());
}

async fn other_clients_can_neither_lock_an_address_nor_use_up_its_emails(engine: Engine) {
    let app = App::on(engine).settings(PROXY).start().await;
    let owner = from(&app, "203.0.113.7");
    owner.sign_up("owner@example.com", PASSWORD).await;
    app.confirm(&owner, "owner@example.com").await;
    owner.log_in("owner@example.com", PASSWORD).await;
    owner.post("/logout", &[]).await;
    for client in 0..8 {
        let attacker = from(&app, &format!("198.51.100.{client}"));
        for _ in 0..5 {
            attacker.log_in("owner@example.com", "wrong horse battery").await;
            attacker.post("/password/forgot", &[("email", "owner@example.com")]).await;
        }
    }
    assert_eq!(owner.log_in("owner@example.com", PASSWORD).await.status, 303, "this browser has logged in before");
    let before = app.emails("owner@example.com").await.len();
    owner.post("/password/forgot", &[("email", "owner@example.com")]).await;
    let emails = app.emails("owner@example.com").await;
    assert_eq!(emails.len(), before + 1, "the owner's own email is still sent");
}

async fn x_forwarded_for_is_trusted_only_from_a_configured_proxy(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    for n in 0..5 {
        from(&app, &format!("198.51.100.{n}")).log_in("member@example.com", "wrong horse battery").await;
    }
    let elsewhere = from(&app, "203.0.113.9").log_in("member@example.com", PASSWORD).await;
    assert_eq!(elsewhere.status, 429, "the header does not change the client");
}
