//! Applies fault rules and chaos triggers to a session.

use std::time::Duration;

use super::faults::Stage;
use super::session::{Ending, Session, Step, Turn};
use super::verdict::{Content, End, FaultContext, Verdict};

impl Session {
    /// Applies the fault rules and chaos triggers of `stage`. Returns the delay before the ordinary reply, or `None` if
    /// a fault has replaced that reply.
    pub(super) fn obey(&mut self, stage: Stage, recipients: &[String]) -> Option<Duration> {
        self.obey_verdict(stage, recipients).map(|decision| decision.delay)
    }

    /// Like [`Self::apply_fault`], but returns the whole decision.
    pub(super) fn obey_verdict(&mut self, stage: Stage, recipients: &[String]) -> Option<Verdict> {
        if !self.terms.faults.active() {
            return Some(Verdict::default());
        }
        let sender = self.transaction.as_ref().map_or("", |transaction| &transaction.from);
        let context = FaultContext { stage, client: &self.client, sender, recipients, message: &Content::default() };
        let mut decision = self.terms.faults.judge(&context);
        if decision.end.is_none() {
            decision.end = self.terms.faults.chance(stage, || self.terms.entropy.fraction()).map(End::Reply);
        }
        match decision.end.take() {
            None => Some(decision),
            Some(end) => {
                self.end_by_fault(decision.delay, end);
                // After a refusal at the start, the connection is closed.
                if stage == Stage::Connect {
                    self.close(Ending::Refused);
                }
                None
            }
        }
    }

    /// Sends the fault's reply, or drops the connection.
    pub(super) fn end_by_fault(&mut self, delay: Duration, end: End) {
        match end {
            // 421 announces the end of the connection (RFC 5321 §3.8).
            End::Reply(reply) => {
                let closes = reply.starts_with("421");
                self.answer(delay, reply);
                if closes {
                    self.close(Ending::Refused);
                }
            }
            End::Drop => {
                self.turn(Turn::Do(Step::Pause(delay)));
                self.close(Ending::Dropped);
            }
        }
    }
}
