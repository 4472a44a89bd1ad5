//! When a transport is trusted. Pure; the state is shared by all processes through the store.
//!
//! Open (well) → its own failure → paused until a time → probed by one `check` → half open: one mail at a time →
//! a mail passes → well. Each pause without a mail in between is longer than the one before.

use std::time::Duration;

use crate::clock::Time;
use crate::transport::{About, Class, Failure};

use super::store::Suspects;

/// Failures of the transport itself in a row that open the circuit when there is no other way out.
const PATIENCE: i64 = 3;
/// Mails put off in a row, none taken in between, after which it is not the mails, if there is another way out.
const MANY: i64 = 5;
/// First pause after the transport's own transient failures; doubles up to [`LONGEST_PAUSE`].
const TRANSIENT_PAUSE: Duration = Duration::from_secs(5);
/// First pause after a configuration fault: soon enough for an operator who corrects it and looks.
const CONFIGURATION_PAUSE: Duration = Duration::from_secs(30);
/// Pauses that are waited out by mail which the transport may have taken.
const PATIENCE_IN_DOUBT: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// First pause when the other side said "too much" without saying until when; doubles up to an hour.
const RATE_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_RATE_PAUSE: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Circuit {
    pub name: String,
    /// `None` when the transport is well.
    pub reason: Option<String>,
    pub since: Option<Time>,
    pub failures: i64,
    pub pauses: i64,
    pub paused_until: Option<Time>,
    /// The row that was refused last in a way that may mean all mail, while no mail was taken since.
    pub suspect: Option<String>,
}

/// How far a transport may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    Open,
    /// One mail at a time, until one passes.
    Half,
    /// The pause is over: one `check` decides.
    Probe,
    Paused,
}

/// What a delivery or probe says about its transport.
#[derive(Debug)]
pub(super) enum Sign<'a> {
    /// It took a mail.
    Takes,
    /// It answered about that mail alone.
    Answers,
    /// It refused this row in a way that may mean its recipient or all mail.
    Suspect {
        failure: &'a Failure,
        row: &'a str,
        /// Another recipient was refused so before, and no mail was taken since.
        again: bool,
    },
    Failed(&'a Failure),
    /// It put this mail off.
    PutOff(&'a Failure),
    ProbeFailed(&'a Failure),
    ProbePassed {
        /// No mail waits that could prove it.
        idle: bool,
    },
}

/// What changed, for the log: each only once.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    Paused(String),
    Well,
}

impl Circuit {
    pub fn trust(&self, now: Time) -> Trust {
        match self.paused_until {
            Some(until) if until > now => Trust::Paused,
            Some(_) => Trust::Probe,
            None if self.pauses > 0 => Trust::Half,
            None => Trust::Open,
        }
    }

    /// How far a claim goes while mail was refused in a way that may mean all of it. During the pause only rows that were
    /// not refused so may try: one that is taken ends the pause, so that nobody's address holds up the others.
    pub fn suspects(&self, now: Time) -> Suspects {
        match (&self.suspect, self.trust(now)) {
            (None, _) => Suspects::AsOthers,
            (Some(_), Trust::Paused | Trust::Probe) => Suspects::Never,
            (Some(_), Trust::Open | Trust::Half) => Suspects::Last,
        }
    }

    /// Whether a mail that this transport may have taken waits for it rather than leave by another: only here may it
    /// turn out that it was taken. Its own doubt may have paused the transport, but not for long.
    pub fn is_awaited(&self, now: Time) -> bool {
        self.paused_until.is_none_or(|until| until <= now + PATIENCE_IN_DOUBT)
    }

    /// Takes in one sign; `alternative` is whether another transport could carry the mail meanwhile.
    pub fn learn(&mut self, sign: &Sign<'_>, now: Time, alternative: bool) -> Option<News> {
        match sign {
            Sign::Takes => {
                // The pause was for a suspicion that this mail refutes.
                if self.suspect.take().is_some() {
                    self.paused_until = None;
                }
                self.learn(&Sign::Answers, now, alternative)
            }
            // That one recipient is refused does not show that others are taken.
            Sign::Answers if self.suspect.is_some() && self.pauses > 0 => None,
            // Sent off before the pause: it says nothing about what came after.
            Sign::Answers if self.trust(now) == Trust::Paused => None,
            Sign::Answers => {
                self.failures = 0;
                self.pauses = 0;
                self.heal(now)
            }
            Sign::PutOff(_) if self.trust(now) == Trust::Paused => None,
            Sign::PutOff(failure) if alternative && (self.pauses > 0 || self.failures + 1 >= MANY) => {
                self.fail(failure, now, alternative)
            }
            Sign::PutOff(_) if alternative => {
                self.failures += 1;
                None
            }
            // With no other way out a pause would help nobody, and it does answer.
            Sign::PutOff(_) => self.learn(&Sign::Answers, now, alternative),
            Sign::ProbePassed { idle } => {
                self.paused_until = None;
                self.failures = 0;
                // Such a server refuses nothing before it knows the recipient.
                if *idle && self.suspect.is_none() { self.heal(now) } else { None }
            }
            Sign::Suspect { .. } if self.trust(now) == Trust::Paused && self.suspect.is_none() => None,
            Sign::Suspect { failure, row, again } => {
                self.suspect = Some((*row).to_owned());
                // Mail that was never refused so still tries it: that is no reason for a longer pause.
                if *again && self.trust(now) != Trust::Paused { self.pause(failure, now) } else { None }
            }
            // Mails already under way when it paused bring the same news late.
            Sign::Failed(_) if self.trust(now) == Trust::Paused => None,
            Sign::Failed(failure) => self.fail(failure, now, alternative),
            Sign::ProbeFailed(failure) => self.fail(failure, now, alternative),
        }
    }

    fn heal(&mut self, now: Time) -> Option<News> {
        self.paused_until = None;
        self.reason.take()?;
        self.since = Some(now);
        Some(News::Well)
    }

    fn fail(&mut self, failure: &Failure, now: Time, alternative: bool) -> Option<News> {
        self.failures += 1;
        self.suspect = None;
        let patient = failure.class == Class::Transient || failure.class == Class::Ambiguous;
        if patient && !alternative && self.pauses == 0 && self.failures < PATIENCE {
            return None;
        }
        self.pause(failure, now)
    }

    fn pause(&mut self, failure: &Failure, now: Time) -> Option<News> {
        self.paused_until = Some(now + pause(failure, self.pauses));
        self.pauses += 1;
        let known = self.reason.is_some();
        let same = self.reason.as_deref() == Some(failure.reason.as_str());
        self.reason = Some(failure.reason.clone());
        if !known {
            self.since = Some(now);
        }
        (!same).then(|| News::Paused(failure.reason.clone()))
    }
}

fn pause(failure: &Failure, pauses: i64) -> Duration {
    let (first, longest) = match failure.class {
        Class::Configuration => (CONFIGURATION_PAUSE, LONGEST_PAUSE),
        Class::Rate => (RATE_PAUSE, LONGEST_RATE_PAUSE),
        Class::Transient | Class::Ambiguous | Class::Permanent => (TRANSIENT_PAUSE, LONGEST_PAUSE),
    };
    let doubled = first.saturating_mul(1 << pauses.clamp(0, 10)).min(longest);
    failure.retry_after.map_or(doubled, |asked| if failure.class == Class::Rate { asked } else { doubled.max(asked) })
}

/// Whether the failure is the transport's own rather than this mail's.
pub(super) fn is_own(failure: &Failure) -> bool {
    matches!(failure.about, About::Transport | About::Sender)
}

/// Whether it may be either's.
pub(super) fn is_suspect(failure: &Failure) -> bool {
    failure.about == About::Suspect
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(1_000_000);

    fn refused() -> Failure {
        Failure::new(Class::Transient, "connection refused")
    }

    #[test]
    fn one_transport_is_paused_after_three_failures_in_a_row_and_with_an_alternative_at_once() {
        let mut alone = Circuit::default();
        assert_eq!(alone.learn(&Sign::Failed(&refused()), NOW, false), None);
        assert_eq!(alone.learn(&Sign::Failed(&refused()), NOW, false), None);
        assert_eq!(alone.trust(NOW), Trust::Open);
        assert!(alone.learn(&Sign::Failed(&refused()), NOW, false).is_some());
        assert_eq!(alone.trust(NOW), Trust::Paused);
        let mut one_of_two = Circuit::default();
        assert!(one_of_two.learn(&Sign::Failed(&refused()), NOW, true).is_some());
        assert_eq!(one_of_two.trust(NOW), Trust::Paused);
    }

    #[test]
    fn a_configuration_fault_is_told_once_and_heals_by_a_probe_and_a_mail() {
        let fault = Failure::new(Class::Configuration, "the password is wrong");
        let mut circuit = Circuit::default();
        assert!(matches!(circuit.learn(&Sign::Failed(&fault), NOW, false), Some(News::Paused(_))));
        let later = NOW + Duration::from_secs(31);
        assert_eq!(circuit.trust(later), Trust::Probe);
        assert_eq!(circuit.learn(&Sign::ProbeFailed(&fault), later, false), None);
        assert_eq!(circuit.trust(later + Duration::from_secs(59)), Trust::Paused);
        let cured = later + Duration::from_secs(61);
        assert_eq!(circuit.learn(&Sign::ProbePassed { idle: false }, cured, false), None);
        assert_eq!(circuit.trust(cured), Trust::Half);
        assert_eq!(circuit.learn(&Sign::Answers, cured, false), Some(News::Well));
        assert_eq!(circuit.trust(cured), Trust::Open);
        assert_eq!(circuit.reason, None);
    }

    #[test]
    fn a_suspicion_pauses_at_the_second_recipient_and_only_a_mail_that_is_taken_ends_it() {
        let refusal = Failure { about: About::Suspect, ..Failure::new(Class::Configuration, "554 blocked") };
        let sign = |row, again| Sign::Suspect { failure: &refusal, row, again };
        let mut circuit = Circuit::default();
        assert_eq!(circuit.learn(&sign("a", false), NOW, false), None);
        assert_eq!(circuit.suspects(NOW), Suspects::Last);
        assert!(matches!(circuit.learn(&sign("b", true), NOW, false), Some(News::Paused(_))));
        assert_eq!((circuit.trust(NOW), circuit.suspects(NOW)), (Trust::Paused, Suspects::Never));
        assert_eq!(circuit.learn(&sign("c", true), NOW + Duration::from_secs(20), false), None, "no longer pause");
        assert_eq!(circuit.learn(&Sign::Answers, NOW, false), None);
        let later = NOW + Duration::from_secs(31);
        assert_eq!(circuit.learn(&Sign::ProbePassed { idle: true }, later, false), None);
        assert!(circuit.reason.is_some(), "a login shows nothing here");
        assert_eq!((circuit.trust(later), circuit.suspects(later)), (Trust::Half, Suspects::Last));
        assert_eq!(circuit.learn(&sign("c", false), later, false), None, "the same recipient");
        circuit.learn(&sign("d", true), later, false);
        assert_eq!(circuit.trust(later + Duration::from_secs(59)), Trust::Paused, "each pause is longer");
        assert_eq!(circuit.learn(&Sign::Takes, later, false), Some(News::Well));
        assert_eq!((circuit.trust(later), circuit.suspects(later)), (Trust::Open, Suspects::AsOthers));
    }

    #[test]
    fn a_server_that_says_until_when_is_believed() {
        let mut circuit = Circuit::default();
        let failure =
            Failure { retry_after: Some(Duration::from_secs(7200)), ..Failure::new(Class::Rate, "quota used up") };
        circuit.learn(&Sign::Failed(&failure), NOW, false);
        assert_eq!(circuit.paused_until, Some(NOW + Duration::from_secs(7200)));
    }

    #[test]
    fn mails_put_off_one_after_the_other_open_the_circuit_only_where_there_is_another_way() {
        let greylisted = Failure { about: About::Mail, ..Failure::new(Class::Transient, "try later") };
        let (mut alone, mut one_of_two) = (Circuit::default(), Circuit::default());
        for _ in 0..20 {
            assert_eq!(alone.learn(&Sign::PutOff(&greylisted), NOW, false), None);
        }
        assert_eq!(alone.trust(NOW), Trust::Open);
        for _ in 0..4 {
            assert_eq!(one_of_two.learn(&Sign::PutOff(&greylisted), NOW, true), None);
        }
        one_of_two.learn(&Sign::Answers, NOW, true);
        for _ in 0..4 {
            assert_eq!(one_of_two.learn(&Sign::PutOff(&greylisted), NOW, true), None);
        }
        assert!(one_of_two.learn(&Sign::PutOff(&greylisted), NOW, true).is_some());
        assert_eq!(one_of_two.trust(NOW), Trust::Paused);
        let later = NOW + Duration::from_secs(6);
        one_of_two.learn(&Sign::ProbePassed { idle: false }, later, true);
        one_of_two.learn(&Sign::PutOff(&greylisted), later, true);
        assert_eq!(one_of_two.trust(later + Duration::from_secs(9)), Trust::Paused, "each pause is longer");
    }
}
