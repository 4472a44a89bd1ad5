//! Throttles slow down guessing and mailing, and cannot be used to lock other users out.

use std::time::Duration;

use sqlx::Executor as _;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::{Page, Visitor};

on_both_databases! {
    after_five_wrong_passwords_the_right_one_is_throttled_too,
    only_wrong_passwords_count_and_a_right_one_clears_those_of_its_client,
    forty_wrong_guesses_at_once_get_five_answers,
    guesses_at_two_servers_at_once_get_five_answers_together,
    thirty_right_logins_at_once_from_one_address_all_succeed,
    a_slot_of_a_process_that_ended_is_free_after_half_a_minute,
    a_quota_over_all_clients_is_exact_and_then_allows_one_attempt_per_interval,
    a_crowd_of_new_clients_does_not_keep_the_owner_out,
    an_owner_who_resets_the_password_is_not_slowed_by_others,
    too_many_signups_of_one_client_are_throttled_and_its_sessions_continue,
    other_clients_can_neither_lock_an_address_nor_use_up_its_emails,
    clients_that_ask_again_and_again_do_not_use_up_the_emails_of_others,
    a_clock_that_was_wrong_throttles_nobody_for_long,
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

async fn only_wrong_passwords_count_and_a_right_one_clears_those_of_its_client(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    for _ in 0..12 {
        assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303);
    }
    for _ in 0..2 {
        for _ in 0..4 {
            assert_eq!(app.visitor().log_in("member@example.com", "wrong horse battery").await.status, 422);
        }
        assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303);
    }
}

/// How many of these answers looked at the password.
fn answered(pages: &[Page]) -> usize {
    assert!(pages.iter().all(|page| [422, 429].contains(&page.status)));
    pages.iter().filter(|page| page.status == 422).count()
}

async fn forty_wrong_guesses_at_once_get_five_answers(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitors: Vec<_> = (0..40).map(|_| app.visitor()).collect();
    let guesses = visitors.iter().map(|visitor| visitor.log_in("member@example.com", "wrong horse battery"));
    assert_eq!(answered(&futures::future::join_all(guesses).await), 5);
}

async fn guesses_at_two_servers_at_once_get_five_answers_together(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let other = app.second_server().await;
    let visitors: Vec<_> = (0..10).flat_map(|_| [app.visitor(), other.visitor()]).collect();
    let guesses = visitors.iter().map(|visitor| visitor.log_in("member@example.com", "wrong horse battery"));
    assert_eq!(answered(&futures::future::join_all(guesses).await), 5);
}

async fn thirty_right_logins_at_once_from_one_address_all_succeed(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitors: Vec<_> = (0..30).map(|_| app.visitor()).collect();
    let logins = visitors.iter().map(|visitor| visitor.log_in("member@example.com", PASSWORD));
    for page in futures::future::join_all(logins).await {
        assert_eq!(page.status, 303, "{}", page.text());
    }
}

async fn a_slot_of_a_process_that_ended_is_free_after_half_a_minute(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts.limits]\nlogin_failures = \"1/5m\"").start().await;
    app.member("member@example.com").await;
    let mut database = app.database().await;
    // A slot that is never released, without an outcome: what a killed process leaves.
    let (keep, release): (&[&str], &str) = match engine {
        Engine::Sqlite => {
            (&["create trigger keep before delete on login_slots begin select raise(ignore); end"], "drop trigger keep")
        }
        Engine::Postgres => (
            &[
                "create function keep() returns trigger language plpgsql as $$ begin return null; end $$",
                "create trigger keep before delete on login_slots for each row execute function keep()",
            ],
            "drop trigger keep on login_slots",
        ),
    };
    for statement in keep {
        database.execute(*statement).await.expect("a trigger");
    }
    assert_eq!(app.visitor().log_in("member@example.com", "wrong horse battery").await.status, 422);
    database.execute("delete from counters").await.expect("no outcome");
    database.execute(release).await.expect("no trigger");
    app.advance(Duration::from_secs(31));
    assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303);
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
    // An interval lasts 40 s / 4, and its second half is open to all.
    assert_eq!((page.status, page.header("retry-after")), (429, "5"));
    app.advance(Duration::from_secs(6));
    assert_eq!(attempt("wrong horse battery").await.status, 422, "delayed, not locked");
    assert_eq!(attempt("wrong horse battery").await.status, 429);
}

async fn a_crowd_of_new_clients_does_not_keep_the_owner_out(engine: Engine) {
    let limits = "login_failures_per_address = \"20/200s\"\nlogin_failures_per_client = \"off\"";
    let app = App::on(engine).settings(&format!("{PROXY}\n[default.accounts.limits]\n{limits}")).start().await;
    app.member("owner@example.com").await;
    let mut clients = 0;
    let mut crowd = async |guesses: usize| {
        for _ in 0..guesses {
            clients += 1;
            let client = from(&app, &format!("2001:db8:{clients:x}::1"));
            client.log_in("owner@example.com", "wrong horse battery").await;
        }
    };
    crowd(21).await;
    let mut entered = 0;
    let owner = || from(&app, "203.0.113.7");
    for _ in 0..16 {
        // In each interval of 10 s, the crowd comes first, twice.
        app.advance(Duration::from_secs(4));
        crowd(3).await;
        entered += usize::from(owner().log_in("owner@example.com", PASSWORD).await.status == 303);
        app.advance(Duration::from_secs(6));
        crowd(3).await;
    }
    assert!((3..=6).contains(&entered), "one interval in four is the owner's: {entered} of 16");
    let page = owner().log_in("owner@example.com", PASSWORD).await;
    if page.status == 429 {
        let wait = page.header("retry-after").parse().expect("a wait");
        app.advance(Duration::from_secs(wait));
        assert_eq!(owner().log_in("owner@example.com", PASSWORD).await.status, 303, "after the wait that was stated");
    }
}

async fn an_owner_who_resets_the_password_is_not_slowed_by_others(engine: Engine) {
    let settings = format!("{PROXY}\n[default.accounts.limits]\nlogin_failures_per_address = \"4/1h\"");
    let app = App::on(engine).settings(&settings).start().await;
    app.member("owner@example.com").await;
    for client in 0..6 {
        let attacker = from(&app, &format!("198.51.100.{client}"));
        attacker.log_in("owner@example.com", "wrong horse battery").await;
    }
    let owner = from(&app, "203.0.113.7");
    assert_eq!(owner.log_in("owner@example.com", PASSWORD).await.status, 429, "a new browser");
    owner.post("/password/forgot", &[("email", "owner@example.com")]).await;
    let link = app.email("owner@example.com").await.link();
    assert_eq!(owner.post(&link, &[("password", "a fresh long password")]).await.location(), "/login");
    assert_eq!(owner.log_in("owner@example.com", "a fresh long password").await.status, 303);
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

async fn clients_that_ask_again_and_again_do_not_use_up_the_emails_of_others(engine: Engine) {
    let limits = "emails_per_address_and_client = \"off\"\nemails_per_address = \"3/1d\"";
    let app = App::on(engine).settings(&format!("{PROXY}\n[default.accounts.limits]\n{limits}")).start().await;
    app.member("owner@example.com").await;
    let ask = async |visitor: &Visitor| {
        let before = app.emails("owner@example.com").await.len();
        assert_eq!(visitor.post("/password/forgot", &[("email", "owner@example.com")]).await.status, 303);
        app.emails("owner@example.com").await.len() - before
    };
    let known = from(&app, "203.0.113.7");
    known.log_in("owner@example.com", PASSWORD).await;
    known.post("/logout", &[]).await;
    let mut sent = 0;
    for client in 0..10 {
        for _ in 0..2 {
            sent += ask(&from(&app, &format!("198.51.100.{client}"))).await;
        }
    }
    assert_eq!(sent, 10 + 3, "the first request of each client, and three more");
    assert_eq!(ask(&from(&app, "203.0.113.8")).await, 1, "a client that has not asked today");
    assert_eq!(ask(&from(&app, "203.0.113.8")).await, 0);
    for _ in 0..3 {
        assert_eq!(ask(&known).await, 1, "a browser that has logged in before");
    }
    app.advance(Duration::from_secs(86_401));
    assert_eq!(ask(&from(&app, "203.0.113.8")).await, 1);
    for client in 10..50 {
        ask(&from(&app, &format!("198.51.100.{client}"))).await;
    }
    assert_eq!(ask(&from(&app, "203.0.113.9")).await, 0, "a crowd cannot send any number of emails");
}

async fn a_clock_that_was_wrong_throttles_nobody_for_long(engine: Engine) {
    for off in [3_600, 86_400, 400 * 86_400].map(Duration::from_secs) {
        let app = App::start(engine).await;
        let member = app.member("member@example.com").await;
        app.advance(off);
        for _ in 0..6 {
            app.visitor().log_in("member@example.com", "wrong horse battery").await;
            member.post("/password/forgot", &[("email", "member@example.com")]).await;
        }
        app.set_back(off);
        assert!(member.is_signed_in().await, "a session from before the clock was wrong");
        assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303, "{off:?}");
        let before = app.emails("member@example.com").await.len();
        member.post("/password/forgot", &[("email", "member@example.com")]).await;
        assert_eq!(app.emails("member@example.com").await.len(), before + 1, "{off:?}");
    }
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
