//! Tests deletions that can be undone.

use crate::inbox::store::undo::{MAX_BATCHES, UNDO_TIME};
use crate::inbox::{Change, UndoBatch};

use super::*;

async fn store(f: &Fixture, subjects: &[&str]) -> Vec<MessageId> {
    let mut ids = Vec::new();
    for subject in subjects {
        ids.push(f.inbox.store(incoming("kim+tag@b.c", subject, "body")).await.unwrap());
    }
    ids
}

async fn listed(f: &Fixture) -> Vec<String> {
    let all = f.inbox.list(&PageRequest { limit: None, ..PageRequest::default() }).await.unwrap();
    all.into_iter().map(|m| m.subject).collect()
}

#[tokio::test]
async fn a_deletion_is_undone_with_ids_read_states_tags_and_order() {
    let f = fixture().await;
    let ids = store(&f, &["one", "two", "three", "four"]).await;
    f.inbox.set_read(&Selection::Ids(vec![ids[1]]), true).await.unwrap();
    f.inbox.set_tags(&[ids[2]], &["Blue".into()]).await.unwrap();
    let before = f.inbox.list(&PageRequest::default()).await.unwrap();
    let counts = f.inbox.counts().await.unwrap();

    let batch = f.inbox.delete_for_now(&Selection::Ids(vec![ids[1], ids[2], ids[2]])).await.unwrap();
    assert_eq!(batch, UndoBatch { messages: 2, ..batch });
    assert_eq!(listed(&f).await, ["four", "one"]);
    assert!(f.inbox.message(ids[1]).await.unwrap().is_none());
    assert_eq!(f.inbox.tags().await.unwrap(), ["tag"]);
    let left = f.inbox.counts().await.unwrap();
    assert_eq!((left.messages, left.unread, left.deleted), (2, 2, 2));
    assert_eq!(subjects(&f.inbox, "two").await, [""; 0]);

    f.inbox.set_read(&Selection::All, false).await.unwrap();
    assert_eq!(f.inbox.undo_batch(batch.id).await.unwrap(), Some(batch));
    assert_eq!(f.inbox.undo(batch.id).await.unwrap(), 2);
    assert_eq!(f.inbox.list(&PageRequest::default()).await.unwrap(), before);
    assert_eq!(f.inbox.counts().await.unwrap(), counts);
    assert_eq!(subjects(&f.inbox, "two is:read").await, ["two"]);
    assert_eq!(subjects(&f.inbox, "tag:blue").await, ["three"]);
    assert_eq!((f.inbox.undo(batch.id).await.unwrap(), f.inbox.undo_batch(batch.id).await.unwrap()), (0, None));
}

#[tokio::test]
async fn restored_messages_are_found_whether_they_were_indexed_before_the_deletion_or_after_it() {
    let f = fixture().await;
    let indexed = store(&f, &["alpha indexed"]).await;
    while f.inbox.index().await.unwrap() > 0 {}
    let first = f.inbox.delete_for_now(&Selection::Ids(indexed)).await.unwrap();
    let waiting = store(&f, &["alpha waiting", "beta"]).await;
    let second = f.inbox.delete_for_now(&Selection::Ids(vec![waiting[0]])).await.unwrap();
    // The deleted messages take part in indexing, since later segments cannot add them.
    while f.inbox.index().await.unwrap() > 0 {}
    assert_eq!(subjects(&f.inbox, "alpha").await, [""; 0]);
    f.inbox.set_read(&Selection::All, true).await.unwrap();
    f.inbox.tidy().await.unwrap();
    for batch in [first, second] {
        assert_eq!(f.inbox.undo(batch.id).await.unwrap(), 1);
    }
    assert_eq!(subjects(&f.inbox, "alpha").await, ["alpha waiting", "alpha indexed"]);
    assert_eq!(subjects(&f.inbox, "alpha is:unread").await, ["alpha waiting", "alpha indexed"]);
}

#[tokio::test]
async fn deleting_everything_is_undone_too_and_new_messages_stay() {
    let f = fixture().await;
    let subjects: Vec<String> = (0..700).map(|n| format!("number {n}")).collect();
    store(&f, &subjects.iter().map(String::as_str).collect::<Vec<_>>()).await;
    while f.inbox.index().await.unwrap() > 0 {}
    let all = f.inbox.delete_for_now(&Selection::All).await.unwrap();
    assert_eq!((all.messages, f.inbox.counts().await.unwrap().messages), (700, 0));
    store(&f, &["new"]).await;
    f.inbox.tidy().await.unwrap();
    let found = f.inbox.delete_for_now(&Selection::Matching(query("new"))).await.unwrap();
    assert_eq!((found.messages, f.inbox.undo(all.id).await.unwrap()), (1, 700));
    assert_eq!(f.inbox.undo(found.id).await.unwrap(), 1);
    let counts = f.inbox.counts().await.unwrap();
    assert_eq!((counts.messages, counts.unread, counts.deleted), (701, 701, 0));
    assert_eq!(f.inbox.search(&query("number"), &PageRequest::default()).await.unwrap().total, 700);
    let body = f.inbox.newest(Some(&query("\"number 3\""))).await.unwrap().unwrap();
    assert!(body.bytes.ends_with(b"body\r\n"));
}

#[tokio::test]
async fn a_batch_can_be_undone_for_ten_minutes_and_after_a_restart() {
    let f = fixture().await;
    let ids = store(&f, &["one", "two"]).await;
    let first = f.inbox.delete_for_now(&Selection::Ids(vec![ids[0]])).await.unwrap();
    f.clock.advance(UNDO_TIME);
    f.inbox.tidy().await.unwrap();
    let again = Inbox::open(settings(&f.folder), f.clock.clone(), Entropy::seeded(2)).await.unwrap();
    assert_eq!(again.undo(first.id).await.unwrap(), 1);

    let second = f.inbox.delete_for_now(&Selection::Ids(ids)).await.unwrap();
    f.clock.advance(UNDO_TIME + Duration::from_millis(1));
    f.inbox.tidy().await.unwrap();
    assert_eq!((f.inbox.undo(second.id).await.unwrap(), listed(&f).await), (0, vec![]));
    let rows: i64 = sqlx::query_scalar("select count(*) from contents")
        .fetch_one(&mut *f.inbox.reader().await.unwrap())
        .await
        .unwrap();
    assert_eq!((rows, f.inbox.tags().await.unwrap()), (0, vec![]));
}

#[tokio::test]
async fn the_latest_deletion_is_offered_until_it_is_undone_or_ten_minutes_old() {
    let f = fixture().await;
    let ids = store(&f, &["one", "two", "three"]).await;
    assert_eq!(f.inbox.latest_undo().await.unwrap(), None);
    let first = f.inbox.delete_for_now(&Selection::Ids(vec![ids[0]])).await.unwrap();
    f.clock.advance(Duration::from_secs(1));
    let second = f.inbox.delete_for_now(&Selection::Ids(vec![ids[1], ids[2]])).await.unwrap();
    assert_eq!(f.inbox.latest_undo().await.unwrap(), Some(second));
    f.inbox.undo(second.id).await.unwrap();
    assert_eq!(f.inbox.latest_undo().await.unwrap(), Some(first));
    f.clock.advance(UNDO_TIME);
    assert_eq!(f.inbox.latest_undo().await.unwrap(), None, "a second too late");
}

#[tokio::test]
async fn batches_are_limited_in_number_and_by_what_the_inbox_keeps_but_displace_no_message() {
    let mut f = fixture().await;
    let ids = store(&f, &vec!["x"; MAX_BATCHES + 1]).await;
    let mut batches = Vec::new();
    for id in ids {
        batches.push(f.inbox.delete_for_now(&Selection::Ids(vec![id])).await.unwrap().id);
    }
    f.inbox.tidy().await.unwrap();
    assert_eq!((f.inbox.undo(batches[0]).await.unwrap(), f.inbox.undo(batches[1]).await.unwrap()), (0, 1));

    let limited = Settings { keep_messages: 3, ..settings(&f.folder) };
    f.inbox = Inbox::open(limited, f.clock.clone(), Entropy::seeded(3)).await.unwrap();
    f.inbox.delete(&Selection::All).await.unwrap();
    let ids = store(&f, &["1", "2", "3"]).await;
    let first = f.inbox.delete_for_now(&Selection::Ids(vec![ids[0]])).await.unwrap();
    let second = f.inbox.delete_for_now(&Selection::Ids(vec![ids[1], ids[2]])).await.unwrap();
    store(&f, &["4", "5", "6"]).await;
    f.inbox.tidy().await.unwrap();
    assert_eq!(listed(&f).await, ["6", "5", "4"]);
    let third = f.inbox.delete_for_now(&Selection::Matching(query("subject:4"))).await.unwrap();
    f.inbox.tidy().await.unwrap();
    let mut undone = Vec::new();
    for batch in [first, second, third] {
        undone.push(f.inbox.undo(batch.id).await.unwrap());
    }
    assert_eq!(undone, [0, 2, 1]);
}

#[tokio::test]
async fn deleting_all_permanently_ends_the_batches() {
    let f = fixture().await;
    let ids = store(&f, &["one", "two"]).await;
    let batch = f.inbox.delete_for_now(&Selection::Ids(vec![ids[0]])).await.unwrap();
    f.inbox.delete(&Selection::All).await.unwrap();
    assert_eq!(f.inbox.undo(batch.id).await.unwrap(), 0);
    f.inbox.tidy().await.unwrap();
    assert_eq!((listed(&f).await, f.inbox.counts().await.unwrap().deleted), (vec![], 2));
}

#[tokio::test]
async fn subscriptions_receive_the_restored_messages() {
    let f = fixture().await;
    let ids = store(&f, &["one", "two"]).await;
    let batch = f.inbox.delete_for_now(&Selection::Ids(ids.clone())).await.unwrap();
    let mut feed = f.inbox.feed(None).await.unwrap();
    f.inbox.undo(batch.id).await.unwrap();
    for id in ids {
        let Change::Restored(summary) = feed.next().await.unwrap().change else { panic!("no restoration") };
        assert_eq!((summary.id, summary.tags), (id, vec!["tag".to_owned()]));
    }
    assert!(matches!(feed.next().await.unwrap().change, Change::Counted(counts) if counts.messages == 2));
}
