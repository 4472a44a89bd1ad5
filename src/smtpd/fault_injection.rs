//! Applies fault rules and chaos triggers to a session.

use std::time::Duration;

use crate::inbox::SessionOutcome;

use super::fault_decision::{FaultContext, FaultDecision, FaultEnd, MessageText};
use super::faults::FaultStage;
use super::session::{Ending, Output, SessionStep, SmtpSession};

/// The reason of a connection that a rule drops.
pub(super) const DROPPED: &str = "a fault rule dropped the connection";

impl SmtpSession {
    /// Applies the fault rules and chaos triggers of `stage`. Returns the delay before the ordinary reply, or `None` if
    /// a fault has replaced that reply.
    pub(super) fn apply_fault(&mut self, stage: FaultStage, recipients: &[String]) -> Option<Duration> {
        self.apply_decision(stage, recipients).map(|decision| decision.delay)
    }

    /// Like [`Self::apply_fault`], but returns the whole decision.
    pub(super) fn apply_decision(&mut self, stage: FaultStage, recipients: &[String]) -> Option<FaultDecision> {
        let sender = self.transaction.as_ref().map_or("", |transaction| &transaction.from);
        let mut decision = self.decide(stage, sender, recipients, &MessageText::default());
        let Some(end) = decision.end.take() else { return Some(decision) };
        self.transcript.note(format_args!("{}", decision.cause));
        self.send_fault(decision.delay, end);
        // After a refusal at the start, the connection is closed.
        if stage == FaultStage::Connect {
            self.close(Ending::Refused);
        }
        None
    }

    pub(super) fn decide(
        &self,
        stage: FaultStage,
        sender: &str,
        recipients: &[String],
        message: &MessageText<'_>,
    ) -> FaultDecision {
        let context = FaultContext { stage, client: &self.client, sender, recipients, message };
        self.config.faults.decide(&context, || self.config.entropy.fraction())
    }

    /// Sends the fault's reply, or drops the connection.
    pub(super) fn send_fault(&mut self, delay: Duration, end: FaultEnd) {
        self.report.on_error = SessionOutcome::Fault;
        match end {
            // Only messages are discarded; `delivery` does that.
            FaultEnd::Discard => {}
            FaultEnd::Reply(reply) => self.refuse(delay, reply),
            FaultEnd::Drop => {
                self.report.fail(SessionOutcome::Fault, DROPPED);
                self.enqueue(Output::Do(SessionStep::Pause(delay)));
                self.close(Ending::Dropped);
            }
        }
    }
    /// Sends an error reply. 421 announces the end of the connection (RFC 5321 §3.8).
    pub(super) fn refuse(&mut self, delay: Duration, reply: String) {
        let closes = reply.starts_with("421");
        self.reply_after(delay, reply);
        if closes {
            self.close(Ending::Refused);
        }
    }
}
