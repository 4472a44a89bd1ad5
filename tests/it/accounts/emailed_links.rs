//! Emailed links as mail programs and people use them: with characters appended, in other browsers, in a browser where
//! somebody else is logged in, from two tabs.

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    a_link_fits_a_line_and_works_with_what_mail_programs_append,
    a_double_click_on_sign_up_leaves_one_button_in_the_same_browser,
    another_browser_fills_in_nothing_of_the_signup,
    the_login_after_an_emailed_link_has_the_address_filled_in,
    a_link_of_another_account_ends_no_session,
    a_form_made_for_another_user_changes_nothing,
    forms_are_taken_as_multipart_too,
    a_throttled_form_is_shown_again_with_what_was_typed,
    this_device_is_the_first_of_the_sessions,
}

const NEW: &str = "a fresh long password";

async fn a_link_fits_a_line_and_works_with_what_mail_programs_append(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    visitor.post("/password/forgot", &[("email", "member@example.com")]).await;
    let reset = app.email("member@example.com").await.link();
    visitor.post("/account/email", &[("email", "moved@example.com"), ("current_password", PASSWORD)]).await;
    let change = app.email("moved@example.com").await.link();
    let newcomer = app.visitor();
    newcomer.sign_up("new@example.com", PASSWORD).await;
    let verify = app.email("new@example.com").await.link();
    for link in [&verify, &reset, &change] {
        assert!("https://accounts.example.co.kr".len() + link.len() <= 76, "{link}");
        assert!(link.ends_with(|c: char| c.is_ascii_alphanumeric()), "{link}");
        for end in
            ["", ".", ")", ">", "%3E", ",", "%20", "+", "%C2%A0", "%E3%80%80", "%0D%0A", ").", "%2520", "%EC%9D%84"]
        {
            let page = app.visitor().get(&format!("{link}{end}")).await;
            assert_eq!(page.status, 200, "{link}{end}");
            assert!(
                !page.text().contains(&format!("{link}{end}\"")) || end.is_empty(),
                "{end}: the form posts to the link"
            );
        }
        for wrong in [format!("{link}x"), link[..link.len() - 1].to_owned()] {
            assert_eq!(app.visitor().get(&wrong).await.status, 410, "{wrong}");
        }
    }
    assert_eq!(newcomer.post(&format!("{verify}."), &[]).await.location(), "/login");
    assert_eq!(visitor.post(&format!("{change}%20"), &[]).await.location(), "/account");
}

async fn a_double_click_on_sign_up_leaves_one_button_in_the_same_browser(engine: Engine) {
    let app = App::start(engine).await;
    for (address, opened) in [("one@example.com", false), ("two@example.com", true)] {
        let visitor = app.visitor();
        if opened {
            visitor.get("/signup").await;
        }
        let fields = [("email", address), ("password", PASSWORD), ("name", "Kim")];
        let both = futures::future::join(visitor.post("/signup", &fields), visitor.post("/signup", &fields)).await;
        assert_eq!((both.0.location(), both.1.location()), ("/verify", "/verify"));
        for email in app.emails(address).await {
            let page = visitor.get(&email.link()).await.text();
            assert!(!page.contains("name=\"password\""), "one button: {page}");
        }
        assert_eq!(app.confirm(&visitor, address).await.location(), "/login");
        assert_eq!(visitor.log_in(address, PASSWORD).await.status, 303);
    }
    // The same form by somebody else, who does not know the password, is another browser's.
    let (owner, other) = (app.visitor(), app.visitor());
    owner.sign_up("three@example.com", PASSWORD).await;
    other.sign_up("three@example.com", NEW).await;
    let link = app.email("three@example.com").await.link();
    assert!(!owner.get(&link).await.text().contains("name=\"password\""));
    assert!(other.get(&link).await.text().contains("name=\"password\""));
}

async fn another_browser_fills_in_nothing_of_the_signup(engine: Engine) {
    let app = App::start(engine).await;
    let fields = [("email", "owner@example.com"), ("password", PASSWORD), ("name", "Planted Name")];
    app.visitor().post("/signup", &fields).await;
    let link = app.email("owner@example.com").await.link();
    let owner = app.visitor();
    assert!(!owner.get(&link).await.text().contains("Planted Name"));
    let refused = owner.post(&link, &[("name", "Own Name"), ("password", "short")]).await.text();
    assert!(refused.contains("value=\"Own Name\"") && !refused.contains("Planted Name"), "{refused}");
    assert_eq!(owner.post(&link, &[("password", NEW)]).await.location(), "/login");
    owner.log_in("owner@example.com", NEW).await;
    assert!(!owner.get("/account").await.text().contains("Planted Name"), "not without the field either");
}

async fn the_login_after_an_emailed_link_has_the_address_filled_in(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    visitor.sign_up("New@example.com", PASSWORD).await;
    let other = app.visitor();
    let link = app.email("new@example.com").await.link();
    assert_eq!(other.post(&link, &[("password", NEW)]).await.location(), "/login");
    assert!(other.get("/login").await.text().contains("value=\"New@example.com\""));
    other.log_in("new@example.com", NEW).await;
    other.post("/logout", &[]).await;
    assert!(!other.get("/login").await.text().contains("ew@example.com"), "used up by the login");
    visitor.post("/password/forgot", &[("email", "new@example.com")]).await;
    let third = app.visitor();
    let link = app.email("new@example.com").await.link();
    assert_eq!(third.post(&link, &[("password", PASSWORD)]).await.location(), "/login");
    assert!(third.get("/login").await.text().contains("value=\"New@example.com\""));
    third.plant("gatepost-address", "ZXZpbEBleGFtcGxlLmNvbQ..x");
    assert!(!third.get("/login").await.text().contains("evil@example.com"));
}

async fn a_link_of_another_account_ends_no_session(engine: Engine) {
    let app = App::start(engine).await;
    let (own, _) = (app.member("own@example.com").await, app.member("other@example.com").await);
    own.post("/password/forgot", &[("email", "other@example.com")]).await;
    let link = app.email("other@example.com").await.link();
    assert_eq!(own.post(&link, &[("password", NEW)]).await.location(), "/login");
    assert_eq!(own.get("/login").await.location(), "/account");
    let page = own.get("/account").await;
    assert_eq!(page.flash().as_deref(), Some("password-reset"));
    assert!(page.text().contains("You are still logged in as own@example.com"), "{}", page.text());
    own.post("/password/forgot", &[("email", "own@example.com")]).await;
    let link = app.email("own@example.com").await.link();
    assert_eq!(own.post(&link, &[("password", NEW)]).await.location(), "/login");
    assert!(!own.is_signed_in().await, "the own account's sessions have ended");
}

async fn a_form_made_for_another_user_changes_nothing(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("first@example.com").await;
    app.member("second@example.com").await;
    let page = visitor.get("/account/delete").await.text();
    let user = page.split("name=\"user\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    for path in ["/account", "/account/email", "/account/password", "/account/delete"] {
        let forms = visitor.get(path).await.text();
        let own = forms.matches("<form").count() - forms.matches("action=\"/logout\"").count();
        assert_eq!(forms.matches("name=\"user\"").count(), own, "{path}");
    }
    visitor.post("/account/email", &[("email", "free@example.com"), ("current_password", PASSWORD)]).await;
    // In another tab, somebody else logs in.
    visitor.post("/logout", &[]).await;
    visitor.log_in("second@example.com", PASSWORD).await;
    for (path, fields) in [
        ("/account/name", vec![("name", "Changed")]),
        ("/account/email", vec![("email", "changed@example.com"), ("current_password", PASSWORD)]),
        ("/account/email-change/resend", vec![]),
        ("/account/email-change/cancel", vec![]),
        ("/account/password", vec![("current_password", PASSWORD), ("password", NEW)]),
        ("/account/sessions/end-others", vec![]),
        ("/account/delete", vec![("current_password", PASSWORD)]),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("user", user)]).collect();
        let refused = visitor.post(path, &fields).await;
        assert_eq!(refused.status, 409, "{path}");
        assert!(refused.text().contains("<h1") && refused.text().contains("second@example.com"), "{path}: a page");
    }
    let page = visitor.get("/account").await.text();
    assert!(page.contains("second@example.com") && !page.contains("hanged"), "{page}");
    for address in ["first@example.com", "second@example.com"] {
        assert_eq!(app.visitor().log_in(address, PASSWORD).await.status, 303, "{address}");
    }
    assert_eq!(visitor.post("/account/name", &[("name", "Own")]).await.status, 303, "without the field");
}

async fn forms_are_taken_as_multipart_too(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.visitor();
    let part = |name: &str, value: &str| {
        format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let send = async |path: &str, body: String| {
        let form = visitor.submission(path).header("content-type", "multipart/form-data; boundary=limit");
        visitor.send(form.body(body)).await
    };
    let signup =
        part("email", "new@example.com") + &part("password", PASSWORD) + &part("name", "홍 길동") + "--limit--\r\n";
    assert_eq!(send("/signup", signup).await.location(), "/verify");
    assert_eq!(app.confirm(&visitor, "new@example.com").await.location(), "/login");
    let login = part("email", "new@example.com") + &part("password", PASSWORD);
    assert_eq!(send("/login", login.clone()).await.status, 400, "cut off");
    assert_eq!(send("/login", login + "--limit--\r\n").await.location(), "/account");
    assert!(visitor.get("/account").await.text().contains("홍 길동"));
}

async fn a_throttled_form_is_shown_again_with_what_was_typed(engine: Engine) {
    let limits = "[default.accounts.limits]\nsignups_per_client = \"1/1h\"\nemails_per_client = \"2/1h\"";
    let app = App::on(engine).settings(limits).start().await;
    let fields = [("email", "new@example.com"), ("password", PASSWORD), ("name", "길동")];
    assert_eq!(app.visitor().post("/signup", &fields).await.status, 303);
    let page = app.visitor().post("/signup", &fields).await;
    assert_eq!(page.status, 429);
    assert!(page.text().contains("value=\"new@example.com\"") && page.text().contains("value=\"길동\""));
    assert!(!page.text().contains(PASSWORD) && page.text().contains("role=\"alert\""));
    assert_eq!(app.visitor().post("/password/forgot", &fields).await.status, 303);
    for path in ["/password/forgot", "/verify/resend"] {
        let page = app.visitor().post(path, &fields).await;
        assert_eq!(page.status, 429, "{path}");
        assert!(page.text().contains("value=\"new@example.com\"") && page.text().contains("<button"), "{path}");
        assert!(!page.header("retry-after").is_empty());
    }
}

async fn this_device_is_the_first_of_the_sessions(engine: Engine) {
    let app = App::start(engine).await;
    let first = app.member("member@example.com").await;
    for _ in 0..3 {
        app.advance(std::time::Duration::from_secs(120));
        app.visitor().log_in("member@example.com", PASSWORD).await;
    }
    let page = first.get("/account").await.text();
    let sessions = page.split("<ul class=\"sessions\">").nth(1).expect("a list");
    let here = sessions.find("This device").expect("this device");
    assert!(here < sessions.find("/end\"").expect("another device"), "{sessions}");
}
