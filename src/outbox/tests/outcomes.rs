//! How a row ends, and what the operator can do with it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::support::{Kind, START, Scripted, Stage, fails};
use crate::mail::{Address, Message};
use crate::outbox::{JobState, NewJob, TransportConfig};
use crate::transport::{Failure, FailureKind, FailureScope, Receipt, RecipientRefusal, Transport};

const HOUR: Duration = Duration::from_secs(3600);

both!(a_deferred_message_is_retried_unchanged);
async fn a_deferred_message_is_retried_unchanged(database: Kind) {
    let smtp =
        Scripted::new("smtp", vec![fails(FailureKind::Transient, Some(451)), fails(FailureKind::Ambiguous, None)]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let id = stage.enqueue_one().await;
    stage.drain().await;
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.last_code), (JobState::Queued, Some(451)));
    assert!(entry.next_at > START && entry.next_at <= START + Duration::from_secs(15));
    stage.drain().await;
    assert_eq!(smtp.count(), 1, "not before its time");
    stage.pass(Duration::from_secs(15)).await;
    stage.pass(Duration::from_secs(60)).await;
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.attempts, entry.reply.as_deref()), (JobState::Sent, 3, Some("250 ok")));
    assert_eq!(stage.outcomes(&id).await, ["transient", "ambiguous", "sent"]);
    let taken = smtp.taken.lock().unwrap();
    assert!(taken.iter().all(|mail| mail.message_id == taken[0].message_id && mail.bytes == taken[0].bytes));
    assert!(taken[0].message_id.starts_with(&id) && taken[0].message_id.ends_with("@example.com"));
    assert_eq!(stage.composer.claims.lock().unwrap().len(), 3, "the composer is called before each attempt");
}

/// A transport with a fault of its own.
struct Panicking;

#[async_trait]
impl Transport for Panicking {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, _: &Message) -> Result<Receipt, Failure> {
        panic!("as the test wants it")
    }

    async fn check(&self) -> Result<String, Failure> {
        Ok("well".to_owned())
    }
}

both!(a_message_survives_a_panic_of_its_transport);
async fn a_message_survives_a_panic_of_its_transport(database: Kind) {
    let from = "Gatepost <no-reply@example.com>".parse().unwrap();
    let route = TransportConfig { transport: Arc::new(Panicking), from, rate: None };
    let stage = Stage::new(database, vec![route]).await;
    let id = stage.enqueue_one().await;
    stage.drain().await;
    assert_eq!(stage.entry(&id).await.state, JobState::Queued);
    assert_eq!(stage.outcomes(&id).await, ["not_composed"]);
    assert!(stage.entry(&id).await.last_error.unwrap().contains("internal error in Gatepost"));
}

both!(a_permanently_rejected_message_is_dead_and_can_be_requeued);
async fn a_permanently_rejected_message_is_dead_and_can_be_requeued(database: Kind) {
    let smtp = Scripted::new("smtp", vec![fails(FailureKind::Permanent, Some(550))]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let id = stage.enqueue_one().await;
    stage.drain().await;
    assert_eq!(stage.entry(&id).await.state, JobState::Dead);
    stage.outbox.requeue(&id).await.unwrap();
    stage.drain().await;
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.attempts), (JobState::Sent, 2));
    assert!(stage.outbox.requeue(&id).await.is_err(), "sent mail is not sent again");
    assert!(stage.outbox.cancel(&id).await.is_err());
}

both!(a_message_is_given_up_when_it_expires_and_not_before);
async fn a_message_is_given_up_when_it_expires_and_not_before(database: Kind) {
    let smtp = Scripted::new("smtp", (0..40).map(|_| fails(FailureKind::Transient, Some(451))).collect());
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let id = stage.enqueue(&NewJob { expires_at: START + 5 * HOUR, ..stage.draft() }).await;
    for _ in 0..4 {
        stage.pass(HOUR).await;
        assert_eq!(stage.entry(&id).await.state, JobState::Queued);
    }
    stage.pass(HOUR).await;
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.last_error.as_deref()), (JobState::Expired, Some("no")));
    assert_eq!(smtp.count(), 4);
}

both!(a_message_with_an_unknown_outcome_is_retried_rarely_for_an_hour);
async fn a_message_with_an_unknown_outcome_is_retried_rarely_for_an_hour(database: Kind) {
    let smtp = Scripted::new("smtp", vec![fails(FailureKind::Ambiguous, None); 20]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let id = stage.enqueue(&NewJob { expires_at: START + 40 * HOUR, ..stage.draft() }).await;
    let mut minutes = 0;
    while stage.entry(&id).await.state == JobState::Queued {
        stage.pass(HOUR / 60).await;
        minutes += 1;
        assert!(minutes < 3 * 60, "the attempts must end");
    }
    assert!(minutes > 35, "{minutes} minutes");
    assert_eq!((stage.entry(&id).await.state, smtp.count()), (JobState::Dead, 5));
}

both!(a_newer_message_cancels_a_waiting_one_with_the_same_key);
async fn a_newer_message_cancels_a_waiting_one_with_the_same_key(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let draft = NewJob { supersedes: Some("verify:1".into()), ..stage.draft() };
    let older = stage.enqueue(&draft).await;
    let newer = stage.enqueue(&draft).await;
    stage.drain().await;
    assert_eq!(stage.entry(&older).await.state, JobState::Cancelled);
    assert_eq!(stage.entry(&newer).await.state, JobState::Sent);
    assert_eq!(smtp.count(), 1);
}

both!(a_message_that_is_not_needed_is_cancelled_and_one_that_cannot_be_composed_is_retried);
async fn a_message_that_is_not_needed_is_cancelled_and_one_that_cannot_be_composed_is_retried(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let skipped = stage.enqueue(&NewJob { payload: json!({ "skipped": true }), ..stage.draft() }).await;
    let broken = stage.enqueue(&NewJob { payload: json!({ "broken": true }), ..stage.draft() }).await;
    let panics = stage.enqueue(&NewJob { payload: json!({ "panics": true }), ..stage.draft() }).await;
    stage.drain().await;
    let entry = stage.entry(&skipped).await;
    assert_eq!((entry.state, entry.last_error.as_deref()), (JobState::Cancelled, Some("already confirmed")));
    assert_eq!(stage.entry(&broken).await.last_error.as_deref(), Some("no such signup"));
    assert_eq!(stage.entry(&panics).await.state, JobState::Queued);
    assert_eq!(smtp.count(), 0);
}

both!(history_is_kept_for_its_days_and_bodies_are_deleted_at_delivery);
async fn history_is_kept_for_its_days_and_bodies_are_deleted_at_delivery(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let id = {
        let mut tx = stage.db.write().await.unwrap();
        let to = vec![Address::parse("kim@example.org").unwrap()];
        let entropy = crate::random::Entropy::system();
        let body = b"To: kim@example.org\r\n\r\nhello\r\n";
        let id = crate::outbox::enqueue_mail(&mut tx, to, body, START + HOUR, START, &entropy).await.unwrap();
        tx.commit().await.unwrap();
        id
    };
    stage.drain().await;
    let sent = String::from_utf8(smtp.taken.lock().unwrap()[0].bytes.clone()).unwrap();
    assert!(sent.starts_with("From: \"Gatepost\" <no-reply@example.com>\r\nDate: "), "{sent}");
    let mut conn = stage.db.read().await.unwrap();
    assert_eq!(crate::outbox::store::body(&mut conn, &id).await.unwrap(), None);
    assert!(!crate::outbox::store::purge(&mut conn, START).await.unwrap());
    assert!(stage.outbox.show(&id).await.unwrap().is_some());
    crate::outbox::store::purge(&mut conn, START + HOUR).await.unwrap();
    assert!(stage.outbox.show(&id).await.unwrap().is_none());
}

both!(the_operator_pages_through_rows_newest_first);
async fn the_operator_pages_through_rows_newest_first(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, stage.enqueue_one().await);
        stage.clock.advance(Duration::from_millis(1));
    }
    stage.outbox.cancel(&ids[1]).await.unwrap();
    let first = stage.outbox.page(None, None, 3).await.unwrap();
    let second = stage.outbox.page(None, first.next.as_deref(), 3).await.unwrap();
    let seen: Vec<_> = first.entries.iter().chain(&second.entries).map(|entry| entry.id.clone()).collect();
    assert_eq!((seen, second.next), (ids, None));
    let cancelled = stage.outbox.page(Some(JobState::Cancelled), None, 10).await.unwrap();
    assert_eq!(cancelled.entries.len(), 1);
}

both!(a_partly_accepted_message_keeps_all_recipients_and_the_rejected_ones_in_its_history);
async fn a_partly_accepted_message_keeps_all_recipients_and_the_rejected_ones_in_its_history(database: Kind) {
    let to = |text: &str| Address::parse(text).unwrap();
    let refusal =
        |text: &str, class, words: &str| RecipientRefusal { to: to(text), class, code: None, reply: words.into() };
    let partly = |refused| Ok(Receipt { refused, ..Receipt::new("250 ok", None) });
    let first = vec![
        refusal("later@example.org", FailureKind::Transient, "450 later"),
        refusal("gone@example.org", FailureKind::Permanent, "550 nobody"),
    ];
    let smtp = Scripted::new("smtp", vec![partly(first)]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let all = vec![to("kim@example.org"), to("later@example.org"), to("gone@example.org")];
    let id = stage.enqueue(&NewJob { to: all.clone(), ..stage.draft() }).await;
    stage.drain().await;
    stage.pass(Duration::from_secs(15)).await;
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.to), (JobState::Sent, all));
    assert_eq!(entry.last_error.as_deref(), Some("not for gone@example.org: 550 nobody"));
    let taken = smtp.taken.lock().unwrap();
    assert_eq!(taken[1].envelope.to, [to("later@example.org")]);
}

both!(a_rejected_sender_of_a_released_message_does_not_pause_the_transport);
async fn a_rejected_sender_of_a_released_message_does_not_pause_the_transport(database: Kind) {
    let of_sender =
        Failure { scope: FailureScope::Sender, ..Failure::new(FailureKind::Configuration, "553 not yours") };
    let smtp = Scripted::new("smtp", vec![Err(of_sender.clone()), Ok(Receipt::new("250 ok", None)), Err(of_sender)]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let sender = Address::parse("other@example.net").unwrap();
    let to = vec![Address::parse("kim@example.org").unwrap()];
    let id = stage.outbox.release(Some(&sender), to, b"\r\nhello", &crate::random::Entropy::system()).await.unwrap();
    stage.drain().await;
    assert_eq!(stage.entry(&id).await.state, JobState::Dead);
    let ours = stage.enqueue_one().await;
    stage.drain().await;
    assert_eq!(stage.entry(&ours).await.state, JobState::Sent);
    let wrong_from = stage.enqueue_one().await;
    stage.drain().await;
    assert_eq!(stage.outcomes(&wrong_from).await, ["configuration"]);
}
