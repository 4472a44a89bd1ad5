//! Tests of the authorization request and of the responses to it.

use super::*;

fn consent() -> Consent {
    let client = OAuthClient {
        kind: CredentialKind::Installed,
        id: "id".to_owned(),
        secret: Secret::new("s".to_owned()),
        auth: Url::parse("https://accounts.google.com/o/oauth2/auth").unwrap(),
        token: Url::parse("https://oauth2.googleapis.com/token").unwrap(),
        redirects: Vec::new(),
    };
    let landing = RedirectUri { socket: ([127, 0, 0, 1], 0).into(), registered: None };
    Consent::new(client, &landing, ([127, 0, 0, 1], 8400).into(), &Entropy::seeded(7)).unwrap()
}

#[test]
fn a_response_is_accepted_only_with_the_state_of_its_request() {
    let consent = consent();
    let state = consent.state.expose().clone();
    let code = |query: String| consent.code(&query).map(|c| c.expose().clone()).map_err(|e| e.to_string());
    assert_eq!(code(format!("state={state}&code=4%2F0abc&scope=x")), Ok("4/0abc".to_owned()));
    assert!(code("code=4%2F0abc".to_owned()).unwrap_err().contains("neither"));
    assert!(code(format!("state={state}x&code=4")).unwrap_err().contains("state"));
    assert!(code(format!("state={state}")).unwrap_err().contains("neither"));
    assert!(code(format!("error=access_denied&state={state}")).unwrap_err().contains("access_denied"));
    assert!(code("error=access_denied&state=other".to_owned()).unwrap_err().contains("state"));
}

#[test]
fn a_pasted_response_may_be_the_address_its_query_or_the_code() {
    let consent = consent();
    let state = consent.state.expose().clone();
    for text in [
        format!(" http://127.0.0.1:8400/?state={state}&code=4%2F0abcdefg&scope=x \n"),
        format!("?state={state}&code=4%2F0abcdefg"),
        "4/0abcdefg".to_owned(),
        "4%2F0abcdefg".to_owned(),
    ] {
        assert_eq!(consent.parse_pasted_redirect(&text).unwrap().expose(), "4/0abcdefg", "{text}");
    }
    for text in ["", "yes", "not a code", "http://127.0.0.1:8400/?code=4%2F0abcdefg"] {
        assert!(consent.parse_pasted_redirect(text).is_err(), "{text}");
    }
}

#[test]
fn the_request_asks_only_for_sending_and_has_a_challenge_and_a_state() {
    let consent = consent();
    let url = consent.address(&GmailUser::parse("post@example.com").unwrap()).to_string();
    for part in [
        "https://accounts.google.com/o/oauth2/auth?client_id=id",
        "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fgmail.send&",
        "redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2F&",
        "code_challenge_method=S256",
        "access_type=offline",
        "prompt=consent",
        "login_hint=post%40example.com",
    ] {
        assert!(url.contains(part), "{part} in {url}");
    }
    assert!(!url.contains(consent.verifier.expose().as_str()));
}

#[test]
fn a_web_client_redirects_to_its_registered_address() {
    let redirects = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let both = redirects(&["https://id.example.com/cb", "http://localhost:8400/cb", "http://127.0.0.1:9000"]);
    assert_eq!(registered(&both, None).unwrap().socket, ([127, 0, 0, 1], 8400).into());
    assert_eq!(registered(&both, Some(9000)).unwrap().registered.as_deref(), Some("http://127.0.0.1:9000"));
    assert!(matches!(registered(&both, Some(1)), Err(ConsentError::FixedPort(8400))));
    let none = redirects(&["https://id.example.com/cb", "http://example.com:8400/", "http://10.0.0.1/"]);
    assert!(matches!(registered(&none, None), Err(ConsentError::NoLoopback)));
}
