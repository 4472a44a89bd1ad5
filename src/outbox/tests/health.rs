//! What operators see of transports that fail, and what a wrong clock must not delay.

use std::time::Duration;

use super::support::{Kind, Scripted, Stage, fails};
use crate::clock::RateLimit;
use crate::mail::Address;
use crate::outbox::{HealthStatus, JobState, NewJob};
use crate::transport::{Failure, FailureKind};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

async fn status(stage: &Stage) -> HealthStatus {
    stage.outbox.health().await.unwrap().status
}

both!(a_transport_that_fails_its_check_at_the_start_is_degraded_until_a_later_check_passes);
async fn a_transport_that_fails_its_check_at_the_start_is_degraded_until_a_later_check_passes(database: Kind) {
    for class in [FailureKind::Configuration, FailureKind::Transient] {
        let smtp = Scripted::new("smtp", Vec::new());
        let fault = || Err(Failure::new(class, "mail.gmail.token is missing"));
        smtp.checks.lock().unwrap().extend([Ok("well".to_owned()), fault(), fault()]);
        let stage = Stage::new(database, vec![smtp.route(None)]).await;
        stage.worker.check_transports().await;
        assert_eq!(status(&stage).await, HealthStatus::Ready);
        stage.worker.check_transports().await;
        let health = stage.outbox.health().await.unwrap();
        assert_eq!((health.status, health.transports[0].status), (HealthStatus::Degraded, HealthStatus::Degraded));
        assert_eq!(health.transports[0].reason.as_deref(), Some("mail.gmail.token is missing"));
        let id = stage.enqueue_one().await;
        stage.worker.check_transports().await;
        stage.drain().await;
        assert_eq!(stage.entry(&id).await.state, JobState::Queued, "{class:?}");
        stage.worker.check_transports().await;
        stage.drain().await;
        assert_eq!(stage.entry(&id).await.state, JobState::Sent, "{class:?}: a restart checks at once");
        assert_eq!(status(&stage).await, HealthStatus::Ready);
    }
}

both!(a_pause_that_the_server_asked_for_outlasts_a_restart);
async fn a_pause_that_the_server_asked_for_outlasts_a_restart(database: Kind) {
    let asked =
        Failure { retry_after: Some(Duration::from_secs(3600)), ..Failure::new(FailureKind::Rate, "daily limit") };
    let smtp = Scripted::new("smtp", vec![Err(asked)]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    stage.enqueue_one().await;
    stage.drain().await;
    stage.worker.check_transports().await;
    stage.drain().await;
    assert_eq!((smtp.count(), status(&stage).await), (1, HealthStatus::Degraded));
}

both!(several_recipients_given_up_in_a_row_degrade_the_outbox_until_a_message_is_accepted);
async fn several_recipients_given_up_in_a_row_degrade_the_outbox_until_a_message_is_accepted(database: Kind) {
    let dead = || fails(FailureKind::Permanent, Some(550));
    let smtp = Scripted::new("smtp", (0..6).map(|_| dead()).collect());
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    for to in ["a@x.test", "a@x.test", "a@x.test", "b@x.test"] {
        stage.enqueue(&NewJob { to: vec![Address::parse(to).unwrap()], ..stage.draft() }).await;
        stage.pass(Duration::from_secs(1)).await;
        assert_eq!(status(&stage).await, HealthStatus::Ready, "{to}");
    }
    stage.enqueue(&NewJob { to: vec![Address::parse("c@x.test").unwrap()], ..stage.draft() }).await;
    stage.pass(Duration::from_secs(1)).await;
    let health = stage.outbox.health().await.unwrap();
    assert_eq!((health.status, health.dead_in_a_row), (HealthStatus::Degraded, 3));
    stage.enqueue(&NewJob { to: vec![Address::parse("d@x.test").unwrap()], ..stage.draft() }).await;
    stage.pass(Duration::from_secs(1)).await;
    assert_eq!(stage.outbox.health().await.unwrap().dead_in_a_row, 4);
    stage.enqueue_one().await;
    stage.pass(Duration::from_secs(1)).await;
    assert_eq!((status(&stage).await, stage.outbox.health().await.unwrap().dead_in_a_row), (HealthStatus::Ready, 0));
}

both!(what_waits_when_the_clock_is_set_back_does_not_wait_until_the_old_time_returns);
async fn what_waits_when_the_clock_is_set_back_does_not_wait_until_the_old_time_returns(database: Kind) {
    let script = vec![fails(FailureKind::Transient, Some(451)), fails(FailureKind::Configuration, None)];
    let smtp = Scripted::new("smtp", script);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let (waits, paused) = (stage.enqueue_one().await, stage.enqueue_one().await);
    stage.drain().await;
    let leased = stage.enqueue_one().await;
    let until = (stage.clock.now() + Duration::from_secs(20)).millis();
    sqlx::query(
        "update outbox set state = 'leased', lease_owner = 'gone', attempts = 1, lease_until = $1 where id = $2",
    )
    .bind(until)
    .bind(leased.clone())
    .execute(&mut *stage.db.write().await.unwrap())
    .await
    .unwrap();
    stage.clock.set_back(YEAR);
    stage.drain().await;
    for id in [waits, paused, leased] {
        assert_eq!(stage.entry(&id).await.state, JobState::Sent);
    }
}

both!(a_rate_that_was_used_up_when_the_clock_is_set_back_is_free_again);
async fn a_rate_that_was_used_up_when_the_clock_is_set_back_is_free_again(database: Kind) {
    let smtp = Scripted::new("smtp", Vec::new());
    let rate = RateLimit { count: 1, window: Duration::from_secs(600) };
    let stage = Stage::new(database, vec![smtp.route(Some(rate))]).await;
    stage.enqueue_one().await;
    stage.enqueue_one().await;
    stage.drain().await;
    assert_eq!(smtp.count(), 1);
    stage.clock.set_back(YEAR);
    stage.drain().await;
    assert_eq!(smtp.count(), 2);
}
