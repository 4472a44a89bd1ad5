//! Deletion of an account's data from rows in every state.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::support::{Kind, Scripted, Stage, fails};
use crate::db::Db;
use crate::mail::{Address, Message};
use crate::outbox::{JobState, NewJob, TransportConfig, attribute, delete_recipient};
use crate::transport::{Failure, FailureKind, Receipt, Transport};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn delete_kim(db: &Db) {
    let mut tx = db.write().await.unwrap();
    delete_recipient(&mut tx, "user-kim", &address("kim@example.org")).await.unwrap();
    tx.commit().await.unwrap();
}

both!(rows_to_a_deleted_recipient_are_deleted_in_every_state_and_spelling);
async fn rows_to_a_deleted_recipient_are_deleted_in_every_state_and_spelling(database: Kind) {
    let smtp = Scripted::new("smtp", vec![fails(FailureKind::Permanent, Some(550))]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let to = |text: &str| NewJob { to: vec![address(text)], ..stage.draft() };
    let (dead, sent) = (stage.enqueue(&to("KIM@Example.ORG")).await, stage.enqueue(&to("kim@example.org")).await);
    stage.drain().await;
    let queued = stage.enqueue(&to("Kim@example.org")).await;
    let earlier = stage.enqueue(&NewJob { user_id: Some("user-kim".into()), ..to("kim.old@example.org") }).await;
    let others = [
        stage.enqueue(&to("kim_@example.org")).await,
        stage.enqueue(&to("akim@example.org")).await,
        stage.enqueue(&NewJob { user_id: Some("user-lee".into()), ..to("lee@example.org") }).await,
    ];
    delete_kim(&stage.db).await;
    for id in [dead, sent, queued, earlier] {
        assert!(stage.outbox.show(&id).await.unwrap().is_none(), "{id}");
    }
    for id in &others {
        assert_eq!(stage.entry(id).await.state, JobState::Queued);
    }
}

both!(mail_to_several_recipients_continues_without_the_deleted_one);
async fn mail_to_several_recipients_continues_without_the_deleted_one(database: Kind) {
    let refusal = Failure { code: Some(451), ..Failure::new(FailureKind::Transient, "451 kim@example.org: later") };
    let smtp = Scripted::new("smtp", vec![Err(refusal)]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let to = vec![address("kim@example.org"), address("lee@example.org")];
    let id = stage.enqueue(&NewJob { to, ..stage.draft() }).await;
    stage.drain().await;
    assert!(stage.entry(&id).await.last_error.unwrap().contains("kim@"));
    delete_kim(&stage.db).await;
    let (entry, attempts) = stage.outbox.show(&id).await.unwrap().unwrap();
    assert_eq!(entry.to, [address("lee@example.org")]);
    assert!(!entry.last_error.unwrap().contains("kim@") && !attempts[0].reply.contains("kim@"));
    stage.pass(std::time::Duration::from_secs(3_600)).await;
    assert_eq!(stage.entry(&id).await.state, JobState::Sent);
    assert_eq!(smtp.taken.lock().unwrap().last().unwrap().envelope.to, [address("lee@example.org")]);
}

both!(mail_to_a_given_up_address_is_deleted_with_its_former_owner);
async fn mail_to_a_given_up_address_is_deleted_with_its_former_owner(database: Kind) {
    let stage = Stage::new(database, vec![Scripted::new("smtp", vec![]).route(None)]).await;
    let old = NewJob { to: vec![address("Old@example.org")], ..stage.draft() };
    let before = stage.enqueue(&old).await;
    let mut tx = stage.db.write().await.unwrap();
    attribute(&mut tx, "user-kim", &address("old@example.org")).await.unwrap();
    tx.commit().await.unwrap();
    let of_the_next_owner = stage.enqueue(&NewJob { user_id: Some("user-lee".into()), ..old }).await;
    delete_kim(&stage.db).await;
    assert!(stage.outbox.show(&before).await.unwrap().is_none());
    assert!(stage.outbox.show(&of_the_next_owner).await.unwrap().is_some(), "it belongs to the next owner");
}

/// Deletes the account during the delivery of its message.
struct DeletingTransport(Mutex<Option<Db>>);

#[async_trait]
impl Transport for DeletingTransport {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, _: &Message) -> Result<Receipt, Failure> {
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        delete_kim(&db.unwrap()).await;
        Err(Failure::new(FailureKind::Transient, "451 later"))
    }

    async fn check(&self) -> Result<String, Failure> {
        Ok("well".into())
    }
}

both!(a_message_in_delivery_is_not_retried_after_its_account_is_deleted);
async fn a_message_in_delivery_is_not_retried_after_its_account_is_deleted(database: Kind) {
    let transport = Arc::new(DeletingTransport(Mutex::default()));
    let from = "Gatepost <no-reply@example.com>".parse().unwrap();
    let stage = Stage::new(database, vec![TransportConfig { transport: transport.clone(), from, rate: None }]).await;
    *transport.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stage.db.clone());
    let id = stage.enqueue_one().await;
    stage.drain().await;
    assert!(stage.outbox.show(&id).await.unwrap().is_none());
    stage.pass(std::time::Duration::from_secs(3_600)).await;
    assert!(stage.outbox.show(&id).await.unwrap().is_none());
}
