//! Searches of messages that are not indexed yet: their text is in memory, or is read from the file.

use super::*;

/// A text that is too long to be kept in memory.
fn long(word: &str) -> String {
    format!("{word} {}", "padding ".repeat(10_000))
}

#[tokio::test]
async fn the_text_of_a_small_message_is_indexed_from_memory_and_that_of_a_large_one_from_the_file() {
    let f = fixture().await;
    for (subject, body) in [("small", "word".to_owned()), ("large", long("word"))] {
        let id = f.inbox.store(incoming("a@b.c", subject, &body)).await.unwrap();
        // Damaged bytes tell where a text comes from: only memory still has it.
        f.inbox.update("update contents set raw = x'28b52ffd00ff13371337' where message_id = ?", id).await;
    }
    assert_eq!(subjects(&f.inbox, "word").await, ["small"]);
    while f.inbox.index().await.unwrap() > 0 {}
    assert_eq!(subjects(&f.inbox, "word").await, ["small"]);
}

#[tokio::test]
async fn the_text_of_a_message_that_is_not_stored_again_is_not_found() {
    let f = fixture().await;
    let message = |body: &str| IncomingMessage { idempotency_key: Some("k".into()), ..incoming("a@b.c", "x", body) };
    f.inbox.store(message("first")).await.unwrap();
    f.inbox.forget_texts();
    f.inbox.store(message("second")).await.unwrap();
    before_and_after_indexing(&f.inbox, async || {
        assert_eq!(subjects(&f.inbox, "first").await, ["x"]);
        assert_eq!(subjects(&f.inbox, "second").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn texts_that_another_process_has_indexed_do_not_stay_in_memory() {
    let f = fixture().await;
    let other = Inbox::open(settings(&f.folder), f.clock.clone(), Entropy::seeded(2)).await.unwrap();
    let texts = || f.inbox.0.search_caches.waiting.weight();
    f.inbox.store(incoming("a@b.c", "x", "word")).await.unwrap();
    assert!(texts() > 0);
    assert_eq!(other.index().await.unwrap(), 1);
    assert_eq!(f.inbox.index().await.unwrap(), 0);
    assert_eq!(texts(), 0);
    f.inbox.store(incoming("a@b.c", "y", "word")).await.unwrap();
    assert!(texts() > 0);
    f.inbox.delete(&Selection::All).await.unwrap();
    assert_eq!(texts(), 0);
}
