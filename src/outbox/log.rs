//! Log lines about deliveries. Addresses are masked; each change of a transport's state is logged once.

use crate::mail::Address;

use super::circuit::Transition;
use super::disposition::{Disposition, Next};
use super::store::{Claimed, ExpiredJob};

pub(super) fn transport(name: &str, news: &Transition) {
    match news {
        Transition::Opened(reason) => {
            tracing::warn!(transport = name, reason, "transport paused; its mail waits or uses another transport");
        }
        Transition::Closed => tracing::info!(transport = name, "transport recovered"),
    }
}

/// The reason is of an earlier run.
pub(super) fn still_paused(name: &str, reason: &str) {
    tracing::warn!(transport = name, reason, "transport was paused at the last stop; it is checked now");
}

pub(super) fn mail(claimed: &Claimed, disposition: &Disposition, held: bool) {
    let (id, kind, transport) = (&claimed.row.id, &claimed.row.kind, claimed.transport);
    let request = claimed.request.as_deref();
    let text = masked(&claimed.row.to, &disposition.reply);
    let code = disposition.code;
    if !held {
        tracing::warn!(
            id,
            kind,
            transport,
            request,
            "lease lost during delivery: another worker claimed the message, so it may be delivered twice, or its account was deleted"
        );
        return;
    }
    match &disposition.next {
        Next::Sent => tracing::info!(id, kind, transport, request, reply = text, "message sent"),
        Next::Cancelled => tracing::info!(id, kind, request, reason = text, "message no longer needed; not sent"),
        Next::Dead => tracing::warn!(id, kind, transport, request, code, reason = text, "message given up"),
        Next::Retry { .. } => {
            let class = disposition.outcome;
            let reason = text;
            tracing::info!(
                id,
                kind,
                transport,
                request,
                class,
                code,
                reason,
                "message not accepted; it will be retried"
            );
        }
    }
}

pub(super) fn expired(row: &ExpiredJob) {
    let (id, kind, attempts) = (&row.id, &row.kind, row.attempts);
    tracing::warn!(id, kind, attempts, reason = masked(&row.to, &row.reason), "message expired; given up");
}

/// `text` with the recipients masked: servers repeat them in their replies.
pub(super) fn masked(to: &[Address], text: &str) -> String {
    let mut text = text.to_owned();
    for to in to {
        text = text.replace(&to.to_string(), &to.masked());
    }
    text
}
