//! What becomes of a row after an attempt. Pure.

use crate::clock::Time;
use crate::mail::Address;
use crate::secret::Entropy;
use crate::transport::{Class, Failure, Receipt, Refusal};

use super::backoff;
use super::circuit::{is_own, is_suspect};

/// Hand-overs without a verdict after which the row is given up: each may have been a delivery. The waits between them
/// add up to more than half an hour, by which a server that was only ill is well again.
const MAX_AMBIGUOUS: i64 = 5;
/// Refusals that may be about the recipient or the way out, each but the first after the transport took other mail: then
/// they were about the recipient.
const MAX_SUSPICIONS: i64 = 4;
/// The last of the growing waits of such a row: it should not wait long once the way out is well again.
const MOST_SUSPECT_WAITS: i64 = 4;
/// Characters of a server's words that are kept.
const MAX_WORDS: usize = 1_000;

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Taken(Receipt),
    Failed(Failure),
    /// The author needs it no more.
    Moot(&'static str),
    /// The author could not compose it.
    Unwritable(String),
}

/// Where the row goes.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Sent,
    Dead,
    Cancelled,
    Retry {
        at: Time,
        /// Recipients still to be reached; `None`: as before.
        to: Option<Vec<Address>>,
    },
}

/// All that is written when a claim is settled.
#[derive(Debug)]
pub(super) struct Verdict {
    pub next: Next,
    pub failures: i64,
    pub ambiguous: i64,
    pub suspicions: i64,
    /// The transport may have taken it: a retry is not for whichever comes first.
    pub tied: bool,
    /// The retry is for the next transport, if there is another.
    pub elsewhere: bool,
    /// The attempt's outcome in the timeline.
    pub outcome: &'static str,
    pub code: Option<u16>,
    /// The server's words or ours, one line.
    pub words: String,
    pub remote_id: Option<String>,
    /// The server's words on recipients that it refused for good while it took the mail for others.
    pub refused: Option<String>,
}

/// The counters of a row before the attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counters {
    pub failures: i64,
    pub ambiguous: i64,
    pub suspicions: i64,
}

/// What the transports are like at the end of an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ways {
    /// There is another transport.
    pub several: bool,
    /// This one took mail since the last refusal that may have been its own.
    pub proven: bool,
}

pub(super) fn judge(before: Counters, outcome: &Outcome, ways: Ways, now: Time, entropy: &Entropy) -> Verdict {
    let base = Verdict {
        next: Next::Sent,
        failures: before.failures,
        ambiguous: before.ambiguous,
        suspicions: before.suspicions,
        tied: false,
        elsewhere: false,
        outcome: "sent",
        code: None,
        words: String::new(),
        remote_id: None,
        refused: None,
    };
    match outcome {
        Outcome::Taken(receipt) => taken(base, receipt, now, entropy),
        Outcome::Failed(failure) if is_suspect(failure) => suspected(base, failure, ways, now, entropy),
        Outcome::Failed(failure) => failed(base, failure, now, entropy),
        Outcome::Moot(reason) => Verdict { next: Next::Cancelled, outcome: "skipped", words: one_line(reason), ..base },
        Outcome::Unwritable(reason) => {
            let failures = before.failures + 1;
            let next = Next::Retry { at: now + backoff::wait(failures, entropy), to: None };
            Verdict { next, failures, outcome: "unwritable", words: one_line(reason), ..base }
        }
    }
}

/// A server may take a mail for some of its recipients only: those it put off are tried again, those it refused
/// are told to the operator.
fn taken(base: Verdict, receipt: &Receipt, now: Time, entropy: &Entropy) -> Verdict {
    let later: Vec<Address> =
        receipt.refused.iter().filter(|r| r.class != Class::Permanent).map(|r| r.to.clone()).collect();
    let not_for = |refusal: &Refusal| format!("not for {}: {}", refusal.to, refusal.words);
    let words: Vec<_> = std::iter::once(receipt.reply.clone()).chain(receipt.refused.iter().map(not_for)).collect();
    let for_good: Vec<_> = receipt.refused.iter().filter(|r| r.class == Class::Permanent).map(not_for).collect();
    let base = Verdict {
        words: one_line(&words.join(" · ")),
        remote_id: receipt.remote_id.as_deref().map(one_line),
        refused: (!for_good.is_empty()).then(|| one_line(&for_good.join(" · "))),
        ..base
    };
    if later.is_empty() {
        return base;
    }
    let failures = base.failures + 1;
    let next = Next::Retry { at: now + backoff::wait(failures, entropy), to: Some(later) };
    Verdict { next, failures, outcome: "transient", ..base }
}

fn failed(base: Verdict, failure: &Failure, now: Time, entropy: &Entropy) -> Verdict {
    let own = is_own(failure);
    let ambiguous = base.ambiguous + i64::from(failure.class == Class::Ambiguous);
    let lengthens = matches!(failure.class, Class::Transient | Class::Ambiguous);
    let failures = base.failures + i64::from(lengthens);
    let mut words = one_line(&failure.reason);
    let next = match failure.class {
        Class::Permanent => Next::Dead,
        Class::Ambiguous if ambiguous >= MAX_AMBIGUOUS => {
            words = one_line(&format!("{words}; given up after {ambiguous} such attempts, it may have arrived"));
            Next::Dead
        }
        // The transport pauses, not the mail: it leaves by another or as soon as this one is well.
        Class::Configuration | Class::Rate => Next::Retry { at: now, to: None },
        Class::Transient | Class::Ambiguous => {
            let wait = match ambiguous > 1 && failure.class == Class::Ambiguous {
                true => backoff::in_doubt(ambiguous, entropy),
                false => backoff::wait(failures, entropy),
            };
            let asked = failure.retry_after.filter(|_| !own).unwrap_or_default();
            Next::Retry { at: now + wait.max(asked), to: None }
        }
    };
    let outcome = match failure.class {
        Class::Transient => "transient",
        Class::Permanent => "permanent",
        Class::Configuration => "configuration",
        Class::Ambiguous => "ambiguous",
        Class::Rate => "rate",
    };
    let tied = failure.class == Class::Ambiguous;
    Verdict { next, failures, ambiguous, tied, outcome, code: failure.code, words, ..base }
}

/// The mail is kept, since the refusal may mean all mail; not for ever, since it may mean this one. By another transport
/// it leaves at once.
fn suspected(base: Verdict, failure: &Failure, ways: Ways, now: Time, entropy: &Entropy) -> Verdict {
    let first = base.suspicions == 0;
    let suspicions = base.suspicions + i64::from(first || ways.proven);
    let failures = base.failures + 1;
    let base = Verdict { suspicions, failures, outcome: "configuration", code: failure.code, ..base };
    if suspicions >= MAX_SUSPICIONS {
        let why = "given up: the server takes mail for others, and refused this one each time";
        return Verdict { next: Next::Dead, words: one_line(&format!("{}; {why}", failure.reason)), ..base };
    }
    let wait = backoff::wait(failures.min(MOST_SUSPECT_WAITS), entropy);
    let at = if first && ways.several { now } else { now + wait };
    Verdict { next: Next::Retry { at, to: None }, words: one_line(&failure.reason), elsewhere: true, ..base }
}

/// A server's words may hold anything: one line, no control characters, a bounded length.
pub(super) fn one_line(words: &str) -> String {
    crate::mail::one_line(&words.chars().take(MAX_WORDS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transport::About;

    const NOW: Time = Time::from_millis(1_000_000);
    const FRESH: Counters = Counters { failures: 0, ambiguous: 0, suspicions: 0 };

    fn judge_failure(before: Counters, class: Class) -> Verdict {
        judge(before, &Outcome::Failed(Failure::new(class, "no\r\n")), Ways::default(), NOW, &Entropy::seeded(1))
    }

    #[test]
    fn each_class_ends_where_it_belongs() {
        assert_eq!(judge_failure(FRESH, Class::Permanent).next, Next::Dead);
        assert_eq!(judge_failure(FRESH, Class::Configuration).next, Next::Retry { at: NOW, to: None });
        assert_eq!(judge_failure(FRESH, Class::Rate).failures, 0);
        let Next::Retry { at, .. } = judge_failure(FRESH, Class::Transient).next else { panic!("not retried") };
        assert!(at > NOW && at <= NOW + Duration::from_secs(15));
        assert_eq!(judge_failure(FRESH, Class::Transient).words, "no");
    }

    #[test]
    fn every_outcome_has_words_in_every_language() {
        use Class::{Ambiguous, Configuration, Permanent, Rate, Transient};
        let failures =
            [Transient, Permanent, Configuration, Ambiguous, Rate].map(|c| Outcome::Failed(Failure::new(c, "")));
        let others = [Outcome::Taken(Receipt::new("", None)), Outcome::Moot(""), Outcome::Unwritable(String::new())];
        let outcomes = failures
            .iter()
            .chain(&others)
            .map(|one| judge(FRESH, one, Ways::default(), NOW, &Entropy::seeded(1)).outcome);
        for outcome in outcomes.chain(["interrupted"]) {
            for locale in crate::i18n::Locale::ALL {
                assert!(locale.has(&format!("outbox-outcome-{outcome}")), "{outcome} in {}", locale.tag());
            }
        }
    }

    #[test]
    fn mail_that_may_have_arrived_is_tried_ever_more_rarely_and_five_times_at_most() {
        let waits = [0, 1, 2, 3].map(|before| {
            let verdict =
                judge_failure(Counters { failures: before, ambiguous: before, suspicions: 0 }, Class::Ambiguous);
            let Next::Retry { at, to: None } = verdict.next else { panic!("not retried") };
            assert!(verdict.tied);
            at.since(NOW).as_secs()
        });
        assert!(waits[0] <= 15 && waits[1] >= 60 && waits[2] > 5 * 60 && waits[3] >= 30 * 60, "{waits:?}");
        let fifth = judge_failure(Counters { failures: 4, ambiguous: 4, suspicions: 0 }, Class::Ambiguous);
        assert_eq!(fifth.next, Next::Dead);
        assert!(fifth.words.contains("it may have arrived"));
    }

    #[test]
    fn a_suspect_refusal_ends_a_mail_only_when_the_server_took_others_again_and_again() {
        let failure = Failure { about: About::Suspect, ..Failure::new(Class::Configuration, "554 no relay") };
        let judge_after =
            |before, ways| judge(before, &Outcome::Failed(failure.clone()), ways, NOW, &Entropy::seeded(1));
        let (alone, proven) = (Ways::default(), Ways { proven: true, several: false });
        let mut refused_with_all = FRESH;
        for _ in 0..100 {
            let verdict = judge_after(refused_with_all, alone);
            let Next::Retry { at, .. } = verdict.next else { panic!("given up in an outage") };
            assert!(at <= NOW + Duration::from_secs(900));
            let Verdict { failures, suspicions, .. } = verdict;
            refused_with_all = Counters { failures, suspicions, ambiguous: 0 };
        }
        assert_eq!(refused_with_all.suspicions, 1);
        let fates = [0, 1, 2, 3].map(|suspicions| judge_after(Counters { suspicions, ..FRESH }, proven).next);
        assert!(matches!(fates, [Next::Retry { .. }, Next::Retry { .. }, Next::Retry { .. }, Next::Dead]), "{fates:?}");
        let first = judge_after(FRESH, Ways { several: true, proven: true });
        assert_eq!((first.next, first.elsewhere), (Next::Retry { at: NOW, to: None }, true));
    }

    #[test]
    fn only_recipients_that_were_put_off_are_tried_again() {
        let to = |text: &str| Address::parse(text).unwrap();
        let refusal = |text: &str, class| Refusal { to: to(text), class, code: Some(450), words: "450 later".into() };
        let receipt = Receipt {
            refused: vec![refusal("a@example.com", Class::Transient), refusal("b@example.com", Class::Permanent)],
            ..Receipt::new("250 ok", None)
        };
        let verdict = judge(FRESH, &Outcome::Taken(receipt), Ways::default(), NOW, &Entropy::seeded(1));
        let Next::Retry { to: Some(left), .. } = verdict.next else { panic!("not retried") };
        assert_eq!(left, [to("a@example.com")]);
        assert!(verdict.words.contains("not for a@example.com") && verdict.words.contains("not for b@example.com"));
        assert_eq!(verdict.refused.as_deref(), Some("not for b@example.com: 450 later"));
    }
}
