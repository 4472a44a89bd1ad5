//! A whole consent against the Google stub, with a real redirect to our listener.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, email};
use crate::clock::Clock;
use crate::random::Entropy;
use crate::secret::Secret;
use crate::transport::Transport;
use crate::transport::gmail::{self, CallbackPage, Consent, ConsentError, LoopbackRedirect, Settings, StoredToken};

fn render(page: CallbackPage, language: &str) -> String {
    format!("{page:?} in {language}")
}

/// Prepares the consent as the command does.
async fn prepare(settings: &Settings) -> (LoopbackRedirect, Arc<Consent>) {
    let (client, landing) = gmail::redirect_uri(settings, None).await.unwrap();
    let redirect = LoopbackRedirect::bind(landing.socket).await.unwrap();
    let consent = Consent::new(client, &landing, redirect.address().unwrap(), &Entropy::system()).unwrap();
    (redirect, Arc::new(consent))
}

/// Opens the consent page as a browser would; returns the response and the page that the browser shows at the end.
async fn browse(
    settings: &Settings,
    redirect: &LoopbackRedirect,
    consent: &Arc<Consent>,
) -> (Result<Secret<String>, ConsentError>, String) {
    let address = consent.address(&settings.user).to_string();
    let browser = tokio::spawn(async move {
        let client = reqwest::Client::new();
        client.get(address).header("accept-language", "ko").send().await.unwrap().text().await.unwrap()
    });
    let answer = redirect.answer(consent, render).await;
    (answer, browser.await.unwrap())
}

#[tokio::test]
async fn a_consent_ends_in_a_token_that_sends() {
    let bench = Bench::new(true).await;
    std::fs::remove_file(bench.token()).unwrap();
    let settings = bench.settings();
    let (redirect, consent) = prepare(&settings).await;
    let (code, page) = browse(&settings, &redirect, &consent).await;
    assert_eq!(page, "Allowed in ko");
    let code = code.unwrap();
    let token = consent.redeem(&code, Clock::system().now()).await.unwrap();
    assert!(!bench.google.leaks(&format!("{token:?} {consent:?}")));
    gmail::store(&settings, &token).unwrap();
    bench.deliver(&email("hello")).await.unwrap();
    let again = consent.redeem(&code, Clock::system().now()).await.unwrap_err().to_string();
    assert!(again.contains("run the command again") && !bench.google.leaks(&again), "{again}");
}

#[tokio::test]
async fn a_denial_is_explained() {
    let bench = Bench::new(true).await;
    bench.google.deny();
    let settings = bench.settings();
    let (redirect, consent) = prepare(&settings).await;
    let (answer, page) = browse(&settings, &redirect, &consent).await;
    assert_eq!(page, "Denied in ko");
    assert!(answer.unwrap_err().to_string().contains("consent denied"));
}

#[tokio::test]
async fn a_consent_without_the_sending_scope_is_rejected() {
    let bench = Bench::new(true).await;
    bench.google.grant_only("https://www.googleapis.com/auth/gmail.metadata");
    let settings = bench.settings();
    let (redirect, consent) = prepare(&settings).await;
    let (code, _) = browse(&settings, &redirect, &consent).await;
    let error = consent.redeem(&code.unwrap(), Clock::system().now()).await.unwrap_err();
    assert!(matches!(error, ConsentError::Narrowed), "{error}");
}

#[tokio::test]
async fn forged_requests_to_the_listener_do_not_end_the_wait() {
    let bench = Bench::new(true).await;
    let settings = bench.settings();
    let (redirect, consent) = prepare(&settings).await;
    let root = format!("http://{}", redirect.address().unwrap());
    let silent = tokio::net::TcpStream::connect(redirect.address().unwrap()).await.unwrap();
    let forged = async {
        let client = reqwest::Client::new();
        for path in ["/favicon.ico", "/", "/?code=forged", "/?code=forged&state=guessed", "/?error=access_denied"] {
            let response = client.get(format!("{root}{path}")).send().await.unwrap();
            assert_eq!(response.status(), 404, "{path}");
        }
        let huge = format!("{root}/?{}", "a".repeat(100_000));
        assert!(!client.get(huge).send().await.is_ok_and(|r| r.status().is_success()));
    };
    tokio::select! {
        _ = redirect.answer(&consent, render) => panic!("a forged request was accepted"),
        () = forged => {}
    }
    let (code, _) = browse(&settings, &redirect, &consent).await;
    assert!(code.is_ok());
    drop(silent);
}

#[tokio::test]
async fn a_web_client_redirects_to_its_registered_loopback_address_or_is_rejected() {
    let bench = Bench::new(true).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let web =
        bench.google.web(&["https://id.example.com/cb".to_owned(), format!("http://localhost:{}/cb", free.port())]);
    std::fs::write(bench.folder.path().join("google.json"), web).unwrap();
    let settings = bench.settings();
    let (redirect, consent) = prepare(&settings).await;
    assert_eq!(consent.path(), "/cb");
    let (code, _) = browse(&settings, &redirect, &consent).await;
    consent.redeem(&code.unwrap(), Clock::system().now()).await.unwrap();
    let web = bench.google.web(&["https://id.example.com/cb".to_owned()]);
    std::fs::write(bench.folder.path().join("google.json"), web).unwrap();
    let error = gmail::redirect_uri(&settings, None).await.unwrap_err();
    assert!(error.to_string().contains("http://127.0.0.1:8400/"), "{error}");
}

#[tokio::test]
async fn a_revoked_consent_is_removed_at_google_and_on_disk() {
    let bench = Bench::new(true).await;
    let settings = bench.settings();
    bench.google.next_revocation(super::google::html(503));
    let error = gmail::revoke(&settings, Clock::system().now()).await.unwrap_err();
    assert!(error.to_string().contains("503") && bench.token().exists(), "{error}");
    let saved = std::fs::read(bench.token()).unwrap();
    gmail::revoke(&settings, Clock::system().now()).await.unwrap();
    assert!(!bench.token().exists());
    std::fs::write(bench.token(), saved).unwrap();
    assert!(bench.gmail.check().await.is_err());
    gmail::revoke(&settings, Clock::system().now()).await.unwrap();
    assert!(!bench.token().exists(), "a consent that is already revoked is no error");
}

#[tokio::test]
async fn an_unwritable_token_file_is_reported_before_the_consent() {
    let bench = Bench::new(true).await;
    let settings = bench.settings();
    gmail::check_writable(&settings).unwrap();
    assert!(StoredToken::read(&bench.token()).await.is_ok(), "the old file stays");
    let blocked = Settings { token: bench.token().join("below-a-file.json"), ..settings };
    let error = gmail::check_writable(&blocked).unwrap_err().to_string();
    assert!(error.contains("cannot write ") && error.contains("below-a-file.json"), "{error}");
}

#[tokio::test]
async fn the_wait_can_be_limited() {
    let bench = Bench::new(true).await;
    let (redirect, consent) = prepare(&bench.settings()).await;
    let waited = tokio::time::timeout(Duration::from_millis(20), redirect.answer(&consent, render)).await;
    assert!(waited.is_err());
}
