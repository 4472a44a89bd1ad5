//! Changing the address: nothing changes until the new mailbox confirms, and the old one gets a notice.

use std::time::Duration;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::{Page, Visitor};

on_both_databases! {
    a_new_address_takes_effect_when_it_is_confirmed,
    a_change_to_a_taken_address_looks_the_same_and_changes_nothing,
    a_link_of_one_user_s_change_is_useless_to_another_user,
    a_mistyped_address_learns_nothing_and_loses_its_link_when_the_right_one_is_requested,
    a_pending_change_can_be_sent_again_and_cancelled,
    a_pending_change_is_shown_for_as_long_if_the_address_is_taken,
}

const LATER: Duration = Duration::from_secs(90);

async fn request_change(visitor: &Visitor, address: &str, password: &str) -> Page {
    visitor.post("/account/email", &[("email", address), ("current_password", password)]).await
}

async fn a_new_address_takes_effect_when_it_is_confirmed(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("old@example.com").await;
    let wrong = request_change(&visitor, "new@example.com", "wrong horse battery").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.has_error_at("current_password"));
    assert_eq!(request_change(&visitor, "new@example.com", PASSWORD).await.location(), "/account");
    let link = app.email("new@example.com").await.link();
    assert!(app.email("old@example.com").await.link_if_any().is_none(), "a notice to the old address");
    assert_eq!(app.visitor().log_in("old@example.com", PASSWORD).await.status, 303);
    assert_eq!(app.visitor().log_in("new@example.com", PASSWORD).await.status, 422);
    assert_eq!(app.visitor().get(&link).await.status, 200);
    assert_eq!(visitor.post(&link, &[]).await.location(), "/account");
    assert_eq!(app.visitor().log_in("old@example.com", PASSWORD).await.status, 422);
    assert_eq!(app.visitor().log_in("new@example.com", PASSWORD).await.status, 303);
    assert_eq!(visitor.post(&link, &[]).await.status, 410);
}

async fn a_change_to_a_taken_address_looks_the_same_and_changes_nothing(engine: Engine) {
    let app = App::start(engine).await;
    let (visitor, _other) = (app.member("mine@example.com").await, app.member("theirs@example.com").await);
    let taken = request_change(&visitor, "theirs@example.com", PASSWORD).await;
    let after_taken = visitor.get("/account").await;
    let free = request_change(&visitor, "free@example.com", PASSWORD).await;
    let after_free = visitor.get("/account").await;
    let addresses = ["theirs@example.com", "free@example.com"];
    assert_eq!(taken.shape(&addresses), free.shape(&addresses));
    assert_eq!(after_taken.shape(&addresses), after_free.shape(&addresses));
    let emails = app.emails("theirs@example.com").await;
    assert!(emails.iter().skip(2).all(|email| email.link_if_any().is_none()), "a notice at most");
    assert_eq!(app.visitor().log_in("theirs@example.com", PASSWORD).await.status, 303);
    assert_eq!(app.visitor().log_in("mine@example.com", PASSWORD).await.status, 303);
}

async fn a_link_of_one_user_s_change_is_useless_to_another_user(engine: Engine) {
    let app = App::start(engine).await;
    let (owner, other) = (app.member("owner@example.com").await, app.member("other@example.com").await);
    request_change(&owner, "new@example.com", PASSWORD).await;
    let link = app.email("new@example.com").await.link();
    let page = other.get(&link).await.text();
    assert!(page.contains("logged in as other@example.com") && page.contains("name=\"current_password\""), "{page}");
    assert_eq!(other.post(&link, &[]).await.status, 422, "the form requires the owner's password");
    assert_eq!(app.visitor().post(&link, &[]).await.status, 422);
    assert_eq!(app.visitor().post(&link, &[("current_password", "wrong horse battery")]).await.status, 422);
    assert_eq!(app.visitor().log_in("owner@example.com", PASSWORD).await.status, 303, "nothing has changed");
    assert_eq!(app.visitor().post(&link, &[("current_password", PASSWORD)]).await.status, 303);
    assert_eq!(app.visitor().log_in("new@example.com", PASSWORD).await.status, 303);
}

async fn a_mistyped_address_learns_nothing_and_loses_its_link_when_the_right_one_is_requested(engine: Engine) {
    let app = App::start(engine).await;
    let owner = app.member("owner@example.com").await;
    request_change(&owner, "mistyped@example.com", PASSWORD).await;
    let link = app.email("mistyped@example.com").await.link();
    let page = app.visitor().get(&link).await.text();
    assert!(!page.contains("owner@example.com") && page.contains("o***@example.com"), "{page}");
    assert!(owner.get(&link).await.text().contains("owner@example.com"));
    request_change(&owner, "right@example.com", PASSWORD).await;
    assert_eq!(owner.get(&link).await.status, 410);
    let link = app.email("right@example.com").await.link();
    assert_eq!(owner.post(&link, &[]).await.status, 303);
}

async fn a_pending_change_can_be_sent_again_and_cancelled(engine: Engine) {
    let app = App::start(engine).await;
    let owner = app.member("owner@example.com").await;
    assert!(!owner.get("/account").await.text().contains("/account/email-change/"), "nothing is pending");
    request_change(&owner, "new@example.com", PASSWORD).await;
    let first = app.email("new@example.com").await.link();
    let page = owner.get("/account").await.text();
    assert!(page.contains("new@example.com") && page.contains("action=\"/account/email-change/cancel\""), "{page}");
    assert_eq!(owner.post("/account/email-change/resend", &[]).await.location(), "/account");
    assert_eq!(owner.get("/account").await.flash().as_deref(), Some("resent-already"));
    app.advance(LATER);
    let notices = app.emails("owner@example.com").await.len();
    owner.post("/account/email-change/resend", &[]).await;
    assert_eq!(owner.get("/account").await.flash().as_deref(), Some("email-again"));
    let second = app.email("new@example.com").await.link();
    assert_ne!(first, second);
    assert_eq!(app.emails("owner@example.com").await.len(), notices, "one notice is enough");
    assert_eq!(owner.post("/account/email-change/cancel", &[]).await.location(), "/account");
    let page = owner.get("/account").await;
    assert_eq!(page.flash().as_deref(), Some("email-cancelled"));
    assert!(!page.text().contains("new@example.com"));
    for link in [first, second] {
        assert_eq!(owner.post(&link, &[]).await.status, 410);
    }
    assert_eq!(owner.post("/account/email-change/resend", &[]).await.status, 303, "nothing to send");
    assert_eq!(app.emails("new@example.com").await.len(), 2);
    request_change(&owner, "other@example.com", PASSWORD).await;
    let link = app.email("other@example.com").await.link();
    assert_eq!(owner.post(&link, &[]).await.location(), "/account");
    let browser = app.visitor();
    assert_eq!(browser.log_in("other@example.com", PASSWORD).await.status, 303);
}

/// The account page of a user who has requested `address`, over days.
async fn pending_pages(app: &App, user: &str, address: &str) -> Vec<String> {
    let visitor = app.visitor();
    visitor.post("/login", &[("email", user), ("password", PASSWORD), ("remember", "true")]).await;
    request_change(&visitor, address, PASSWORD).await;
    visitor.get("/account").await;
    let mut pages = Vec::new();
    for hours in [0, 1, 22, 2, 24, 48] {
        app.advance(Duration::from_secs(hours * 3_600));
        app.running().drain().await;
        let page = visitor.get("/account").await.shape(&[user, address]);
        let from = page.find("<h2 id=\"profile\"").expect("a profile");
        let form = page[from..].find("<form class=\"row\"").expect("a form");
        // Sessions, and the user's own id, differ.
        let id = page.split("name=\"user\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("an id");
        pages.push(page[from..from + form].replace(id, "id"));
    }
    pages
}

async fn a_pending_change_is_shown_for_as_long_if_the_address_is_taken(engine: Engine) {
    let app = App::start(engine).await;
    app.member("theirs@example.com").await;
    for user in ["one@example.com", "two@example.com"] {
        app.member(user).await;
    }
    let taken = pending_pages(&app, "one@example.com", "theirs@example.com").await;
    let free = pending_pages(&app, "two@example.com", "free@example.com").await;
    let pending = |pages: &[String]| pages.iter().map(|page| page.contains("email-change")).collect::<Vec<_>>();
    assert_eq!(pending(&taken), [true, true, true, false, false, false]);
    assert_eq!(pending(&free), pending(&taken));
}
