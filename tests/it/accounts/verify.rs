//! The verification link: it changes nothing until its button is pressed, works once, expires, and requires access to
//! the mailbox.

use std::time::Duration;

use reqwest::Method;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    opening_the_link_changes_nothing_however_often_and_in_any_browser,
    the_browser_that_signed_up_confirms_with_one_button_and_is_not_signed_in,
    a_form_submitted_twice_leaves_one_link_that_confirms_the_latest_data,
    a_link_is_unusable_once_its_address_has_an_account,
    a_link_works_once,
    another_browser_must_choose_the_password_and_the_signup_s_own_never_works,
    an_expired_link_is_rejected_and_a_new_one_works,
    using_a_new_link_invalidates_the_older_ones,
    two_concurrent_requests_send_one_email_and_a_later_request_another,
    a_resend_looks_the_same_for_every_address,
    twenty_concurrent_confirmations_create_one_account,
    an_unconfirmed_signup_expires,
    a_manipulated_link_gets_an_error_page_and_never_a_server_error,
}

const LATER: Duration = Duration::from_secs(90);

async fn opening_the_link_changes_nothing_however_often_and_in_any_browser(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    let link = app.email("new@example.com").await.link();
    let scanner = app.visitor().with("user-agent", "LinkScanner/1.0");
    for _ in 0..3 {
        let page = scanner.get(&link).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("<button"), "a button to press");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(scanner.send(scanner.request(Method::HEAD, &link)).await.status, 200);
    }
    assert_eq!(visitor.log_in("new@example.com", PASSWORD).await.status, 422);
    assert_eq!(visitor.post(&link, &[]).await.location(), "/login");
}

async fn the_browser_that_signed_up_confirms_with_one_button_and_is_not_signed_in(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.post("/signup", &[("email", "new@example.com"), ("password", PASSWORD), ("next", "/account/email")]).await;
    let link = app.email("new@example.com").await.link();
    assert!(!visitor.get(&link).await.text().contains("name=\"password\""), "one button");
    let confirmed = visitor.post(&link, &[]).await;
    assert_eq!(confirmed.status, 303);
    assert!(confirmed.location().starts_with("/login?next="), "{}", confirmed.location());
    let login = visitor.get(confirmed.location()).await;
    assert_eq!(login.flash().as_deref(), Some("verified"));
    assert!(visitor.get("/login").await.flash().is_none(), "a flash is shown once");
    assert!(!visitor.is_signed_in().await);
    let fields = [("email", "new@example.com"), ("password", PASSWORD), ("next", "/account/email")];
    assert_eq!(visitor.post("/login", &fields).await.location(), "/account/email");
    assert!(app.emails("new@example.com").await.len() == 2, "the welcome email");
}

async fn a_form_submitted_twice_leaves_one_link_that_confirms_the_latest_data(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", "a password with a slip").await;
    let cookie = visitor.cookie("gatepost-signup");
    assert_eq!(visitor.sign_up("New@example.com", PASSWORD).await.location(), "/verify");
    assert_eq!(visitor.cookie("gatepost-signup"), cookie, "one browser, one binding");
    let emails = app.emails("new@example.com").await;
    assert_eq!(emails.len(), 1, "the second submission is too soon for another email");
    let link = emails[0].link();
    assert!(!visitor.get(&link).await.text().contains("name=\"password\""), "one button");
    assert!(app.visitor().get(&link).await.text().contains("name=\"password\""), "another browser chooses");
    assert_eq!(visitor.post(&link, &[]).await.location(), "/login");
    assert_eq!(visitor.log_in("new@example.com", "a password with a slip").await.status, 422);
    assert_eq!(visitor.log_in("new@example.com", PASSWORD).await.status, 303);
    // Another address from the same browser is a separate signup.
    let other = app.visitor();
    for address in ["one@example.com", "two@example.com"] {
        assert_eq!(other.sign_up(address, PASSWORD).await.location(), "/verify");
    }
    assert_eq!(other.post(&app.email("two@example.com").await.link(), &[]).await.location(), "/login");
    assert_eq!(other.post(&app.email("one@example.com").await.link(), &[]).await.location(), "/login");
}

async fn a_link_is_unusable_once_its_address_has_an_account(engine: Engine) {
    let app = App::start(engine).await;
    let (visitor, mover) = (app.visitor(), app.member("mover@example.com").await);
    visitor.sign_up("wanted@example.com", PASSWORD).await;
    let signup = app.email("wanted@example.com").await.link();
    mover.post("/account/email", &[("email", "wanted@example.com"), ("current_password", PASSWORD)]).await;
    let change = app.email("wanted@example.com").await.link();
    assert_eq!(visitor.post(&signup, &[]).await.status, 303);
    assert_eq!(mover.get(&change).await.status, 410, "no button for an unusable link");
    assert_eq!(mover.post(&change, &[]).await.status, 410);
}

async fn a_link_works_once(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    let link = app.email("new@example.com").await.link();
    visitor.post(&link, &[]).await;
    let other = app.visitor();
    assert_eq!(other.get(&link).await.status, 410);
    let again = other.post(&link, &[("password", "somebody else's choice")]).await;
    assert_eq!(again.status, 410);
    assert!(again.text().contains("/verify/resend"), "a link to a new email");
    assert!(!again.text().contains("new@example.com"));
    assert!(!other.is_signed_in().await);
}

async fn another_browser_must_choose_the_password_and_the_signup_s_own_never_works(engine: Engine) {
    let app = App::start(engine).await;
    let attacker = app.visitor();
    attacker.sign_up("victim@example.com", "the attacker's password").await;
    let owner = app.visitor();
    let link = app.email("victim@example.com").await.link();
    assert!(owner.get(&link).await.text().contains("name=\"password\""));
    assert_eq!(owner.post(&link, &[]).await.status, 422, "a password is required");
    assert_eq!(owner.post(&link, &[("password", "short")]).await.status, 422, "the same rules as at signup");
    assert_eq!(owner.post(&link, &[("password", PASSWORD)]).await.location(), "/login");
    assert_eq!(owner.log_in("victim@example.com", PASSWORD).await.status, 303);
    assert_eq!(attacker.log_in("victim@example.com", "the attacker's password").await.status, 422);
    assert!(!attacker.is_signed_in().await);
}

async fn an_expired_link_is_rejected_and_a_new_one_works(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts]\nverification_link_ttl = \"2s\"").start().await;
    let visitor = app.visitor();
    visitor.sign_up("late@example.com", PASSWORD).await;
    let link = app.email("late@example.com").await.link();
    app.advance(Duration::from_secs(3));
    let refused = visitor.post(&link, &[]).await;
    assert_eq!(refused.status, 410);
    assert!(refused.text().contains("/verify/resend") && !refused.text().contains("late@example.com"));
    app.advance(LATER);
    assert_eq!(visitor.post("/verify/resend", &[("email", "late@example.com")]).await.location(), "/verify");
    assert_eq!(app.confirm(&visitor, "late@example.com").await.location(), "/login");
}

async fn using_a_new_link_invalidates_the_older_ones(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    let first = app.email("new@example.com").await.link();
    app.advance(LATER);
    visitor.post("/verify/resend", &[("email", "new@example.com")]).await;
    let second = app.email("new@example.com").await.link();
    assert_ne!(first, second);
    assert_eq!(visitor.post(&second, &[]).await.status, 303);
    assert_eq!(visitor.post(&first, &[]).await.status, 410);
}

async fn two_concurrent_requests_send_one_email_and_a_later_request_another(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    app.advance(LATER);
    let before = app.emails("new@example.com").await.len();
    let ask = || visitor.post("/verify/resend", &[("email", "new@example.com")]);
    let (one, other) = futures::future::join(ask(), ask()).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(statuses == [303, 303] || statuses == [303, 429], "{statuses:?}");
    assert_eq!(app.emails("new@example.com").await.len(), before + 1);
    assert!(visitor.get("/verify").await.text().contains("data-wait=\""), "the page states the wait");
    app.advance(LATER);
    ask().await;
    assert_eq!(app.emails("new@example.com").await.len(), before + 2);
}

async fn a_resend_looks_the_same_for_every_address(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    app.visitor().sign_up("pending@example.com", PASSWORD).await;
    app.emails("pending@example.com").await;
    app.advance(LATER);
    let mut shapes = Vec::new();
    for address in ["unknown@example.com", "pending@example.com", "member@example.com"] {
        let before = app.emails(address).await.len();
        let visitor = app.visitor();
        let asked = visitor.post("/verify/resend", &[("email", address)]).await;
        let seen = visitor.get("/verify").await;
        shapes.push(asked.shape(&[address]) + &seen.shape(&[address]));
        let emails = app.emails(address).await;
        let new = emails.len() - before;
        match address {
            "unknown@example.com" => assert_eq!(new, 0),
            "pending@example.com" => assert!(new == 1 && emails[before].text().contains("/verify/")),
            _ => assert!(emails[before..].iter().all(|email| !email.text().contains("/verify/"))),
        }
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(shapes[0], shapes[2]);
}

async fn twenty_concurrent_confirmations_create_one_account(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    let link = app.email("new@example.com").await.link();
    let pages = futures::future::join_all((0..20).map(|_| visitor.post(&link, &[]))).await;
    let statuses: Vec<u16> = pages.iter().map(|page| page.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 410].contains(status)), "{statuses:?}");
}

async fn an_unconfirmed_signup_expires(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts]\nsignup_ttl = \"1h\"").start().await;
    let visitor = app.visitor();
    visitor.sign_up("slow@example.com", PASSWORD).await;
    let link = app.email("slow@example.com").await.link();
    app.advance(Duration::from_secs(3_700));
    assert_eq!(visitor.post(&link, &[]).await.status, 410);
    let before = app.emails("slow@example.com").await.len();
    app.visitor().post("/verify/resend", &[("email", "slow@example.com")]).await;
    assert_eq!(app.emails("slow@example.com").await.len(), before, "the signup no longer exists");
}

async fn a_manipulated_link_gets_an_error_page_and_never_a_server_error(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    let link = app.email("new@example.com").await.link();
    let token = link.trim_start_matches("/verify/");
    // Another character of the alphabet, which has no capitals: a token is read in either case.
    let swapped = |c: char| if c == '0' { '1' } else { '0' };
    let first = format!("{}{}", swapped(token.chars().next().unwrap()), &token[1..]);
    let last = format!("{}{}", &token[..token.len() - 1], swapped(token.chars().last().unwrap()));
    for bad in [
        first,
        last,
        token[..token.len() / 2].to_owned(),
        "x".repeat(10_000),
        "%00".into(),
        "%ED%95%9C".into(),
        "%ff".into(),
    ] {
        for page in [visitor.get(&format!("/verify/{bad}")).await, visitor.post(&format!("/verify/{bad}"), &[]).await] {
            assert!((400..500).contains(&page.status), "{bad:.40}: {}", page.status);
            assert!(page.text().contains("<h1"), "{bad:.40}: a page with a headline");
        }
    }
    assert_eq!(visitor.post(&link, &[]).await.status, 303, "the original link still works");
}
