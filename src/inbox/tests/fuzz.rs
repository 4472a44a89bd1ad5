//! Runs random queries against a small inbox. Queries are made from tests/corpus/query; the messages are those of
//! tests/corpus/mime.

use super::*;
use crate::tests::fuzz::{corpus, rounds};

const PIECES: &[&[u8]] = &[
    b" ",
    b"\"",
    b"-",
    b"!",
    b":",
    b"%",
    b"_",
    b"'",
    b"*",
    b"\\",
    b"\0",
    b"\xff",
    b"\xed\x95\x9c",
    b"\xe2\x84\xaa",
    b" OR ",
    b" AND ",
    b" NEAR(",
    b")",
    b"{",
    b"}",
    b"^",
    b"from:",
    b"to:",
    b"tag:",
    b"header:",
    b"code:",
    b"is:read",
    b"is:tagged",
    b"has:inline",
    b"before:",
    b"after:",
    b"larger:",
    b"smaller:1e308k",
    b"2026/02/30",
    b"9999-12-31",
    b"-9999-01-01",
    b"99999999999999999999",
    b"NaN",
    b"example",
    b"co",
];

/// The ids of all messages that match a query, newest first.
async fn found(inbox: &Inbox, query: &Query) -> Vec<MessageId> {
    let all = PageRequest { limit: None, ..PageRequest::default() };
    let found = inbox.search(query, &all).await.unwrap();
    assert_eq!(found.total, found.messages.len() as u64, "{query:?}");
    assert_eq!(found.unread, found.messages.iter().filter(|m| !m.read).count() as u64, "{query:?}");
    assert!(found.messages.is_sorted_by(|a, b| a.id > b.id), "{query:?}");
    found.messages.into_iter().map(|message| message.id).collect()
}

async fn filled_fixture(indexed: bool) -> Fixture {
    let f = fixture().await;
    for (n, bytes) in corpus("corpus/mime").into_iter().enumerate() {
        let refusal = (n % 3 == 2).then(|| "552 refused".to_owned());
        let envelope_to = vec![format!("kim+t{n}@example.com")];
        let id =
            f.inbox.store(IncomingMessage { bytes, refusal, envelope_to, ..IncomingMessage::default() }).await.unwrap();
        f.inbox.set_read(&Selection::Ids(vec![id]), n % 2 == 0).await.unwrap();
    }
    while indexed && f.inbox.index().await.unwrap() > 0 {}
    f
}

#[test]
fn fuzz_query_random_searches_match_the_same_before_and_after_indexing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (pending, indexed) = runtime.block_on(async { (filled_fixture(false).await, filled_fixture(true).await) });
    let corpus = corpus("corpus/query");
    rounds(|dice| {
        let mut bytes = dice.mutate(&corpus, PIECES);
        // Most queries are short, so that they match something; long ones test the limits.
        if dice.below(4) > 0 {
            let from = dice.below(bytes.len());
            bytes = bytes.into_iter().skip(from).take(1 + dice.below(24)).collect();
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some(query) = Query::parse(&text, &TimeZone::UTC) else { return };
        runtime.block_on(async {
            let scanned = found(&pending.inbox, &query).await;
            let looked_up = found(&indexed.inbox, &query).await;
            let rows = |ids: &[MessageId]| ids.iter().map(|id| id.row()).collect::<Vec<_>>();
            assert_eq!(rows(&scanned), rows(&looked_up), "{text:?}");
            let newest = pending.inbox.latest(Some(&query)).await.unwrap();
            assert_eq!(newest, scanned.first().copied(), "{text:?}");
            if let [term] = query.terms.as_slice() {
                let negated = crate::inbox::types::query::QueryTerm { negated: !term.negated, ..term.clone() };
                let others = found(&pending.inbox, &Query::of(vec![negated])).await;
                assert_eq!(scanned.len() + others.len(), 6, "each message matches a term or its negation: {text:?}");
            }
        });
    });
}
