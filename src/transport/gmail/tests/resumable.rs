//! Tests of large messages: interrupted at every point, resumed, and sent once.

use std::time::Duration;

use super::bench::{Bench, email, with_limits};
use super::google::{Google, Reply, Then, error, html};
use crate::mail::Message;
use crate::transport::gmail::message_id::tests::WITH_ID;
use crate::transport::gmail::timeouts::GmailTimeouts;
use crate::transport::{FailureKind, Transport};

/// The bytes that the stub keeps before an interruption.
const PART: usize = 1_000_000;
/// The number of consecutive interruptions after which an attempt ends.
const MAX_INTERRUPTIONS: usize = 6;

fn large() -> Message {
    email(&"0123456789 ".repeat(480_000))
}

fn ranged(range: &str) -> Reply {
    Reply::Status(308, vec![("range", range.to_owned())], String::new())
}

async fn planned(replies: &[Reply]) -> Bench {
    let bench = Bench::new(true).await;
    replies.iter().for_each(|reply| bench.google.next_transfer(reply.clone()));
    bench
}

impl Bench {
    fn count(&self, start: &str) -> usize {
        self.google.requests().iter().filter(|request| request.starts_with(start)).count()
    }

    fn opened(&self) -> usize {
        self.count("POST /upload/")
    }

    fn transfers(&self) -> usize {
        self.count("PUT /session/")
    }

    /// Asserts that Gmail has this message once and no other, under the id of the receipt.
    fn has_once(&self, mail: &Message, id: Option<&str>) {
        let sent = self.google.sent();
        assert_eq!(sent.len(), 1);
        assert!(sent[0].resumable && sent[0].raw == mail.bytes, "the bytes are those of the message");
        assert_eq!(id, Some(sent[0].id.as_str()));
    }
}

#[tokio::test]
async fn the_bytes_of_an_upload_are_known_while_it_is_sent() {
    let bench = planned(&[Reply::Hang]).await;
    let mail = large();
    let total = mail.bytes.len() as u64;
    assert_eq!(bench.gmail.sending(), None);
    tokio::select! {
        outcome = bench.gmail.deliver(&mail) => panic!("{outcome:?}"),
        () = async {
            while bench.gmail.sending() != Some((total, total)) {
                tokio::task::yield_now().await;
            }
        } => {}
    }
}

#[tokio::test]
async fn an_interrupted_upload_resumes_and_sends_the_message_once() {
    let mail = large();
    let whole = mail.bytes.len();
    // The replies before the last one, and how many bytes are sent again.
    for (replies, again) in [
        (vec![], 0),
        (vec![Reply::DropEarly], 0),
        (vec![Reply::Keeps(PART, Then::Drop)], 0),
        (vec![Reply::Keeps(PART, Then::Drop), Reply::Keeps(PART, Then::Drop), Reply::Keeps(PART, Then::Drop)], 0),
        (vec![Reply::Keeps(PART, Then::Drop), Reply::Drop], 0),
        (vec![Reply::Drop], 0),
        (vec![Reply::HalfBody], 0),
        (vec![Reply::Status(200, Vec::new(), "{}".to_owned())], 0),
        (vec![Reply::Keeps(PART, Then::Incomplete)], whole - PART),
        (vec![Reply::Keeps(0, Then::Incomplete)], whole),
        (vec![Reply::Keeps(PART, Then::Html(503))], whole - PART),
        (vec![Reply::Keeps(PART, Then::Html(502)), html(503), Reply::Drop], whole - PART),
        (vec![Reply::Keeps(whole - 1, Then::Incomplete)], 1),
    ] {
        let bench = planned(&replies).await;
        let receipt = bench.deliver(&mail).await.unwrap_or_else(|failure| panic!("{replies:?}: {failure}"));
        bench.has_once(&mail, receipt.remote_id.as_deref());
        assert_eq!((bench.google.transferred(), bench.opened()), (whole + again, 1), "{replies:?}");
    }
}

#[tokio::test]
async fn an_upload_that_gmail_no_longer_knows_is_restarted() {
    let mail = large();
    for status in [404, 410] {
        let expired = Reply::Status(status, Vec::new(), String::new());
        let bench = planned(&[Reply::Keeps(PART, Then::Drop), expired.clone()]).await;
        let receipt = bench.deliver(&mail).await.unwrap();
        bench.has_once(&mail, receipt.remote_id.as_deref());
        assert_eq!((bench.google.transferred(), bench.opened()), (PART + mail.bytes.len(), 2));
        // The message may have been sent and Gmail cannot confirm it, so it is not sent again.
        let bench = planned(&[Reply::Drop, expired]).await;
        let failure = bench.deliver(&mail).await.unwrap_err();
        assert_eq!(
            (failure.class, bench.opened(), bench.google.sent().len()),
            (FailureKind::Ambiguous, 1, 1),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn the_next_attempt_resumes_the_upload_of_the_previous_one() {
    let mail = large();
    let bench = planned(&[Reply::Keeps(PART, Then::Drop)]).await;
    (1..MAX_INTERRUPTIONS).for_each(|_| bench.google.next_transfer(html(503)));
    let failure = bench.deliver(&mail).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (FailureKind::Transient, Some(503)), "{failure}");
    assert_eq!(bench.transfers(), MAX_INTERRUPTIONS);
    let receipt = bench.deliver(&mail).await.unwrap();
    bench.has_once(&mail, receipt.remote_id.as_deref());
    assert_eq!((bench.google.transferred(), bench.opened()), (mail.bytes.len(), 1), "no byte is sent twice");
    // Another message gets its own upload.
    bench.deliver(&Message { id: "another row".to_owned(), ..mail }).await.unwrap();
    assert_eq!((bench.google.sent().len(), bench.opened()), (2, 2));
}

#[tokio::test]
async fn after_a_lost_answer_gmail_is_asked_for_the_status_before_the_message_is_sent_again() {
    let mail = large();
    let bench = planned(&[Reply::Drop]).await;
    (1..MAX_INTERRUPTIONS).for_each(|_| bench.google.next_transfer(Reply::Drop));
    let failure = bench.deliver(&mail).await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Ambiguous, "{failure}");
    let receipt = bench.deliver(&mail).await.unwrap();
    bench.has_once(&mail, receipt.remote_id.as_deref());
    assert_eq!(bench.google.transferred(), mail.bytes.len());
}

#[tokio::test]
async fn an_ambiguous_outcome_stays_ambiguous_after_a_later_refusal() {
    let mail = large();
    for reply in [error(429, "rateLimitExceeded", "slow"), error(400, "invalidArgument", "bad"), ranged("bytes=9-0")] {
        let bench = planned(&[Reply::Drop, reply]).await;
        assert_eq!(bench.deliver(&mail).await.unwrap_err().class, FailureKind::Ambiguous);
        let receipt = bench.deliver(&mail).await.unwrap();
        bench.has_once(&mail, receipt.remote_id.as_deref());
    }
}

#[tokio::test]
async fn an_unexpected_range_ends_the_upload() {
    let mail = large();
    let beyond = format!("bytes=0-{}", mail.bytes.len());
    let twice =
        Reply::Status(308, vec![("range", "bytes=0-1".to_owned()), ("range", "bytes=0-2".to_owned())], String::new());
    for replies in [
        vec![ranged(&beyond)],
        vec![ranged("bytes=5-9")],
        vec![ranged("all of it")],
        vec![twice],
        vec![Reply::Keeps(PART, Then::Incomplete), ranged("bytes=0-9")],
        vec![Reply::Keeps(PART, Then::Incomplete), Reply::Status(308, Vec::new(), String::new())],
    ] {
        let bench = planned(&replies).await;
        let failure = bench.deliver(&mail).await.unwrap_err();
        assert_eq!((failure.class, failure.code), (FailureKind::Transient, Some(308)), "{replies:?}: {failure}");
        assert!(failure.reason.contains("unexpected Range"), "{failure}");
        assert_eq!((bench.transfers(), bench.google.sent().len()), (replies.len(), 0), "{replies:?}");
        let receipt = bench.deliver(&mail).await.unwrap();
        bench.has_once(&mail, receipt.remote_id.as_deref());
        assert_eq!(bench.opened(), 2, "the upload is not resumed");
    }
}

#[tokio::test]
async fn an_upload_without_progress_ends() {
    let mail = large();
    let full = format!("bytes=0-{}", mail.bytes.len() - 1);
    let nothing = Reply::Status(308, Vec::new(), String::new());
    for (reply, class) in [
        (nothing, FailureKind::Transient),
        // One byte at a time would take one request per byte of the message.
        (Reply::Keeps(1, Then::Incomplete), FailureKind::Transient),
        (ranged(&full), FailureKind::Ambiguous),
        (Reply::DropEarly, FailureKind::Transient),
    ] {
        let bench = Bench::new(true).await;
        (0..1000).for_each(|_| bench.google.next_transfer(reply.clone()));
        let failure = bench.deliver(&mail).await.unwrap_err();
        // If the connection ends before the body is read, the whole body may still have been written to it.
        let is_unknown = matches!(reply, Reply::DropEarly) && failure.class == FailureKind::Ambiguous;
        assert!(failure.class == class || is_unknown, "{reply:?}: {failure}");
        assert_eq!((bench.transfers(), bench.google.sent().len()), (MAX_INTERRUPTIONS, 0), "{reply:?}");
    }
}

#[tokio::test]
async fn an_attempt_ends_when_gmail_loses_every_upload() {
    let bench = Bench::new(true).await;
    (0..1000).for_each(|_| bench.google.next_transfer(Reply::Status(404, Vec::new(), String::new())));
    let failure = bench.deliver(&large()).await.unwrap_err();
    assert_eq!((failure.class, bench.opened()), (FailureKind::Transient, MAX_INTERRUPTIONS), "{failure}");
}

#[tokio::test]
async fn an_upload_without_an_address_or_on_another_host_does_not_start() {
    let mail = large();
    let bench = Bench::new(true).await;
    bench.google.next_upload(Reply::Status(200, Vec::new(), String::new()));
    let failure = bench.deliver(&mail).await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Transient);
    assert!(failure.reason.contains("no usable address"), "{failure}");
    let other = Google::start().await;
    let location = ("location", format!("{}session/1", other.endpoint()));
    bench.google.next_upload(Reply::Status(200, vec![location], String::new()));
    let failure = bench.deliver(&mail).await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Transient);
    assert!(failure.reason.contains("another host"), "{failure}");
    assert!(other.requests().is_empty() && bench.transfers() == 0);
}

#[tokio::test]
async fn a_message_is_sent_in_one_request_when_opening_a_resumable_upload_is_refused() {
    let bench = Bench::new(true).await;
    bench.google.next_upload(error(400, "badRequest", "Bad Request"));
    bench.deliver(&large()).await.unwrap();
    assert!(!bench.google.sent()[0].resumable);
}

#[tokio::test]
async fn refusals_have_the_same_failure_kind_as_in_a_multipart_upload() {
    let bench = Bench::new(true).await;
    let mail = large();
    for (reply, class) in [
        (error(403, "rateLimitExceeded", "slow"), FailureKind::Rate),
        (error(429, "rateLimitExceeded", "slow"), FailureKind::Rate),
        (error(403, "domainPolicy", "no"), FailureKind::Configuration),
        (error(400, "invalidArgument", "bad"), FailureKind::Permanent),
    ] {
        bench.google.next_transfer(reply.clone());
        let failure = bench.deliver(&mail).await.unwrap_err();
        assert_eq!(failure.class, class, "{reply:?}: {failure}");
    }
    // Only a temporary refusal leaves its upload open.
    assert_eq!(bench.opened(), 2);
    bench.google.next_upload(error(503, "backendError", "oops"));
    assert_eq!(bench.deliver(&mail).await.unwrap_err().class, FailureKind::Transient);
}

#[tokio::test]
async fn a_token_that_expires_during_an_upload_is_renewed_and_the_upload_resumes() {
    let mail = large();
    let bench = planned(&[Reply::Keeps(PART, Then::Drop), error(401, "authError", "Invalid Credentials")]).await;
    let receipt = bench.deliver(&mail).await.unwrap();
    bench.has_once(&mail, receipt.remote_id.as_deref());
    assert_eq!((bench.google.transferred(), bench.opened(), bench.refreshes()), (mail.bytes.len(), 1, 1));
}

#[tokio::test]
async fn after_its_deadline_an_upload_asks_for_the_status_once() {
    let mail = large();
    // Longer than this upload takes on a loaded machine.
    let upload = Duration::from_secs(4);
    let limits =
        GmailTimeouts { upload, upload_per_mib: Duration::ZERO, resume: Duration::ZERO, ..GmailTimeouts::default() };
    let attempt = async |replies: &[Reply]| {
        let bench = planned(replies).await;
        let outcome = with_limits(bench.settings(), limits).deliver(&mail).await;
        assert_eq!(bench.transfers(), 2, "{replies:?}");
        (bench, outcome)
    };
    let (sent, unknown, unfinished) = tokio::join!(
        attempt(&[Reply::Hang]),
        attempt(&[Reply::Hang, Reply::Drop]),
        attempt(&[Reply::Keeps(PART, Then::Hang)]),
    );
    sent.0.has_once(&mail, sent.1.unwrap().remote_id.as_deref());
    let failure = unknown.1.unwrap_err();
    assert_eq!(failure.class, FailureKind::Ambiguous, "{failure}");
    let failure = unfinished.1.unwrap_err();
    assert_eq!(failure.class, FailureKind::Transient, "{failure}");
    assert!(failure.reason.contains("timed out: Gmail has 1000000 of"), "{failure}");
}

#[tokio::test]
async fn the_last_answer_of_a_large_mail_is_a_receipt_whatever_it_holds_beside_the_id() {
    let mail = large();
    for body in [WITH_ID[1], WITH_ID[3], WITH_ID[8], WITH_ID[10]] {
        let bench = planned(&[Reply::Status(200, Vec::new(), body.to_owned())]).await;
        let receipt = bench.deliver(&mail).await.unwrap_or_else(|failure| panic!("{body}: {failure}"));
        assert_eq!((receipt.remote_id.as_deref(), bench.google.sent().len()), (Some("19a1"), 1), "{body}");
        assert_eq!(bench.transfers(), 1, "{body}");
    }
}
