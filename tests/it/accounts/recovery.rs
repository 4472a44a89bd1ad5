//! The forgotten password and the changed one: who may, what ends with it, and that nobody learns who has an account.

use std::time::Duration;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    a_forgotten_password_is_asked_for_with_the_same_answer_whoever_the_address_belongs_to,
    a_reset_link_is_inert_until_used_and_ends_every_session,
    two_links_used_at_once_set_one_password,
    a_weak_new_password_leaves_the_link_usable,
    a_reset_link_dies_with_its_age_with_a_newer_use_and_with_a_changed_password,
    changing_the_password_needs_the_current_one_and_ends_the_other_sessions,
    deleting_the_account_needs_the_password_and_leaves_nothing,
}

const NEW: &str = "a fresh long password";

async fn a_forgotten_password_is_asked_for_with_the_same_answer_whoever_the_address_belongs_to(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    app.visitor().sign_up("pending@example.com", PASSWORD).await;
    app.advance(Duration::from_secs(90));
    let mut shapes = Vec::new();
    for address in ["unknown@example.com", "member@example.com", "pending@example.com"] {
        let before = app.letters(address).await.len();
        let visitor = app.visitor();
        let page = visitor.post("/password/forgot", &[("email", address)]).await;
        shapes.push(page.shape(&[address]) + &visitor.get("/password/forgot/sent").await.shape(&[address]));
        let letters = app.letters(address).await;
        let link = letters[before..].iter().find_map(|letter| letter.link_if_any()).unwrap_or_default();
        match address {
            "unknown@example.com" => assert!(letters.is_empty()),
            "member@example.com" => assert!(link.starts_with("/password/reset/"), "{link}"),
            _ => assert!(link.starts_with("/verify/"), "its signup's letter instead: {link}"),
        }
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(shapes[0], shapes[2]);
    assert_eq!(app.visitor().post("/password/forgot", &[("email", "nobody@")]).await.status, 422);
}

async fn a_reset_link_is_inert_until_used_and_ends_every_session(engine: Engine) {
    let app = App::start(engine).await;
    let (one, other) = (app.member("member@example.com").await, app.visitor());
    other.log_in("member@example.com", PASSWORD).await;
    let visitor = app.visitor();
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.letter("member@example.com").await.link();
    for _ in 0..5 {
        assert_eq!(app.visitor().get(&link).await.status, 200);
    }
    assert!(one.is_signed_in().await && other.is_signed_in().await);
    assert_eq!(visitor.post(&link, &[("password", NEW)]).await.location(), "/login");
    assert!(!one.is_signed_in().await && !other.is_signed_in().await && !visitor.is_signed_in().await);
    assert_eq!(visitor.log_in("member@example.com", PASSWORD).await.status, 422);
    assert_eq!(visitor.log_in("member@example.com", NEW).await.status, 303);
    assert_eq!(visitor.post(&link, &[("password", "and another one again")]).await.status, 410);
    let notice = app.letter("member@example.com").await;
    assert!(notice.link_if_any().is_none(), "a notice without a token: {}", notice.text());
}

async fn two_links_used_at_once_set_one_password(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitor = app.visitor();
    let mut links = Vec::new();
    for _ in 0..4 {
        visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
        links.push(app.letter("member@example.com").await.link());
        app.advance(Duration::from_secs(90));
    }
    let passwords: Vec<String> = (0..links.len()).map(|n| format!("{NEW} number {n}")).collect();
    let fields: Vec<_> = passwords.iter().map(|password| [("password", password.as_str())]).collect();
    let uses = links.iter().zip(&fields).map(|(link, fields)| visitor.post(link, fields));
    let statuses: Vec<u16> = futures::future::join_all(uses).await.iter().map(|page| page.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 410].contains(status)), "{statuses:?}");
    let winner = statuses.iter().position(|status| *status == 303).expect("one");
    assert_eq!(app.visitor().log_in("member@example.com", &passwords[winner]).await.status, 303);
}

async fn a_weak_new_password_leaves_the_link_usable(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitor = app.visitor();
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.letter("member@example.com").await.link();
    let weak = visitor.post(&link, &[("password", "short")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.has_error_at("password"));
    assert_eq!(visitor.post(&link, &[("password", NEW)]).await.status, 303);
}

async fn a_reset_link_dies_with_its_age_with_a_newer_use_and_with_a_changed_password(engine: Engine) {
    let app = App::start(engine).await;
    let member = app.member("member@example.com").await;
    let visitor = app.visitor();
    let mut links = Vec::new();
    for _ in 0..3 {
        app.advance(Duration::from_secs(90));
        visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
        links.push(app.letter("member@example.com").await.link());
    }
    let fields = [("current_password", PASSWORD), ("password", NEW)];
    assert_eq!(member.post("/account/password", &fields).await.location(), "/account");
    for link in &links {
        assert_eq!(visitor.post(link, &[("password", "and another one again")]).await.status, 410);
    }
    app.advance(Duration::from_secs(90));
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.letter("member@example.com").await.link();
    app.advance(Duration::from_secs(31 * 60));
    assert_eq!(visitor.get(&link).await.status, 410, "half an hour");
}

async fn changing_the_password_needs_the_current_one_and_ends_the_other_sessions(engine: Engine) {
    let app = App::start(engine).await;
    let (here, there) = (app.member("member@example.com").await, app.visitor());
    there.log_in("member@example.com", PASSWORD).await;
    let wrong = here.post("/account/password", &[("current_password", "wrong horse battery"), ("password", NEW)]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.has_error_at("current_password"));
    let before = here.cookie("gatepost-session");
    let fields = [("current_password", PASSWORD), ("password", NEW)];
    assert_eq!(here.post("/account/password", &fields).await.location(), "/account");
    assert!(here.is_signed_in().await && here.cookie("gatepost-session") != before, "renewed");
    assert!(!there.is_signed_in().await);
    assert_eq!(app.visitor().log_in("member@example.com", NEW).await.status, 303);
    assert!(app.letter("member@example.com").await.link_if_any().is_none(), "a notice");
    let known = app.visitor().get("/.well-known/change-password").await;
    assert_eq!((known.status, known.location()), (303, "/account/password"));
    let nothing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(app.visitor().get(nothing).await.status, 404);
}

async fn deleting_the_account_needs_the_password_and_leaves_nothing(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let wrong = visitor.post("/account/delete", &[("current_password", "wrong horse battery")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(visitor.post("/account/delete", &[("current_password", PASSWORD)]).await.location(), "/");
    assert!(!visitor.is_signed_in().await);
    assert_eq!(visitor.log_in("member@example.com", PASSWORD).await.status, 422);
    app.advance(Duration::from_secs(90));
    visitor.sign_up("member@example.com", NEW).await;
    assert_eq!(app.confirm(&visitor, "member@example.com").await.location(), "/login", "the address is free again");
}
