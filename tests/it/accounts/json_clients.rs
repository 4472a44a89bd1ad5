//! Responses to clients that prefer JSON: the statuses of the pages, and errors as `application/problem+json` (RFC
//! 9457).

use serde_json::Value;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::visitor::{Page, Visitor};

on_both_databases! {
    rejected_forms_name_each_wrong_field,
    unusable_links_and_throttles_are_problems_with_the_statuses_of_the_pages,
    an_unknown_path_is_a_problem,
}

fn json_client(app: &App) -> Visitor {
    app.visitor().with("accept", "application/json")
}

/// Returns the problem after checking its format and `status`.
fn problem(page: &Page, status: u16) -> Value {
    assert_eq!(page.status, status, "{}", page.text());
    assert_eq!(page.header("content-type"), "application/problem+json", "{}", page.text());
    let problem = page.json();
    assert_eq!(problem["status"], status);
    for key in ["type", "title", "detail"] {
        assert!(problem[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {problem}");
    }
    problem
}

async fn rejected_forms_name_each_wrong_field(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = json_client(&app);
    let problem_of = problem(&visitor.post("/signup", &[("email", "a"), ("password", "short")]).await, 422);
    let fields: Vec<&str> =
        problem_of["errors"].as_array().expect("errors").iter().filter_map(|e| e["field"].as_str()).collect();
    assert!(fields.contains(&"email"), "{problem_of}");
    let login = problem(&visitor.log_in("nobody@example.com", PASSWORD).await, 422);
    assert!(login["detail"].as_str().is_some_and(|text| text.contains("not confirmed")), "{login}");
    for path in ["/verify/resend", "/password/forgot"] {
        assert_eq!(problem(&visitor.post(path, &[("email", "a")]).await, 422)["errors"][0]["field"], "email", "{path}");
    }
    let member = app.member("member@example.com").await.with("accept", "application/json");
    for (path, field) in [("/account/email", "email"), ("/account/password", "current_password")] {
        assert_eq!(problem(&member.post(path, &[]).await, 422)["errors"][0]["field"], field, "{path}");
    }
    assert_eq!(
        problem(&member.post("/account/name", &[("name", &"n".repeat(101))]).await, 422)["errors"][0]["field"],
        "name"
    );
    problem(&member.post("/account/delete", &[]).await, 422);
}

async fn unusable_links_and_throttles_are_problems_with_the_statuses_of_the_pages(engine: Engine) {
    let app = App::on(engine).settings("[default.accounts.limits]\nlogin_failures = \"1/5m\"\n").start().await;
    let visitor = json_client(&app);
    for path in ["/verify/x", "/password/reset/x", "/account/email/x"] {
        problem(&visitor.get(path).await, 410);
        problem(&visitor.post(path, &[("password", PASSWORD)]).await, 410);
    }
    assert_eq!(visitor.log_in("nobody@example.com", PASSWORD).await.status, 422);
    let throttled = visitor.log_in("nobody@example.com", PASSWORD).await;
    problem(&throttled, 429);
    assert!(throttled.header("retry-after").parse::<u32>().is_ok_and(|wait| wait > 0));
    // A redirect to the login is not an error and has no problem document.
    assert_eq!(visitor.get("/account").await.location(), "/login?next=%2Faccount");
}

async fn an_unknown_path_is_a_problem(engine: Engine) {
    problem(&json_client(&App::start(engine).await).get("/nowhere").await, 404);
}
