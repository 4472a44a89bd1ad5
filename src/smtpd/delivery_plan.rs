//! What happens to a received message: the outcome for each recipient, and the replies.

use std::time::Duration;

use crate::inbox::SessionOutcome;

use super::fault_decision::Instead;

/// The reason of a connection that a rule drops.
pub(super) const DROPPED: &str = "a fault rule dropped the connection";
/// Why a message without a recipient is discarded, after the word `discarded`.
const NO_RECIPIENT: &str = ", since no recipient is allowed";

/// The replies to send once the message is stored.
#[derive(Debug)]
pub(super) struct DeliveryPlan {
    pub delay: Duration,
    /// One for the message (SMTP), or one for each recipient (LMTP, RFC 2033 §4.2), in order.
    pub outcomes: Vec<DeliveryOutcome>,
    /// The outcome of the session if all recipients are refused.
    pub on_error: SessionOutcome,
}

/// What becomes of the message, or under LMTP of the message for one recipient.
#[derive(Debug)]
pub(super) struct DeliveryOutcome {
    /// The recipient under LMTP.
    pub to: Option<String>,
    /// `None` if the message is stored.
    pub instead: Option<Instead>,
}

impl DeliveryOutcome {
    /// The reply that accepts the message; `what` happened to it.
    pub(super) fn accepted(&self, what: &str) -> String {
        match &self.to {
            None => format!("250 2.0.0 Ok: {what}"),
            Some(to) => format!("250 2.1.5 <{to}> Ok: {what}"),
        }
    }

    /// True if the reply is 250.
    pub(super) fn is_accepted(&self, stored: bool) -> bool {
        match self.instead {
            None => stored,
            Some(Instead::Discard(_)) => true,
            Some(Instead::Reply(_) | Instead::Drop) => false,
        }
    }
}

impl DeliveryPlan {
    /// The plan for a message whose recipients are all left out.
    pub(super) fn left_out() -> Self {
        let outcomes = vec![DeliveryOutcome { to: None, instead: Some(Instead::Discard(NO_RECIPIENT)) }];
        DeliveryPlan { delay: Duration::ZERO, outcomes, on_error: SessionOutcome::RecipientRefused }
    }

    /// True if the message is discarded: no recipient gets it, and not all refuse it.
    pub(super) fn discards(&self) -> bool {
        self.outcomes.iter().any(|outcome| matches!(outcome.instead, Some(Instead::Discard(_))))
            && self.outcomes.iter().all(|outcome| outcome.instead.is_some())
    }

    /// The reason of the refusal if no recipient gets the message.
    pub(super) fn refusal(&self) -> Option<String> {
        let reasons = self.outcomes.iter().map(|outcome| match &outcome.instead {
            None | Some(Instead::Discard(_)) => None,
            Some(Instead::Reply(reply)) => Some(reply.clone()),
            Some(Instead::Drop) => Some(DROPPED.to_owned()),
        });
        reasons.reduce(|all, next| if next.is_some() { all } else { None }).flatten()
    }

    /// Removes refused recipients: under LMTP, others may still get the message.
    pub(super) fn keep_accepted(&self, recipients: &mut Vec<String>) {
        let mut outcomes = self.outcomes.iter();
        if self.outcomes.len() == recipients.len() {
            recipients.retain(|_| outcomes.next().is_some_and(|outcome| outcome.instead.is_none()));
        }
    }

    /// The replies as far as they are known before the message is stored.
    pub(super) fn preview(&self) -> String {
        let lines = self.outcomes.iter().map(|outcome| match &outcome.instead {
            None => outcome.accepted("queued as this message"),
            Some(Instead::Discard(why)) => outcome.accepted(&format!("discarded{why}")),
            Some(Instead::Reply(reply)) => reply.clone(),
            Some(Instead::Drop) => "(the connection is dropped by a fault rule)".to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
