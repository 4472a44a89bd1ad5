//! What the log says of deliveries: addresses masked, each change of a transport once.

use crate::mail::Address;

use super::circuit::News;
use super::store::{Claimed, Expired};
use super::verdict::{Next, Verdict};

pub(super) fn transport(name: &str, news: &News) {
    match news {
        News::Paused(reason) => {
            tracing::warn!(transport = name, reason, "a transport is paused; its mail waits or goes another way");
        }
        News::Well => tracing::info!(transport = name, "the transport is well again"),
    }
}

pub(super) fn mail(claimed: &Claimed, verdict: &Verdict, held: bool) {
    let (id, kind, transport) = (&claimed.row.id, &claimed.row.kind, claimed.transport);
    let words = masked(&claimed.row.to, &verdict.words);
    let code = verdict.code;
    if !held {
        tracing::warn!(
            id,
            kind,
            transport,
            "this mail is not this worker's any more: another has taken it over, so that it may have left twice, or it was forgotten with its account"
        );
        return;
    }
    match &verdict.next {
        Next::Sent => tracing::info!(id, kind, transport, reply = words, "mail handed over"),
        Next::Cancelled => tracing::info!(id, kind, reason = words, "mail is not needed any more"),
        Next::Dead => tracing::warn!(id, kind, transport, code, reason = words, "mail given up"),
        Next::Retry { .. } => {
            let class = verdict.outcome;
            tracing::info!(id, kind, transport, class, code, reason = words, "mail not taken; it is tried again");
        }
    }
}

pub(super) fn expired(row: &Expired) {
    let (id, kind, attempts) = (&row.id, &row.kind, row.attempts);
    tracing::warn!(id, kind, attempts, reason = masked(&row.to, &row.reason), "mail given up, its time ran out");
}

/// Servers repeat the recipient in their refusals.
pub(super) fn masked(to: &[Address], words: &str) -> String {
    let mut words = words.to_owned();
    for to in to {
        words = words.replace(&to.to_string(), &to.masked());
    }
    words
}
