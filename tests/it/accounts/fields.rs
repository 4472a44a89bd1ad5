//! A form that is refused says everything that is wrong with it at once: nobody tries again only to meet the next
//! complaint.

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::Page;

on_both_databases! {
    a_signup_form_says_all_that_is_wrong_with_it,
    the_form_of_another_browser_says_all_that_is_wrong_with_it,
    the_form_for_another_address_says_all_that_is_wrong_with_it,
    the_form_for_another_password_says_all_that_is_wrong_with_it,
    the_forms_of_one_field_and_the_login_say_what_is_missing,
    no_account_is_opened_at_or_moves_to_a_domain_without_a_dot,
}

/// Refused, with an error at these inputs and at no other, each with a line in the summary.
fn says(page: &Page, wrong: &[&str]) {
    assert_eq!(page.status, 422, "{}", page.text());
    for input in ["name", "email", "password", "current_password"] {
        let expected = wrong.contains(&input);
        assert_eq!(page.has_error_at(input), expected, "{input} of {wrong:?}: {}", page.text());
        assert_eq!(page.text().contains(&format!("href=\"#{input}\"")), expected, "{input} in the summary");
    }
}

async fn a_signup_form_says_all_that_is_wrong_with_it(engine: Engine) {
    let app = App::start(engine).await;
    let (visitor, long) = (app.visitor(), "x".repeat(101));
    let form = |name, email, password| [("name", name), ("email", email), ("password", password)];
    says(&visitor.post("/signup", &form(long.as_str(), "not", "short")).await, &["name", "email", "password"]);
    says(&visitor.post("/signup", &form("", "not", "short")).await, &["email", "password"]);
    says(&visitor.post("/signup", &form("", "not", "passwordpassword")).await, &["email", "password"]);
    says(&visitor.post("/signup", &form("", "not", PASSWORD)).await, &["email"]);
    says(&visitor.post("/signup", &form(long.as_str(), "a@example.com", PASSWORD)).await, &["name"]);
    says(&visitor.post("/signup", &[]).await, &["email", "password"]);
}

async fn no_account_is_opened_at_or_moves_to_a_domain_without_a_dot(engine: Engine) {
    let app = App::on(engine).without_one_label_domains().start().await;
    let member = app.member("member@example.com").await;
    for email in ["root@localhost", "a@b", "A@LOCALHOST", "kim@한국"] {
        says(&app.visitor().sign_up(email, PASSWORD).await, &["email"]);
        let form = [("email", email), ("current_password", PASSWORD)];
        says(&member.post("/account/email", &form).await, &["email"]);
    }
    assert_eq!(app.visitor().sign_up("kim@한국.example", PASSWORD).await.status, 303);
    let debug = App::start(engine).await;
    assert_eq!(debug.visitor().sign_up("root@localhost", PASSWORD).await.status, 303);
}

async fn the_form_of_another_browser_says_all_that_is_wrong_with_it(engine: Engine) {
    let app = App::start(engine).await;
    app.visitor().sign_up("new@example.com", PASSWORD).await;
    let link = app.letter("new@example.com").await.link();
    let (owner, long) = (app.visitor(), "x".repeat(101));
    says(&owner.post(&link, &[("name", &long), ("password", "short")]).await, &["name", "password"]);
    says(&owner.post(&link, &[("name", &long), ("password", PASSWORD)]).await, &["name"]);
    says(&owner.post(&link, &[("name", "Robin"), ("password", "")]).await, &["password"]);
    assert_eq!(owner.post(&link, &[("name", "Robin"), ("password", PASSWORD)]).await.location(), "/login");
}

async fn the_form_for_another_address_says_all_that_is_wrong_with_it(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let form = |email, current| [("email", email), ("current_password", current)];
    let wrong = "wrong horse battery";
    says(&visitor.post("/account/email", &form("not", wrong)).await, &["email", "current_password"]);
    says(&visitor.post("/account/email", &form("MEMBER@example.com", wrong)).await, &["email", "current_password"]);
    says(&visitor.post("/account/email", &form("not", PASSWORD)).await, &["email"]);
    says(&visitor.post("/account/email", &form("member@example.com", PASSWORD)).await, &["email"]);
    says(&visitor.post("/account/email", &form("new@example.com", "")).await, &["current_password"]);
    assert_eq!(visitor.post("/account/email", &form("new@example.com", PASSWORD)).await.location(), "/account");
}

async fn the_form_for_another_password_says_all_that_is_wrong_with_it(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let form = |current, new| [("current_password", current), ("password", new)];
    let wrong = "wrong horse battery";
    says(&visitor.post("/account/password", &form(wrong, "short")).await, &["current_password", "password"]);
    says(&visitor.post("/account/password", &form("", "member@example.com")).await, &["current_password", "password"]);
    says(&visitor.post("/account/password", &form(wrong, "a fresh long password")).await, &["current_password"]);
    says(&visitor.post("/account/password", &form(PASSWORD, "short")).await, &["password"]);
    says(&visitor.post("/account/password", &form(PASSWORD, PASSWORD)).await, &["password"]);
    assert!(app.visitor().log_in("member@example.com", PASSWORD).await.status == 303, "nothing has changed");
}

async fn the_forms_of_one_field_and_the_login_say_what_is_missing(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    says(&app.visitor().post("/login", &[]).await, &["email", "password"]);
    says(&app.visitor().post("/login", &[("email", "member@example.com")]).await, &["password"]);
    says(&app.visitor().post("/password/forgot", &[("email", "not")]).await, &["email"]);
    says(&app.visitor().post("/verify/resend", &[]).await, &["email"]);
    says(&visitor.post("/account/delete", &[]).await, &["current_password"]);
    says(&visitor.post("/account/name", &[("name", &"x".repeat(101))]).await, &["name"]);
    visitor.post("/account/name", &[("name", "Kept")]).await;
    assert_eq!(visitor.post("/account/name", &[]).await.status, 303);
    assert!(visitor.get("/account").await.text().contains("value=\"Kept\""), "what is not sent is not changed");
    app.visitor().post("/password/forgot", &[("email", "member@example.com")]).await;
    let link = app.letter("member@example.com").await.link();
    says(&app.visitor().post(&link, &[]).await, &["password"]);
}
