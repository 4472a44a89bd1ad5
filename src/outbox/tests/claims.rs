//! Claims, leases and send rates.

use std::time::Duration;

use super::support::{Kind, START, Scripted, Stage};
use crate::clock::RateLimit;
use crate::mail::Mailbox;
use crate::outbox::JobState;
use crate::outbox::circuit::Suspects;
use crate::outbox::disposition::{AttemptOutcome, Ways, decide};
use crate::outbox::store::{self, Claim, Settlement};
use crate::random::Entropy;
use crate::transport::Receipt;

async fn claim_as(stage: &Stage, owner: &str) -> Vec<store::Claimed> {
    let from: Mailbox = "no-reply@example.com".parse().unwrap();
    let now = stage.clock.now();
    let claim = Claim {
        owner,
        transport: "smtp",
        from: &from,
        now,
        lease_until: now + Duration::from_secs(30),
        limit: 10,
        others: Some(&[]),
        suspects: Suspects::AsOthers,
        only: None,
        message_id_tail: ".r@example.com",
    };
    let mut tx = stage.db.write().await.unwrap();
    let claimed = store::claim(&mut tx, stage.db.dialect(), &claim).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

both!(an_expired_lease_is_claimed_by_another_worker_and_only_the_last_claimant_settles);
async fn an_expired_lease_is_claimed_by_another_worker_and_only_the_last_claimant_settles(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let id = stage.enqueue_one().await;
    let stale = claim_as(&stage, "dead").await.remove(0);
    stage.pass(Duration::from_secs(29)).await;
    assert_eq!((stage.entry(&id).await.state, smtp.count()), (JobState::Leased, 0));
    stage.pass(Duration::from_secs(2)).await;
    assert_eq!(stage.entry(&id).await.state, JobState::Sent);
    let attempts = stage.outbox.show(&id).await.unwrap().unwrap().1;
    let recorded: Vec<_> = attempts.iter().map(|one| (one.outcome.as_str(), one.started_at, one.ended_at)).collect();
    let found = START + Duration::from_secs(31);
    // The interrupted attempt lasts from its claim until another worker releases the lease.
    assert_eq!(recorded, [("interrupted", START, found), ("sent", found, found)]);
    assert_eq!(smtp.taken.lock().unwrap()[0].message_id, stale.row.message_id);
    let disposition = decide(
        stale.counters,
        &AttemptOutcome::Taken(Receipt::new("late", None)),
        &Ways::default(),
        stage.clock.now(),
        &Entropy::seeded(1),
    );
    let mut tx = stage.db.write().await.unwrap();
    let late = Settlement { claimed: &stale, disposition, pinned: None };
    assert_eq!(store::settle(&mut tx, &[late], START).await.unwrap(), [false]);
}

both!(a_live_worker_keeps_its_rows_by_renewing_its_leases);
async fn a_live_worker_keeps_its_rows_by_renewing_its_leases(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    stage.enqueue_one().await;
    claim_as(&stage, "alive").await;
    for _ in 0..5 {
        stage.clock.advance(Duration::from_secs(20));
        let mut tx = stage.db.write().await.unwrap();
        store::renew(&mut tx, "alive", stage.clock.now() + Duration::from_secs(30)).await.unwrap();
        tx.commit().await.unwrap();
        stage.drain().await;
    }
    assert_eq!(smtp.count(), 0);
}

both!(several_workers_deliver_each_row_once);
async fn several_workers_deliver_each_row_once(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    for _ in 0..300 {
        stage.enqueue_one().await;
    }
    let others = (stage.another_worker(), stage.another_worker());
    let (a, b, c) = tokio::join!(stage.worker.drain(), others.0.drain(), others.1.drain());
    a.and(b).and(c).unwrap();
    let mut ids: Vec<_> = smtp.taken.lock().unwrap().iter().map(|mail| mail.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), smtp.count()), (300, 300));
}

both!(a_rate_applies_to_all_workers_before_anything_is_sent);
async fn a_rate_applies_to_all_workers_before_anything_is_sent(database: Kind) {
    let smtp = Scripted::new("smtp", vec![]);
    let rate = RateLimit { count: 10, window: Duration::from_secs(60) };
    let stage = Stage::new(database, vec![smtp.route(Some(rate))]).await;
    for _ in 0..30 {
        stage.enqueue_one().await;
    }
    let other = stage.another_worker();
    let (a, b) = tokio::join!(stage.worker.drain(), other.drain());
    a.and(b).unwrap();
    assert_eq!(smtp.count(), 3);
    stage.pass(Duration::from_millis(7_500)).await;
    assert_eq!(smtp.count(), 4);
    stage.pass(Duration::from_secs(60)).await;
    assert_eq!(smtp.count(), 7, "after a pause as many at once as in the beginning");
}
