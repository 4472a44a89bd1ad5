//! Tests the inbox as a whole, on a real file.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::*;
use crate::clock::{Clock, Time};
use crate::random::Entropy;

mod damage;
mod disk;
mod facets;
mod feed;
mod fuzz;
mod search;
mod segments;
mod smtp_sessions;
mod undo;
mod unindexed;

pub use damage::Damage;

struct Fixture {
    inbox: Inbox,
    clock: Clock,
    folder: tempfile::TempDir,
}

fn settings(folder: &tempfile::TempDir) -> Settings {
    let path = folder.path().join("made/inbox.db");
    Settings { path, max_message_size: 1 << 20, keep_messages: 0, keep_days: 0, keep_bytes: 0 }
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::from_millis(1_795_232_040_000));
    let inbox = Inbox::open(settings(&folder), clock.clone(), Entropy::seeded(1)).await.unwrap();
    Fixture { inbox, clock, folder }
}

fn incoming(to: &str, subject: &str, body: &str) -> IncomingMessage {
    let bytes =
        format!("From: Shop <shop@example.com>\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{body}\r\n").into_bytes();
    IncomingMessage {
        envelope_from: "bounce@example.com".into(),
        envelope_to: vec![to.into()],
        bytes,
        ..IncomingMessage::default()
    }
}

fn query(text: &str) -> Query {
    Query::parse(text, &TimeZone::UTC).unwrap()
}

async fn subjects(inbox: &Inbox, text: &str) -> Vec<String> {
    let found = inbox.search(&query(text), &PageRequest::default()).await.unwrap();
    assert_eq!(found.total, found.messages.len() as u64, "{text}");
    found.messages.into_iter().map(|m| m.subject).collect()
}

impl Inbox {
    /// As after a restart: the search text of the messages that are not indexed is not in memory.
    fn forget_texts(&self) {
        self.0.search_caches.waiting.forget(i64::MAX);
    }
}

/// Runs `check` with the search text in memory, then from the file, and after all messages are indexed.
async fn before_and_after_indexing(inbox: &Inbox, check: impl AsyncFn()) {
    check().await;
    inbox.forget_texts();
    check().await;
    inbox.forget_texts();
    while inbox.index().await.unwrap() > 0 {}
    check().await;
}

#[tokio::test]
async fn the_envelope_sender_replaces_a_received_return_path_except_on_import() {
    let f = fixture().await;
    let mut sent = incoming("kim@example.com", "Hello", "x");
    sent.bytes = [b"Return-Path: <liar@example.org>\r\n", &sent.bytes[..]].concat();
    for (source, paths) in
        [(MessageSource::Smtp, "<bounce@example.com>"), (MessageSource::Import, "<liar@example.org>")]
    {
        let id = f.inbox.store(IncomingMessage { source, ..sent.clone() }).await.unwrap();
        let message = f.inbox.message(id).await.unwrap().unwrap();
        let shown = String::from_utf8(message.shown()).unwrap();
        let found = shown.lines().filter_map(|line| line.strip_prefix("Return-Path: ")).collect::<Vec<_>>();
        assert_eq!((found, message.bytes == sent.bytes), (vec![paths], true));
        assert_eq!(message.summary.size, shown.len() as u64);
    }
}

#[tokio::test]
async fn a_stored_message_is_returned_byte_for_byte() {
    let f = fixture().await;
    let sent = IncomingMessage {
        transcript: "C: DATA".into(),
        helo: "client".into(),
        ..incoming("kim+order@example.com", "Hello", "one\r\n.two\0\u{fe}")
    };
    let id = f.inbox.store(sent.clone()).await.unwrap();
    let message = f.inbox.message(id).await.unwrap().unwrap();
    assert_eq!(message.bytes, sent.bytes);
    assert_eq!(message.session.envelope_from, "bounce@example.com");
    assert_eq!(message.session.transcript, "C: DATA");
    assert_eq!(message.summary.subject, "Hello");
    assert_eq!(message.summary.tags, ["order"]);
    assert_eq!(message.summary.size, message.shown().len() as u64);
    assert_eq!(f.inbox.latest(None).await.unwrap(), Some(id));
    assert_eq!(
        f.inbox.counts().await.unwrap(),
        Counts { messages: 1, unread: 1, bytes: message.summary.size, ..Counts::default() }
    );
}

#[tokio::test]
async fn messages_with_the_same_idempotency_key_are_stored_once_and_share_an_id() {
    let f = fixture().await;
    let message = IncomingMessage {
        idempotency_key: Some("row-1".into()),
        purpose: Some("verify".into()),
        ..incoming("a@b.c", "x", "y")
    };
    let (a, b) = tokio::join!(f.inbox.store(message.clone()), f.inbox.store(message.clone()));
    assert_eq!(a.unwrap(), b.unwrap());
    let again = f.inbox.store(message.clone()).await.unwrap();
    assert_eq!(f.inbox.counts().await.unwrap().messages, 1);
    f.inbox.delete(&Selection::Ids(vec![again])).await.unwrap();
    assert_ne!(f.inbox.store(message).await.unwrap(), again);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_not_stored() {
    let f = fixture().await;
    let huge = IncomingMessage { bytes: vec![b'x'; (1 << 20) + 1], ..IncomingMessage::default() };
    assert!(matches!(f.inbox.store(huge).await, Err(StoreError::TooLarge { limit: 1_048_576 })));
    let fits = IncomingMessage { bytes: vec![b'x'; 1 << 20], ..IncomingMessage::default() };
    f.inbox.store(fits).await.unwrap();
    assert_eq!(f.inbox.counts().await.unwrap().messages, 1);
}

#[tokio::test]
async fn concurrent_senders_each_get_the_id_of_their_own_message() {
    let f = fixture().await;
    let store = async |n: usize| f.inbox.store(incoming("a@b.c", &format!("number {n}"), "body")).await.unwrap();
    let ids = futures::future::join_all((0..700).map(store)).await;
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(f.inbox.summary(*id).await.unwrap().unwrap().subject, format!("number {n}"));
    }
    assert_eq!(f.inbox.counts().await.unwrap().messages, 700);
}

#[tokio::test]
async fn the_list_is_newest_first_and_pages_by_offset_id_and_time() {
    let f = fixture().await;
    for n in 0..5 {
        f.inbox.store(incoming("a@b.c", &n.to_string(), "body")).await.unwrap();
        f.clock.advance(Duration::from_secs(1));
    }
    let list = async |request| f.inbox.list(&request).await.unwrap().into_iter().map(|m| m.subject).collect::<Vec<_>>();
    assert_eq!(list(PageRequest::default()).await, ["4", "3", "2", "1", "0"]);
    assert_eq!(list(PageRequest { start: 1, limit: Some(2), ..PageRequest::default() }).await, ["3", "2"]);
    let third = f.inbox.list(&PageRequest::default()).await.unwrap()[2].clone();
    assert_eq!(list(PageRequest { older_than: Some(third.id), ..PageRequest::default() }).await, ["1", "0"]);
    assert_eq!(
        list(PageRequest { before: Some(third.created), limit: None, ..PageRequest::default() }).await,
        ["1", "0"]
    );
    assert_eq!(list(PageRequest { limit: Some(0), ..PageRequest::default() }).await, [""; 0]);
}

#[tokio::test]
async fn counts_follow_changes_of_the_read_state() {
    let f = fixture().await;
    let a = f.inbox.store(incoming("a@b.c", "a", "x")).await.unwrap();
    let b = f.inbox.store(incoming("a@b.c", "b", "x")).await.unwrap();
    assert_eq!(f.inbox.set_read(&Selection::Ids(vec![a, a]), true).await.unwrap(), 1);
    assert_eq!(f.inbox.set_read(&Selection::Ids(vec![a]), true).await.unwrap(), 0);
    assert_eq!(f.inbox.counts().await.unwrap().unread, 1);
    assert_eq!(subjects(&f.inbox, "is:read").await, ["a"]);
    assert_eq!(f.inbox.set_read(&Selection::Matching(query("subject:b")), true).await.unwrap(), 1);
    assert_eq!(f.inbox.set_read(&Selection::All, false).await.unwrap(), 2);
    assert_eq!(f.inbox.delete(&Selection::Ids(vec![b])).await.unwrap(), 1);
    let counts = f.inbox.counts().await.unwrap();
    assert_eq!((counts.messages, counts.unread, counts.deleted), (1, 1, 1));
}

#[tokio::test]
async fn deleted_messages_and_their_tags_are_not_found() {
    let f = fixture().await;
    let a = f.inbox.store(incoming("a+t@b.c", "alpha", "x")).await.unwrap();
    while f.inbox.index().await.unwrap() > 0 {}
    let b = f.inbox.store(incoming("a@b.c", "alphabet", "x")).await.unwrap();
    f.inbox.delete(&Selection::Ids(vec![a, b])).await.unwrap();
    assert_eq!(subjects(&f.inbox, "alpha").await, [""; 0]);
    assert_eq!(f.inbox.tags().await.unwrap(), [""; 0]);
    assert!(f.inbox.message(a).await.unwrap().is_none());
    f.inbox.store(incoming("a@b.c", "alpha", "x")).await.unwrap();
    while f.inbox.index().await.unwrap() > 0 {}
    assert_eq!(f.inbox.delete(&Selection::All).await.unwrap(), 1);
    assert_eq!(subjects(&f.inbox, "alpha").await, [""; 0]);
    assert_eq!(f.inbox.counts().await.unwrap(), Counts { deleted: 3, ..Counts::default() });
}

#[tokio::test]
async fn tags_are_replaced_and_renamed_and_deleted_when_unused() {
    let f = fixture().await;
    let a = f.inbox.store(incoming("a@b.c", "a", "x")).await.unwrap();
    f.inbox.set_tags(&[a], &["Big deal".into(), "big  DEAL".into(), "2nd!".into()]).await.unwrap();
    assert_eq!(f.inbox.tag_counts().await.unwrap(), [("2nd".to_owned(), 1), ("Big deal".to_owned(), 1)]);
    assert_eq!(subjects(&f.inbox, "tag:\"big deal\"").await, ["a"]);
    f.inbox.rename_tag("big deal", "Small").await.unwrap();
    assert!(matches!(f.inbox.rename_tag("Small", "2ND").await, Err(TagError::Exists(_))));
    assert!(matches!(f.inbox.rename_tag("missing", "x").await, Err(TagError::NotFound(_))));
    assert!(matches!(f.inbox.rename_tag("Small", "!").await, Err(TagError::Invalid(_))));
    f.inbox.delete_tag("small").await.unwrap();
    assert_eq!(f.inbox.tags().await.unwrap(), ["2nd"]);
    f.inbox.set_tags(&[a], &[]).await.unwrap();
    assert_eq!(f.inbox.tags().await.unwrap(), [""; 0]);
}
