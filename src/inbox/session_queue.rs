//! SMTP sessions that wait in memory to be written. Equal ones wait as one, and their number is limited to what is kept.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::types::{EndedSession, MAX_SESSION_TRANSCRIPT, MAX_SESSIONS, SessionOutcome};

/// The sessions that wait to be written.
#[derive(Debug, Default)]
pub(super) struct SessionQueue {
    waiting: Mutex<WaitingSessions>,
    /// Notified of every new session.
    pub arrived: Notify,
}

#[derive(Debug, Default)]
struct WaitingSessions {
    delivered: VecDeque<EndedSession>,
    others: VecDeque<EndedSession>,
}

impl EndedSession {
    fn is_delivered(&self) -> bool {
        self.outcome == SessionOutcome::Delivered
    }

    /// True if `other` is the same but for its times.
    fn repeats(&self, other: &EndedSession) -> bool {
        let count = (self.details.message_count, other.details.message_count);
        count == (0, 0) && self.outcome == other.outcome && self.details.texts() == other.details.texts()
    }
}

impl WaitingSessions {
    /// Adds a session. At the limit the oldest one is dropped, which would not be kept anyway.
    fn add(&mut self, session: EndedSession) {
        let queue = if session.is_delivered() { &mut self.delivered } else { &mut self.others };
        if let Some(same) = queue.iter_mut().rev().find(|waiting| session.repeats(waiting)) {
            same.ended = session.ended;
            same.count = same.count.saturating_add(session.count);
            return;
        }
        if queue.len() >= MAX_SESSIONS {
            queue.pop_front();
        }
        queue.push_back(session);
    }
}

impl SessionQueue {
    /// Adds a session. This never waits.
    pub(super) fn add(&self, session: EndedSession) {
        self.lock().add(session);
        self.arrived.notify_one();
    }

    pub(super) fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.delivered.is_empty() && waiting.others.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, WaitingSessions> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes and returns all waiting sessions.
    pub(super) fn take(&self) -> Vec<EndedSession> {
        let WaitingSessions { delivered, others } = mem::take(&mut *self.lock());
        delivered.into_iter().chain(others).collect()
    }

    /// Forgets the waiting sessions.
    pub(super) fn clear(&self) {
        self.take();
    }
}

/// A long transcript without its middle, since its beginning and its end say most.
pub(super) fn shortened(text: String) -> String {
    const HALF: usize = MAX_SESSION_TRANSCRIPT / 2;
    if text.len() <= MAX_SESSION_TRANSCRIPT {
        return text;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let fitting = |lines: &mut dyn Iterator<Item = &&str>| {
        let mut bytes = 0;
        lines
            .take_while(|line| {
                bytes += line.len();
                bytes <= HALF
            })
            .count()
    };
    let (head, tail) = (fitting(&mut lines.iter()), fitting(&mut lines.iter().rev()));
    let end = lines.len().saturating_sub(tail).max(head);
    let (head, left_out, tail) = (lines.get(..head), end.saturating_sub(head), lines.get(end..));
    let text = |lines: Option<&[&str]>| lines.unwrap_or_default().concat();
    format!("{}# lines left out: {left_out}\n{}", text(head), text(tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::inbox::types::SessionDetails;

    fn session(outcome: SessionOutcome, client: &str) -> EndedSession {
        let details = SessionDetails { client: client.to_owned(), ..SessionDetails::default() };
        EndedSession { started: Time::from_millis(1), ended: Time::from_millis(2), count: 1, outcome, details }
    }

    #[test]
    fn equal_sessions_without_a_message_wait_as_one_and_others_one_by_one() {
        let mut waiting = WaitingSessions::default();
        for n in 0..10_000 {
            let check = session(SessionOutcome::PortCheck, "192.0.2.1");
            waiting.add(EndedSession { ended: Time::from_millis(n), ..check });
            let mut brought = session(SessionOutcome::Delivered, "192.0.2.1");
            brought.details.message_count = 1;
            waiting.add(brought);
        }
        assert_eq!((waiting.others.len(), waiting.delivered.len()), (1, MAX_SESSIONS));
        assert_eq!((waiting.others[0].count, waiting.others[0].ended.millis()), (10_000, 9_999));
    }

    #[test]
    fn at_the_limit_the_oldest_waiting_session_is_dropped() {
        let mut waiting = WaitingSessions::default();
        for n in 0..=MAX_SESSIONS {
            waiting.add(session(SessionOutcome::TimedOut, &n.to_string()));
        }
        assert_eq!((waiting.others.len(), waiting.others[0].details.client.as_str()), (MAX_SESSIONS, "1"));
    }

    #[test]
    fn a_long_transcript_keeps_its_beginning_and_its_end() {
        let long: String = (0..10_000).map(|n| format!("C: line {n}\n")).collect();
        let short = shortened(long);
        assert!(short.len() < MAX_SESSION_TRANSCRIPT + 40 && short.starts_with("C: line 0\n"), "{}", short.len());
        assert!(short.contains("\n# lines left out: ") && short.ends_with("\nC: line 9999\n"));
        let one_line = shortened("x".repeat(MAX_SESSION_TRANSCRIPT + 1));
        assert_eq!(one_line, "# lines left out: 1\n");
        assert_eq!(shortened("C: x\n".to_owned()), "C: x\n");
    }
}
