//! Completes a received message: applies the fault rules, hands the message to the inbox and replies to the client.

use std::time::Duration;

use crate::inbox::{IncomingMessage, MessageId, MessageSource, SessionOutcome, StoreError};
use crate::smtpd::body::{self, BodyError};
use crate::smtpd::delivery_plan::{DeliveryOutcome, DeliveryPlan};
use crate::smtpd::fault_decision::{Instead, MessageText};
use crate::smtpd::faults::FaultStage;
use crate::smtpd::session_config::Protocol;
use crate::smtpd::transaction::Transaction;

use super::message_body::too_large;
use super::{Delivery, SessionState, SessionStep, SmtpSession};

const UNSTORED: &str = "451 4.3.0 Unable to process mail: it could not be stored";
/// Not 452, which some clients interpret as too many recipients.
const DISK_FULL: &str = "452 4.3.1 Insufficient system storage: the disk is full";

impl SmtpSession {
    /// Decides about the message and hands it to the inbox. `last` is false if it failed before its last chunk.
    pub(super) fn complete_message(&mut self, last: bool) {
        self.progress += 1;
        self.state = SessionState::Lines;
        let Some(mut transaction) = self.transaction.take() else { return };
        let Some(body) = transaction.body.take() else { return };
        self.transcript.note(format_args!("{} bytes of message", body.total()));
        let (flaw, total) = (body.error(), body.total());
        let (bytes, held) = body.into_parts();
        let flaw = flaw.or_else(|| self.header_error(&bytes));
        if body::has_bare_line_end(&bytes) {
            self.transcript.note(format_args!("the message contains bare CR or LF, which other servers may refuse"));
        }
        if !transaction.utf8 && has_utf8_address(&transaction) {
            self.transcript.note(format_args!(
                "an address is not ASCII, but MAIL came without SMTPUTF8; other servers may refuse it"
            ));
        }
        let plan = match flaw {
            None if transaction.to.is_empty() => DeliveryPlan::left_out(),
            Some(flaw) => self.plan_refusal(flaw, if last { transaction.to.len() } else { 1 }),
            None => self.plan(&transaction, &bytes),
        };
        let refusal = plan.refusal().map(|reason| match flaw {
            Some(_) => format!("{reason} ({total} bytes received, the first {} stored)", bytes.len()),
            None => reason,
        });
        if flaw == Some(BodyError::NoMemory) || plan.discards() || transaction.to.is_empty() {
            return self.finish_message(&plan, Err(UNSTORED));
        }
        if refusal.is_none() {
            plan.keep_accepted(&mut transaction.to);
        }
        let arrival = self.incoming_message(transaction, bytes, refusal, &plan.preview());
        self.state = SessionState::Storing(plan);
        self.enqueue(SessionStep::Store(Box::new(Delivery { arrival, held })));
    }

    /// Mailpit's check of `--smtp-strict-rfc-headers`: no line of the header ends in CR CR LF.
    fn header_error(&self, bytes: &[u8]) -> Option<BodyError> {
        let is_broken = self.config.strict_header && body::has_doubled_cr_in_header(bytes);
        is_broken.then_some(BodyError::DoubledCr)
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
            line_times: self.transcript.times(replies),
            refusal,
            ..IncomingMessage::default()
        }
    }

    fn plan_refusal(&self, flaw: BodyError, recipients: usize) -> DeliveryPlan {
        let on_error = match flaw {
            BodyError::TooLarge => SessionOutcome::MessageTooLarge,
            BodyError::LongHeader | BodyError::NoMemory | BodyError::DoubledCr => SessionOutcome::MessageRefused,
        };
        let reply = match flaw {
            BodyError::TooLarge => too_large(self.config.max_message_size),
            BodyError::LongHeader => {
                format!("552 5.3.4 The message header is longer than {} bytes", self.config.limits.header)
            }
            BodyError::DoubledCr => "554 5.6.0 The message header contains CR CR LF (RFC 5322)".to_owned(),
            BodyError::NoMemory => "452 4.3.1 Too many large messages at once, try again".to_owned(),
        };
        let replies = match self.config.protocol {
            Protocol::Smtp => 1,
            Protocol::Lmtp => recipients,
        };
        DeliveryPlan {
            delay: Duration::ZERO,
            outcomes: (0..replies)
                .map(|_| DeliveryOutcome { to: None, instead: Some(Instead::Reply(reply.clone())) })
                .collect(),
            on_error,
        }
    }

    fn plan(&mut self, transaction: &Transaction, message: &[u8]) -> DeliveryPlan {
        let (protocol, text) = (self.config.protocol, MessageText::new(message));
        let mut faults_for = |recipients: &[String]| {
            let decision = self.faults_at(FaultStage::AfterData, &transaction.from, recipients, &text);
            if !decision.cause.is_empty() {
                self.transcript.note(format_args!("{}", decision.cause));
            }
            decision
        };
        let mut plan = DeliveryPlan { delay: Duration::ZERO, outcomes: Vec::new(), on_error: SessionOutcome::Fault };
        match protocol {
            Protocol::Smtp => {
                let decision = faults_for(&transaction.to);
                plan.delay = decision.delay;
                plan.outcomes.push(DeliveryOutcome { to: None, instead: decision.instead });
            }
            Protocol::Lmtp => {
                for recipient in &transaction.to {
                    let decision = faults_for(std::slice::from_ref(recipient));
                    plan.delay = plan.delay.max(decision.delay);
                    plan.outcomes.push(DeliveryOutcome { to: Some(recipient.clone()), instead: decision.instead });
                }
            }
        }
        plan
    }

    /// Replies once the inbox has finished: `stored` is the message's id there, or the reason why it was not stored.
    pub(in crate::smtpd) fn settle_message(&mut self, stored: Result<MessageId, StoreError>) {
        if let SessionState::Storing(plan) = std::mem::replace(&mut self.state, SessionState::Lines) {
            self.finish_message(&plan, stored.map_err(|error| unstored(&error)));
        }
    }

    fn finish_message(&mut self, plan: &DeliveryPlan, id: Result<MessageId, &'static str>) {
        self.pause(plan.delay);
        if let Ok(id) = id {
            self.report.stored(id);
        }
        for outcome in &plan.outcomes {
            match (&outcome.instead, &id) {
                (None, Ok(id)) => self.reply(outcome.accepted(&format!("queued as {id}"))),
                (None, Err(reply)) => {
                    self.report.on_error = SessionOutcome::StorageFailed;
                    self.reply(*reply);
                }
                (Some(Instead::Discard(why)), _) => self.reply(outcome.accepted(&format!("discarded{why}"))),
                (Some(Instead::Reply(reply)), _) => {
                    self.report.on_error = plan.on_error;
                    self.refuse(Duration::ZERO, reply.clone());
                }
                (Some(Instead::Drop), _) => return self.drop_by_rule(),
            }
        }
        let is_accepted = plan.outcomes.iter().any(|outcome| outcome.is_accepted(id.is_ok()));
        if is_accepted {
            self.report.accepted(plan.discards());
        }
        self.ended_part = Some(is_accepted);
    }

    /// Ends a message that was cut off. Returns the part received, marked as refused, or `None` if it is empty.
    pub(in crate::smtpd) fn take_interrupted(&mut self, outcome: SessionOutcome) -> Option<Box<Delivery>> {
        let why = match outcome {
            SessionOutcome::TimedOut => "the deadline passed",
            _ => "the connection was lost",
        };
        let mut transaction = self.transaction.take().filter(|transaction| !transaction.to.is_empty())?;
        let body = transaction.body.take().filter(|body| body.total() > 0)?;
        let total = body.total();
        let (bytes, held) = body.into_parts();
        let refusal = format!("{why} after {total} bytes of the message, before its end");
        self.report.fail(outcome, &refusal);
        self.transcript.note(format_args!("{why} after {total} bytes of the message"));
        Some(Box::new(Delivery { arrival: self.incoming_message(transaction, bytes, Some(refusal), ""), held }))
    }
}

fn unstored(error: &StoreError) -> &'static str {
    match error {
        StoreError::DiskFull => DISK_FULL,
        _ => UNSTORED,
    }
}

fn has_utf8_address(transaction: &Transaction) -> bool {
    !transaction.from.is_ascii() || transaction.to.iter().any(|to| !to.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_has_its_own_reply_and_every_storage_error_is_temporary() {
        assert!(unstored(&StoreError::DiskFull).starts_with("452 4.3.1 "));
        assert!(unstored(&StoreError::Closed).starts_with("451 4.3.0 "));
    }
}
