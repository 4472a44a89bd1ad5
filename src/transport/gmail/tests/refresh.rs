//! Tests of token refresh, refusal and revocation, and of the files.

use super::bench::{Bench, email};
use super::google::{self, Reply, error, html, token_error};
use crate::clock::Clock;
use crate::random::Entropy;
use crate::transport::gmail::{Gmail, Settings, StoredToken};
use crate::transport::{FailureKind, Transport};

#[tokio::test]
async fn an_expired_token_is_refreshed_once_and_stored_in_the_file() {
    let bench = Bench::new(false).await;
    for _ in 0..3 {
        bench.deliver(&email("hello")).await.unwrap();
    }
    assert_eq!(bench.refreshes(), 1);
    let token = StoredToken::read(&bench.token()).await.unwrap();
    assert!(token.refreshed_at.is_some());
    let second = Gmail::new(bench.settings(), Clock::system(), Entropy::system());
    second.deliver(&email("hello")).await.unwrap();
    assert_eq!(bench.refreshes(), 1);
}

#[tokio::test]
async fn after_a_401_the_token_is_renewed_once_and_the_upload_repeated_once() {
    let bench = Bench::new(true).await;
    bench.google.forget_access();
    bench.deliver(&email("hello")).await.unwrap();
    assert_eq!(bench.google.sent().len(), 1);
    for _ in 0..2 {
        bench.google.next_upload(error(401, "authError", "Invalid Credentials"));
    }
    let failure = bench.deliver(&email("hello")).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (FailureKind::Configuration, Some(401)));
    assert!(failure.reason.contains("gatepost gmail authorize"), "{failure}");
}

#[tokio::test]
async fn a_revoked_consent_says_what_to_do_and_a_new_consent_repairs_it() {
    let bench = Bench::new(false).await;
    bench.google.forget_consent();
    for _ in 0..2 {
        let failure = bench.deliver(&email("hello")).await.unwrap_err();
        assert_eq!(failure.class, FailureKind::Configuration);
        assert!(failure.reason.contains("run `gatepost gmail authorize`"), "{failure}");
    }
    let stored = StoredToken::read(&bench.token()).await.unwrap();
    assert!(stored.last_error.unwrap().reason.contains("gatepost gmail authorize"));
    std::fs::write(bench.token(), bench.google.token_file(false)).unwrap();
    bench.deliver(&email("hello")).await.unwrap();
    assert!(StoredToken::read(&bench.token()).await.unwrap().last_error.is_none());
}

#[tokio::test]
async fn each_answer_of_the_token_endpoint_gives_its_failure_kind() {
    let bench = Bench::new(false).await;
    for (reply, class) in [
        (html(503), FailureKind::Transient),
        (Reply::HalfBody, FailureKind::Transient),
        (Reply::Drop, FailureKind::Transient),
        (Reply::Status(200, Vec::new(), "{}".to_owned()), FailureKind::Transient),
        (Reply::Status(200, Vec::new(), "x".repeat(1_000_000)), FailureKind::Transient),
        (html(400), FailureKind::Configuration),
        (token_error(429, "rate_limit_exceeded"), FailureKind::Rate),
        (token_error(400, "invalid_grant"), FailureKind::Configuration),
        (token_error(401, "invalid_client"), FailureKind::Configuration),
        (token_error(401, "deleted_client"), FailureKind::Configuration),
        (html(404), FailureKind::Configuration),
    ] {
        bench.google.next_token(reply.clone());
        let failure = bench.deliver(&email("hello")).await.unwrap_err();
        assert_eq!(failure.class, class, "{reply:?}: {failure}");
    }
    assert!(bench.google.sent().is_empty());
}

#[tokio::test]
async fn missing_damaged_and_wrong_files_are_configuration_failures() {
    let bench = Bench::new(true).await;
    let fails = async |file: &str, text: Option<&str>, expected: &str| {
        let path = bench.folder.path().join(file);
        let saved = std::fs::read(&path).unwrap();
        match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let failure = bench.deliver(&email("hello")).await.unwrap_err();
        assert_eq!(failure.class, FailureKind::Configuration, "{failure}");
        assert!(failure.reason.contains(expected), "{failure}");
        std::fs::write(&path, saved).unwrap();
    };
    fails("token.json", None, "gatepost gmail authorize").await;
    fails("token.json", Some("{\"client_id\":"), "damaged").await;
    fails("google.json", None, "credentials/README.md").await;
    fails("google.json", Some("<html>"), "a web page").await;
    let other = bench.google.token_file(true).replace(google::CLIENT_ID, "another-client");
    fails("token.json", Some(&other), "another OAuth client").await;
    let narrow = bench.google.token_file(true).replace("gmail.send", "gmail.readonly");
    fails("token.json", Some(&narrow), "does not include sending").await;
    bench.deliver(&email("hello")).await.unwrap();
}

#[tokio::test]
async fn an_unwritable_token_file_does_not_stop_delivery() {
    let bench = Bench::new(false).await;
    let text = std::fs::read(bench.token()).unwrap();
    std::fs::remove_file(bench.token()).unwrap();
    let elsewhere = bench.folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    // Root may write anywhere, so a name that leaves no space for that of the temporary file makes the write fail.
    let real = elsewhere.join("t".repeat(250));
    std::fs::write(&real, text).unwrap();
    let gmail = Gmail::new(Settings { token: real, ..bench.settings() }, Clock::system(), Entropy::system());
    gmail.deliver(&email("hello")).await.unwrap();
    gmail.deliver(&email("hello")).await.unwrap();
    assert_eq!(bench.refreshes(), 1);
}

#[tokio::test]
async fn a_consent_given_during_a_refresh_is_not_overwritten() {
    let bench = Bench::new(false).await;
    let renewed = bench.google.token_file(true);
    let old = StoredToken::read(&bench.token()).await.unwrap();
    std::fs::write(bench.token(), &renewed).unwrap();
    let new = StoredToken::read(&bench.token()).await.unwrap();
    assert!(!old.same_consent(&new));
    bench.deliver(&email("hello")).await.unwrap();
    assert!(StoredToken::read(&bench.token()).await.unwrap().same_consent(&new));
}

#[tokio::test]
async fn the_check_renews_the_token_and_sends_nothing() {
    let bench = Bench::new(true).await;
    let report = bench.gmail.check().await.unwrap();
    assert!(report.contains("installed"), "{report}");
    assert_eq!(bench.google.requests(), ["POST /token"]);
    bench.google.forget_consent();
    let failure = bench.gmail.check().await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Configuration);
}
