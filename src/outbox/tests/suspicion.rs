//! Rejections that may concern one recipient or all mail. One address must not delay other messages, and no message may
//! be lost if a server rejects everything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::support::{Kind, Scripted, Stage};
use crate::mail::{Address, Message};
use crate::outbox::{HealthStatus, JobState, NewJob, TransportConfig};
use crate::transport::{Failure, FailureKind, FailureScope, Receipt, Transport};

/// Rejects recipients of one domain, and all recipients while it is closed, with the same reply.
#[derive(Default)]
struct Relay {
    closed: AtomicBool,
    attempted: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Relay {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure> {
        let to = mail.envelope.to[0].clone();
        self.attempted.lock().unwrap().push(to.to_string());
        tokio::task::yield_now().await;
        if to.domain() == "nowhere.test" || self.closed.load(Ordering::SeqCst) {
            let text = format!("554 5.7.1 <{to}>: Relay access denied");
            return Err(Failure { scope: FailureScope::Suspect, ..Failure::new(FailureKind::Configuration, text) });
        }
        Ok(Receipt::new("250 ok", None))
    }

    async fn check(&self) -> Result<String, Failure> {
        Ok("well".into())
    }
}

impl Relay {
    fn route(self: &Arc<Self>) -> TransportConfig {
        TransportConfig { transport: self.clone(), from: "no-reply@example.com".parse().unwrap(), rate: None }
    }

    fn attempted(&self) -> Vec<String> {
        std::mem::take(&mut *self.attempted.lock().unwrap())
    }
}

async fn enqueue_to(stage: &Stage, to: &str) -> String {
    stage.enqueue(&NewJob { to: vec![Address::parse(to).unwrap()], ..stage.draft() }).await
}

async fn enqueue_to_each(stage: &Stage, count: usize, domain: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(enqueue_to(stage, &format!("user{n}@{domain}")).await);
    }
    ids
}

async fn states(stage: &Stage, ids: &[String]) -> Vec<JobState> {
    let mut states = Vec::new();
    for id in ids {
        states.push(stage.entry(id).await.state);
    }
    states
}

both!(ten_chosen_addresses_do_not_delay_other_mail_and_fail_in_the_end);
async fn ten_chosen_addresses_do_not_delay_other_mail_and_fail_in_the_end(database: Kind) {
    let relay = Arc::new(Relay::default());
    let stage = Stage::new(database, vec![relay.route()]).await;
    let chosen = enqueue_to_each(&stage, 10, "nowhere.test").await;
    stage.drain().await;
    assert_eq!(relay.attempted().len(), 10);
    for round in 0..150 {
        let other = enqueue_to(&stage, "kim@example.org").await;
        stage.drain().await;
        assert_eq!(stage.entry(&other).await.state, JobState::Sent, "immediately, in round {round}");
        stage.clock.advance(Duration::from_secs(4 * 60));
    }
    let attempts = relay.attempted().into_iter().filter(|to| to.ends_with("@nowhere.test")).count();
    assert!(attempts <= 200, "{attempts} attempts");
    assert_eq!(states(&stage, &chosen).await, [JobState::Dead; 10]);
    assert_eq!(stage.outbox.health().await.unwrap().status, HealthStatus::Ready);
}

both!(a_server_that_rejects_all_mail_is_paused_and_no_message_is_lost);
async fn a_server_that_rejects_all_mail_is_paused_and_no_message_is_lost(database: Kind) {
    let relay = Arc::new(Relay::default());
    relay.closed.store(true, Ordering::SeqCst);
    let stage = Stage::new(database, vec![relay.route()]).await;
    let mut ids = vec![enqueue_to(&stage, "user0@example.org").await];
    stage.drain().await;
    assert_eq!(stage.outbox.health().await.unwrap().status, HealthStatus::Ready, "the recipient may be the cause");
    ids.push(enqueue_to(&stage, "user1@example.org").await);
    stage.drain().await;
    let health = stage.outbox.health().await.unwrap();
    assert_eq!((health.status, health.queued), (HealthStatus::Degraded, 2));
    let reason = health.transports[0].reason.clone().unwrap();
    assert!(reason.contains("Relay access denied") && !reason.contains("user1@"), "{reason}");
    for _ in 0..12 * 6 {
        stage.pass(Duration::from_secs(10 * 60)).await;
    }
    assert_eq!(states(&stage, &ids).await, [JobState::Queued; 2], "no message is given up");
    assert_eq!(
        stage.outbox.health().await.unwrap().status,
        HealthStatus::Degraded,
        "a successful login does not close the circuit breaker"
    );
    assert!(relay.attempted().len() < 150, "too many attempts");
    relay.closed.store(false, Ordering::SeqCst);
    stage.pass(Duration::from_secs(900)).await;
    stage.pass(Duration::from_secs(900)).await;
    assert_eq!(states(&stage, &ids).await, [JobState::Sent; 2]);
    assert_eq!(stage.outbox.health().await.unwrap().status, HealthStatus::Ready);
}

both!(mail_uses_another_transport_if_a_server_rejects_all_recipients);
async fn mail_uses_another_transport_if_a_server_rejects_all_recipients(database: Kind) {
    let relay = Arc::new(Relay::default());
    relay.closed.store(true, Ordering::SeqCst);
    let other = Scripted::new("gmail", vec![]);
    let stage = Stage::new(database, vec![relay.route(), other.route(None)]).await;
    for n in 0..2 {
        let id = enqueue_to(&stage, &format!("user{n}@example.org")).await;
        stage.drain().await;
        let entry = stage.entry(&id).await;
        assert_eq!((entry.state, entry.transport.as_deref()), (JobState::Sent, Some("gmail")), "immediately");
    }
    let health = stage.outbox.health().await.unwrap();
    assert_eq!((health.status, health.transports[0].status), (HealthStatus::Ready, HealthStatus::Degraded));
    assert_eq!(relay.attempted().len(), 2);
    let third = enqueue_to(&stage, "user2@example.org").await;
    stage.drain().await;
    assert_eq!((stage.entry(&third).await.state, relay.attempted().len()), (JobState::Sent, 0));
}

both!(rejections_of_one_address_alone_do_not_pause_the_transport);
async fn rejections_of_one_address_alone_do_not_pause_the_transport(database: Kind) {
    let relay = Arc::new(Relay::default());
    let stage = Stage::new(database, vec![relay.route()]).await;
    for _ in 0..5 {
        enqueue_to(&stage, "kim@nowhere.test").await;
        stage.drain().await;
    }
    assert_eq!(stage.outbox.health().await.unwrap().transports[0].status, HealthStatus::Ready);
}

both!(rejected_rows_are_retried_after_all_other_rows);
async fn rejected_rows_are_retried_after_all_other_rows(database: Kind) {
    let relay = Arc::new(Relay::default());
    let stage = Stage::new(database, vec![relay.route()]).await;
    enqueue_to_each(&stage, 3, "nowhere.test").await;
    stage.drain().await;
    relay.attempted();
    stage.clock.advance(Duration::from_secs(120));
    let last = enqueue_to(&stage, "kim@example.org").await;
    stage.drain().await;
    assert_eq!(relay.attempted()[0], "kim@example.org");
    assert_eq!(stage.entry(&last).await.state, JobState::Sent);
}

both!(a_requeued_message_gets_as_many_attempts_as_a_new_one);
async fn a_requeued_message_gets_as_many_attempts_as_a_new_one(database: Kind) {
    let relay = Arc::new(Relay::default());
    let stage = Stage::new(database, vec![relay.route()]).await;
    let id = enqueue_to(&stage, "kim@nowhere.test").await;
    for _ in 0..4 {
        stage.drain().await;
        enqueue_to(&stage, "kim@example.org").await;
        stage.drain().await;
        stage.clock.advance(Duration::from_secs(900));
    }
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.attempts), (JobState::Dead, 4));
    assert!(entry.last_error.is_some_and(|text| text.contains("accepts mail for other recipients")));
    stage.outbox.requeue(&id).await.unwrap();
    stage.drain().await;
    assert_eq!(stage.entry(&id).await.state, JobState::Queued);
}
