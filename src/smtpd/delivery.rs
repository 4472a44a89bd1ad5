//! Completes a received message: applies the fault rules, hands the message to the inbox and replies to the client.

use std::time::Duration;

use crate::inbox::{IncomingMessage, MessageSource, StoreError};

use super::body::{self, BodyError};
use super::fault_decision::{FaultContext, FaultEnd, MessageText};
use super::faults::FaultStage;
use super::session::{Delivery, Ending, Output, Protocol, SessionState, SessionStep, SmtpSession};
use super::transaction::{Transaction, too_large};

const UNSTORED: &str = "451 4.3.0 Unable to process mail: it could not be stored";
/// Not 452, which some clients interpret as too many recipients.
const DISK_FULL: &str = "451 4.3.1 Insufficient system storage: the disk is full";

/// The replies to send once the message is stored.
#[derive(Debug)]
pub(super) struct DeliveryPlan {
    delay: Duration,
    /// One for the message (SMTP), or one for each recipient (LMTP, RFC 2033 §4.2), in order.
    outcomes: Vec<DeliveryOutcome>,
}

#[derive(Debug)]
enum DeliveryOutcome {
    /// Accepted; holds the recipient under LMTP.
    Queued(Option<String>),
    Refused(String),
    Dropped,
}

impl SmtpSession {
    /// Decides about the message and hands it to the inbox. `last` is false if it failed before its last chunk.
    pub(super) fn complete_message(&mut self, last: bool) {
        self.progress += 1;
        self.state = SessionState::Lines;
        let Some(mut transaction) = self.transaction.take() else { return };
        let Some(body) = transaction.body.take() else { return };
        self.transcript.note(format_args!("{} bytes of message", body.total()));
        let flaw = body.error();
        let total = body.total();
        let (bytes, held) = body.into_parts();
        if body::has_bare_line_end(&bytes) {
            self.transcript.note(format_args!("the message contains bare CR or LF, which other servers may refuse"));
        }
        let plan = match flaw {
            Some(flaw) => self.plan_refusal(flaw, if last { transaction.to.len() } else { 1 }),
            None => self.plan(&transaction, &bytes),
        };
        let refusal = plan.refusal().map(|reason| match flaw {
            Some(_) => format!("{reason} ({total} bytes received, the first {} stored)", bytes.len()),
            None => reason,
        });
        if flaw == Some(BodyError::NoMemory) {
            return self.finish_message(&plan, Err(UNSTORED));
        }
        if refusal.is_none() {
            plan.keep_accepted(&mut transaction.to);
        }
        let arrival = self.incoming_message(transaction, bytes, refusal, &plan.preview());
        self.state = SessionState::Storing(plan);
        self.enqueue(Output::Do(SessionStep::Store(Box::new(Delivery { arrival, held }))));
    }

    fn incoming_message(
        &self,
        transaction: Transaction,
        bytes: Vec<u8>,
        refusal: Option<String>,
        replies: &str,
    ) -> IncomingMessage {
        IncomingMessage {
            envelope_from: transaction.from,
            envelope_to: transaction.to,
            bytes,
            source: match self.config.protocol {
                Protocol::Smtp => MessageSource::Smtp,
                Protocol::Lmtp => MessageSource::Lmtp,
            },
            protocol: self.protocol(),
            username: self.user.clone().unwrap_or_default(),
            helo: self.helo.clone().unwrap_or_default(),
            remote: self.client.clone(),
            transcript: self.transcript.render(replies),
            refusal,
            ..IncomingMessage::default()
        }
    }

    fn plan_refusal(&self, flaw: BodyError, recipients: usize) -> DeliveryPlan {
        let reply = match flaw {
            BodyError::TooLarge => too_large(self.config.max_message_size),
            BodyError::LongHeader => {
                format!("552 5.3.4 The message header is longer than {} bytes", self.config.limits.header)
            }
            BodyError::NoMemory => "452 4.3.1 Too many large messages at once, try again".to_owned(),
        };
        let replies = match self.config.protocol {
            Protocol::Smtp => 1,
            Protocol::Lmtp => recipients,
        };
        DeliveryPlan {
            delay: Duration::ZERO,
            outcomes: (0..replies).map(|_| DeliveryOutcome::Refused(reply.clone())).collect(),
        }
    }

    fn plan(&self, transaction: &Transaction, message: &[u8]) -> DeliveryPlan {
        let text = MessageText::new(message);
        let decide = |recipients: &[String]| {
            let Transaction { from: sender, .. } = transaction;
            self.config.faults.decide(&FaultContext {
                stage: FaultStage::AfterData,
                client: &self.client,
                sender,
                recipients,
                message: &text,
            })
        };
        let outcome = |end, recipient| match end {
            None => DeliveryOutcome::Queued(recipient),
            Some(FaultEnd::Reply(reply)) => DeliveryOutcome::Refused(reply),
            Some(FaultEnd::Drop) => DeliveryOutcome::Dropped,
        };
        let mut plan = DeliveryPlan { delay: Duration::ZERO, outcomes: Vec::new() };
        match self.config.protocol {
            Protocol::Smtp => {
                let decision = decide(&transaction.to);
                plan.delay = decision.delay;
                plan.outcomes.push(outcome(decision.end, None));
            }
            Protocol::Lmtp => {
                for recipient in &transaction.to {
                    let decision = decide(std::slice::from_ref(recipient));
                    plan.delay = plan.delay.max(decision.delay);
                    plan.outcomes.push(outcome(decision.end, Some(recipient.clone())));
                }
            }
        }
        plan
    }

    /// Replies once the inbox has finished: `stored` is the message's id there, or the reason why it was not stored.
    pub(super) fn settle_message(&mut self, stored: Result<String, StoreError>) {
        if let SessionState::Storing(plan) = std::mem::replace(&mut self.state, SessionState::Lines) {
            self.finish_message(&plan, stored.as_deref().map_err(unstored));
        }
    }

    fn finish_message(&mut self, plan: &DeliveryPlan, id: Result<&str, &'static str>) {
        if !plan.delay.is_zero() {
            self.enqueue(Output::Do(SessionStep::Pause(plan.delay)));
        }
        for outcome in &plan.outcomes {
            match (outcome, id) {
                (DeliveryOutcome::Queued(None), Ok(id)) => self.reply(format!("250 2.0.0 Ok: queued as {id}")),
                (DeliveryOutcome::Queued(Some(to)), Ok(id)) => {
                    self.reply(format!("250 2.1.5 <{to}> Ok: queued as {id}"))
                }
                (DeliveryOutcome::Queued(_), Err(reply)) => self.reply(reply),
                (DeliveryOutcome::Refused(reply), _) => self.send_fault(Duration::ZERO, FaultEnd::Reply(reply.clone())),
                (DeliveryOutcome::Dropped, _) => return self.close(Ending::Dropped),
            }
        }
        self.enqueue(Output::Forget { message: true });
    }

    /// Ends a message that was cut off. Returns the part received, marked as refused, or `None` if it is empty.
    pub(super) fn take_interrupted(&mut self, why: &str) -> Option<Box<Delivery>> {
        let mut transaction = self.transaction.take()?;
        let body = transaction.body.take().filter(|body| body.total() > 0)?;
        let total = body.total();
        let (bytes, held) = body.into_parts();
        let refusal = Some(format!("{why} after {total} bytes of the message, before its end"));
        self.transcript.note(format_args!("{why} after {total} bytes of the message"));
        Some(Box::new(Delivery { arrival: self.incoming_message(transaction, bytes, refusal, ""), held }))
    }
}

fn unstored(error: &StoreError) -> &'static str {
    match error {
        StoreError::DiskFull => DISK_FULL,
        _ => UNSTORED,
    }
}

impl DeliveryPlan {
    /// The reason of the refusal if no recipient gets the message.
    fn refusal(&self) -> Option<String> {
        let reasons = self.outcomes.iter().map(|outcome| match outcome {
            DeliveryOutcome::Queued(_) => None,
            DeliveryOutcome::Refused(reply) => Some(reply.clone()),
            DeliveryOutcome::Dropped => Some("a fault rule dropped the connection".to_owned()),
        });
        reasons.reduce(|all, next| if next.is_some() { all } else { None }).flatten()
    }

    /// Removes refused recipients: under LMTP, others may still get the message.
    fn keep_accepted(&self, recipients: &mut Vec<String>) {
        let mut outcomes = self.outcomes.iter();
        if self.outcomes.len() == recipients.len() {
            recipients.retain(|_| matches!(outcomes.next(), Some(DeliveryOutcome::Queued(_))));
        }
    }

    /// The replies as far as they are known before the message is stored.
    fn preview(&self) -> String {
        let lines = self.outcomes.iter().map(|outcome| match outcome {
            DeliveryOutcome::Queued(None) => "250 2.0.0 Ok: queued as this message".to_owned(),
            DeliveryOutcome::Queued(Some(to)) => format!("250 2.1.5 <{to}> Ok: queued as this message"),
            DeliveryOutcome::Refused(reply) => reply.clone(),
            DeliveryOutcome::Dropped => "(the connection is dropped by a fault rule)".to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_has_its_own_reply_and_every_storage_error_is_temporary() {
        assert!(unstored(&StoreError::DiskFull).starts_with("451 4.3.1 "));
        assert!(unstored(&StoreError::Closed).starts_with("451 4.3.0 "));
    }
}
