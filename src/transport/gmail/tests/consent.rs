//! The whole consent against the stand-in, with a real redirect to our listener.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, letter};
use crate::clock::Clock;
use crate::secret::{Entropy, Secret};
use crate::transport::Transport;
use crate::transport::gmail::{self, Consent, ConsentError, Page, Redirect, Settings, Token};

fn render(page: Page, language: &str) -> String {
    format!("{page:?} in {language}")
}

/// Puts the question as the command does.
async fn ask(settings: &Settings) -> (Redirect, Arc<Consent>) {
    let (client, landing) = gmail::landing(settings, None).await.unwrap();
    let redirect = Redirect::bind(landing.socket).await.unwrap();
    let consent = Consent::new(client, &landing, redirect.address().unwrap(), &Entropy::system()).unwrap();
    (redirect, Arc::new(consent))
}

/// Opens the consent page as a browser would; the answer and the page it ended on.
async fn browse(
    settings: &Settings,
    redirect: &Redirect,
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
    let (redirect, consent) = ask(&settings).await;
    let (code, page) = browse(&settings, &redirect, &consent).await;
    assert_eq!(page, "Allowed in ko");
    let code = code.unwrap();
    let token = consent.redeem(&code, Clock::system().now()).await.unwrap();
    assert!(!bench.google.leaks(&format!("{token:?} {consent:?}")));
    gmail::store(&settings, &token).unwrap();
    bench.deliver(&letter("hello")).await.unwrap();
    let again = consent.redeem(&code, Clock::system().now()).await.unwrap_err().to_string();
    assert!(again.contains("run the command again") && !bench.google.leaks(&again), "{again}");
}

#[tokio::test]
async fn a_denial_is_explained() {
    let bench = Bench::new(true).await;
    bench.google.deny();
    let settings = bench.settings();
    let (redirect, consent) = ask(&settings).await;
    let (answer, page) = browse(&settings, &redirect, &consent).await;
    assert_eq!(page, "Denied in ko");
    assert!(answer.unwrap_err().to_string().contains("nobody consented"));
}

#[tokio::test]
async fn a_permission_without_sending_is_no_consent() {
    let bench = Bench::new(true).await;
    bench.google.grant_only("https://www.googleapis.com/auth/gmail.metadata");
    let settings = bench.settings();
    let (redirect, consent) = ask(&settings).await;
    let (code, _) = browse(&settings, &redirect, &consent).await;
    let error = consent.redeem(&code.unwrap(), Clock::system().now()).await.unwrap_err();
    assert!(matches!(error, ConsentError::Narrowed), "{error}");
}

#[tokio::test]
async fn strangers_at_the_listener_do_not_end_the_wait() {
    let bench = Bench::new(true).await;
    let settings = bench.settings();
    let (redirect, consent) = ask(&settings).await;
    let root = format!("http://{}", redirect.address().unwrap());
    let silent = tokio::net::TcpStream::connect(redirect.address().unwrap()).await.unwrap();
    let strangers = async {
        let client = reqwest::Client::new();
        for path in ["/favicon.ico", "/", "/?code=forged", "/?code=forged&state=guessed", "/?error=access_denied"] {
            let response = client.get(format!("{root}{path}")).send().await.unwrap();
            assert_eq!(response.status(), 404, "{path}");
        }
        let huge = format!("{root}/?{}", "a".repeat(100_000));
        assert!(!client.get(huge).send().await.is_ok_and(|r| r.status().is_success()));
    };
    tokio::select! {
        _ = redirect.answer(&consent, render) => panic!("a stranger was believed"),
        () = strangers => {}
    }
    let (code, _) = browse(&settings, &redirect, &consent).await;
    assert!(code.is_ok());
    drop(silent);
}

#[tokio::test]
async fn a_web_client_answers_at_its_registered_address_or_is_refused_with_the_cure() {
    let bench = Bench::new(true).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let web =
        bench.google.web(&["https://id.example.com/cb".to_owned(), format!("http://localhost:{}/cb", free.port())]);
    std::fs::write(bench.folder.path().join("google.json"), web).unwrap();
    let settings = bench.settings();
    let (redirect, consent) = ask(&settings).await;
    assert_eq!(consent.path(), "/cb");
    let (code, _) = browse(&settings, &redirect, &consent).await;
    consent.redeem(&code.unwrap(), Clock::system().now()).await.unwrap();
    let web = bench.google.web(&["https://id.example.com/cb".to_owned()]);
    std::fs::write(bench.folder.path().join("google.json"), web).unwrap();
    let error = gmail::landing(&settings, None).await.unwrap_err();
    assert!(error.to_string().contains("http://127.0.0.1:8400/"), "{error}");
}

#[tokio::test]
async fn a_revoked_consent_is_gone_at_google_and_on_disk() {
    let bench = Bench::new(true).await;
    let settings = bench.settings();
    bench.google.next_revocation(super::google::html(503));
    let error = gmail::revoke(&settings, Clock::system().now()).await.unwrap_err();
    assert!(error.to_string().contains("503") && bench.token().exists(), "{error}");
    let kept = std::fs::read(bench.token()).unwrap();
    gmail::revoke(&settings, Clock::system().now()).await.unwrap();
    assert!(!bench.token().exists());
    std::fs::write(bench.token(), kept).unwrap();
    assert!(bench.gmail.check().await.is_err());
    gmail::revoke(&settings, Clock::system().now()).await.unwrap();
    assert!(!bench.token().exists(), "a consent that was gone already is no failure");
}

#[tokio::test]
async fn a_token_file_that_could_not_be_written_is_found_before_anybody_is_asked() {
    let bench = Bench::new(true).await;
    let settings = bench.settings();
    gmail::writable(&settings).unwrap();
    assert!(Token::read(&bench.token()).await.is_ok(), "the old one stays");
    let blocked = Settings { token: bench.token().join("below-a-file.json"), ..settings };
    let error = gmail::writable(&blocked).unwrap_err().to_string();
    assert!(error.contains("below-a-file.json cannot be written"), "{error}");
}

#[tokio::test]
async fn the_wait_can_be_limited() {
    let bench = Bench::new(true).await;
    let (redirect, consent) = ask(&bench.settings()).await;
    let waited = tokio::time::timeout(Duration::from_millis(20), redirect.answer(&consent, render)).await;
    assert!(waited.is_err());
}
