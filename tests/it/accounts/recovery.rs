//! Forgotten and changed passwords: who may set one, what ends with it, and no disclosure of who has an account.

use std::time::Duration;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    a_reset_request_looks_the_same_for_every_address,
    a_reset_link_changes_nothing_until_used_and_then_ends_every_session,
    links_used_concurrently_set_one_password,
    a_weak_new_password_leaves_the_link_usable,
    a_reset_link_is_invalid_after_its_lifetime_and_after_a_password_change,
    changing_the_password_requires_the_current_one_and_ends_the_other_sessions,
    deleting_the_account_requires_the_password_and_frees_the_address,
    a_notice_states_the_time_of_its_event,
    no_concurrent_login_outlives_a_reset,
    the_old_password_changes_nothing_after_a_reset,
    of_two_concurrent_changes_one_wins_and_its_browser_stays_signed_in,
    an_invited_user_is_invited_again_by_signup_and_by_reset_form,
}

const NEW: &str = "a fresh long password";

async fn a_reset_request_looks_the_same_for_every_address(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    app.visitor().sign_up("pending@example.com", PASSWORD).await;
    app.advance(Duration::from_secs(90));
    let mut shapes = Vec::new();
    for address in ["unknown@example.com", "member@example.com", "pending@example.com"] {
        let before = app.emails(address).await.len();
        let visitor = app.visitor();
        let page = visitor.post("/password/forgot", &[("email", address)]).await;
        shapes.push(page.shape(&[address]) + &visitor.get("/password/forgot/sent").await.shape(&[address]));
        let emails = app.emails(address).await;
        let link = emails[before..].iter().find_map(|email| email.link_if_any()).unwrap_or_default();
        match address {
            "unknown@example.com" => assert!(emails.is_empty()),
            "member@example.com" => assert!(link.starts_with("/password/reset/"), "{link}"),
            _ => assert!(link.starts_with("/verify/"), "the signup's email instead: {link}"),
        }
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(shapes[0], shapes[2]);
    assert_eq!(app.visitor().post("/password/forgot", &[("email", "nobody@")]).await.status, 422);
}

async fn a_reset_link_changes_nothing_until_used_and_then_ends_every_session(engine: Engine) {
    let app = App::start(engine).await;
    let (one, other) = (app.member("member@example.com").await, app.visitor());
    other.log_in("member@example.com", PASSWORD).await;
    let visitor = app.visitor();
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.email("member@example.com").await.link();
    for _ in 0..5 {
        assert_eq!(app.visitor().get(&link).await.status, 200);
    }
    assert!(one.is_signed_in().await && other.is_signed_in().await);
    assert_eq!(visitor.post(&link, &[("password", NEW)]).await.location(), "/login");
    assert!(!one.is_signed_in().await && !other.is_signed_in().await && !visitor.is_signed_in().await);
    assert_eq!(visitor.log_in("member@example.com", PASSWORD).await.status, 422);
    assert_eq!(visitor.log_in("member@example.com", NEW).await.status, 303);
    assert_eq!(visitor.post(&link, &[("password", "and another one again")]).await.status, 410);
    let notice = app.email("member@example.com").await;
    assert!(notice.link_if_any().is_none(), "a notice without a token: {}", notice.text());
}

async fn links_used_concurrently_set_one_password(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitor = app.visitor();
    let mut links = Vec::new();
    for _ in 0..4 {
        visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
        links.push(app.email("member@example.com").await.link());
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
    let link = app.email("member@example.com").await.link();
    let weak = visitor.post(&link, &[("password", "short")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.has_error_at("password"));
    assert_eq!(visitor.post(&link, &[("password", NEW)]).await.status, 303);
}

async fn a_reset_link_is_invalid_after_its_lifetime_and_after_a_password_change(engine: Engine) {
    let app = App::start(engine).await;
    let member = app.member("member@example.com").await;
    let visitor = app.visitor();
    let mut links = Vec::new();
    for _ in 0..3 {
        app.advance(Duration::from_secs(90));
        visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
        links.push(app.email("member@example.com").await.link());
    }
    let fields = [("current_password", PASSWORD), ("password", NEW)];
    assert_eq!(member.post("/account/password", &fields).await.location(), "/account");
    for link in &links {
        assert_eq!(visitor.post(link, &[("password", "and another one again")]).await.status, 410);
    }
    app.advance(Duration::from_secs(90));
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.email("member@example.com").await.link();
    app.advance(Duration::from_secs(31 * 60));
    assert_eq!(visitor.get(&link).await.status, 410, "half an hour");
}

async fn changing_the_password_requires_the_current_one_and_ends_the_other_sessions(engine: Engine) {
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
    assert!(app.email("member@example.com").await.link_if_any().is_none(), "a notice");
    let known = app.visitor().get("/.well-known/change-password").await;
    assert_eq!((known.status, known.location()), (303, "/account/password"));
    let nothing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(app.visitor().get(nothing).await.status, 404);
}

async fn deleting_the_account_requires_the_password_and_frees_the_address(engine: Engine) {
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

async fn a_notice_states_the_time_of_its_event(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor().with("accept-language", "ko");
    visitor.sign_up("gildong@example.com", PASSWORD).await;
    app.confirm(&visitor, "gildong@example.com").await;
    visitor.log_in("gildong@example.com", PASSWORD).await;
    let english = app.member("member@example.com").await;
    app.advance(Duration::from_secs(3_600));
    let time = app.running().clock().now().rfc3339()[..16].replace('T', " ");
    let fields = [("current_password", PASSWORD), ("password", NEW)];
    let ask = |email| [("email", email), ("current_password", NEW)];
    for (browser, old, new, label) in [
        (&visitor, "gildong@example.com", "gildong.new@example.com", "일시"),
        (&english, "member@example.com", "member.new@example.com", "Time"),
    ] {
        let stated = format!("{label}: {time} (UTC)");
        let assert_time = |email: &crate::support::app::CapturedEmail| {
            assert!(email.text().contains(&stated) && email.html().contains(&stated), "{}", email.text());
            assert!(!email.text().contains("/password/reset/") && !email.text().contains("/account/email/"));
        };
        assert_eq!(browser.post("/account/password", &fields).await.location(), "/account");
        assert_time(&app.email(old).await);
        browser.post("/account/email", &ask(new)).await;
        assert_time(&app.email(old).await);
        let link = app.email(new).await;
        assert!(!link.text().contains("UTC"), "an email with a link states a duration: {}", link.text());
        assert_eq!(browser.post(&link.link(), &[]).await.location(), "/account");
        assert_time(&app.email(old).await);
    }
}

/// Hashing takes long enough for logins and a reset to overlap. No session opened by the old password may remain.
async fn no_concurrent_login_outlives_a_reset(engine: Engine) {
    let limits = "[default.accounts.limits]\nlogin_failures = \"off\"\nlogin_failures_per_client = \"off\"\n\
                  login_failures_per_address = \"off\"";
    let app = App::on(engine).settings(limits).start().await;
    app.member("member@example.com").await;
    for round in 0..3 {
        let (old, new) = (format!("{NEW} number {round}"), format!("{NEW} number {}", round + 1));
        let old = if round == 0 { PASSWORD } else { old.as_str() };
        app.advance(Duration::from_secs(90));
        app.visitor().post("/password/forgot", &[("email", "member@example.com")]).await;
        let link = app.email("member@example.com").await.link();
        let attackers: Vec<_> = (0..8).map(|_| app.visitor()).collect();
        let logins = attackers.iter().map(|attacker| attacker.log_in("member@example.com", old));
        let owner = app.visitor();
        let fields = [("password", new.as_str())];
        let reset = owner.post(&link, &fields);
        let (pages, reset) = futures::future::join(futures::future::join_all(logins), reset).await;
        assert_eq!(reset.location(), "/login");
        assert!(pages.iter().all(|page| [303, 422].contains(&page.status)));
        for attacker in &attackers {
            assert!(!attacker.is_signed_in().await, "a session opened by the old password");
        }
    }
}

async fn the_old_password_changes_nothing_after_a_reset(engine: Engine) {
    let app = App::start(engine).await;
    let attacker = app.member("member@example.com").await;
    app.visitor().post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.email("member@example.com").await.link();
    let owner = app.visitor();
    let theirs = [("current_password", PASSWORD), ("password", "the attacker's password")];
    let address = [("email", "attacker@example.com"), ("current_password", PASSWORD)];
    let reset = [("password", NEW)];
    let (reset, _, _) = futures::future::join3(
        owner.post(&link, &reset),
        attacker.post("/account/password", &theirs),
        attacker.post("/account/email", &address),
    )
    .await;
    assert!(!attacker.is_signed_in().await || reset.status == 410, "an earlier change invalidates the link");
    if reset.status == 303 {
        assert_eq!(owner.log_in("member@example.com", NEW).await.status, 303);
        for email in app.emails("attacker@example.com").await {
            assert_eq!(owner.get(&email.link()).await.status, 410, "every other link is invalid");
        }
    }
}

async fn of_two_concurrent_changes_one_wins_and_its_browser_stays_signed_in(engine: Engine) {
    let app = App::start(engine).await;
    let (one, other) = (app.member("member@example.com").await, app.visitor());
    other.log_in("member@example.com", PASSWORD).await;
    let fields = |new| [("current_password", PASSWORD), ("password", new)];
    let (first, second) = (fields("a fresh long password 1"), fields("a fresh long password 2"));
    let (first, second) =
        futures::future::join(one.post("/account/password", &first), other.post("/account/password", &second)).await;
    let changed = [&first, &second].map(|page| page.location() == "/account");
    assert_eq!(changed.iter().filter(|changed| **changed).count(), 1, "{} and {}", first.status, second.status);
    let (winner, loser, password) = match changed[0] {
        true => (one, other, "a fresh long password 1"),
        false => (other, one, "a fresh long password 2"),
    };
    assert!(winner.is_signed_in().await && !loser.is_signed_in().await);
    assert_eq!(app.visitor().log_in("member@example.com", password).await.status, 303);
}

async fn an_invited_user_is_invited_again_by_signup_and_by_reset_form(engine: Engine) {
    let app = App::on(engine).real_time().start().await;
    assert!(app.command(&["users", "create", "new@example.com"]).status.success());
    assert_eq!(app.emails("new@example.com").await.len(), 1);
    let visitor = app.visitor();
    assert_eq!(visitor.sign_up("new@example.com", PASSWORD).await.location(), "/verify");
    let again = app.email("new@example.com").await;
    assert!(again.link().starts_with("/password/reset/") && again.subject().contains("waiting"), "{}", again.text());
    visitor.post("/password/forgot", &[("email", "new@example.com")]).await;
    let forgot = app.email("new@example.com").await;
    assert_eq!(forgot.subject(), again.subject());
    assert_eq!(visitor.post(&forgot.link(), &[("password", PASSWORD)]).await.location(), "/login");
    assert_eq!(visitor.log_in("new@example.com", PASSWORD).await.status, 303);
}
