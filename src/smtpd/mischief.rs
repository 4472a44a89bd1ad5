//! Where fault rules and chance take over from the session.

use std::time::Duration;

use super::faults::Stage;
use super::session::{Ending, Session, Step, Turn};
use super::verdict::{Content, End, Moment, Verdict};

impl Session {
    /// Asks the fault rules, and chance, about this moment. Answers with the delay that the ordinary reply has to
    /// wait for, or `None` when the fault has taken its place.
    pub(super) fn obey(&mut self, stage: Stage, recipients: &[String]) -> Option<Duration> {
        self.obey_verdict(stage, recipients).map(|verdict| verdict.delay)
    }

    pub(super) fn obey_verdict(&mut self, stage: Stage, recipients: &[String]) -> Option<Verdict> {
        if !self.terms.faults.active() {
            return Some(Verdict::default());
        }
        let sender = self.transaction.as_ref().map_or("", |transaction| &transaction.from);
        let moment = Moment { stage, client: &self.client, sender, recipients, message: &Content::default() };
        let mut verdict = self.terms.faults.judge(&moment);
        if verdict.end.is_none() {
            verdict.end = self.terms.faults.chance(stage, || self.terms.entropy.fraction()).map(End::Reply);
        }
        match verdict.end.take() {
            None => Some(verdict),
            Some(end) => {
                self.end_by_fault(verdict.delay, end);
                // A server that refuses the connection does not go on to talk.
                if stage == Stage::Connect {
                    self.close(Ending::Refused);
                }
                None
            }
        }
    }

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
