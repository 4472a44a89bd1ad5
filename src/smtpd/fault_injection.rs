//! Applies fault rules and chaos triggers to a session.

use std::time::Duration;

use super::fault_decision::{FaultContext, FaultDecision, FaultEnd, MessageText};
use super::faults::FaultStage;
use super::session::{Ending, Output, SessionStep, SmtpSession};

impl SmtpSession {
    /// Applies the fault rules and chaos triggers of `stage`. Returns the delay before the ordinary reply, or `None` if
    /// a fault has replaced that reply.
    pub(super) fn apply_fault(&mut self, stage: FaultStage, recipients: &[String]) -> Option<Duration> {
        self.apply_decision(stage, recipients).map(|decision| decision.delay)
    }

    /// Like [`Self::apply_fault`], but returns the whole decision.
    pub(super) fn apply_decision(&mut self, stage: FaultStage, recipients: &[String]) -> Option<FaultDecision> {
        if !self.config.faults.active() {
            return Some(FaultDecision::default());
        }
        let sender = self.transaction.as_ref().map_or("", |transaction| &transaction.from);
        let context =
            FaultContext { stage, client: &self.client, sender, recipients, message: &MessageText::default() };
        let mut decision = self.config.faults.decide(&context);
        if decision.end.is_none() {
            decision.end = self.config.faults.chance(stage, || self.config.entropy.fraction()).map(FaultEnd::Reply);
        }
        match decision.end.take() {
            None => Some(decision),
            Some(end) => {
                self.send_fault(decision.delay, end);
                // After a refusal at the start, the connection is closed.
                if stage == FaultStage::Connect {
                    self.close(Ending::Refused);
                }
                None
            }
        }
    }

    /// Sends the fault's reply, or drops the connection.
    pub(super) fn send_fault(&mut self, delay: Duration, end: FaultEnd) {
        match end {
            // 421 announces the end of the connection (RFC 5321 §3.8).
            FaultEnd::Reply(reply) => {
                let closes = reply.starts_with("421");
                self.reply_after(delay, reply);
                if closes {
                    self.close(Ending::Refused);
                }
            }
            FaultEnd::Drop => {
                self.enqueue(Output::Do(SessionStep::Pause(delay)));
                self.close(Ending::Dropped);
            }
        }
    }
}
