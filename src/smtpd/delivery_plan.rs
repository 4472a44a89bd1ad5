//! What happens to a received message: the outcome for each recipient, and the replies.

use std::time::Duration;

use crate::inbox::SessionOutcome;

use super::fault_injection::DROPPED;

/// The replies to send once the message is stored.
#[derive(Debug)]
pub(super) struct DeliveryPlan {
    pub delay: Duration,
    /// One for the message (SMTP), or one for each recipient (LMTP, RFC 2033 §4.2), in order.
    pub outcomes: Vec<DeliveryOutcome>,
    /// The outcome of the session if all recipients are refused.
    pub on_error: SessionOutcome,
}

#[derive(Debug)]
pub(super) enum DeliveryOutcome {
    /// Accepted; holds the recipient under LMTP.
    Queued(Option<String>),
    /// Accepted but not stored; holds the recipient under LMTP.
    Discarded(Option<String>),
    /// Accepted but not stored, since no recipient is allowed.
    LeftOut,
    Refused(String),
    Dropped,
}

/// The reply to a message that a fault rule discards; `to` is its recipient under LMTP.
pub(super) fn discarded(to: Option<&str>) -> String {
    match to {
        None => "250 2.0.0 Ok: discarded by a fault rule".to_owned(),
        Some(to) => format!("250 2.1.5 <{to}> Ok: discarded by a fault rule"),
    }
}

impl DeliveryOutcome {
    /// True if the reply is 250.
    pub(super) fn is_accepted(&self, stored: bool) -> bool {
        match self {
            DeliveryOutcome::Queued(_) => stored,
            DeliveryOutcome::Discarded(_) | DeliveryOutcome::LeftOut => true,
            DeliveryOutcome::Refused(_) | DeliveryOutcome::Dropped => false,
        }
    }
}

/// The reply to a message whose recipients are all left out.
pub(super) const LEFT_OUT: &str = "250 2.0.0 Ok: discarded, since no recipient is allowed";

impl DeliveryPlan {
    /// The plan for a message whose recipients are all left out.
    pub(super) fn left_out() -> Self {
        let outcomes = vec![DeliveryOutcome::LeftOut];
        DeliveryPlan { delay: Duration::ZERO, outcomes, on_error: SessionOutcome::RecipientRefused }
    }

    /// True if the message is discarded: no recipient gets it, and not all refuse it.
    pub(super) fn discards(&self) -> bool {
        let any = |wanted: fn(&DeliveryOutcome) -> bool| self.outcomes.iter().any(wanted);
        any(|outcome| matches!(outcome, DeliveryOutcome::Discarded(_) | DeliveryOutcome::LeftOut))
            && !any(|outcome| matches!(outcome, DeliveryOutcome::Queued(_)))
    }

    /// The reason of the refusal if no recipient gets the message.
    pub(super) fn refusal(&self) -> Option<String> {
        let reasons = self.outcomes.iter().map(|outcome| match outcome {
            DeliveryOutcome::Queued(_) | DeliveryOutcome::Discarded(_) | DeliveryOutcome::LeftOut => None,
            DeliveryOutcome::Refused(reply) => Some(reply.clone()),
            DeliveryOutcome::Dropped => Some(DROPPED.to_owned()),
        });
        reasons.reduce(|all, next| if next.is_some() { all } else { None }).flatten()
    }

    /// Removes refused recipients: under LMTP, others may still get the message.
    pub(super) fn keep_accepted(&self, recipients: &mut Vec<String>) {
        let mut outcomes = self.outcomes.iter();
        if self.outcomes.len() == recipients.len() {
            recipients.retain(|_| matches!(outcomes.next(), Some(DeliveryOutcome::Queued(_))));
        }
    }

    /// The replies as far as they are known before the message is stored.
    pub(super) fn preview(&self) -> String {
        let lines = self.outcomes.iter().map(|outcome| match outcome {
            DeliveryOutcome::Queued(None) => "250 2.0.0 Ok: queued as this message".to_owned(),
            DeliveryOutcome::Queued(Some(to)) => format!("250 2.1.5 <{to}> Ok: queued as this message"),
            DeliveryOutcome::Discarded(to) => discarded(to.as_deref()),
            DeliveryOutcome::LeftOut => LEFT_OUT.to_owned(),
            DeliveryOutcome::Refused(reply) => reply.clone(),
            DeliveryOutcome::Dropped => "(the connection is dropped by a fault rule)".to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
