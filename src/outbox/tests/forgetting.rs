//! When somebody's account ends: nothing of the outbox names him, whatever state it is in.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::stage::{Kind, Scripted, Stage, fails};
use crate::db::Db;
use crate::mail::{Address, Mail};
use crate::outbox::{Draft, Route, State, attribute, forget};
use crate::transport::{Class, Failure, Receipt, Transport};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn forget_kim(db: &Db) {
    let mut tx = db.write().await.unwrap();
    forget(&mut tx, "user-kim", &address("kim@example.org")).await.unwrap();
    tx.commit().await.unwrap();
}

both!(what_went_to_somebody_is_forgotten_in_every_state_and_spelling);
async fn what_went_to_somebody_is_forgotten_in_every_state_and_spelling(database: Kind) {
    let smtp = Scripted::new("smtp", vec![fails(Class::Permanent, Some(550))]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let to = |text: &str| Draft { to: vec![address(text)], ..stage.draft() };
    let (dead, sent) = (stage.enqueue(&to("KIM@Example.ORG")).await, stage.enqueue(&to("kim@example.org")).await);
    stage.drain().await;
    let queued = stage.enqueue(&to("Kim@example.org")).await;
    let earlier = stage.enqueue(&Draft { about: Some("user-kim".into()), ..to("kim.old@example.org") }).await;
    let others = [
        stage.enqueue(&to("kim_@example.org")).await,
        stage.enqueue(&to("akim@example.org")).await,
        stage.enqueue(&Draft { about: Some("user-lee".into()), ..to("lee@example.org") }).await,
    ];
    forget_kim(&stage.db).await;
    for id in [dead, sent, queued, earlier] {
        assert!(stage.outbox.show(&id).await.unwrap().is_none(), "{id}");
    }
    for id in &others {
        assert_eq!(stage.entry(id).await.state, State::Queued);
    }
}

both!(mail_to_several_goes_on_without_who_is_forgotten);
async fn mail_to_several_goes_on_without_who_is_forgotten(database: Kind) {
    let refusal = Failure { code: Some(451), ..Failure::new(Class::Transient, "451 kim@example.org: later") };
    let smtp = Scripted::new("smtp", vec![Err(refusal)]);
    let stage = Stage::new(database, vec![smtp.route(None)]).await;
    let to = vec![address("kim@example.org"), address("lee@example.org")];
    let id = stage.enqueue(&Draft { to, ..stage.draft() }).await;
    stage.drain().await;
    assert!(stage.entry(&id).await.last_error.unwrap().contains("kim@"));
    forget_kim(&stage.db).await;
    let (entry, attempts) = stage.outbox.show(&id).await.unwrap().unwrap();
    assert_eq!(entry.to, [address("lee@example.org")]);
    assert!(!entry.last_error.unwrap().contains("kim@") && !attempts[0].words.contains("kim@"));
    stage.pass(std::time::Duration::from_secs(3_600)).await;
    assert_eq!(stage.entry(&id).await.state, State::Sent);
    assert_eq!(smtp.taken.lock().unwrap().last().unwrap().envelope.to, [address("lee@example.org")]);
}

both!(an_address_that_is_given_up_is_forgotten_with_who_had_it);
async fn an_address_that_is_given_up_is_forgotten_with_who_had_it(database: Kind) {
    let stage = Stage::new(database, vec![Scripted::new("smtp", vec![]).route(None)]).await;
    let old = Draft { to: vec![address("Old@example.org")], ..stage.draft() };
    let before = stage.enqueue(&old).await;
    let mut tx = stage.db.write().await.unwrap();
    attribute(&mut tx, "user-kim", &address("old@example.org")).await.unwrap();
    tx.commit().await.unwrap();
    let next_owners = stage.enqueue(&Draft { about: Some("user-lee".into()), ..old }).await;
    forget_kim(&stage.db).await;
    assert!(stage.outbox.show(&before).await.unwrap().is_none());
    assert!(stage.outbox.show(&next_owners).await.unwrap().is_some(), "another has the address by now");
}

/// Deletes the account while its letter is on the wire.
struct Meanwhile(Mutex<Option<Db>>);

#[async_trait]
impl Transport for Meanwhile {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, _: &Mail) -> Result<Receipt, Failure> {
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        forget_kim(&db.unwrap()).await;
        Err(Failure::new(Class::Transient, "451 later"))
    }

    async fn check(&self) -> Result<String, Failure> {
        Ok("well".into())
    }
}

both!(a_letter_in_hand_is_not_tried_again_once_its_account_is_gone);
async fn a_letter_in_hand_is_not_tried_again_once_its_account_is_gone(database: Kind) {
    let transport = Arc::new(Meanwhile(Mutex::default()));
    let from = "Gatepost <no-reply@example.com>".parse().unwrap();
    let stage = Stage::new(database, vec![Route { transport: transport.clone(), from, rate: None }]).await;
    *transport.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stage.db.clone());
    let id = stage.promise().await;
    stage.drain().await;
    assert!(stage.outbox.show(&id).await.unwrap().is_none());
    stage.pass(std::time::Duration::from_secs(3_600)).await;
    assert!(stage.outbox.show(&id).await.unwrap().is_none());
}
