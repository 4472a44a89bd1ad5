//! Applies fault rules and chaos triggers to a session.

use std::time::Duration;

use crate::inbox::SessionOutcome;
use crate::smtpd::delivery_plan::DROPPED;
use crate::smtpd::fault_decision::{FaultContext, FaultDecision, Instead, MessageText};
use crate::smtpd::faults::FaultStage;

use super::{SessionStep, SmtpSession};

impl SmtpSession {
    /// Applies the fault rules and chaos triggers of `stage`. Returns `None` if a fault has replaced the ordinary reply.
    pub(super) fn apply_faults(&mut self, stage: FaultStage, recipients: &[String]) -> Option<FaultDecision> {
        let sender = self.transaction.as_ref().map_or("", |transaction| &transaction.from);
        let mut decision = self.faults_at(stage, sender, recipients, &MessageText::default());
        let Some(instead) = decision.instead.take() else { return Some(decision) };
        self.transcript.note(format_args!("{}", decision.cause));
        self.report.on_error = SessionOutcome::Fault;
        match instead {
            // Only messages are discarded; `replies` does that.
            Instead::Discard(_) => {}
            Instead::Reply(reply) => self.refuse(decision.delay, reply),
            Instead::Drop => {
                self.pause(decision.delay);
                self.drop_by_rule();
            }
        }
        // After a refusal at the start, the connection is closed.
        if stage == FaultStage::Connect {
            self.close(SessionStep::End);
        }
        None
    }

    /// What the rules and triggers decide at `stage`.
    pub(super) fn faults_at(
        &self,
        stage: FaultStage,
        sender: &str,
        recipients: &[String],
        message: &MessageText<'_>,
    ) -> FaultDecision {
        let context = FaultContext { stage, client: &self.client, sender, recipients, message };
        self.config.faults.decide(&context, || self.config.entropy.fraction())
    }

    /// Closes the connection because a rule says so.
    pub(super) fn drop_by_rule(&mut self) {
        self.report.fail(SessionOutcome::Fault, DROPPED);
        self.close(SessionStep::Drop);
    }

    /// Sends an error reply. 421 announces the end of the connection (RFC 5321 §3.8).
    pub(super) fn refuse(&mut self, delay: Duration, reply: String) {
        let closes = reply.starts_with("421");
        self.reply_after(delay, reply);
        if closes {
            self.close(SessionStep::End);
        }
    }
}
