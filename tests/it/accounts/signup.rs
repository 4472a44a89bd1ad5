//! Signing up: the email, the page that waits for the confirmation, rejected input, and no disclosure of who has an
//! account.

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    a_signup_sends_one_email_and_redirects_to_the_waiting_page_without_signing_in,
    an_unconfirmed_account_cannot_log_in_and_the_page_links_to_a_new_email,
    signing_up_with_a_known_address_looks_the_same_and_notifies_only_its_owner,
    an_invalid_address_shows_the_form_again_and_sends_nothing,
    a_password_is_validated_only_by_length_and_guessability,
    a_password_is_neither_trimmed_nor_truncated,
    thirty_signups_of_one_address_at_once_make_one_account,
    the_email_is_a_complete_message_with_one_link_and_no_password,
    closed_signups_are_rejected_with_403,
    with_reveal_accounts_signup_and_resend_name_the_reason,
}

async fn a_signup_sends_one_email_and_redirects_to_the_waiting_page_without_signing_in(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    let page = visitor.sign_up("new@example.com", PASSWORD).await;
    assert_eq!((page.status, page.location()), (303, "/verify"));
    let waiting = visitor.get("/verify").await;
    assert_eq!(waiting.status, 200);
    assert!(waiting.text().contains("new@example.com"));
    assert!(
        !app.visitor().get("/verify").await.text().contains("new@example.com"),
        "only this browser shows the address"
    );
    assert_eq!(app.emails("new@example.com").await.len(), 1);
    assert!(!visitor.is_signed_in().await);
}

async fn an_unconfirmed_account_cannot_log_in_and_the_page_links_to_a_new_email(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("new@example.com", PASSWORD).await;
    let other = app.visitor();
    let right = other.log_in("new@example.com", PASSWORD).await;
    assert_eq!(right.status, 422);
    assert!(right.text().contains("/verify/resend"), "a link to a new email");
    let wrong = other.log_in("new@example.com", "another horse battery").await;
    let unknown = other.log_in("old@example.com", PASSWORD).await;
    let addresses = ["new@example.com", "old@example.com"];
    assert_eq!(right.shape(&addresses), wrong.shape(&addresses));
    assert_eq!(right.shape(&addresses), unknown.shape(&addresses));
}

async fn signing_up_with_a_known_address_looks_the_same_and_notifies_only_its_owner(engine: Engine) {
    let app = App::start(engine).await;
    app.member("known@example.com").await;
    let (attacker, newcomer) = (app.visitor(), app.visitor());
    let known = attacker.sign_up("known@example.com", "the attacker's password").await;
    let fresh = newcomer.sign_up("fresh@example.com", "the attacker's password").await;
    let addresses = ["known@example.com", "fresh@example.com"];
    assert_eq!(known.shape(&addresses), fresh.shape(&addresses));
    let (known, fresh) = (attacker.get("/verify").await, newcomer.get("/verify").await);
    assert_eq!(known.shape(&addresses), fresh.shape(&addresses));
    let notice = app.email("known@example.com").await;
    assert!(!notice.text().contains("/verify/"), "no link that confirms: {}", notice.text());
    assert_eq!(app.visitor().log_in("known@example.com", PASSWORD).await.status, 303);
    assert_eq!(app.visitor().log_in("known@example.com", "the attacker's password").await.status, 422);
}

async fn an_invalid_address_shows_the_form_again_and_sends_nothing(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts.limits]\nsignups_per_client = \"off\"").start().await;
    let (long_local, long) = (format!("{}@example.com", "a".repeat(65)), format!("a@{}.com", "b".repeat(260)));
    for address in ["", "a", "a@", "@b.c", "a b@c.d", "a@b@c.d", "a@-b.com", "a@b..c", &long_local, &long] {
        let page = app.visitor().sign_up(address, PASSWORD).await;
        assert_eq!(page.status, 422, "{address:?}");
        assert!(page.has_error_at("email"), "{address:?}");
        assert!(!page.text().contains(PASSWORD), "the password is never shown again");
        assert!(
            address.len() > 254 || page.text().contains(&format!("value=\"{address}\"")),
            "{address:?} is shown again"
        );
    }
    app.running().drain().await;
    let all = app.visitor().get("/dev/inbox/api/v1/messages").await.json();
    assert_eq!(all["total"], 0);
}

async fn a_password_is_validated_only_by_length_and_guessability(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts.limits]\nsignups_per_client = \"off\"").start().await;
    let lower = "k".repeat(30) + &"w".repeat(34);
    for (n, fine) in
        [(0, "twelve chars"), (1, lower.as_str()), (2, "비밀번호를 길게 적습니다"), (3, "🦊🐻🐼 zoo of emoji")]
    {
        let page = app.visitor().sign_up(&format!("p{n}@example.com"), fine).await;
        assert_eq!(page.status, 303, "{fine}");
    }
    for (address, refused) in [
        ("q@example.com", ""),
        ("q@example.com", "eleven char"),
        ("longlocal@example.com", "longlocal@example.com"),
        ("q@example.com", "gatepost1234"),
        ("q@example.com", "passwordpassword"),
        ("q@example.com", "123456789012"),
    ] {
        let page = app.visitor().sign_up(address, refused).await;
        assert_eq!(page.status, 422, "{refused}");
        assert!(page.has_error_at("password"), "{refused}");
    }
    let long = "x".repeat(257);
    assert_eq!(app.visitor().sign_up("q@example.com", &long).await.status, 422);
}

async fn a_password_is_neither_trimmed_nor_truncated(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts.limits]\nlogin_failures = \"off\"").start().await;
    let long = "y".repeat(200);
    for (address, password, others) in [
        ("blank@example.com", "  three word phrase  ".to_owned(), vec!["three word phrase", "  Three word phrase  "]),
        ("long@example.com", long.clone() + "a", vec![long.as_str()]),
    ] {
        let visitor = app.visitor();
        visitor.sign_up(address, &password).await;
        app.confirm(&visitor, address).await;
        assert_eq!(visitor.log_in(address, &password).await.status, 303);
        for other in others {
            assert_eq!(app.visitor().log_in(address, other).await.status, 422, "{other}");
        }
    }
    assert_eq!(app.visitor().log_in("long@example.com", &(long + "b")).await.status, 422);
}

async fn thirty_signups_of_one_address_at_once_make_one_account(engine: Engine) {
    let settings = "[default.accounts.limits]\nsignups_per_client = \"off\"\nemails_per_address = \"off\"\n\
                    emails_per_address_and_client = \"off\"\nemails_per_client = \"off\"";
    let app = App::on(engine).settings(settings).start().await;
    let visitors: Vec<_> = (0..30).map(|_| app.visitor()).collect();
    let signups = visitors.iter().map(|visitor| visitor.sign_up("race@example.com", PASSWORD));
    for page in futures::future::join_all(signups).await {
        assert_eq!(page.status, 303, "{}", page.text());
    }
    let links: Vec<String> =
        app.emails("race@example.com").await.iter().filter_map(|email| email.link_if_any()).collect();
    assert!(!links.is_empty());
    let choice = [("password", PASSWORD)];
    let other = app.visitor();
    let confirms = links.iter().map(|link| other.post(link, &choice));
    let statuses: Vec<u16> = futures::future::join_all(confirms).await.iter().map(|page| page.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 410].contains(status)), "{statuses:?}");
    assert_eq!(app.visitor().log_in("race@example.com", PASSWORD).await.status, 303);
}

async fn the_email_is_a_complete_message_with_one_link_and_no_password(engine: Engine) {
    let settings = "[default.mail]\nfrom = \"Example Site <no-reply@id.example.com>\"";
    let app = App::on(engine).settings(settings).start().await;
    let visitor = app.visitor();
    visitor.post("/signup", &[("email", "new@example.com"), ("password", PASSWORD), ("name", "길동")]).await;
    let email = app.email("new@example.com").await;
    let raw = visitor.get(&format!("/dev/inbox/api/v1/message/{}/raw", email.id)).await.text();
    for wanted in ["multipart/alternative", "Message-ID: <", "Date: ", "Auto-Submitted: auto-generated", "Example Site"]
    {
        assert!(raw.contains(wanted), "{wanted} is not in\n{raw}");
    }
    assert!(raw.find("text/plain") < raw.find("text/html"), "the text comes first");
    assert!(raw.is_ascii(), "7 bit");
    for line in raw.split("\r\n") {
        assert!(line.len() <= 78, "a long line: {line}");
    }
    let link = format!("{}{}", app.site(), email.link());
    assert_eq!(email.text().matches(&app.site()).count(), 1, "{}", email.text());
    assert!(email.html().contains(&link), "the same link");
    assert!(!email.text().contains(PASSWORD) && !email.html().contains(PASSWORD));
    assert!(!email.html().contains("<img") && !email.html().contains("<script"), "no remote content");
}

async fn closed_signups_are_rejected_with_403(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts]\nsignups = \"closed\"").start().await;
    assert_eq!(app.visitor().get("/signup").await.status, 403);
    assert_eq!(app.visitor().sign_up("new@example.com", PASSWORD).await.status, 403);
    assert!(!app.visitor().get("/").await.text().contains("href=\"/signup\""));
}

async fn with_reveal_accounts_signup_and_resend_name_the_reason(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts]\nreveal_accounts = true").start().await;
    app.member("known@example.com").await;
    app.advance(std::time::Duration::from_secs(120));
    let visitor = app.visitor();
    let page = visitor.sign_up("known@example.com", PASSWORD).await;
    assert_eq!(page.status, 422);
    assert!(page.has_error_at("email"));
    for address in ["known@example.com", "unknown@example.com"] {
        let page = visitor.post("/verify/resend", &[("email", address)]).await;
        assert_eq!(page.status, 422, "{address}");
        assert!(page.has_error_at("email"));
    }
}
