//! How long sessions last, how they are listed and how they end.

use std::time::Duration;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    a_session_ends_by_idle_timeout_and_lifetime_whatever_its_cookie_says,
    remember_me_extends_the_session_and_its_cookie,
    sessions_are_listed_and_end_singly_or_all_others_at_once,
    a_user_cannot_end_a_session_of_another_user,
    what_was_made_while_the_clock_was_ahead_is_over_once_it_is_right,
}

const SHORT: &str = "[default.accounts]\nsession_idle_timeout = \"2s\"\nsession_lifetime = \"6s\"";

async fn a_session_ends_by_idle_timeout_and_lifetime_whatever_its_cookie_says(engine: Engine) {
    let app = App::on(engine).settings(SHORT).start().await;
    let visitor = app.member("member@example.com").await;
    app.advance(Duration::from_secs(3));
    assert!(!visitor.is_signed_in().await, "idle");
    visitor.log_in("member@example.com", PASSWORD).await;
    for second in 1..=5 {
        app.advance(Duration::from_secs(1));
        assert!(visitor.is_signed_in().await, "after {second} s");
    }
    app.advance(Duration::from_secs(1));
    app.advance(Duration::from_millis(500));
    assert!(!visitor.is_signed_in().await, "past its lifetime");
}

async fn remember_me_extends_the_session_and_its_cookie(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitor = app.visitor();
    let fields = [("email", "member@example.com"), ("password", PASSWORD), ("remember", "true")];
    let cookie = visitor.post("/login", &fields).await.set_cookie("gatepost-session").expect("a session");
    assert!(cookie.contains("Max-Age=2592000"), "30 days: {cookie}");
    app.advance(Duration::from_secs(13 * 86_400));
    assert!(visitor.is_signed_in().await);
    app.advance(Duration::from_secs(15 * 86_400));
    assert!(!visitor.is_signed_in().await, "14 days without a visit");
}

/// The ids in the page's "end" buttons.
fn others(page: &str) -> Vec<String> {
    let parts = page.split("action=\"/account/sessions/").skip(1);
    let ids = parts.filter_map(|rest| rest.split('"').next()?.strip_suffix("/end"));
    ids.map(str::to_owned).collect()
}

async fn sessions_are_listed_and_end_singly_or_all_others_at_once(engine: Engine) {
    let app = App::start(engine).await;
    let here = app.member("member@example.com").await;
    let (there, elsewhere) = (app.visitor().with("user-agent", "Mozilla/5.0 (Windows NT 10.0)"), app.visitor());
    for visitor in [&there, &elsewhere] {
        assert_eq!(visitor.log_in("member@example.com", PASSWORD).await.status, 303);
    }
    let page = here.get("/account").await.text();
    let ids = others(&page);
    assert_eq!(ids.len(), 2, "this session has no button");
    let rows: Vec<&str> =
        page.split("<li>").filter(|row| row.contains("Logged in") && row.contains("<strong>")).collect();
    let marked: Vec<&&str> = rows.iter().filter(|row| row.contains(">This device<")).collect();
    assert_eq!((rows.len(), marked.len()), (3, 1), "{page}");
    assert!(!marked[0].contains("/end\""), "the current session is marked");
    assert_eq!(here.post(&format!("/account/sessions/{}/end", ids[0]), &[]).await.location(), "/account");
    assert!(there.is_signed_in().await != elsewhere.is_signed_in().await, "one of them has ended");
    assert_eq!(here.post("/account/sessions/end-others", &[]).await.location(), "/account");
    assert!(!there.is_signed_in().await && !elsewhere.is_signed_in().await);
    assert!(here.is_signed_in().await);
}

async fn a_user_cannot_end_a_session_of_another_user(engine: Engine) {
    let app = App::start(engine).await;
    let member = app.member("member@example.com").await;
    let twin = app.visitor();
    twin.log_in("member@example.com", PASSWORD).await;
    let id = others(&member.get("/account").await.text()).remove(0);
    let other = app.member("other@example.com").await;
    assert_eq!(other.post(&format!("/account/sessions/{id}/end"), &[]).await.status, 404);
    assert_eq!(other.post("/account/sessions/none/end", &[]).await.status, 404);
    assert!(twin.is_signed_in().await);
}

async fn what_was_made_while_the_clock_was_ahead_is_over_once_it_is_right(engine: Engine) {
    for off in [3_600, 86_400, 400 * 86_400].map(Duration::from_secs) {
        let app = App::start(engine).await;
        app.member("member@example.com").await;
        app.advance(off);
        let (ahead, newcomer) = (app.visitor(), app.visitor());
        assert_eq!(ahead.log_in("member@example.com", PASSWORD).await.status, 303);
        newcomer.sign_up("ahead@example.com", PASSWORD).await;
        let link = app.email("ahead@example.com").await.link();
        assert_eq!(newcomer.get(&link).await.status, 200);
        app.set_back(off);
        assert!(!ahead.is_signed_in().await, "{off:?}: a session would last as much longer");
        assert_eq!(newcomer.post(&link, &[]).await.status, 410, "{off:?}: so would a link");
        assert_eq!(ahead.log_in("member@example.com", PASSWORD).await.status, 303);
        assert!(ahead.is_signed_in().await);
        newcomer.sign_up("right@example.com", PASSWORD).await;
        assert_eq!(app.confirm(&newcomer, "right@example.com").await.location(), "/login", "{off:?}");
    }
}
