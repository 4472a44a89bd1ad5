//! A rejected form shows all its errors at once.

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::Page;

on_both_databases! {
    a_signup_form_shows_all_its_errors,
    the_confirmation_form_of_another_browser_shows_all_its_errors,
    the_address_form_shows_all_its_errors,
    the_password_form_shows_all_its_errors,
    single_field_forms_and_the_login_name_the_missing_field,
    no_account_is_opened_at_or_moves_to_a_domain_without_a_dot,
}

/// Checks that exactly these inputs have an error, each with a line in the summary.
fn assert_errors(page: &Page, wrong: &[&str]) {
    assert_eq!(page.status, 422, "{}", page.text());
    for input in ["name", "email", "password", "current_password"] {
        let expected = wrong.contains(&input);
        assert_eq!(page.has_error_at(input), expected, "{input} of {wrong:?}: {}", page.text());
        assert_eq!(page.text().contains(&format!("href=\"#{input}\"")), expected, "{input} in the summary");
    }
}

async fn a_signup_form_shows_all_its_errors(engine: Engine) {
    let app = App::start(engine).await;
    let (visitor, long) = (app.visitor(), "x".repeat(101));
    let form = |name, email, password| [("name", name), ("email", email), ("password", password)];
    assert_errors(&visitor.post("/signup", &form(long.as_str(), "not", "short")).await, &["name", "email", "password"]);
    assert_errors(&visitor.post("/signup", &form("", "not", "short")).await, &["email", "password"]);
    assert_errors(&visitor.post("/signup", &form("", "not", "passwordpassword")).await, &["email", "password"]);
    assert_errors(&visitor.post("/signup", &form("", "not", PASSWORD)).await, &["email"]);
    assert_errors(&visitor.post("/signup", &form(long.as_str(), "a@example.com", PASSWORD)).await, &["name"]);
    assert_errors(&visitor.post("/signup", &[]).await, &["email", "password"]);
}

async fn no_account_is_opened_at_or_moves_to_a_domain_without_a_dot(engine: Engine) {
    let app = App::on(engine).without_one_label_domains().start().await;
    let member = app.member("member@example.com").await;
    for email in ["root@localhost", "a@b", "A@LOCALHOST", "kim@한국"] {
        assert_errors(&app.visitor().sign_up(email, PASSWORD).await, &["email"]);
        let form = [("email", email), ("current_password", PASSWORD)];
        assert_errors(&member.post("/account/email", &form).await, &["email"]);
    }
    assert_eq!(app.visitor().sign_up("kim@한국.example", PASSWORD).await.status, 303);
    let debug = App::start(engine).await;
    assert_eq!(debug.visitor().sign_up("root@localhost", PASSWORD).await.status, 303);
}

async fn the_confirmation_form_of_another_browser_shows_all_its_errors(engine: Engine) {
    let app = App::start(engine).await;
    app.visitor().sign_up("new@example.com", PASSWORD).await;
    let link = app.email("new@example.com").await.link();
    let (owner, long) = (app.visitor(), "x".repeat(101));
    assert_errors(&owner.post(&link, &[("name", &long), ("password", "short")]).await, &["name", "password"]);
    assert_errors(&owner.post(&link, &[("name", &long), ("password", PASSWORD)]).await, &["name"]);
    assert_errors(&owner.post(&link, &[("name", "Robin"), ("password", "")]).await, &["password"]);
    assert_eq!(owner.post(&link, &[("name", "Robin"), ("password", PASSWORD)]).await.location(), "/login");
}

async fn the_address_form_shows_all_its_errors(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let form = |email, current| [("email", email), ("current_password", current)];
    let wrong = "wrong horse battery";
    assert_errors(&visitor.post("/account/email", &form("not", wrong)).await, &["email", "current_password"]);
    assert_errors(
        &visitor.post("/account/email", &form("MEMBER@example.com", wrong)).await,
        &["email", "current_password"],
    );
    assert_errors(&visitor.post("/account/email", &form("not", PASSWORD)).await, &["email"]);
    assert_errors(&visitor.post("/account/email", &form("member@example.com", PASSWORD)).await, &["email"]);
    assert_errors(&visitor.post("/account/email", &form("new@example.com", "")).await, &["current_password"]);
    assert_eq!(visitor.post("/account/email", &form("new@example.com", PASSWORD)).await.location(), "/account");
}

async fn the_password_form_shows_all_its_errors(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let form = |current, new| [("current_password", current), ("password", new)];
    let wrong = "wrong horse battery";
    assert_errors(&visitor.post("/account/password", &form(wrong, "short")).await, &["current_password", "password"]);
    assert_errors(
        &visitor.post("/account/password", &form("", "member@example.com")).await,
        &["current_password", "password"],
    );
    assert_errors(
        &visitor.post("/account/password", &form(wrong, "a fresh long password")).await,
        &["current_password"],
    );
    assert_errors(&visitor.post("/account/password", &form(PASSWORD, "short")).await, &["password"]);
    assert_errors(&visitor.post("/account/password", &form(PASSWORD, PASSWORD)).await, &["password"]);
    assert!(app.visitor().log_in("member@example.com", PASSWORD).await.status == 303, "nothing has changed");
}

async fn single_field_forms_and_the_login_name_the_missing_field(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    assert_errors(&app.visitor().post("/login", &[]).await, &["email", "password"]);
    assert_errors(&app.visitor().post("/login", &[("email", "member@example.com")]).await, &["password"]);
    assert_errors(&app.visitor().post("/password/forgot", &[("email", "not")]).await, &["email"]);
    assert_errors(&app.visitor().post("/verify/resend", &[]).await, &["email"]);
    assert_errors(&visitor.post("/account/delete", &[]).await, &["current_password"]);
    assert_errors(&visitor.post("/account/name", &[("name", &"x".repeat(101))]).await, &["name"]);
    visitor.post("/account/name", &[("name", "Kept")]).await;
    assert_eq!(visitor.post("/account/name", &[]).await.status, 303);
    assert!(
        visitor.get("/account").await.text().contains("value=\"Kept\""),
        "a field that is not sent stays unchanged"
    );
    app.visitor().post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.email("member@example.com").await.link();
    assert_errors(&app.visitor().post(&link, &[]).await, &["password"]);
}
