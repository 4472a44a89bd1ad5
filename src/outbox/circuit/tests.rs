//! Pauses, probes and suspicions of one circuit.

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
fn a_configuration_error_is_reported_once_and_ends_with_a_probe_and_an_accepted_message() {
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
fn a_suspicion_pauses_at_the_second_recipient_and_only_an_accepted_message_ends_it() {
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
    assert!(circuit.reason.is_some(), "a login proves nothing here");
    assert_eq!((circuit.trust(later), circuit.suspects(later)), (Trust::Half, Suspects::Last));
    assert_eq!(circuit.learn(&sign("c", false), later, false), None, "the same recipient");
    circuit.learn(&sign("d", true), later, false);
    assert_eq!(circuit.trust(later + Duration::from_secs(59)), Trust::Paused, "each pause is longer");
    assert_eq!(circuit.learn(&Sign::Takes, later, false), Some(News::Well));
    assert_eq!((circuit.trust(later), circuit.suspects(later)), (Trust::Open, Suspects::AsOthers));
}

#[test]
fn a_retry_after_sets_the_length_of_the_pause() {
    let mut circuit = Circuit::default();
    let failure =
        Failure { retry_after: Some(Duration::from_secs(7200)), ..Failure::new(Class::Rate, "quota used up") };
    circuit.learn(&Sign::Failed(&failure), NOW, false);
    assert_eq!(circuit.paused_until, Some(NOW + Duration::from_secs(7200)));
}

#[test]
fn consecutive_deferrals_open_the_circuit_only_if_there_is_another_transport() {
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
