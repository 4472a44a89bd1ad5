//! What somebody may try who does not read the mailbox: come in through another's confirmation, keep a hold on an
//! address that changed hands, reach another's account through a form.

use std::time::Duration;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::Visitor;

on_both_databases! {
    a_link_asked_for_in_another_browser_brings_back_no_stranger_s_name_or_password,
    once_an_address_is_confirmed_every_other_signup_of_it_is_worth_nothing,
    after_a_change_of_address_no_older_link_opens_anything,
    a_changed_address_ends_the_signups_that_waited_for_it,
    the_browser_that_waits_is_not_signed_in_by_another_s_click,
    no_form_reaches_another_s_account,
    pressing_the_button_again_and_again_costs_no_later_letter,
}

const STRANGERS: &str = "the stranger's password";
const LATER: Duration = Duration::from_secs(90);

async fn a_link_asked_for_in_another_browser_brings_back_no_stranger_s_name_or_password(engine: Engine) {
    let app = App::start(engine).await;
    let stranger = app.visitor();
    let fields = [("email", "victim@example.com"), ("password", STRANGERS), ("name", "Planted Name")];
    assert_eq!(stranger.post("/signup", &fields).await.status, 303);
    app.letters("victim@example.com").await;
    app.advance(LATER);
    let owner = app.visitor();
    assert_eq!(owner.post("/verify/resend", &[("email", "victim@example.com")]).await.location(), "/verify");
    let link = app.letter("victim@example.com").await.link();
    // Not even the browser that began it gets the one button: the new link is not its own.
    for visitor in [&owner, &stranger] {
        let page = visitor.get(&link).await.text();
        assert!(page.contains("name=\"password\"") && page.contains("name=\"name\""), "{page}");
        assert!(!page.contains("Planted Name"));
        assert_eq!(visitor.post(&link, &[]).await.status, 422, "a password must be chosen");
    }
    assert_eq!(owner.post(&link, &[("password", PASSWORD)]).await.location(), "/login");
    assert_eq!(owner.log_in("victim@example.com", PASSWORD).await.status, 303);
    assert!(!owner.get("/account").await.text().contains("Planted Name"));
    assert_eq!(stranger.log_in("victim@example.com", STRANGERS).await.status, 422);
}

async fn once_an_address_is_confirmed_every_other_signup_of_it_is_worth_nothing(engine: Engine) {
    let app = App::start(engine).await;
    let (stranger, owner) = (app.visitor(), app.visitor());
    stranger.sign_up("owner@example.com", STRANGERS).await;
    let strangers_link = app.letter("owner@example.com").await.link();
    app.advance(LATER);
    owner.sign_up("owner@example.com", PASSWORD).await;
    assert_eq!(app.confirm(&owner, "owner@example.com").await.location(), "/login");
    assert_eq!(stranger.get(&strangers_link).await.status, 410);
    assert_eq!(stranger.post(&strangers_link, &[("password", STRANGERS)]).await.status, 410);
    app.advance(LATER);
    stranger.post("/verify/resend", &[("email", "owner@example.com")]).await;
    assert!(app.letter("owner@example.com").await.link_if_any().is_none(), "told, not let in");
    assert_eq!(stranger.log_in("owner@example.com", STRANGERS).await.status, 422);
}

async fn ask(visitor: &Visitor, address: &str) {
    let fields = [("email", address), ("current_password", PASSWORD)];
    assert_eq!(visitor.post("/account/email", &fields).await.location(), "/account");
}

async fn after_a_change_of_address_no_older_link_opens_anything(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("old@example.com").await;
    visitor.post("/password/forgot", &[("email", "old@example.com")]).await;
    let reset = app.letter("old@example.com").await.link();
    ask(&visitor, "third@example.com").await;
    let third = app.letter("third@example.com").await.link();
    ask(&visitor, "new@example.com").await;
    let new = app.letter("new@example.com").await.link();
    assert_eq!(visitor.post(&new, &[]).await.location(), "/account");
    for dead in [&reset, &third, &new] {
        assert_eq!(visitor.get(dead).await.status, 410, "{dead}");
        assert_eq!(visitor.post(dead, &[("password", STRANGERS)]).await.status, 410, "{dead}");
    }
    assert!(visitor.get("/account").await.text().contains("new@example.com"));
    assert!(app.letter("old@example.com").await.link_if_any().is_none(), "the old address is told");
}

async fn a_changed_address_ends_the_signups_that_waited_for_it(engine: Engine) {
    let app = App::start(engine).await;
    let (stranger, member) = (app.visitor(), app.member("old@example.com").await);
    stranger.sign_up("new@example.com", STRANGERS).await;
    let strangers_link = app.letter("new@example.com").await.link();
    ask(&member, "new@example.com").await;
    let link = app.letter("new@example.com").await.link();
    assert_eq!(member.post(&link, &[]).await.location(), "/account");
    assert_eq!(stranger.post(&strangers_link, &[]).await.status, 410);
    assert_eq!(stranger.log_in("new@example.com", STRANGERS).await.status, 422);
}

async fn the_browser_that_waits_is_not_signed_in_by_another_s_click(engine: Engine) {
    let app = App::start(engine).await;
    let (waiting, owner) = (app.visitor(), app.visitor());
    waiting.sign_up("owner@example.com", STRANGERS).await;
    let link = app.letter("owner@example.com").await.link();
    assert_eq!(owner.post(&link, &[("password", PASSWORD)]).await.location(), "/login");
    assert!(!waiting.is_signed_in().await && !owner.is_signed_in().await);
    assert_eq!(waiting.get("/verify").await.status, 200);
    assert!(!waiting.is_signed_in().await);
}

async fn no_form_reaches_another_s_account(engine: Engine) {
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
            vec![("current_password", PASSWORD), ("password", STRANGERS), ("email", "other@example.com")],
        ),
        ("/account/sessions/end-others", vec![]),
        ("/account/delete", vec![("current_password", STRANGERS), ("email", "other@example.com")]),
    ] {
        let fields: Vec<_> = fields.into_iter().chain(extra).collect();
        let page = member.post(path, &fields).await;
        assert_eq!(page.status, 303, "{path}: {}", page.text());
    }
    let page = other.get("/account").await;
    assert_eq!(page.status, 200, "still in");
    assert!(!page.text().contains("Renamed") && !page.text().contains("member@example.com"));
    assert_eq!(app.visitor().log_in("other@example.com", PASSWORD).await.status, 303);
    assert_eq!(app.visitor().log_in("member@example.com", STRANGERS).await.status, 422, "that one is gone");
}

async fn pressing_the_button_again_and_again_costs_no_later_letter(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("keen@example.com", PASSWORD).await;
    let before = app.letters("keen@example.com").await.len();
    for _ in 0..8 {
        assert_eq!(visitor.post("/verify/resend", &[("email", "keen@example.com")]).await.location(), "/verify");
    }
    assert_eq!(visitor.get("/verify").await.flash().as_deref(), Some("resent-already"), "and no promise of a letter");
    assert_eq!(app.letters("keen@example.com").await.len(), before, "the minute is not over");
    app.advance(LATER);
    visitor.post("/verify/resend", &[("email", "keen@example.com")]).await;
    assert_eq!(visitor.get("/verify").await.flash().as_deref(), Some("resent"));
    assert_eq!(app.letters("keen@example.com").await.len(), before + 1);
}
