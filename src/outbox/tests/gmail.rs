//! Failover from the real Gmail transport, with a test server in the place of Google.

use std::sync::Arc;
use std::time::Duration;

use super::support::{Kind, Scripted, Stage};
use crate::clock::Clock;
use crate::mail::Address;
use crate::outbox::{HealthStatus, JobState, OutboxEntry, TransportConfig, enqueue_mail};
use crate::random::Entropy;
use crate::transport::gmail::Gmail;
use crate::transport::gmail::tests::bench::Bench;
use crate::transport::gmail::tests::google::{Reply, error, html};

const BODY: &[u8] = b"To: kim@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n\r\nhello\r\n";

/// Gmail first, then a transport that accepts everything.
async fn stage(bench: &Bench) -> (Stage, Arc<Scripted>) {
    let from = "Gatepost <post@example.com>".parse().unwrap();
    let gmail = Arc::new(Gmail::new(bench.settings(), Clock::system(), Entropy::system()));
    let smtp = Scripted::new("smtp", vec![]);
    let stage =
        Stage::new(Kind::Sqlite, vec![TransportConfig { transport: gmail, from, rate: None }, smtp.route(None)]).await;
    (stage, smtp)
}

async fn enqueue_message(stage: &Stage) -> String {
    enqueue_body(stage, BODY).await
}

async fn enqueue_body(stage: &Stage, body: &[u8]) -> String {
    let mut tx = stage.db.write().await.unwrap();
    let now = stage.clock.now();
    let to = vec![Address::parse("kim@example.org").unwrap()];
    let day = now + Duration::from_secs(24 * 3600);
    let id = enqueue_mail(&mut tx, to, body, day, now, &Entropy::system()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn sent_now(stage: &Stage) -> OutboxEntry {
    let id = enqueue_message(stage).await;
    stage.drain().await;
    stage.entry(&id).await
}

#[tokio::test]
async fn a_withdrawn_consent_is_reported_and_mail_uses_smtp_until_a_new_consent() {
    let bench = Bench::new(false).await;
    let (stage, smtp) = stage(&bench).await;
    assert_eq!(sent_now(&stage).await.transport.as_deref(), Some("gmail"));
    bench.google.forget_consent();
    let entry = sent_now(&stage).await;
    assert_eq!((entry.state, entry.transport.as_deref()), (JobState::Sent, Some("smtp")));
    let health = stage.outbox.health().await.unwrap();
    assert_eq!((health.status, health.transports[0].status), (HealthStatus::Ready, HealthStatus::Degraded));
    let reason = health.transports[0].reason.clone().unwrap();
    assert!(reason.contains("run `gatepost gmail authorize`") && !bench.google.leaks(&reason), "{reason}");

    std::fs::write(bench.token(), bench.google.token_file(false)).unwrap();
    stage.clock.advance(Duration::from_secs(301));
    for _ in 0..2 {
        sent_now(&stage).await;
    }
    assert_eq!(sent_now(&stage).await.transport.as_deref(), Some("gmail"));
    assert!(smtp.count() < 4, "the preferred transport is used again");
    assert_eq!(stage.outbox.health().await.unwrap().transports[0].status, HealthStatus::Ready);
}

#[tokio::test]
async fn a_quota_error_pauses_gmail_for_its_retry_after() {
    let bench = Bench::new(true).await;
    let (stage, smtp) = stage(&bench).await;
    let Reply::Status(status, mut headers, body) = error(429, "rateLimitExceeded", "enough") else { unreachable!() };
    headers.push(("retry-after", "600".to_owned()));
    bench.google.next_upload(Reply::Status(status, headers, body));
    assert_eq!(sent_now(&stage).await.transport.as_deref(), Some("smtp"));
    stage.clock.advance(Duration::from_secs(590));
    assert_eq!(sent_now(&stage).await.transport.as_deref(), Some("smtp"));
    assert_eq!((bench.google.sent().len(), smtp.count()), (0, 2));
    stage.clock.advance(Duration::from_secs(20));
    sent_now(&stage).await;
    assert_eq!(sent_now(&stage).await.transport.as_deref(), Some("gmail"));
}

#[tokio::test]
async fn a_receipt_with_a_field_of_another_type_does_not_cause_a_second_copy() {
    let bench = Bench::new(true).await;
    let (stage, smtp) = stage(&bench).await;
    let body = r#"{"id":"19a1","historyId":"184467440737095516150","labelIds":"SENT"}"#;
    bench.google.next_upload(Reply::Status(200, Vec::new(), body.to_owned()));
    let entry = sent_now(&stage).await;
    assert_eq!((entry.state, entry.remote_id.as_deref()), (JobState::Sent, Some("19a1")));
    for _ in 0..10 {
        stage.pass(Duration::from_secs(3600)).await;
    }
    assert_eq!((bench.google.sent().len(), smtp.count()), (1, 0), "one copy");
}

#[tokio::test]
async fn a_message_that_gmail_may_have_sent_is_retried_unchanged() {
    let bench = Bench::new(true).await;
    let (stage, smtp) = stage(&bench).await;
    bench.google.next_upload(Reply::HalfBody);
    let id = enqueue_message(&stage).await;
    stage.drain().await;
    assert_eq!(stage.entry(&id).await.state, JobState::Queued);
    for _ in 0..3 {
        stage.pass(Duration::from_secs(30)).await;
    }
    assert_eq!((stage.entry(&id).await.state, smtp.count()), (JobState::Sent, 0));
    let copies = bench.google.sent();
    assert_eq!((copies.len(), &copies[0].raw), (2, &copies[1].raw));
}

#[tokio::test]
async fn a_large_message_that_gmail_has_is_not_sent_again_and_its_receipt_is_found() {
    let bench = Bench::new(true).await;
    let (stage, smtp) = stage(&bench).await;
    for _ in 0..6 {
        bench.google.next_transfer(Reply::Drop);
    }
    let large = [BODY, "0123456789\r\n".repeat(450_000).as_bytes()].concat();
    let id = enqueue_body(&stage, &large).await;
    stage.drain().await;
    assert_eq!(stage.outcomes(&id).await, ["ambiguous"]);
    for _ in 0..3 {
        stage.pass(Duration::from_secs(30)).await;
    }
    let entry = stage.entry(&id).await;
    let sent = bench.google.sent();
    assert_eq!((sent.len(), smtp.count()), (1, 0), "neither by Gmail nor by another");
    assert_eq!((entry.state, entry.remote_id.as_deref()), (JobState::Sent, Some(sent[0].id.as_str())));
}

#[tokio::test]
async fn mail_uses_smtp_during_an_outage_of_google() {
    let bench = Bench::new(true).await;
    let (stage, smtp) = stage(&bench).await;
    for _ in 0..20 {
        bench.google.next_upload(html(503));
    }
    let id = enqueue_message(&stage).await;
    for _ in 0..6 {
        stage.pass(Duration::from_secs(60)).await;
    }
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.transport.as_deref()), (JobState::Sent, Some("smtp")));
    assert_eq!((smtp.count(), bench.google.sent().len()), (1, 0));
}
