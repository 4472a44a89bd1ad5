//! The memory of messages that the API receives.

use serde_json::json;

use super::super::InboxState;
use super::support::{InboxFixture, MEMORY};

fn message(size: usize) -> String {
    json!({"From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Text": "x".repeat(size)})
        .to_string()
}

#[rocket::async_test]
async fn a_message_is_refused_while_others_fill_the_memory_and_taken_after_them() {
    let fixture = InboxFixture::new().await;
    let memory = fixture.client.rocket().state::<InboxState>().unwrap().memory.clone();
    let mut others = memory.hold();
    assert!(others.grow(MEMORY - 512 * 1024));
    let refused = fixture.client.post(fixture.path("/api/v1/send")).body(message(600 * 1024)).dispatch().await;
    assert_eq!((refused.status().code, refused.headers().get_one("Retry-After")), (503, Some("5")));
    assert!(refused.into_string().await.unwrap().contains("too many large messages"));
    assert_eq!(fixture.post("/api/v1/send", &message(400 * 1024)).await.0, 200, "it fits beside the others");
    drop(others);
    assert_eq!(fixture.post("/api/v1/send", &message(600 * 1024)).await.0, 200);
    assert_eq!(fixture.total().await, 2);
    assert!(memory.hold().grow(MEMORY), "every request has released its memory");
}

#[rocket::async_test]
async fn a_body_may_be_twice_as_large_as_a_message() {
    let fixture = InboxFixture::new().await;
    // Spaces are no part of the message. The limit of a message is 1 MiB, and 5 MiB are allowed beside it.
    let padded = |size: usize| message(10) + &" ".repeat(size);
    assert_eq!(fixture.post("/api/v1/send", &padded(3 * 1024 * 1024)).await.0, 200);
    assert_eq!(fixture.post("/api/v1/send", &message(1024 * 1024)).await.0, 413, "the message is too large");
    let (code, text) = fixture.post("/api/v1/send", &padded(8 * 1024 * 1024)).await;
    assert!(code == 413 || (code == 503 && text.contains("too many")), "{code} {text}");
}
