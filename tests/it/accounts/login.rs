//! Login and logout: the same response for every failure, secure cookies, and no state change by GET.

use reqwest::Method;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    every_rejected_login_gets_the_same_response,
    spellings_of_one_address_are_one_account,
    a_hangul_password_is_the_same_in_every_normal_form,
    an_international_domain_is_one_address_in_both_its_forms,
    many_logins_at_once_all_succeed,
    logging_out_ends_the_session_for_good,
    the_login_redirects_to_the_destination_but_never_to_another_site,
    under_https_the_session_cookie_is_bound_to_the_host_and_renewed_at_each_login,
}

async fn every_rejected_login_gets_the_same_response(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    app.member("disabled@example.com").await;
    app.visitor().sign_up("pending@example.com", PASSWORD).await;
    assert!(app.command(&["users", "disable", "disabled@example.com"]).status.success());
    let tries = [
        ("unknown@example.com", PASSWORD),
        ("member@example.com", "wrong horse battery"),
        ("pending@example.com", PASSWORD),
        ("pending@example.com", "wrong horse battery"),
        ("disabled@example.com", PASSWORD),
    ];
    let mut shapes = Vec::new();
    for (address, password) in tries {
        let page = app.visitor().log_in(address, password).await;
        assert_eq!(page.status, 422, "{address}");
        shapes.push(page.shape(&[address]));
    }
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:#?}");
}

async fn spellings_of_one_address_are_one_account(engine: Engine) {
    let app = App::start(engine).await;
    app.member("user@example.com").await;
    for spelling in ["USER@Example.COM", "  user@example.com ", "User@EXAMPLE.com"] {
        assert_eq!(app.visitor().log_in(spelling, PASSWORD).await.status, 303, "{spelling}");
    }
    app.advance(std::time::Duration::from_secs(90));
    app.visitor().sign_up("USER@example.COM", "another long password").await;
    let email = app.email("user@example.com").await;
    assert!(!email.text().contains("/verify/"), "already registered");
}

async fn a_hangul_password_is_the_same_in_every_normal_form(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    let composed = "비밀번호는 길고 쉬운 말";
    let decomposed: String = unicode_normalization::UnicodeNormalization::nfd(composed).collect();
    assert_ne!(composed, decomposed);
    visitor.sign_up("gildong@example.com", &decomposed).await;
    app.confirm(&visitor, "gildong@example.com").await;
    for typed in [composed, &decomposed] {
        assert_eq!(app.visitor().log_in("gildong@example.com", typed).await.status, 303, "{typed}");
    }
}

async fn an_international_domain_is_one_address_in_both_its_forms(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("user@한국.example", PASSWORD).await;
    assert_eq!(app.confirm(&visitor, "user@xn--3e0b707e.example").await.location(), "/login");
    for typed in ["user@한국.example", "USER@XN--3E0B707E.example"] {
        assert_eq!(app.visitor().log_in(typed, PASSWORD).await.status, 303, "{typed}");
    }
}

async fn many_logins_at_once_all_succeed(engine: Engine) {
    let limits = "[default.accounts.limits]\nlogin_failures = \"100/5m\"\nlogin_failures_per_client = \"100/1m\"";
    let app = App::on(engine).settings(limits).start().await;
    app.member("member@example.com").await;
    let visitors: Vec<_> = (0..24).map(|_| app.visitor()).collect();
    let logins = visitors.iter().map(|visitor| visitor.log_in("member@example.com", PASSWORD));
    for page in futures::future::join_all(logins).await {
        assert_eq!(page.status, 303, "{}", page.text());
    }
}

async fn logging_out_ends_the_session_for_good(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let session = visitor.cookie("gatepost-session").expect("a session");
    assert!(visitor.get("/account").await.text().contains("action=\"/logout\""));
    for method in [Method::GET, Method::HEAD] {
        let page = visitor.send(visitor.request(method.clone(), "/logout")).await;
        assert!([404, 405].contains(&page.status), "{method}: {}", page.status);
        assert!(visitor.is_signed_in().await, "{method} changes nothing");
    }
    let page = visitor.post("/logout", &[]).await;
    assert_eq!((page.status, page.location()), (303, "/"));
    assert_eq!(visitor.get("/").await.flash().as_deref(), Some("logged-out"));
    visitor.plant("gatepost-session", &session);
    assert!(!visitor.is_signed_in().await, "the old cookie is invalid");
    assert_eq!(app.visitor().post("/logout", &[]).await.status, 303, "the same without a session");
}

async fn the_login_redirects_to_the_destination_but_never_to_another_site(engine: Engine) {
    let app = App::start(engine).await;
    app.member("member@example.com").await;
    let visitor = app.visitor();
    let account = visitor.get("/account/password").await;
    assert_eq!(account.status, 303);
    assert!(account.location().starts_with("/login?next="), "{}", account.location());
    assert!(visitor.get(account.location()).await.text().contains("name=\"next\""));
    let to = |next: &'static str| [("email", "member@example.com"), ("password", PASSWORD), ("next", next)];
    assert_eq!(visitor.post("/login", &to("/account/password")).await.location(), "/account/password");
    for elsewhere in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/%0d%0aX: y\r\nZ: z",
    ] {
        let location = app.visitor().post("/login", &to(elsewhere)).await.location().to_owned();
        assert!(location.starts_with('/') && !location.starts_with("//") && !location.contains('\\'), "{location}");
        assert!(!location.contains("evil.example") || location.starts_with("/%"), "{elsewhere} led to {location}");
    }
    assert_eq!(visitor.get("/login").await.location(), "/account", "already signed in");
    assert_eq!(visitor.get("/signup").await.location(), "/account");
}

async fn under_https_the_session_cookie_is_bound_to_the_host_and_renewed_at_each_login(engine: Engine) {
    let settings = "[default]\npublic_url = \"https://id.example.com\"";
    let app = App::on(engine).settings(settings).start().await;
    let visitor = app.visitor().with("host", "id.example.com").with("origin", "https://id.example.com");
    visitor.sign_up("member@example.com", PASSWORD).await;
    app.running().drain().await;
    let inbox = visitor.get("/dev/inbox/api/v1/messages").await.json();
    let id = inbox["messages"][0]["ID"].as_str().expect("an email").to_owned();
    let message = visitor.get(&format!("/dev/inbox/api/v1/message/{id}")).await.json();
    let text = message["Text"].as_str().expect("a text").to_owned();
    let link = text.split_whitespace().find(|word| word.starts_with("https://id.example.com/verify/")).expect("a link");
    let path = link.trim_start_matches("https://id.example.com");
    assert_eq!(visitor.post(path, &[]).await.status, 303);
    visitor.plant("__Host-gatepost-session", "planted-before-the-login");
    let page = visitor.log_in("member@example.com", PASSWORD).await;
    let cookie = page.set_cookie("__Host-gatepost-session").expect("a session");
    for attribute in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{attribute} is not in {cookie}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains("planted") && !cookie.contains("Max-Age"), "{cookie}");
    assert!(page.header("strict-transport-security").contains("max-age="));
    let first = visitor.cookie("__Host-gatepost-session");
    visitor.post("/logout", &[]).await;
    visitor.log_in("member@example.com", PASSWORD).await;
    assert_ne!(visitor.cookie("__Host-gatepost-session"), first);
}
