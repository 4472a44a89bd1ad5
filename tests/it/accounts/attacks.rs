//! Attempts by someone who cannot read the mailbox: entering through another person's confirmation, keeping access to
//! an address that has a new owner, reaching another account through a form.

use std::time::Duration;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::Visitor;

on_both_databases! {
    a_link_requested_in_another_browser_uses_no_name_or_password_of_the_first_signup,
    confirming_an_address_invalidates_all_other_signups_of_it,
    an_address_change_invalidates_all_older_links,
    an_address_change_invalidates_pending_signups_of_the_new_address,
    a_waiting_browser_is_not_signed_in_by_a_confirmation_elsewhere,
    no_form_reaches_another_user_s_account,
    repeated_resend_requests_do_not_block_a_later_email,
}

const ATTACKERS_PASSWORD: &str = "the attacker's password";
const LATER: Duration = Duration::from_secs(90);

async fn a_link_requested_in_another_browser_uses_no_name_or_password_of_the_first_signup(engine: Engine) {
    let app = App::start(engine).await;
    let attacker = app.visitor();
    let fields = [("email", "victim@example.com"), ("password", ATTACKERS_PASSWORD), ("name", "Planted Name")];
    assert_eq!(attacker.post("/signup", &fields).await.status, 303);
    app.emails("victim@example.com").await;
    app.advance(LATER);
    let owner = app.visitor();
    assert_eq!(owner.post("/verify/resend", &[("email", "victim@example.com")]).await.location(), "/verify");
    let link = app.email("victim@example.com").await.link();
    // The new link is not bound to the browser that signed up either, so that browser gets no single button.
    for visitor in [&owner, &attacker] {
        let page = visitor.get(&link).await.text();
        assert!(page.contains("name=\"password\"") && page.contains("name=\"name\""), "{page}");
        assert!(!page.contains("Planted Name"));
        assert_eq!(visitor.post(&link, &[]).await.status, 422, "a password must be chosen");
    }
    assert_eq!(owner.post(&link, &[("password", PASSWORD)]).await.location(), "/login");
    assert_eq!(owner.log_in("victim@example.com", PASSWORD).await.status, 303);
    assert!(!owner.get("/account").await.text().contains("Planted Name"));
    assert_eq!(attacker.log_in("victim@example.com", ATTACKERS_PASSWORD).await.status, 422);
}

async fn confirming_an_address_invalidates_all_other_signups_of_it(engine: Engine) {
    let app = App::start(engine).await;
    let (attacker, owner) = (app.visitor(), app.visitor());
    attacker.sign_up("owner@example.com", ATTACKERS_PASSWORD).await;
    let attackers_link = app.email("owner@example.com").await.link();
    app.advance(LATER);
    owner.sign_up("owner@example.com", PASSWORD).await;
    assert_eq!(app.confirm(&owner, "owner@example.com").await.location(), "/login");
    assert_eq!(attacker.get(&attackers_link).await.status, 410);
    assert_eq!(attacker.post(&attackers_link, &[("password", ATTACKERS_PASSWORD)]).await.status, 410);
    app.advance(LATER);
    attacker.post("/verify/resend", &[("email", "owner@example.com")]).await;
    assert!(app.email("owner@example.com").await.link_if_any().is_none(), "a notice without a link");
    assert_eq!(attacker.log_in("owner@example.com", ATTACKERS_PASSWORD).await.status, 422);
}

async fn request_change(visitor: &Visitor, address: &str) {
    let fields = [("email", address), ("current_password", PASSWORD)];
    assert_eq!(visitor.post("/account/email", &fields).await.location(), "/account");
}

async fn an_address_change_invalidates_all_older_links(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("old@example.com").await;
    visitor.post("/password/forgot", &[("email", "old@example.com")]).await;
    let reset = app.email("old@example.com").await.link();
    request_change(&visitor, "third@example.com").await;
    let third = app.email("third@example.com").await.link();
    request_change(&visitor, "new@example.com").await;
    let new = app.email("new@example.com").await.link();
    assert_eq!(visitor.post(&new, &[]).await.location(), "/account");
    for dead in [&reset, &third, &new] {
        assert_eq!(visitor.get(dead).await.status, 410, "{dead}");
        assert_eq!(visitor.post(dead, &[("password", ATTACKERS_PASSWORD)]).await.status, 410, "{dead}");
    }
    assert!(visitor.get("/account").await.text().contains("new@example.com"));
    assert!(app.email("old@example.com").await.link_if_any().is_none(), "the old address gets a notice");
}

async fn an_address_change_invalidates_pending_signups_of_the_new_address(engine: Engine) {
    let app = App::start(engine).await;
    let (attacker, member) = (app.visitor(), app.member("old@example.com").await);
    attacker.sign_up("new@example.com", ATTACKERS_PASSWORD).await;
    let attackers_link = app.email("new@example.com").await.link();
    request_change(&member, "new@example.com").await;
    let link = app.email("new@example.com").await.link();
    assert_eq!(member.post(&link, &[]).await.location(), "/account");
    assert_eq!(attacker.post(&attackers_link, &[]).await.status, 410);
    assert_eq!(attacker.log_in("new@example.com", ATTACKERS_PASSWORD).await.status, 422);
}

async fn a_waiting_browser_is_not_signed_in_by_a_confirmation_elsewhere(engine: Engine) {
    let app = App::start(engine).await;
    let (waiting, owner) = (app.visitor(), app.visitor());
    waiting.sign_up("owner@example.com", ATTACKERS_PASSWORD).await;
    let link = app.email("owner@example.com").await.link();
    assert_eq!(owner.post(&link, &[("password", PASSWORD)]).await.location(), "/login");
    assert!(!waiting.is_signed_in().await && !owner.is_signed_in().await);
    assert_eq!(waiting.get("/verify").await.status, 200);
    assert!(!waiting.is_signed_in().await);
}

async fn no_form_reaches_another_user_s_account(engine: Engine) {
    let app = App::start(engine).await;
    let (member, other) = (app.member("member@example.com").await, app.member("other@example.com").await);
    let listed = app.command(&["users", "show", "other@example.com", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let id = shown["id"].as_str().expect("an id");
    let extra = [("user_id", id), ("id", id), ("email_verified", "1"), ("is_active", "1"), ("role", "admin")];
    for (path, fields) in [
        ("/account/name", vec![("name", "Renamed"), ("email", "other@example.com")]),
        (
            "/account/password",
            vec![("current_password", PASSWORD), ("password", ATTACKERS_PASSWORD), ("email", "other@example.com")],
        ),
        ("/account/sessions/end-others", vec![]),
        ("/account/delete", vec![("current_password", ATTACKERS_PASSWORD), ("email", "other@example.com")]),
    ] {
        let fields: Vec<_> = fields.into_iter().chain(extra).collect();
        let page = member.post(path, &fields).await;
        assert_eq!(page.status, 303, "{path}: {}", page.text());
    }
    let page = other.get("/account").await;
    assert_eq!(page.status, 200, "still signed in");
    assert!(!page.text().contains("Renamed") && !page.text().contains("member@example.com"));
    assert_eq!(app.visitor().log_in("other@example.com", PASSWORD).await.status, 303);
    assert_eq!(
        app.visitor().log_in("member@example.com", ATTACKERS_PASSWORD).await.status,
        422,
        "that account was deleted"
    );
}

async fn repeated_resend_requests_do_not_block_a_later_email(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("keen@example.com", PASSWORD).await;
    let before = app.emails("keen@example.com").await.len();
    for _ in 0..8 {
        assert_eq!(visitor.post("/verify/resend", &[("email", "keen@example.com")]).await.location(), "/verify");
    }
    assert_eq!(visitor.get("/verify").await.flash().as_deref(), Some("resent-already"), "the page announces no email");
    assert_eq!(app.emails("keen@example.com").await.len(), before, "the interval has not passed");
    app.advance(LATER);
    visitor.post("/verify/resend", &[("email", "keen@example.com")]).await;
    assert_eq!(visitor.get("/verify").await.flash().as_deref(), Some("resent"));
    assert_eq!(app.emails("keen@example.com").await.len(), before + 1);
}
