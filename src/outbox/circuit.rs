//! The circuit breaker of a transport. Pure; the store shares its state between all processes.
//!
//! Closed (healthy) → a failure of the transport → open (paused) until a time → one `check` probes it → half-open: one
//! message at a time → a message is accepted → closed. Each pause without an accepted message is longer than the last.

use std::time::Duration;

use crate::clock::Time;
use crate::transport::{Failure, FailureKind, FailureScope};

/// Consecutive failures of the transport itself that open the circuit when there is no other transport.
const PATIENCE: i64 = 3;
/// Consecutive deferred messages that open the circuit when there is another transport: so many in a row mean that the
/// transport is the cause.
const MANY: i64 = 5;
/// First pause after transient failures of the transport; doubles up to [`LONGEST_PAUSE`].
const TRANSIENT_PAUSE: Duration = Duration::from_secs(5);
/// First pause after a configuration error: short, so that an operator soon sees the effect of a correction.
const CONFIGURATION_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that a message waits for when this transport may have accepted it already.
const PATIENCE_IN_DOUBT: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// First pause after a rate limit without a `Retry-After`; doubles up to [`LONGEST_RATE_PAUSE`].
const RATE_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_RATE_PAUSE: Duration = Duration::from_secs(3600);
/// The longest pause that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Circuit {
    pub name: String,
    /// Why the circuit is not closed; `None` when it is.
    pub reason: Option<String>,
    pub since: Option<Time>,
    pub failures: i64,
    pub pauses: i64,
    pub paused_until: Option<Time>,
    /// The length of the pause.
    pub paused_for: Duration,
    /// The last row with a rejection that may mean all mail, as long as no message was accepted since.
    pub suspect: Option<String>,
}

/// Which messages may use a transport now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CircuitState {
    Closed,
    /// One message at a time, until one is accepted.
    HalfOpen,
    /// The pause is over: the result of one `check` decides.
    ProbeDue,
    Open,
}

/// How a claim orders rows that were rejected as if the transport were the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suspects {
    AsOthers,
    /// After all others; rows with the most failures last.
    Last,
    Never,
}

/// What a delivery or a probe shows about its transport.
#[derive(Debug)]
pub(super) enum Signal<'a> {
    /// It accepted a message.
    Accepted,
    /// Its answer concerned only that message.
    Answered,
    /// It rejected this row in a way that may mean its recipient or all mail.
    Suspect {
        failure: &'a Failure,
        row: &'a str,
        /// Another recipient was rejected like this before, and no message was accepted since.
        again: bool,
    },
    Failed(&'a Failure),
    /// It deferred this message.
    Deferred(&'a Failure),
    ProbeFailed(&'a Failure),
    ProbePassed {
        /// No message is due, so none can confirm the probe.
        idle: bool,
    },
}

/// A change of state, to be logged once.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transition {
    Opened(String),
    Closed,
}

impl Circuit {
    pub fn state(&self, now: Time) -> CircuitState {
        match self.paused_until {
            Some(until) if until.is_pending(now, self.paused_for) => CircuitState::Open,
            Some(_) => CircuitState::ProbeDue,
            None if self.pauses > 0 => CircuitState::HalfOpen,
            None => CircuitState::Closed,
        }
    }

    /// Which suspect rows a claim may take. During a pause only rows without such a rejection are tried. If one of them
    /// is accepted, the pause ends, so that one recipient's address cannot delay the mail of others.
    pub fn suspects(&self, now: Time) -> Suspects {
        match (&self.suspect, self.state(now)) {
            (None, _) => Suspects::AsOthers,
            (Some(_), CircuitState::Open | CircuitState::ProbeDue) => Suspects::Never,
            (Some(_), CircuitState::Closed | CircuitState::HalfOpen) => Suspects::Last,
        }
    }

    /// Whether a message that this transport may have accepted waits for it instead of using another one: only this
    /// transport can report that it has the message. The uncertain attempt may itself have caused a short pause.
    pub fn is_awaited(&self, now: Time) -> bool {
        self.state(now) != CircuitState::Open || self.paused_until.is_none_or(|until| until <= now + PATIENCE_IN_DOUBT)
    }

    /// Whether the check at the start of a worker may end the pause: the operator has probably mended what caused it. A
    /// long pause was asked for by the server.
    pub fn may_be_mended(&self, now: Time) -> bool {
        self.state(now) != CircuitState::Open || self.paused_until.is_none_or(|until| until <= now + LONGEST_PAUSE)
    }

    /// Applies one signal; `alternative` is true if another transport could send mail in the meantime.
    pub fn record(&mut self, sign: &Signal<'_>, now: Time, alternative: bool) -> Option<Transition> {
        match sign {
            Signal::Accepted => {
                // The accepted message disproves the suspicion that caused the pause.
                if self.suspect.take().is_some() {
                    self.paused_until = None;
                }
                self.record(&Signal::Answered, now, alternative)
            }
            // A rejection of one recipient does not show that others are accepted.
            Signal::Answered if self.suspect.is_some() && self.pauses > 0 => None,
            // The attempt began before the pause, so it says nothing about the present state.
            Signal::Answered if self.state(now) == CircuitState::Open => None,
            Signal::Answered => {
                self.failures = 0;
                self.pauses = 0;
                self.close(now)
            }
            Signal::Deferred(_) if self.state(now) == CircuitState::Open => None,
            Signal::Deferred(failure) if alternative && (self.pauses > 0 || self.failures + 1 >= MANY) => {
                self.fail(failure, now, alternative)
            }
            Signal::Deferred(_) if alternative => {
                self.failures += 1;
                None
            }
            // Without another transport a pause does not help, and the transport does answer.
            Signal::Deferred(_) => self.record(&Signal::Answered, now, alternative),
            Signal::ProbePassed { idle } => {
                self.paused_until = None;
                self.failures = 0;
                // A suspect server rejects at the recipient, so a successful login proves nothing.
                if *idle && self.suspect.is_none() { self.close(now) } else { None }
            }
            Signal::Suspect { .. } if self.state(now) == CircuitState::Open && self.suspect.is_none() => None,
            Signal::Suspect { failure, row, again } => {
                self.suspect = Some((*row).to_owned());
                // Rows without such a rejection are still tried during the pause; that does not lengthen it.
                if *again && self.state(now) != CircuitState::Open { self.pause(failure, now) } else { None }
            }
            // Attempts that began before the pause report the same failure late.
            Signal::Failed(_) if self.state(now) == CircuitState::Open => None,
            Signal::Failed(failure) => self.fail(failure, now, alternative),
            Signal::ProbeFailed(failure) => {
                self.failures += 1;
                self.suspect = None;
                self.pause(failure, now)
            }
        }
    }

    fn close(&mut self, now: Time) -> Option<Transition> {
        self.paused_until = None;
        self.reason.take()?;
        self.since = Some(now);
        Some(Transition::Closed)
    }

    fn fail(&mut self, failure: &Failure, now: Time, alternative: bool) -> Option<Transition> {
        self.failures += 1;
        self.suspect = None;
        let patient = failure.class == FailureKind::Transient || failure.class == FailureKind::Ambiguous;
        if patient && !alternative && self.pauses == 0 && self.failures < PATIENCE {
            return None;
        }
        self.pause(failure, now)
    }

    fn pause(&mut self, failure: &Failure, now: Time) -> Option<Transition> {
        self.paused_for = pause(failure, self.pauses);
        self.paused_until = Some(now + self.paused_for);
        self.pauses += 1;
        let known = self.reason.is_some();
        let same = self.reason.as_deref() == Some(failure.reason.as_str());
        self.reason = Some(failure.reason.clone());
        if !known {
            self.since = Some(now);
        }
        (!same).then(|| Transition::Opened(failure.reason.clone()))
    }
}

fn pause(failure: &Failure, pauses: i64) -> Duration {
    let (first, longest) = match failure.class {
        FailureKind::Configuration => (CONFIGURATION_PAUSE, LONGEST_PAUSE),
        FailureKind::Rate => (RATE_PAUSE, LONGEST_RATE_PAUSE),
        FailureKind::Transient | FailureKind::Ambiguous | FailureKind::Permanent => (TRANSIENT_PAUSE, LONGEST_PAUSE),
    };
    let doubled = first.saturating_mul(1 << pauses.clamp(0, 10)).min(longest);
    match failure.retry_after.map(|asked| asked.min(LONGEST_ASKED)) {
        Some(asked) if failure.class == FailureKind::Rate => asked,
        Some(asked) => doubled.max(asked),
        None => doubled,
    }
}

/// True if the failure is about the transport rather than this message.
pub(super) fn is_transport_fault(failure: &Failure) -> bool {
    matches!(failure.scope, FailureScope::Transport | FailureScope::Sender)
}

/// True if the failure may be about the transport or about this message's recipient.
pub(super) fn is_suspect(failure: &Failure) -> bool {
    failure.scope == FailureScope::Suspect
}

#[cfg(test)]
mod tests;
