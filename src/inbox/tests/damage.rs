//! Messages whose rows are damaged, and messages with unusual Return-Path fields.

use std::path::Path;

use super::*;
use crate::inbox::files::{self, ExportFormat, ExportSelection};

/// The damage that a disk fault may cause to a message.
pub enum Damage {
    Bytes,
    /// The bytes are not a blob.
    BytesOfAnotherType,
    BytesMissing,
    Summary,
    Envelope,
}

impl Inbox {
    /// Damages a stored message.
    pub async fn damage(&self, id: MessageId, damage: Damage) {
        self.update(
            match damage {
                Damage::Bytes => "update contents set raw = x'28b52ffd00ff13371337' where message_id = ?",
                Damage::BytesOfAnotherType => "update contents set raw = 17 where message_id = ?",
                Damage::BytesMissing => "delete from contents where message_id = ?",
                Damage::Summary => "update contents set summary = x'7b22ff' where message_id = ?",
                Damage::Envelope => "update contents set session = '{' where message_id = ?",
            },
            id,
        )
        .await;
        self.forget_texts();
    }

    pub(super) async fn update(&self, sql: &'static str, id: MessageId) {
        let mut tx = self.0.write_lock.begin().await.unwrap();
        sqlx::query(sql).bind(id.row()).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Return-Path fields of many lengths: folded and not folded, one and several.
fn return_paths() -> impl Iterator<Item = String> {
    let lengths = [0, 1, 40, 76, 100, 150, 200, 250, 300, 500, 900, 998, 1_000, 2_000, 10_000];
    lengths.into_iter().flat_map(|length| {
        let plain = format!("Return-Path: <{}@bounces.example>\r\n", "v".repeat(length));
        let folded =
            format!("return-path:\r\n\t<{}\r\n {}@bounces.example>\r\n", "v".repeat(length), "w".repeat(length));
        [plain.clone(), folded.clone(), [plain, folded].concat().repeat(3)]
    })
}

#[tokio::test]
async fn messages_are_readable_and_found_whatever_their_return_path_fields() {
    let f = fixture().await;
    let mut stored = Vec::new();
    for source in [MessageSource::Smtp, MessageSource::Api, MessageSource::Import] {
        for paths in return_paths() {
            let subject = format!("number{}x", stored.len());
            let mut sent = IncomingMessage { source, ..incoming("kim@example.com", &subject, "hello") };
            sent.bytes = [paths.as_bytes(), &sent.bytes].concat();
            let id = f.inbox.store(sent.clone()).await.unwrap();
            let message = f.inbox.message(id).await.unwrap().unwrap();
            assert!(message.bytes == sent.bytes, "{subject}: {paths}");
            assert_eq!(message.summary.size, message.shown().len() as u64, "{subject}");
            assert_eq!(f.inbox.latest(None).await.unwrap(), Some(id), "{subject}");
            stored.push((id, subject));
        }
    }
    before_and_after_indexing(&f.inbox, async || {
        for (id, subject) in &stored {
            assert_eq!(subjects(&f.inbox, subject).await, [subject.as_str()]);
            assert_eq!(f.inbox.latest(Some(&query(subject))).await.unwrap(), Some(*id));
        }
    })
    .await;
    assert_eq!(exported(&f, ExportFormat::Eml).await, (stored.len() as u64, vec![]));
}

#[tokio::test]
async fn a_message_with_a_wrong_size_in_its_row_is_readable() {
    let f = fixture().await;
    let sent = incoming("kim@example.com", "number", &"hello ".repeat(100));
    let id = f.inbox.store(sent.clone()).await.unwrap();
    f.inbox.update("update messages set size = 1 where id = ?", id).await;
    assert!(f.inbox.message(id).await.unwrap().unwrap().bytes == sent.bytes);
    before_and_after_indexing(&f.inbox, async || assert_eq!(subjects(&f.inbox, "hello").await, ["number"])).await;
    assert_eq!(f.inbox.latest(Some(&query("hello"))).await.unwrap(), Some(id));
}

/// The number of messages that an export writes, and the damaged messages that it reports.
async fn exported(f: &Fixture, format: ExportFormat) -> (u64, Vec<String>) {
    let folder = f.folder.path().join(format!("{format:?}"));
    let wanted = ExportSelection { format, refused: true, ..ExportSelection::default() };
    let exported = files::export(&f.inbox, &folder, wanted, |_, _| {}).await.unwrap();
    (exported.written, exported.damaged)
}

#[tokio::test]
async fn a_message_with_damaged_bytes_is_listed_but_skipped_by_searches_and_exports() {
    for damage in [Damage::Bytes, Damage::BytesOfAnotherType, Damage::BytesMissing] {
        let f = fixture().await;
        let first = f.inbox.store(incoming("kim@example.com", "first", "hello")).await.unwrap();
        let second = f.inbox.store(incoming("kim@example.com", "second", "hello")).await.unwrap();
        let broken = f.inbox.store(incoming("kim@example.com", "broken", "hello")).await.unwrap();
        let is_missing = matches!(damage, Damage::BytesMissing);
        f.inbox.damage(broken, damage).await;
        let listed = f.inbox.list(&PageRequest::default()).await.unwrap();
        assert_eq!(listed.iter().map(|summary| summary.id).collect::<Vec<_>>(), [broken, second, first]);
        assert_eq!(listed[0].subject == "broken", !is_missing, "only missing contents make the summary unreadable");
        assert_eq!(f.inbox.page(None, &PageRequest::default()).await.unwrap().found.messages.len(), 3);
        assert!(matches!(f.inbox.message(broken).await, Err(StoreError::Damaged(_))));
        before_and_after_indexing(&f.inbox, async || {
            assert_eq!(subjects(&f.inbox, "hello").await, ["second", "first"]);
            assert_eq!(f.inbox.latest(Some(&query("hello"))).await.unwrap(), Some(second));
            assert_eq!(f.inbox.latest(Some(&query("is:unread"))).await.unwrap(), Some(second));
            assert_eq!(f.inbox.latest(Some(&query("!nothing"))).await.unwrap(), Some(second));
            assert_eq!(f.inbox.latest(None).await.unwrap(), Some(second));
        })
        .await;
        for format in [ExportFormat::Eml, ExportFormat::Mbox, ExportFormat::Maildir] {
            let (written, reported) = exported(&f, format).await;
            assert_eq!((written, reported.len()), (2, 1), "{format:?}");
            assert!(reported[0].starts_with(&broken.to_string()), "{reported:?}");
        }
        f.inbox.set_read(&Selection::All, true).await.unwrap();
        f.inbox.set_tags(&[broken], &["kept".to_owned()]).await.unwrap();
        f.inbox.tidy().await.unwrap();
        assert_eq!(f.inbox.delete(&Selection::Ids(vec![broken])).await.unwrap(), 1);
        assert_eq!(f.inbox.delete(&Selection::Matching(query("hello"))).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn latest_is_none_if_all_messages_are_damaged() {
    let f = fixture().await;
    for _ in 0..3 {
        let id = f.inbox.store(incoming("kim@example.com", "x", "hello")).await.unwrap();
        f.inbox.damage(id, Damage::Bytes).await;
    }
    assert_eq!(f.inbox.latest(None).await.unwrap(), None);
    assert_eq!(f.inbox.latest(Some(&query("is:unread"))).await.unwrap(), None);
}

#[tokio::test]
async fn a_message_with_a_damaged_summary_or_envelope_is_readable() {
    let f = fixture().await;
    let sent = incoming("kim@example.com", "broken", "hello");
    let id = f.inbox.store(sent.clone()).await.unwrap();
    f.inbox.store(incoming("kim@example.com", "whole", "hello")).await.unwrap();
    f.inbox.damage(id, Damage::Summary).await;
    let listed = f.inbox.list(&PageRequest::default()).await.unwrap();
    assert_eq!((listed[0].subject.as_str(), listed[1].id), ("whole", id));
    assert!(listed[1].subject.contains("damaged") && listed[1].refusal.is_none(), "{listed:?}");
    f.inbox.damage(id, Damage::Envelope).await;
    let message = f.inbox.message(id).await.unwrap().unwrap();
    assert!(message.bytes == sent.bytes);
    assert_eq!(
        (message.summary.subject.as_str(), message.summary.from.address.as_str()),
        ("broken", "shop@example.com")
    );
    assert_eq!(message.return_path(), "shop@example.com");
    before_and_after_indexing(&f.inbox, async || {
        assert_eq!(f.inbox.search(&query("subject:broken"), &PageRequest::default()).await.unwrap().total, 1)
    })
    .await;
    assert_eq!(exported(&f, ExportFormat::Mbox).await, (2, vec![]));
    assert_eq!(f.inbox.delete(&Selection::Ids(vec![id])).await.unwrap(), 1);
}

#[tokio::test]
async fn a_refused_message_with_a_damaged_summary_still_counts_as_refused() {
    let f = fixture().await;
    let refusal = Some("552 too large".to_owned());
    let id =
        f.inbox.store(IncomingMessage { refusal, ..incoming("kim@example.com", "refused", "hello") }).await.unwrap();
    f.inbox.damage(id, Damage::Summary).await;
    assert!(f.inbox.summary(id).await.unwrap().unwrap().refusal.is_some());
    assert!(f.inbox.message(id).await.unwrap().unwrap().summary.refusal.is_some());
    let folder = f.folder.path().join("out");
    files::export(&f.inbox, &folder, ExportSelection { refused: true, ..ExportSelection::default() }, |_, _| {})
        .await
        .unwrap();
    assert!(Path::new(&folder).join(format!("{id}-refused.eml")).is_file());
}

#[tokio::test]
async fn feeds_deliver_events_of_damaged_and_intact_messages() {
    let f = fixture().await;
    let mut feed = f.inbox.feed(Some(0)).await.unwrap();
    let broken = f.inbox.store(incoming("kim@example.com", "broken", "hello")).await.unwrap();
    f.inbox.damage(broken, Damage::Summary).await;
    let whole = f.inbox.store(incoming("kim@example.com", "whole", "hello")).await.unwrap();
    let mut resumed = f.inbox.feed(Some(0)).await.unwrap();
    for feed in [&mut feed, &mut resumed] {
        let mut stored = Vec::new();
        while stored.len() < 2 {
            let next = tokio::time::timeout(Duration::from_secs(10), feed.next()).await.unwrap().unwrap();
            if let Change::Stored(summary) = next.change {
                stored.push(summary.id);
            }
        }
        assert_eq!(stored, [broken, whole]);
    }
}
