//! Tests the event feed.

use super::*;

#[tokio::test]
async fn a_feed_delivers_events_of_this_and_other_instances() {
    let f = fixture().await;
    let other = Inbox::open(settings(&f.folder), f.clock.clone(), Entropy::seeded(2)).await.unwrap();
    let mut feed = f.inbox.feed(None).await.unwrap();
    let a = f.inbox.store(incoming("a@b.c", "ours", "x")).await.unwrap();
    let stored = next(&mut feed).await;
    assert!(matches!(&stored.change, Change::Stored(s) if s.id == a && s.subject == "ours"));
    assert!(matches!(next(&mut feed).await.change, Change::Counted(Counts { messages: 1, .. })));
    let b = other.store(incoming("a@b.c", "theirs", "x")).await.unwrap();
    assert!(matches!(next(&mut feed).await.change, Change::Stored(s) if s.id == b));
    next(&mut feed).await;
    other.set_read(&Selection::Ids(vec![a]), true).await.unwrap();
    assert_eq!(next(&mut feed).await.change, Change::Read { id: a, read: true });
    next(&mut feed).await;
    other.delete(&Selection::Ids(vec![a])).await.unwrap();
    assert_eq!(next(&mut feed).await.change, Change::Deleted { id: a });

    let mut resumed = f.inbox.feed(Some(stored.seq)).await.unwrap();
    let mut changes = Vec::new();
    for _ in 0..3 {
        changes.push(next(&mut resumed).await.change);
    }
    // A resumed feed leaves out the read state of a message that has been deleted.
    assert!(
        matches!(&changes[..], [Change::Stored(s), Change::Deleted { id }, Change::Counted(_)] if s.id == b && *id == a)
    );
}

async fn next(feed: &mut Subscription) -> Event {
    tokio::time::timeout(Duration::from_secs(10), feed.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_slow_subscriber_receives_a_reload_event() {
    let f = fixture().await;
    let mut feed = f.inbox.feed(None).await.unwrap();
    for _ in 0..3 {
        let store = async |_| f.inbox.store(incoming("a@b.c", "x", "y")).await.unwrap();
        futures::future::join_all((0..500).map(store)).await;
        // The event bus reads each burst before the next one, so that the queue of `feed` overflows.
        let mut watch = f.inbox.feed(None).await.unwrap();
        f.inbox.set_read(&Selection::All, true).await.unwrap();
        next(&mut watch).await;
    }
    let mut pruned = false;
    while !pruned {
        pruned = next(&mut feed).await.change == Change::Pruned;
    }
}
