//! Error replies of the SMTP server as they are spoken: told to who listens now, in this process, and kept nowhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use super::inbox::Inbox;

/// Replies that a listener may be behind; older ones are lost to it.
const BEHIND: usize = 64;
/// Told at once at most, and how soon another may follow: a client that errs on purpose must not flood open pages.
const BURST: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// A 4xx or 5xx that a client was just given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReply {
    /// The client's address, without port.
    pub client: String,
    /// Code and text, one line.
    pub text: String,
}

impl ErrorReply {
    /// Whether the client may come back with the same (4xx).
    pub fn is_transient(&self) -> bool {
        self.text.starts_with('4')
    }
}

/// Where the server puts them in and listeners take them out; clones share it.
#[derive(Clone, Debug)]
pub struct ErrorReplies(Arc<ReplyState>);

#[derive(Debug)]
struct ReplyState {
    listeners: broadcast::Sender<ErrorReply>,
    /// How far the allowance is used up: a moment ahead of now by one pause for each reply of a burst.
    spent: Mutex<Option<Instant>>,
}

impl Default for ErrorReplies {
    fn default() -> Self {
        ErrorReplies(Arc::new(ReplyState { listeners: broadcast::channel(BEHIND).0, spent: Mutex::default() }))
    }
}

impl ErrorReplies {
    /// Tells a reply when it is an error, somebody listens, and not too many were told lately.
    pub fn publish(&self, client: &str, reply: &str) {
        if reply.starts_with(['4', '5']) && self.0.listeners.receiver_count() > 0 && self.allowed(Instant::now()) {
            let told = ErrorReply { client: client.to_owned(), text: reply.to_owned() };
            // The last listener may have left meanwhile.
            let _ = self.0.listeners.send(told);
        }
    }

    pub fn listen(&self) -> broadcast::Receiver<ErrorReply> {
        self.0.listeners.subscribe()
    }

    fn allowed(&self, now: Instant) -> bool {
        let mut spent = self.0.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let next = spent.map_or(now, |at| at.max(now)) + PAUSE;
        let allowed = next <= now + PAUSE * BURST;
        if allowed {
            *spent = Some(next);
        }
        allowed
    }
}

impl Inbox {
    pub fn error_replies(&self) -> &ErrorReplies {
        &self.0.replies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_are_told_and_only_while_somebody_listens() {
        let replies = ErrorReplies::default();
        replies.publish("192.0.2.1", "550 before anybody listened");
        let mut heard = replies.listen();
        for reply in ["220 here", "354 go on", "451 4.3.0 later", "550 5.1.1 never"] {
            replies.publish("192.0.2.1", reply);
        }
        let told: Vec<ErrorReply> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
        assert_eq!(
            told.iter().map(|reply| reply.text.as_str()).collect::<Vec<_>>(),
            ["451 4.3.0 later", "550 5.1.1 never"]
        );
        assert_eq!(told.iter().map(ErrorReply::is_transient).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_flood_is_cut_to_a_burst_and_then_to_one_at_each_pause() {
        let replies = ErrorReplies::default();
        let start = Instant::now();
        let told = |at: Instant| (0..1_000).filter(|_| replies.allowed(at)).count();
        assert_eq!(told(start), BURST as usize);
        assert_eq!(told(start + PAUSE / 2), 0);
        assert_eq!(told(start + PAUSE * 3), 3);
        assert_eq!(told(start + PAUSE * 1_000), BURST as usize, "what was not used does not add up");
    }
}
