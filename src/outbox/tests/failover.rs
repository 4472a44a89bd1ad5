//! Which transport delivers a message while others are paused.

use std::time::Duration;

use super::support::{Kind, Scripted, Stage, fails};
use crate::mail::Address;
use crate::outbox::{HealthStatus, JobState, NewJob};
use crate::transport::{Failure, FailureKind, Receipt, RecipientRefusal};

both!(mail_uses_another_transport_while_the_preferred_one_fails_and_returns_to_it);
async fn mail_uses_another_transport_while_the_preferred_one_fails_and_returns_to_it(database: Kind) {
    let gmail = Scripted::new("gmail", vec![fails(FailureKind::Configuration, None)]);
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![gmail.route(None), smtp.route(None)]).await;
    let first = stage.enqueue_one().await;
    stage.drain().await;
    let entry = stage.entry(&first).await;
    assert_eq!((entry.state, entry.transport.as_deref()), (JobState::Sent, Some("smtp")));
    assert_eq!(gmail.taken.lock().unwrap()[0].message_id, smtp.taken.lock().unwrap()[0].message_id);
    let health = stage.outbox.health().await.unwrap();
    assert_eq!((health.status, health.transports[0].status), (HealthStatus::Ready, HealthStatus::Degraded));
    assert_eq!(health.transports[0].reason.as_deref(), Some("no"));
    stage.enqueue_one().await;
    stage.drain().await;
    assert_eq!((gmail.count(), smtp.count()), (1, 2));
    stage.clock.advance(Duration::from_secs(31));
    let back = stage.enqueue_one().await;
    stage.drain().await;
    stage.drain().await;
    let last = stage.enqueue_one().await;
    stage.drain().await;
    let transports = (stage.entry(&back).await.transport, stage.entry(&last).await.transport);
    assert_eq!(transports.1.as_deref(), Some("gmail"), "{transports:?}");
    assert_eq!(stage.outbox.health().await.unwrap().transports[0].status, HealthStatus::Ready);
}

both!(a_paused_transport_keeps_its_mail_and_resumes_after_a_successful_probe);
async fn a_paused_transport_keeps_its_mail_and_resumes_after_a_successful_probe(database: Kind) {
    let smtp = Scripted::new("smtp", vec![fails(FailureKind::Configuration, Some(535))]);
    let wrong = || Err(Failure::new(FailureKind::Configuration, "no"));
    *smtp.checks.lock().unwrap() = [wrong(), wrong()].into();
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let first = stage.enqueue_one().await;
    stage.drain().await;
    let ids = [first, stage.enqueue_one().await];
    stage.drain().await;
    let health = stage.outbox.health().await.unwrap();
    assert_eq!((health.status, health.queued), (HealthStatus::Degraded, 2));
    for _ in 0..2 {
        stage.pass(Duration::from_secs(300)).await;
        assert_eq!(smtp.count(), 1, "nothing is tried while the probe fails");
    }
    stage.pass(Duration::from_secs(300)).await;
    for id in &ids {
        assert_eq!(stage.entry(id).await.state, JobState::Sent);
    }
    assert_eq!(stage.outbox.health().await.unwrap().status, HealthStatus::Ready);
}

both!(a_message_that_may_have_arrived_is_retried_on_the_same_transport);
async fn a_message_that_may_have_arrived_is_retried_on_the_same_transport(database: Kind) {
    let gmail = Scripted::new("gmail", vec![fails(FailureKind::Ambiguous, None)]);
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![gmail.route(None), smtp.route(None)]).await;
    let id = stage.enqueue_one().await;
    stage.drain().await;
    assert_eq!(stage.entry(&id).await.state, JobState::Queued);
    for _ in 0..3 {
        stage.pass(Duration::from_secs(20)).await;
    }
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.transport.as_deref()), (JobState::Sent, Some("gmail")));
    let ids: Vec<_> = gmail.taken.lock().unwrap().iter().map(|mail| mail.message_id.clone()).collect();
    assert_eq!((ids.len(), smtp.count()), (2, 0));
    assert_eq!(ids[0], ids[1]);
}

both!(a_message_that_may_have_arrived_uses_another_transport_if_its_own_keeps_failing);
async fn a_message_that_may_have_arrived_uses_another_transport_if_its_own_keeps_failing(database: Kind) {
    let gmail = Scripted::new("gmail", vec![fails(FailureKind::Ambiguous, None)]);
    *gmail.checks.lock().unwrap() = (0..20).map(|_| Err(Failure::new(FailureKind::Transient, "no"))).collect();
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![gmail.route(None), smtp.route(None)]).await;
    let id = stage.enqueue_one().await;
    let another = {
        stage.drain().await;
        stage.enqueue_one().await
    };
    stage.drain().await;
    assert_eq!(stage.entry(&another).await.transport.as_deref(), Some("smtp"), "it is not pinned");
    let mut waited = 0;
    while stage.entry(&id).await.state == JobState::Queued {
        stage.pass(Duration::from_secs(15)).await;
        waited += 15;
        assert!(waited < 10 * 60, "it waits too long for its transport");
    }
    assert!(waited > 60, "it waits for a short pause");
    assert_eq!(stage.entry(&id).await.transport.as_deref(), Some("smtp"));
    assert_eq!(gmail.taken.lock().unwrap()[0].message_id, smtp.taken.lock().unwrap()[1].message_id);
}

both!(a_message_whose_transport_never_answers_uses_another_one_after_a_minute);
async fn a_message_whose_transport_never_answers_uses_another_one_after_a_minute(database: Kind) {
    let gmail = Scripted::new("gmail", vec![fails(FailureKind::Ambiguous, None); 9]);
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![gmail.route(None), smtp.route(None)]).await;
    let id = stage.enqueue_one().await;
    stage.drain().await;
    let mut waited = 0;
    while stage.entry(&id).await.state == JobState::Queued {
        stage.pass(Duration::from_secs(5)).await;
        waited += 5;
        assert!(waited < 5 * 60, "its transport is tried too often");
    }
    assert!(waited > 60, "its transport is tried for a minute");
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.transport.as_deref()), (JobState::Sent, Some("smtp")));
    assert_eq!((gmail.count(), smtp.count()), (2, 1));
    assert_eq!(gmail.taken.lock().unwrap()[0].message_id, smtp.taken.lock().unwrap()[0].message_id);
}

both!(a_message_that_one_transport_cannot_take_uses_each_other_one_and_is_given_up_with_all_reasons);
async fn a_message_that_one_transport_cannot_take_uses_each_other_one_and_is_given_up_with_all_reasons(database: Kind) {
    let cannot = |reason: &str| Err(Failure::unsupported(reason));
    let gmail = Scripted::new("gmail", vec![cannot("gmail: too large"), cannot("gmail: too large")]);
    let smtp = Scripted::new("smtp", vec![cannot("smtp: too large"), cannot("smtp: too large")]);
    let capture = Scripted::new("capture", vec![Ok(Receipt::new("stored", None)), cannot("capture: too large")]);
    let stage = Stage::new(database, vec![gmail.route(None), smtp.route(None), capture.route(None)]).await;
    let id = stage.enqueue_one().await;
    stage.drain().await;
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.transport.as_deref()), (JobState::Sent, Some("capture")), "at once");
    assert_eq!(stage.outcomes(&id).await, ["unsupported", "unsupported", "sent"]);
    let dead = stage.enqueue_one().await;
    stage.drain().await;
    let entry = stage.entry(&dead).await;
    let reasons = "gmail: too large · smtp: too large · capture: too large";
    assert_eq!((entry.state, entry.attempts), (JobState::Dead, 3));
    let said: std::collections::BTreeSet<_> = entry.last_error.as_deref().unwrap_or_default().split(" · ").collect();
    assert_eq!(said, reasons.split(" · ").collect());
    assert_eq!(stage.outbox.health().await.unwrap().transports[0].status, HealthStatus::Ready);
    stage.outbox.requeue(&dead).await.unwrap();
    stage.drain().await;
    assert_eq!(stage.entry(&dead).await.state, JobState::Sent, "a requeued message is tried by all again");
}

both!(a_message_waits_for_a_paused_transport_if_the_other_one_cannot_take_it);
async fn a_message_waits_for_a_paused_transport_if_the_other_one_cannot_take_it(database: Kind) {
    let gmail = Scripted::new("gmail", vec![fails(FailureKind::Configuration, None)]);
    *gmail.checks.lock().unwrap() = (0..3).map(|_| Err(Failure::new(FailureKind::Configuration, "no"))).collect();
    let smtp = Scripted::new("smtp", vec![Err(Failure::unsupported("too large")); 100]);
    let stage = Stage::new(database, vec![gmail.route(None), smtp.route(None)]).await;
    let id = stage.enqueue_one().await;
    stage.drain().await;
    let mut waited = 0;
    while stage.entry(&id).await.state == JobState::Queued {
        stage.pass(Duration::from_secs(15)).await;
        waited += 15;
        assert!(waited < 3600, "{:?}", stage.entry(&id).await);
    }
    assert_eq!((stage.entry(&id).await.state, gmail.count()), (JobState::Sent, 2));
    assert!(smtp.count() < 12, "{} attempts in {waited} seconds", smtp.count());
}

both!(a_suspected_recipient_leaves_by_the_next_transport_while_the_others_have_the_message);
async fn a_suspected_recipient_leaves_by_the_next_transport_while_the_others_have_the_message(database: Kind) {
    let to = |text: &str| Address::parse(text).unwrap();
    let partly = || {
        let reply = "550 Client host blocked. Ask its administrator".to_owned();
        let class = FailureKind::Configuration;
        let refused = vec![RecipientRefusal { to: to("b@example.org"), class, code: Some(550), reply }];
        Ok(Receipt { refused, ..Receipt::new("250 ok", None) })
    };
    let all = vec![to("a@example.org"), to("b@example.org")];
    for others in [vec![], vec![Scripted::new("gmail", vec![])]] {
        let smtp = Scripted::new("smtp", vec![partly()]);
        let routes = std::iter::once(&smtp).chain(&others).map(|one| one.route(None)).collect();
        let stage = Stage::new(database, routes).await;
        let id = stage.enqueue(&NewJob { to: all.clone(), ..stage.draft() }).await;
        stage.drain().await;
        if others.is_empty() {
            let entry = stage.entry(&id).await;
            assert_eq!(entry.state, JobState::Queued);
            assert!(entry.last_error.is_some_and(|text| text.contains("not for b@") && text.contains("administrator")));
            stage.pass(Duration::from_secs(60)).await;
        }
        assert_eq!(stage.entry(&id).await.state, JobState::Sent);
        let last = others.first().unwrap_or(&smtp).taken.lock().unwrap().last().cloned().unwrap();
        assert_eq!(last.envelope.to, [to("b@example.org")]);
        assert_eq!(stage.outbox.health().await.unwrap().status, HealthStatus::Ready);
    }
}
