//! What applies to every page: cross-site requests, headers, languages, and accessible forms.

use reqwest::Method;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    an_error_page_offers_the_logout_to_a_signed_in_user,
    a_cached_static_file_is_not_sent_again_in_any_form_of_its_tag,
    login_and_signup_pass_the_destination_to_each_other,
    a_disabled_inbox_has_no_paths,
    every_form_has_labels_and_autocomplete_tokens,
    a_page_of_another_site_cannot_act_for_a_visitor,
    a_method_in_a_form_field_bypasses_no_check,
    every_page_forbids_framing_third_party_scripts_and_type_sniffing,
    pages_and_emails_use_the_visitor_s_language,
    untrusted_text_is_escaped_in_pages_and_emails,
    extra_form_fields_have_no_effect,
}

const FORMS: [&str; 4] = ["/signup", "/login", "/verify/resend", "/password/forgot"];

async fn every_form_has_labels_and_autocomplete_tokens(engine: Engine) {
    let app = App::start(engine).await;
    for path in FORMS {
        let page = app.visitor().get(path).await;
        let text = page.text();
        assert_eq!(page.status, 200);
        assert!(page.header("cache-control").contains("no-store"), "{path}");
        assert!(text.contains("method=\"post\""), "{path}");
        let inputs = text.matches("<input ").count() - text.matches("type=\"hidden\"").count();
        assert!(text.matches("<label ").count() >= inputs, "{path}");
        assert!(text.contains("autocomplete=\"username\""), "{path}");
    }
    let member = app.member("member@example.com").await;
    member.post("/password/forgot", &[("email", "member@example.com")]).await;
    let reset = app.email("member@example.com").await.link();
    for (path, completions) in [
        ("/account/password", &["username", "current-password", "new-password"][..]),
        ("/account/email", &["current-password"]),
        ("/account/delete", &["username", "current-password"]),
        (reset.as_str(), &["username", "new-password"]),
    ] {
        let page = member.get(path).await;
        assert!(page.status == 200 && page.header("cache-control").contains("no-store"), "{path}");
        let text = page.text();
        assert!(text.contains("method=\"post\"") && text.contains("type=\"password\""), "{path}");
        for completion in completions {
            assert!(text.contains(&format!("autocomplete=\"{completion}\"")), "{path}: {completion}");
        }
    }
    assert!(app.visitor().get("/signup").await.text().contains("autocomplete=\"new-password\""));
    assert!(app.visitor().get("/login").await.text().contains("autocomplete=\"current-password\""));
}

async fn login_and_signup_pass_the_destination_to_each_other(engine: Engine) {
    let app = App::start(engine).await;
    for (path, other) in [("/login", "/signup"), ("/signup", "/login")] {
        let page = app.visitor().get(&format!("{path}?next=%2Faccount%2Femail")).await.text();
        assert!(page.contains(&format!("href=\"{other}?next=%2Faccount%2Femail\"")), "{page}");
        let page = app.visitor().get(&format!("{path}?next=%2F%2Fevil.example")).await.text();
        assert!(page.contains(&format!("href=\"{other}\"")) && !page.contains("name=\"next\""), "{page}");
    }
}

async fn a_disabled_inbox_has_no_paths(engine: Engine) {
    let settings = "[default.inbox]\nenabled = false\n[default.mail]\ntransport = \"smtp\"\n[default.mail.smtp]\n\
                    host = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"";
    let app = App::on(engine).settings(settings).start().await;
    for path in ["/dev/inbox", "/dev/inbox/", "/dev/inbox/previews", "/dev/inbox/outbox", "/dev/inbox/api/v1/messages"]
    {
        assert_eq!(app.visitor().get(path).await.status, 404, "{path}");
    }
    assert!(!app.visitor().get("/").await.text().contains("/dev/inbox"));
}

async fn a_page_of_another_site_cannot_act_for_a_visitor(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let paths = [
        "/signup",
        "/login",
        "/logout",
        "/verify/resend",
        "/verify/abc",
        "/account/name",
        "/account/email",
        "/account/password",
        "/account/delete",
        "/account/sessions/end-others",
        "/password/forgot",
        "/password/reset/abc",
    ];
    for path in paths {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let request = visitor.request(Method::POST, path).header(name, value).form(&[("name", "changed")]);
            let page = visitor.send(request).await;
            assert_eq!(page.status, 403, "{path} with {name}: {value}");
            assert!(page.header("access-control-allow-origin").is_empty());
        }
    }
    assert!(visitor.is_signed_in().await, "nothing has changed");
    for request in [
        visitor.request(Method::POST, "/account/name").header("sec-fetch-site", "same-origin"),
        visitor.request(Method::POST, "/account/name").header("origin", app.site()),
        visitor.request(Method::POST, "/account/name"),
    ] {
        assert_eq!(visitor.send(request.form(&[("name", "changed")])).await.status, 303);
    }
}

async fn a_method_in_a_form_field_bypasses_no_check(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let form = [("_method", method), ("name", "changed")];
        let request = visitor.request(Method::POST, "/account/name").header("sec-fetch-site", "cross-site").form(&form);
        let status = visitor.send(request).await.status;
        assert!((400..500).contains(&status), "{method}: {status}");
    }
    assert!(!visitor.get("/account").await.text().contains("value=\"changed\""));
}

async fn every_page_forbids_framing_third_party_scripts_and_type_sniffing(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    for path in ["/", "/login", "/account", "/verify", "/nowhere"] {
        let page = if path == "/login" { app.visitor().get(path).await } else { visitor.get(path).await };
        let policy = page.header("content-security-policy");
        for part in ["frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!page.header("cross-origin-opener-policy").is_empty(), "{path}");
    }
}

async fn pages_and_emails_use_the_visitor_s_language(engine: Engine) {
    let app = App::start(engine).await;
    for (accept, wanted) in [
        ("ko", "ko"),
        ("en", "en"),
        ("ko-KR,en;q=0.5", "ko"),
        ("fr", "en"),
        ("en;q=0.1, ko;q=0.9", "ko"),
        (";;;q=what, !!", "en"),
    ] {
        let request = app.visitor().without("accept-language").request(Method::GET, "/login");
        let request = request.header("accept-language", accept.as_bytes());
        let page = app.visitor().send(request).await;
        assert!(page.text().contains(&format!("<html lang=\"{wanted}\"")), "{accept}");
        assert_eq!(page.header("content-language"), wanted, "{accept}");
    }
    let none = app.visitor().without("accept-language").get("/login").await;
    assert!(none.text().contains("<html lang=\"en\""));
    let visitor = app.visitor().with("accept-language", "ko");
    assert_eq!(visitor.sign_up("gildong@example.com", PASSWORD).await.status, 303);
    let email = app.email("gildong@example.com").await;
    assert!(email.subject().chars().any(|c| ('가'..='힣').contains(&c)), "{}", email.subject());
    assert!(email.text().contains("니다"), "{}", email.text());
    let switched = app.visitor();
    assert!(switched.get("/login?lang=ko").await.text().contains("<html lang=\"ko\""));
    // The language links of a rejected form name the page with the form, since its own URL cannot be opened with GET.
    let form = format!("{}/password/forgot?next=%2Faccount", app.site());
    let refused = switched.request(Method::POST, "/password/forgot").header("referer", form).form(&[("email", "x")]);
    let page = switched.send(refused).await.text();
    assert!(page.contains("href=\"/password/forgot?next=%2Faccount&#38;lang=en\""), "{page}");
    let cross_site = switched.request(Method::POST, "/password/forgot").header("referer", "https://evil.example/x");
    assert!(switched.send(cross_site.form(&[("email", "x")])).await.text().contains("href=\"/?lang=en\""));
    assert!(switched.get("/signup").await.text().contains("<html lang=\"ko\""), "the cookie stores the choice");
}

async fn untrusted_text_is_escaped_in_pages_and_emails(engine: Engine) {
    let app = App::start(engine).await;
    let evil = "\"><script>alert(1)</script>{{7*7}}";
    let visitor = app.visitor().with("user-agent", evil);
    let fields = [("email", "member@example.com"), ("password", PASSWORD), ("name", evil), ("next", evil)];
    visitor.post("/signup", &fields).await;
    let emails = app.emails("member@example.com").await;
    if emails.is_empty() {
        visitor.sign_up("member@example.com", PASSWORD).await;
    }
    app.confirm(&visitor, "member@example.com").await;
    visitor.log_in("member@example.com", PASSWORD).await;
    visitor.post("/account/name", &[("name", evil)]).await;
    let mut texts = vec![visitor.get("/account").await.text(), visitor.get("/").await.text()];
    texts.push(visitor.get(&format!("/login?next={}", "%22%3E%3Cscript%3Ealert(1)")).await.text());
    for email in app.emails("member@example.com").await {
        texts.push(email.html().to_owned());
    }
    for text in texts {
        assert!(!text.contains("<script>alert"), "{text}");
        assert!(!text.contains(">49"), "nothing is evaluated");
    }
}

async fn extra_form_fields_have_no_effect(engine: Engine) {
    let app = App::start(engine).await;
    let extra =
        [("user_id", "2"), ("email_verified", "1"), ("is_active", "1"), ("role", "admin"), ("verified_at", "1")];
    let visitor = app.visitor();
    let mut fields = vec![("email", "sly@example.com"), ("password", PASSWORD)];
    fields.extend(extra);
    assert_eq!(visitor.post("/signup", &fields).await.status, 303);
    assert_eq!(visitor.post("/login", &fields).await.status, 422, "still not confirmed");
}

async fn a_cached_static_file_is_not_sent_again_in_any_form_of_its_tag(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    let tag = visitor.get("/static/app.css").await.header("etag").to_owned();
    assert!(!tag.is_empty());
    for (given, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
    ] {
        assert_eq!(visitor.get("/static/app.css").await.status, 200);
        let page = app.visitor().with("if-none-match", &given).get("/static/app.css").await;
        assert_eq!(page.status, status, "{given}");
    }
}

async fn an_error_page_offers_the_logout_to_a_signed_in_user(engine: Engine) {
    let app = App::start(engine).await;
    let member = app.member("member@example.com").await;
    let cross_site = member.request(Method::POST, "/account/name").header("origin", "https://evil.example");
    for (page, status) in [
        (member.get("/nowhere").await, 404),
        (member.send(member.request(Method::DELETE, "/account")).await, 405),
        (member.send(cross_site).await, 403),
    ] {
        assert_eq!(page.status, status);
        assert!(page.text().contains("action=\"/logout\""), "{status}: {}", page.text());
    }
    assert!(!app.visitor().get("/nowhere").await.text().contains("action=\"/logout\""));
}
