//! Segments of the search index: merging, deletion and damage.

use super::*;

#[tokio::test]
async fn segments_are_merged_without_deleted_messages_and_searches_stay_exact() {
    let f = fixture().await;
    let segments = async || {
        let mut conn = f.inbox.reader().await.unwrap();
        let all = super::store::segments::between(&mut conn, 0, i64::MAX).await.unwrap();
        all.iter().rev().map(|segment| segment.docs).collect::<Vec<_>>()
    };
    let found = async |text: &str| {
        let found = f.inbox.search(&query(text), &PageRequest { limit: None, ..PageRequest::default() }).await.unwrap();
        assert_eq!(found.total, found.messages.len() as u64);
        (found.total, found.unread)
    };
    let mut ids = Vec::new();
    for round in 0..4 {
        let store = async |n| f.inbox.store(incoming("a@b.c", &format!("n{n}e"), "odd even big world")).await.unwrap();
        ids.extend(futures::future::join_all((round * 300..round * 300 + 300).map(store)).await);
        assert_eq!(f.inbox.index().await.unwrap(), 300);
        let (read, deleted) = (ids[round * 300..][..20].to_vec(), ids[round * 300..][10..30].to_vec());
        f.inbox.set_read(&Selection::Ids(read), true).await.unwrap();
        f.inbox.delete(&Selection::Ids(deleted)).await.unwrap();
        let kept = round as u64 * 280 + 280;
        assert_eq!(found("even").await, (kept, kept - (round as u64 + 1) * 10), "{round}");
        assert_eq!(found("\"even big w\"").await.0, kept);
    }
    // The merged segment has 1,140 messages; the last 20 were deleted after it was merged.
    assert_eq!(segments().await, [1_140]);
    assert_eq!((found("n5e").await.0, found("n15e").await.0, found("n1199e").await.0), (1, 0, 1));
    assert_eq!(found("is:read even").await, (40, 0));
    assert_eq!(f.inbox.set_read(&Selection::Matching(query("\"big world\" -n1199e")), true).await.unwrap(), 1_079);
    assert_eq!(found("world").await, (1_120, 1));
    f.inbox.store(incoming("a@b.c", "later", "world")).await.unwrap();
    assert_eq!(f.inbox.set_read(&Selection::All, true).await.unwrap(), 2);
    f.inbox.store(incoming("a@b.c", "unread", "world")).await.unwrap();
    assert_eq!((found("world").await, found("unread").await), ((1_122, 1), (1, 1)));
    assert_eq!(f.inbox.delete(&Selection::All).await.unwrap(), 1_122);
    assert_eq!((found("world").await, segments().await), ((0, 0), vec![]));
    f.inbox.tidy().await.unwrap();
    let mut conn = f.inbox.reader().await.unwrap();
    for table in ["contents", "segment_parts", "flags"] {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *conn).await.unwrap(), 0, "{table}");
    }
}

#[tokio::test]
async fn messages_deleted_during_indexing_are_not_found() {
    use super::super::store::segments::{EncodedSegment, append};
    use crate::inbox::search::unindexed::Unindexed;
    let f = fixture().await;
    let found = async || f.inbox.search(&query("word"), &PageRequest::default()).await.unwrap().total;
    // The ids cross the boundary of two rows of `flags`, so that the first row can be trimmed.
    let mut tx = f.inbox.0.write_lock.begin().await.unwrap();
    sqlx::query("update counters set last = 4090").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(f.inbox.store(incoming("a@b.c", &n.to_string(), "word")).await.unwrap());
    }
    let read = f.inbox.0.search_caches.waiting.oldest(&mut f.inbox.reader().await.unwrap()).await.unwrap();
    let encoded = EncodedSegment::new(&read.iter().map(Unindexed::doc).collect::<Vec<_>>());
    f.inbox.delete(&Selection::Ids(ids.drain(..5).collect())).await.unwrap();
    f.inbox.tidy().await.unwrap();
    let mut tx = f.inbox.0.write_lock.begin().await.unwrap();
    assert_eq!(append(&mut tx, &encoded).await.unwrap(), 5);
    tx.commit().await.unwrap();
    assert_eq!(found().await, 5);
    f.inbox.delete(&Selection::Ids(ids)).await.unwrap();
    assert_eq!(found().await, 0);
}

#[tokio::test]
async fn a_damaged_segment_is_not_merged_and_its_other_messages_are_found() {
    let f = fixture().await;
    for round in 0..4 {
        let store = async |n| f.inbox.store(incoming("a@b.c", &format!("n{n}e"), "even")).await.unwrap();
        futures::future::join_all((round * 300..round * 300 + 300).map(store)).await;
        assert_eq!(f.inbox.index().await.unwrap(), 300);
        if round == 0 {
            // Damages the first chunk of word sequences in the first part of the first segment.
            let mut tx = f.inbox.0.write_lock.begin().await.unwrap();
            let damage = "update segment_parts set data = x'00' where id = (select min(id) + 1 from segment_parts)";
            assert_eq!(sqlx::query(damage).execute(&mut *tx).await.unwrap().rows_affected(), 1);
            tx.commit().await.unwrap();
        }
    }
    let segments = super::store::segments::between(&mut f.inbox.reader().await.unwrap(), 0, i64::MAX).await.unwrap();
    assert_eq!(segments.len(), 4);
    assert_eq!(f.inbox.search(&query("even"), &PageRequest::default()).await.unwrap().total, 1_200);
    for n in [0, 299, 300, 1_199] {
        assert_eq!(subjects(&f.inbox, &format!("n{n}e")).await, [format!("n{n}e")]);
    }
}
