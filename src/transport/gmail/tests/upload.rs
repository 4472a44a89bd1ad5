//! Tests of multipart uploads: each of Gmail's answers, and unusual messages.

use std::time::Duration;

use super::bench::{Bench, email, with_limits};
use super::google::{Reply, error, html};
use crate::clock::Clock;
use crate::random::Entropy;
use crate::transport::gmail::message_id::tests::WITH_ID;
use crate::transport::gmail::timeouts::GmailTimeouts;
use crate::transport::gmail::{Endpoint, Gmail, Settings};
use crate::transport::{FailureKind, Transport};

#[tokio::test]
async fn a_message_is_sent_unchanged_and_its_receipt_names_gmails_id() {
    let bench = Bench::new(true).await;
    let mail = email("안녕하세요\n링크");
    let receipt = bench.deliver(&mail).await.unwrap();
    let sent = bench.google.sent();
    assert_eq!((sent.len(), sent[0].user.as_str(), sent[0].resumable), (1, "me", false));
    assert_eq!(sent[0].raw, mail.bytes);
    assert_eq!(receipt.remote_id.as_deref(), Some(sent[0].id.as_str()));
    assert!(receipt.reply.contains(&sent[0].id));
    assert_eq!(bench.google.requests(), ["POST /upload/gmail/v1/users/me/messages/send"]);
}

#[tokio::test]
async fn each_answer_to_an_upload_gives_its_failure_kind() {
    let bench = Bench::new(true).await;
    for (reply, class) in [
        (error(400, "invalidArgument", "Invalid To header"), FailureKind::Permanent),
        (error(403, "userRateLimitExceeded", "slow"), FailureKind::Rate),
        (error(403, "rateLimitExceeded", "slow"), FailureKind::Rate),
        (error(403, "dailyLimitExceeded", "enough"), FailureKind::Rate),
        (error(403, "domainPolicy", "no"), FailureKind::Configuration),
        (error(403, "insufficientPermissions", "no"), FailureKind::Configuration),
        (error(403, "accessNotConfigured", "no"), FailureKind::Configuration),
        (error(404, "notFound", "no"), FailureKind::Configuration),
        (error(500, "backendError", "oops"), FailureKind::Transient),
        (html(400), FailureKind::Transient),
        (html(502), FailureKind::Transient),
        (html(503), FailureKind::Transient),
        (Reply::HalfBody, FailureKind::Ambiguous),
        (Reply::Status(200, Vec::new(), "{}".to_owned()), FailureKind::Ambiguous),
        (Reply::Status(200, Vec::new(), "<html>".to_owned()), FailureKind::Ambiguous),
        (Reply::Drop, FailureKind::Ambiguous),
    ] {
        let failure = bench.fails(reply.clone()).await;
        assert_eq!(failure.class, class, "{reply:?}: {failure}");
        assert!(failure.reason.len() > 30, "{failure}");
    }
}

#[tokio::test]
async fn an_answer_with_an_id_is_a_receipt_whatever_else_it_holds() {
    let bench = Bench::new(true).await;
    for (n, body) in WITH_ID.into_iter().enumerate() {
        bench.google.next_upload(Reply::Status(200, Vec::new(), body.to_owned()));
        let receipt = bench.deliver(&email("hello")).await.unwrap_or_else(|failure| panic!("{body}: {failure}"));
        assert_eq!((receipt.remote_id.as_deref(), bench.google.sent().len()), (Some("19a1"), n + 1), "{body}");
    }
}

#[tokio::test]
async fn the_wait_that_gmail_asks_for_is_in_the_failure() {
    let bench = Bench::new(true).await;
    let Reply::Status(status, mut headers, body) = error(429, "rateLimitExceeded", "slow") else { unreachable!() };
    headers.push(("retry-after", "120".to_owned()));
    let failure = bench.fails(Reply::Status(status, headers, body)).await;
    assert_eq!((failure.class, failure.retry_after), (FailureKind::Rate, Some(Duration::from_secs(120))));
    let later = crate::clock::Clock::system().now() + Duration::from_secs(1800);
    let message = format!("User-rate limit exceeded.  Retry after {}", later.rfc3339());
    let failure = bench.fails(error(429, "rateLimitExceeded", &message)).await;
    assert!(failure.retry_after.unwrap() > Duration::from_secs(1700), "{failure:?}");
}

#[tokio::test]
async fn a_message_that_contains_the_multipart_boundary_arrives_whole() {
    let bench = Bench::new(true).await;
    let mail = email("see\r\n--MDuXWGyeE33QFXGchb2VFWc4Z7945d\r\nContent-Type: text/plain\r\n\r\nsmuggled\r\n");
    assert!(String::from_utf8_lossy(&mail.bytes).contains("\r\n--MDuXWGyeE33QFXGchb2VFWc4Z7945d"));
    bench.deliver(&mail).await.unwrap();
    assert_eq!(bench.google.sent()[0].raw, mail.bytes);
}

#[tokio::test]
async fn a_message_larger_than_gmails_limit_is_refused_before_anything_is_sent() {
    let bench = Bench::new(true).await;
    let mut mail = email("hello");
    mail.bytes.resize(36_700_161, b'a');
    assert_eq!(bench.deliver(&mail).await.unwrap_err().class, FailureKind::Permanent);
    assert!(bench.google.requests().is_empty());
}

#[tokio::test]
async fn a_refused_connection_is_transient() {
    let bench = Bench::new(true).await;
    let settings = Settings { endpoint: Endpoint::parse("http://127.0.0.1:1/").unwrap(), ..bench.settings() };
    let failure = Gmail::new(settings, Clock::system(), Entropy::system()).deliver(&email("hello")).await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Transient);
    assert!(failure.reason.contains("127.0.0.1:1"), "{failure}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let bench = Bench::new(true).await;
    let flood = "x".repeat(5_000_000);
    assert_eq!(bench.fails(Reply::Status(200, Vec::new(), flood.clone())).await.class, FailureKind::Ambiguous);
    assert_eq!(bench.fails(Reply::Status(503, Vec::new(), flood)).await.class, FailureKind::Transient);
    bench.deliver(&email("hello")).await.unwrap();
}

#[tokio::test]
async fn a_request_without_an_answer_times_out() {
    let bench = Bench::new(true).await;
    let short = Duration::from_millis(100);
    let limits = GmailTimeouts { form: short, upload: short, upload_per_mib: short, resume: short };
    let gmail = with_limits(bench.settings(), limits);
    bench.google.next_upload(Reply::Hang);
    let failure = gmail.deliver(&email("hello")).await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Ambiguous, "{failure}");
    assert!(failure.reason.contains("no answer within"), "{failure}");
    bench.google.forget_access();
    bench.google.next_token(Reply::Hang);
    let failure = gmail.deliver(&email("hello")).await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Transient, "{failure}");
}

#[tokio::test]
async fn recipients_that_only_the_envelope_names_are_sent_as_bcc() {
    let bench = Bench::new(true).await;
    let mut mail = email("hello");
    mail.envelope.to.push("hidden@example.com".parse().unwrap());
    bench.deliver(&mail).await.unwrap();
    let raw = String::from_utf8(bench.google.sent()[0].raw.clone()).unwrap();
    assert!(raw.starts_with("Bcc: hidden@example.com\r\n"), "{raw}");
    assert!(raw.ends_with(std::str::from_utf8(&mail.bytes).unwrap()));
    mail.envelope.to.remove(0);
    bench.deliver(&mail).await.unwrap();
    let raw = String::from_utf8(bench.google.sent()[1].raw.clone()).unwrap();
    assert!(raw.starts_with("Bcc: hidden@example.com\r\n") && raw.contains("\r\nX-Original-To: "), "{raw}");
}
