//! Tests of service accounts: a real signature on the assertion, checked with openssl.

use std::process::Command;

use super::bench::{Bench, email};
use crate::clock::Clock;
use crate::random::Entropy;
use crate::transport::gmail::{Gmail, Settings};
use crate::transport::{FailureKind, Transport};

#[tokio::test]
async fn a_service_account_sends_as_its_subject() {
    let bench = Bench::new(true).await;
    let account = bench.google.service_account(bench.folder.path(), "post@example.com");
    std::fs::write(bench.folder.path().join("google.json"), &account).unwrap();
    std::fs::remove_file(bench.token()).unwrap();
    let with = |subject: Option<&str>| {
        let subject = subject.map(|s| s.parse().unwrap());
        Gmail::new(Settings { subject, ..bench.settings() }, Clock::system(), Entropy::system())
    };
    let gmail = with(Some("post@example.com"));
    for _ in 0..2 {
        gmail.deliver(&email("hello")).await.unwrap();
    }
    assert_eq!((bench.refreshes(), bench.google.sent().len()), (1, 2));
    bench.google.forget_access();
    gmail.deliver(&email("hello")).await.unwrap();
    assert!(gmail.check().await.unwrap().contains("service_account"));

    let other = with(Some("boss@example.com")).deliver(&email("hello")).await.unwrap_err();
    assert_eq!(other.class, FailureKind::Configuration);
    assert!(other.reason.contains("domain-wide delegation"), "{other}");
    let nobody = with(None).deliver(&email("hello")).await.unwrap_err();
    assert!(nobody.reason.contains("mail.gmail.subject"), "{nobody}");

    bench.google.next_token(super::google::html(503));
    assert_eq!(with(Some("post@example.com")).deliver(&email("x")).await.unwrap_err().class, FailureKind::Transient);
    bench.google.next_token(super::google::token_error(400, "invalid_grant"));
    let refused = with(Some("post@example.com")).deliver(&email("x")).await.unwrap_err();
    assert_eq!(refused.class, FailureKind::Configuration);
    assert!(refused.reason.contains("clock"), "{refused}");
    let broken = account.replace("PRIVATE KEY-----\\n", "PRIVATE KEY-----\\nAAAA");
    std::fs::write(bench.folder.path().join("google.json"), broken).unwrap();
    let damaged = with(Some("post@example.com")).deliver(&email("x")).await.unwrap_err();
    assert!(damaged.reason.contains("key is damaged"), "{damaged}");
}

#[test]
fn openssl_is_installed() {
    assert!(Command::new("openssl").arg("version").output().is_ok_and(|o| o.status.success()), "install openssl");
}
