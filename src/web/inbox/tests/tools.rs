//! Tests of the pages beside the messages: faults, and how to connect an application.

use super::support::{InboxFixture, Plan};
use crate::inbox::{EndedSession, SessionDetails, SessionOutcome};

#[rocket::async_test]
async fn a_refused_fault_form_names_the_field_in_plain_words() {
    let fixture = InboxFixture::new().await;
    for (form, sentence) in [
        ("action=reply&stage=rcpt&code=abc", "“Code, 400 to 599” must be a whole number from 400 to 599."),
        ("action=reply&stage=rcpt&code=70000", "“Code, 400 to 599” must be a whole number"),
        ("action=reply&stage=rcpt&code=", "“Code, 400 to 599” must be a whole number"),
        ("action=reply&stage=rcpt&code=99", "must be a whole number from 400 to 599."),
        ("action=reply&stage=moon&code=450", "“Stage” must be one of the choices."),
        ("action=delay&stage=rcpt&amount=soon", "“Milliseconds, or bytes per second” must be a whole number"),
        ("action=throttle&amount=-1", "“Milliseconds, or bytes per second” must be a whole number"),
        ("action=greylist&attempts=few", "“Only the first attempts (number)” must be a whole number"),
        ("action=explode", "“Action” must be one of the choices."),
        ("action=drop&stage=", "“Stage” must"),
    ] {
        let request = fixture.client.post(fixture.path("/faults/add")).header(rocket::http::ContentType::Form);
        let (status, page) = fixture.send(request, form).await;
        assert_eq!(status, 422, "{form}");
        assert!(page.contains(sentence), "{form}: {page}");
        assert!(
            !["variant", "u16", "u32", "expected", "invalid type"].iter().any(|word| page.contains(word)),
            "{form}"
        );
    }
    assert_eq!(fixture.json("/api/v1/faults").await["rules"], serde_json::json!([]));
    let request = fixture.client.post(fixture.path("/faults/add")).header(rocket::http::ContentType::Form);
    let page = fixture.send(request, "action=reply&stage=rcpt&code=999").await.1;
    let marked = "<input name=\"code\" aria-invalid=\"true\" aria-describedby=\"refused\" value=\"999\"";
    assert!(page.contains(marked) && page.matches("aria-invalid").count() == 1, "{page}");
    assert!(page.contains("name=\"next\" value=\"/dev/inbox/faults\""), "theme and language lead back to the page");
    let korean = fixture.client.post(fixture.path("/faults/add?lang=ko")).header(rocket::http::ContentType::Form);
    assert!(fixture.send(korean, "action=reply&stage=rcpt&code=abc").await.1.contains("정수를 입력해 주세요(400~599)"));
}

#[rocket::async_test]
async fn fault_rules_are_added_by_a_form_or_a_preset_and_removed_one_by_one() {
    let fixture = InboxFixture::new().await;
    let alarm =
        |page: &str| page.split("i-fault").nth(1).is_some_and(|rest| rest.contains("<span class=\"n bad\">1</span>"));
    assert!(!alarm(&fixture.get("/").await.into_string().await.unwrap()));
    let place = (303, "/dev/inbox/faults".to_owned());
    let rule = "action=reply&stage=rcpt&code=450&text=4.2.0+Later&recipient=*@a.test&sender=&attempts=2&amount=&name=a";
    assert_eq!(fixture.form("/faults/add", rule).await, place);
    assert!(alarm(&fixture.get("/").await.into_string().await.unwrap()), "every page says that a rule is in use");
    for preset in ["greylist", "bounce", "bounce", "slow", "drop"] {
        assert_eq!(fixture.form(&format!("/faults/preset/{preset}"), "").await, place, "{preset}");
    }
    assert_eq!(fixture.form("/faults/preset/other", "").await.0, 404);
    let rules = fixture.json("/api/v1/faults").await;
    assert_eq!(
        rules["rules"][0],
        serde_json::json!({
            "name": "a",
            "match": {"recipient": "*@a.test", "attempt": {"from": 1, "to": 2}},
            "action": {"reply": {"stage": "rcpt", "code": 450, "text": "4.2.0 Later"}}
        })
    );
    assert_eq!(rules["rules"].as_array().unwrap().len(), 5);
    let page = fixture.get("/faults").await.into_string().await.unwrap();
    assert!(page.contains("applied 0 times") && page.contains("*@bounce.test"), "{page}");
    let hidden = page.split("name=\"rule\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let text = hidden.replace("&#34;", "\"");
    let body = format!("rule={}", super::super::format::encoded(&text));
    assert_eq!(fixture.form("/faults/remove", &body).await, place);
    // The rule is gone, so another one keeps its place.
    assert_eq!(fixture.form("/faults/remove", &body).await, place);
    let left = fixture.json("/api/v1/faults").await;
    assert_eq!((left["rules"].as_array().unwrap().len(), &left["rules"][0]["name"]), (4, &"greylist".into()));
    assert_eq!(fixture.form("/faults/clear", "").await, place);
    assert_eq!(fixture.json("/api/v1/faults").await["rules"], serde_json::json!([]));
}

#[rocket::async_test]
async fn a_refused_fault_rule_comes_back_with_its_values_and_the_reason() {
    let fixture = InboxFixture::new().await;
    let refused = async |path: &str, body: &str| {
        let request = fixture.client.post(fixture.path(path)).header(rocket::http::ContentType::Form).body(body);
        let answer = request.dispatch().await;
        (answer.status().code, answer.into_string().await.unwrap())
    };
    for (fields, reason) in [
        ("action=reply&stage=rcpt&code=200", "must be a whole number from 400 to 599."),
        ("action=reply&stage=rcpt&code=many", "“Code, 400 to 599” must be a whole number"),
        ("action=delay&stage=rcpt&amount=0", "“Milliseconds, or bytes per second” must be a whole number from 1 to"),
        ("action=other&stage=rcpt", "“Action” must be one of the choices"),
        ("action=drop&stage=connect&recipient=*@a.test", "the recipient is not known yet"),
    ] {
        let (status, page) = refused("/faults/add", &format!("name=%3Cb%3Emine&{fields}")).await;
        assert!(
            status == 422 && page.contains(reason) && page.contains("value=\"&#60;b&#62;mine\""),
            "{fields}: {page}"
        );
    }
    let (status, page) = refused("/faults/json", "json=%7B%3C/textarea%3E").await;
    assert!(status == 422 && page.contains("{&#60;/textarea&#62;</textarea>"), "{page}");
    assert!(page.contains("Line 1, column 2 is not JSON: {&#60; …"), "{page}");
    for (lang, sentence) in [("en", "Line 1, column 30 holds a key or value"), ("ko", "1행 30열에 규칙에 없는 키나 값")]
    {
        let unknown = "json=%7B%22rules%22:%5B%7B%22action%22:%22explode%22%7D%5D%7D";
        let (status, page) = refused(&format!("/faults/json?lang={lang}"), unknown).await;
        assert!(status == 422 && page.contains(sentence) && !page.contains("unknown variant"), "{page}");
    }
    assert_eq!(fixture.json("/api/v1/faults").await["rules"], serde_json::json!([]));
    let one = "json=%7B%22rules%22:%5B%7B%22action%22:%22discard%22%7D%5D%7D";
    assert_eq!(fixture.form("/faults/json", one).await.0, 303);
    assert_eq!(fixture.json("/api/v1/faults").await["rules"][0]["action"], "discard");
}

#[rocket::async_test]
async fn the_page_that_shows_how_to_connect_has_this_servers_address_and_failed_sessions() {
    let fixture = InboxFixture::new().await;
    let details = SessionDetails { client: "192.0.2.9".into(), ..SessionDetails::default() };
    let (started, ended) = (fixture.clock.now(), fixture.clock.now());
    let outcome = SessionOutcome::LeftAfterStarttls;
    fixture.inbox.record_session(EndedSession { started, ended, count: 1, outcome, details });
    for (lang, title) in [("en", "Connect an app"), ("ko", "앱 연결하기")] {
        let page = fixture.get(&format!("/connect?lang={lang}")).await.into_string().await.unwrap();
        assert!(page.contains(title) && page.contains("EMAIL_HOST = &#34;127.0.0.1&#34;"), "{page}");
        assert!(page.contains("/dev/inbox/api/v1/wait?query=to:you@example.com"), "{page}");
        assert!(page.contains("192.0.2.9") && page.contains("inbox.starttls = false"), "{page}");
    }
}

#[rocket::async_test]
async fn a_test_message_arrives_at_once() {
    let fixture = InboxFixture::with(Plan::default()).await;
    for (n, kind) in ["text", "newsletter", "broken"].into_iter().enumerate() {
        let (status, place) = fixture.form("/connect/send", &format!("kind={kind}")).await;
        assert!(status == 303 && place.starts_with("/dev/inbox/view/"), "{place}");
        assert_eq!(fixture.total().await, n as u64 + 1);
        let page = fixture.client.get(place).dispatch().await;
        assert_eq!(page.status().code, 200, "{kind}");
    }
    assert_eq!(fixture.form("/connect/send", "kind=other").await.0, 404);
    // No example waits for its address.
    assert_eq!(fixture.json("/api/v1/search?query=to:test@inbox.example").await["messages_count"], 3);
    assert_eq!(fixture.json("/api/v1/search?query=has:code").await["messages_count"], 1);
}
