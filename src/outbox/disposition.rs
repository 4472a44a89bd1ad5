//! The next state of a row after an attempt. Pure functions.

use crate::clock::Time;
use crate::mail::{Address, short_line};
use crate::random::Entropy;
use crate::transport::{Failure, FailureKind, FailureScope, Receipt, RecipientRefusal};

use super::backoff;
use super::circuit::{is_suspect, is_transport_fault};

/// Attempts with an unknown outcome after which the row is given up: each may have delivered a copy. The waits between
/// them add up to more than half an hour, long enough for a server to recover from a short outage.
const MAX_AMBIGUOUS: i64 = 5;
/// Suspect rejections after which the row is given up. Each but the first counts only if the transport accepted other
/// mail before it, which shows that the rejections are about the recipient.
const MAX_SUSPICIONS: i64 = 4;
/// Number of the longest wait of a suspect row: it should not wait long once the transport has recovered.
const MOST_SUSPECT_WAITS: i64 = 4;
/// Follows the last suspect rejection.
const GIVEN_UP: &str = "; given up: the server accepts mail for other recipients, and rejected this message each time";
/// The outcome of an attempt whose transport can never take the message, while others are tried.
pub(super) const UNSUPPORTED: &str = "unsupported";
/// Characters of a server's reply that are stored.
const MAX_WORDS: usize = 1_000;

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum AttemptOutcome {
    Taken(Receipt),
    Failed(Failure),
    /// The message is no longer needed.
    Skipped(&'static str),
    /// The message could not be composed.
    NotComposed(String),
}

/// The next state of the row.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Sent,
    Dead,
    Cancelled,
    Retry {
        at: Time,
        /// Recipients that have not been reached; `None`: as before.
        to: Option<Vec<Address>>,
    },
}

/// What is written when a claim is settled.
#[derive(Debug)]
pub(super) struct Disposition {
    pub next: Next,
    pub failures: i64,
    pub ambiguous: i64,
    pub suspicions: i64,
    /// The transport may have accepted it, so a retry is pinned to one transport.
    pub pinned: bool,
    /// The retry is pinned to the next transport, if there is another.
    pub elsewhere: bool,
    /// The retry is pinned to this transport.
    pub only_by: Option<&'static str>,
    /// The outcome of the attempt in the timeline.
    pub outcome: &'static str,
    pub code: Option<u16>,
    /// The server's reply or Gatepost's reason, one line.
    pub reply: String,
    pub remote_id: Option<String>,
    /// Replies about recipients that were rejected permanently while others were accepted.
    pub refused: Option<String>,
}

/// The counters of a row before the attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailureCounts {
    pub failures: i64,
    pub ambiguous: i64,
    pub suspicions: i64,
}

/// The state of the transports at the end of an attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// There is more than one transport.
    pub several: bool,
    /// The transport of the attempt accepted mail since the last suspect rejection.
    pub proven: bool,
    /// The next transport that may take the message, if the one of the attempt cannot.
    pub untried: Option<&'static str>,
    /// What the other transports said that cannot take the message.
    pub unsupported: Vec<String>,
    /// The transport of the attempt has said before that it cannot take the message.
    pub repeated: bool,
}

pub(super) fn decide(
    before: FailureCounts,
    outcome: &AttemptOutcome,
    ways: &Ways,
    now: Time,
    entropy: &Entropy,
) -> Disposition {
    let base = Disposition {
        next: Next::Sent,
        failures: before.failures,
        ambiguous: before.ambiguous,
        suspicions: before.suspicions,
        pinned: false,
        elsewhere: false,
        only_by: None,
        outcome: "sent",
        code: None,
        reply: String::new(),
        remote_id: None,
        refused: None,
    };
    match outcome {
        AttemptOutcome::Taken(receipt) => taken(base, receipt, ways, now, entropy),
        AttemptOutcome::Failed(failure) if is_suspect(failure) => suspected(base, failure, ways, now, entropy),
        AttemptOutcome::Failed(failure) if failure.scope == FailureScope::Unsupported => {
            unsupported(base, failure, ways, now, entropy)
        }
        AttemptOutcome::Failed(failure) => failed(base, failure, now, entropy),
        AttemptOutcome::Skipped(reason) => {
            Disposition { next: Next::Cancelled, outcome: "skipped", reply: one_line(reason), ..base }
        }
        AttemptOutcome::NotComposed(reason) => {
            let failures = before.failures + 1;
            let next = Next::Retry { at: now + backoff::wait(failures, entropy), to: None };
            Disposition { next, failures, outcome: "not_composed", reply: one_line(reason), ..base }
        }
    }
}

/// A server may accept a message for some of its recipients only. Deferred recipients are retried, and so are those of a
/// suspect rejection. Recipients that were rejected, or for the last time suspected, are reported to the operator.
fn taken(base: Disposition, receipt: &Receipt, ways: &Ways, now: Time, entropy: &Entropy) -> Disposition {
    let is_suspect = |refusal: &&RecipientRefusal| refusal.class == FailureKind::Configuration;
    let suspects = receipt.refused.iter().filter(is_suspect).count();
    // The server took the message for others, so each of these rejections counts.
    let suspicions = base.suspicions + i64::from(suspects > 0);
    let is_last = suspicions >= MAX_SUSPICIONS;
    let is_final = |refusal: &&RecipientRefusal| {
        refusal.class == FailureKind::Permanent || (is_last && refusal.class == FailureKind::Configuration)
    };
    let not_for = |refusal: &RecipientRefusal| {
        let end = if is_last && is_suspect(&refusal) { GIVEN_UP } else { "" };
        format!("not for {}: {}{end}", refusal.to, refusal.reply)
    };
    let replies: Vec<_> = std::iter::once(receipt.reply.clone()).chain(receipt.refused.iter().map(not_for)).collect();
    let for_good: Vec<_> = receipt.refused.iter().filter(is_final).map(not_for).collect();
    let later: Vec<Address> = receipt.refused.iter().filter(|r| !is_final(r)).map(|r| r.to.clone()).collect();
    let base = Disposition {
        reply: one_line(&replies.join(" · ")),
        remote_id: receipt.remote_id.as_deref().map(one_line),
        refused: (!for_good.is_empty()).then(|| one_line(&for_good.join(" · "))),
        suspicions,
        ..base
    };
    if later.is_empty() {
        return base;
    }
    let failures = base.failures + 1;
    if suspects == 0 || is_last {
        let next = Next::Retry { at: now + backoff::wait(failures, entropy), to: Some(later) };
        return Disposition { next, failures, outcome: "transient", ..base };
    }
    let at = after_suspicion(suspicions == 1 && later.len() == suspects, failures, ways, now, entropy);
    let next = Next::Retry { at, to: Some(later) };
    Disposition { next, failures, outcome: "configuration", elsewhere: true, ..base }
}

fn failed(base: Disposition, failure: &Failure, now: Time, entropy: &Entropy) -> Disposition {
    let own = is_transport_fault(failure);
    let ambiguous = base.ambiguous + i64::from(failure.class == FailureKind::Ambiguous);
    let lengthens = matches!(failure.class, FailureKind::Transient | FailureKind::Ambiguous);
    let failures = base.failures + i64::from(lengthens);
    let mut text = one_line(&failure.reason);
    let next = match failure.class {
        FailureKind::Permanent => Next::Dead,
        FailureKind::Ambiguous if ambiguous >= MAX_AMBIGUOUS => {
            text = one_line(&format!("{text}; given up after {ambiguous} such attempts, it may have arrived"));
            Next::Dead
        }
        // The transport is paused, not the message: it is sent by another one or when this one recovers.
        FailureKind::Configuration | FailureKind::Rate => Next::Retry { at: now, to: None },
        FailureKind::Transient | FailureKind::Ambiguous => {
            let wait = match ambiguous > 1 && failure.class == FailureKind::Ambiguous {
                true => backoff::in_doubt(ambiguous, entropy),
                false => backoff::wait(failures, entropy),
            };
            let asked = failure.retry_after.filter(|_| !own).unwrap_or_default().min(backoff::LONGEST);
            Next::Retry { at: now + wait.max(asked), to: None }
        }
    };
    let outcome = match failure.class {
        FailureKind::Transient => "transient",
        FailureKind::Permanent => "permanent",
        FailureKind::Configuration => "configuration",
        FailureKind::Ambiguous => "ambiguous",
        FailureKind::Rate => "rate",
    };
    let tied = failure.class == FailureKind::Ambiguous;
    Disposition { next, failures, ambiguous, pinned: tied, outcome, code: failure.code, reply: text, ..base }
}

/// A message that its transport can never take: the others are tried, each once. Given up when no transport can take it.
fn unsupported(base: Disposition, failure: &Failure, ways: &Ways, now: Time, entropy: &Entropy) -> Disposition {
    let base = Disposition { code: failure.code, ..base };
    let Some(untried) = ways.untried else {
        let reasons = [&ways.unsupported[..], std::slice::from_ref(&failure.reason)].concat().join(" · ");
        return Disposition { next: Next::Dead, outcome: "permanent", reply: one_line(&reasons), ..base };
    };
    // While the other transport is paused, this one is tried again. The wait grows each time.
    let failures = base.failures + i64::from(ways.repeated);
    let at = if ways.repeated { now + backoff::wait(failures, entropy) } else { now };
    let next = Next::Retry { at, to: None };
    let reply = one_line(&failure.reason);
    Disposition { next, failures, outcome: UNSUPPORTED, only_by: Some(untried), reply, ..base }
}

/// Keeps the message, since the rejection may mean all mail, but not for ever, since it may mean this message. If there
/// is another transport, the first retry is immediate.
fn suspected(base: Disposition, failure: &Failure, ways: &Ways, now: Time, entropy: &Entropy) -> Disposition {
    let first = base.suspicions == 0;
    let suspicions = base.suspicions + i64::from(first || ways.proven);
    let failures = base.failures + 1;
    let base = Disposition { suspicions, failures, outcome: "configuration", code: failure.code, ..base };
    if suspicions >= MAX_SUSPICIONS {
        return Disposition { next: Next::Dead, reply: one_line(&format!("{}{GIVEN_UP}", failure.reason)), ..base };
    }
    let at = after_suspicion(first, failures, ways, now, entropy);
    Disposition { next: Next::Retry { at, to: None }, reply: one_line(&failure.reason), elsewhere: true, ..base }
}

fn after_suspicion(first: bool, failures: i64, ways: &Ways, now: Time, entropy: &Entropy) -> Time {
    if first && ways.several { now } else { now + backoff::wait(failures.min(MOST_SUSPECT_WAITS), entropy) }
}

/// A server's reply as one line without control characters, of at most [`MAX_WORDS`] characters.
pub(super) fn one_line(text: &str) -> String {
    short_line(text, MAX_WORDS)
}

#[cfg(test)]
mod tests;
