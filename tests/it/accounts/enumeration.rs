//! What an outsider sees does not depend on who has an account: SECURITY.md lists the channels.

use std::time::Duration;

use sqlx::Executor as _;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::port;
use crate::support::visitor::Visitor;

on_both_databases! {
    every_form_gives_the_same_answers_for_every_address,
    the_waiting_page_is_the_same_for_days_whatever_happens_to_the_account,
    health_pages_do_not_change_with_an_email_to_an_account,
}

/// Addresses with every state of an account.
const ADDRESSES: [&str; 5] =
    ["unknown@example.com", "member@example.com", "pending@example.com", "disabled@example.com", "invited@example.com"];

async fn with_accounts(app: &App) {
    app.member("member@example.com").await;
    app.member("disabled@example.com").await;
    assert!(app.command(&["users", "disable", "disabled@example.com"]).status.success());
    assert!(app.command(&["users", "create", "invited@example.com"]).status.success());
    app.visitor().sign_up("pending@example.com", PASSWORD).await;
    app.running().drain().await;
    app.advance(Duration::from_secs(2 * 86_400));
    // The counters of these preparations, which other addresses do not have.
    app.database().await.execute("delete from counters").await.expect("no counters");
}

/// All answers are one.
fn same(answers: &[String], what: &str) {
    for (address, answer) in ADDRESSES.iter().zip(answers) {
        assert_eq!(*answer, answers[0], "{what}: {address}");
    }
}

async fn every_form_gives_the_same_answers_for_every_address(engine: Engine) {
    let limits = "signups_per_client = 'off'\nemails_per_client = 'off'\nlogin_failures_per_client = 'off'\n\
                  emails_per_address = '2/1d'";
    let app = App::on(engine).settings(&format!("[default.accounts.limits]\n{limits}")).start().await;
    with_accounts(&app).await;
    for path in ["/password/forgot", "/verify/resend", "/login", "/signup"] {
        let mut answers = Vec::new();
        for address in ADDRESSES {
            let visitor = app.visitor();
            let fields = [("email", address), ("password", "another long password")];
            let mut seen = String::new();
            // Past the limits of the client and of the address.
            for _ in 0..7 {
                let page = visitor.post(path, &fields).await;
                seen += &page.shape(&[address]);
                seen += &visitor.get("/verify").await.shape(&[address]);
            }
            answers.push(seen);
        }
        same(&answers, path);
        app.running().drain().await;
    }
}

/// The waiting page of a browser that signed up, at the events of an account's life.
async fn waiting_pages(app: &App, visitors: &[Visitor], event: &str) {
    let mut pages = Vec::new();
    for (visitor, address) in visitors.iter().zip(ADDRESSES) {
        pages.push(visitor.get("/verify").await.shape(&[address]));
    }
    same(&pages, event);
    assert!(pages[0].contains("<strong class=\"address\">…</strong>"), "{event}: {}", pages[0]);
    app.running().drain().await;
}

async fn the_waiting_page_is_the_same_for_days_whatever_happens_to_the_account(engine: Engine) {
    let app = App::on(engine).settings("[default]\ntrusted_proxies = [\"127.0.0.1\"]").start().await;
    with_accounts(&app).await;
    let visitors: Vec<_> = ADDRESSES.iter().map(|_| app.visitor()).collect();
    for (visitor, address) in visitors.iter().zip(ADDRESSES) {
        assert_eq!(visitor.sign_up(address, "the attacker's password").await.location(), "/verify");
    }
    waiting_pages(&app, &visitors, "at once").await;
    app.advance(Duration::from_secs(86_400));
    waiting_pages(&app, &visitors, "after a day").await;

    let owner = app.visitor().with("x-forwarded-for", "203.0.113.5");
    owner.post("/verify/resend", &[("email", "pending@example.com")]).await;
    let link = app.email("pending@example.com").await.link();
    assert_eq!(owner.post(&link, &[("password", PASSWORD)]).await.location(), "/login");
    waiting_pages(&app, &visitors, "after one owner confirmed").await;
    let member = app.visitor();
    assert_eq!(member.log_in("member@example.com", PASSWORD).await.status, 303);
    assert_eq!(member.post("/account/delete", &[("current_password", PASSWORD)]).await.location(), "/");
    waiting_pages(&app, &visitors, "after one owner deleted the account").await;

    app.advance(Duration::from_secs(3_600));
    for (visitor, address) in visitors.iter().zip(ADDRESSES) {
        assert_eq!(visitor.post("/verify/resend", &[("email", address)]).await.location(), "/verify");
    }
    waiting_pages(&app, &visitors, "after another request").await;
    app.advance(Duration::from_secs(3 * 86_400));
    waiting_pages(&app, &visitors, "after days").await;
}

async fn health_pages_do_not_change_with_an_email_to_an_account(engine: Engine) {
    let [closed] = port::free();
    let app = App::on(engine).settings(&format!(
        "[default.mail]\ntransport = 'smtp'\nfrom = 'no-reply@example.com'\n\
         [default.mail.smtp]\nhost = '127.0.0.1'\nport = {closed}\nsecurity = 'none'"
    ));
    let app = app.start().await;
    assert!(app.command(&["users", "create", "member@example.com"]).status.success());
    let outsider = || app.visitor().with("x-forwarded-for", "203.0.113.1");
    let seen = async || {
        let mut seen = String::new();
        for path in ["/healthz", "/readyz", "/metrics"] {
            seen += &outsider().get(path).await.shape(&[]);
        }
        seen
    };
    let before = seen().await;
    app.visitor().post("/password/forgot", &[("email", "member@example.com")]).await;
    for _ in 0..5 {
        app.running().drain().await;
        app.advance(Duration::from_secs(60));
    }
    assert_eq!(app.visitor().get("/readyz").await.json()["status"], "degraded", "insiders see that the email waits");
    assert_eq!(seen().await, before);
    app.running().check_transports().await;
    let ready = outsider().get("/readyz").await.json();
    assert_eq!(ready["checks"]["transport.smtp"]["status"], "degraded", "a check at a fixed time is visible");
    assert_eq!((&ready["status"], &ready["checks"]["outbox"]["status"]), (&"degraded".into(), &"degraded".into()));
}
