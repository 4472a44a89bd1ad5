//! Live feed of the SMTP server's error replies, within this process. Replies are not stored.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

/// Number of unread replies per listener; older ones are dropped.
const CHANNEL_CAPACITY: usize = 64;
/// Maximum number of replies published at once. Limits prevent a client from flooding open pages with errors.
const MAX_AT_ONCE: u32 = 20;
/// Minimum time between replies after a burst.
const PAUSE: Duration = Duration::from_millis(100);

/// A 4xx or 5xx reply that was sent to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReply {
    /// The client's IP address, without port.
    pub client: String,
    /// Code and text, in one line.
    pub text: String,
}

impl ErrorReply {
    /// Returns true for a 4xx reply: the client may retry.
    pub fn is_transient(&self) -> bool {
        self.text.starts_with('4')
    }
}

/// The channel from the SMTP server to the listeners. Clones share it.
#[derive(Clone, Debug)]
pub struct ErrorReplies(Arc<ReplyState>);

#[derive(Debug)]
struct ReplyState {
    listeners: broadcast::Sender<ErrorReply>,
    /// Rate limit: each published reply moves this time forward by [`PAUSE`]. It may be [`MAX_AT_ONCE`] pauses ahead.
    limited_until: Mutex<Option<Instant>>,
}

impl Default for ErrorReplies {
    fn default() -> Self {
        ErrorReplies(Arc::new(ReplyState {
            listeners: broadcast::channel(CHANNEL_CAPACITY).0,
            limited_until: Mutex::default(),
        }))
    }
}

impl ErrorReplies {
    /// Publishes a reply if it is an error, there is a listener, and the rate limit allows it.
    pub fn publish(&self, client: &str, reply: &str) {
        if reply.starts_with(['4', '5']) && self.0.listeners.receiver_count() > 0 && self.allowed(Instant::now()) {
            let error = ErrorReply { client: client.to_owned(), text: reply.to_owned() };
            // Fails only if the last listener has been dropped since.
            let _ = self.0.listeners.send(error);
        }
    }

    pub fn listen(&self) -> broadcast::Receiver<ErrorReply> {
        self.0.listeners.subscribe()
    }

    fn allowed(&self, now: Instant) -> bool {
        let mut limited_until = self.0.limited_until.lock().unwrap_or_else(PoisonError::into_inner);
        let next = limited_until.map_or(now, |at| at.max(now)) + PAUSE;
        let allowed = next <= now + PAUSE * MAX_AT_ONCE;
        if allowed {
            *limited_until = Some(next);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_are_published_and_only_to_present_listeners() {
        let replies = ErrorReplies::default();
        replies.publish("192.0.2.1", "550 before the first listener");
        let mut listener = replies.listen();
        for reply in ["220 here", "354 go on", "451 4.3.0 later", "550 5.1.1 never"] {
            replies.publish("192.0.2.1", reply);
        }
        let received: Vec<ErrorReply> = std::iter::from_fn(|| listener.try_recv().ok()).collect();
        assert_eq!(
            received.iter().map(|reply| reply.text.as_str()).collect::<Vec<_>>(),
            ["451 4.3.0 later", "550 5.1.1 never"]
        );
        assert_eq!(received.iter().map(ErrorReply::is_transient).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_flood_is_limited_to_some_replies_at_once_and_then_to_one_per_pause() {
        let replies = ErrorReplies::default();
        let start = Instant::now();
        let published = |at: Instant| (0..1_000).filter(|_| replies.allowed(at)).count();
        assert_eq!(published(start), MAX_AT_ONCE as usize);
        assert_eq!(published(start + PAUSE / 2), 0);
        assert_eq!(published(start + PAUSE * 3), 3);
        assert_eq!(published(start + PAUSE * 1_000), MAX_AT_ONCE as usize, "unused time does not add to the burst");
    }
}
