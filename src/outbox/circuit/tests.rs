//! Pauses, probes and suspicions of one circuit.

use super::*;

const NOW: Time = Time::from_millis(1_000_000);

fn refused() -> Failure {
    Failure::new(FailureKind::Transient, "connection refused")
}

#[test]
fn one_transport_is_paused_after_three_failures_in_a_row_and_with_an_alternative_at_once() {
    let mut alone = Circuit::default();
    assert_eq!(alone.learn(&Signal::Failed(&refused()), NOW, false), None);
    assert_eq!(alone.learn(&Signal::Failed(&refused()), NOW, false), None);
    assert_eq!(alone.trust(NOW), CircuitState::Open);
    assert!(alone.learn(&Signal::Failed(&refused()), NOW, false).is_some());
    assert_eq!(alone.trust(NOW), CircuitState::Paused);
    let mut one_of_two = Circuit::default();
    assert!(one_of_two.learn(&Signal::Failed(&refused()), NOW, true).is_some());
    assert_eq!(one_of_two.trust(NOW), CircuitState::Paused);
}

#[test]
fn a_configuration_error_is_reported_once_and_ends_with_a_probe_and_an_accepted_message() {
    let fault = Failure::new(FailureKind::Configuration, "the password is wrong");
    let mut circuit = Circuit::default();
    assert!(matches!(circuit.learn(&Signal::Failed(&fault), NOW, false), Some(Transition::Paused(_))));
    let later = NOW + Duration::from_secs(31);
    assert_eq!(circuit.trust(later), CircuitState::Probe);
    assert_eq!(circuit.learn(&Signal::ProbeFailed(&fault), later, false), None);
    assert_eq!(circuit.trust(later + Duration::from_secs(59)), CircuitState::Paused);
    let cured = later + Duration::from_secs(61);
    assert_eq!(circuit.learn(&Signal::ProbePassed { idle: false }, cured, false), None);
    assert_eq!(circuit.trust(cured), CircuitState::Half);
    assert_eq!(circuit.learn(&Signal::Answers, cured, false), Some(Transition::Well));
    assert_eq!(circuit.trust(cured), CircuitState::Open);
    assert_eq!(circuit.reason, None);
}

#[test]
fn a_suspicion_pauses_at_the_second_recipient_and_only_an_accepted_message_ends_it() {
    let refusal = Failure { about: FailureScope::Suspect, ..Failure::new(FailureKind::Configuration, "554 blocked") };
    let sign = |row, again| Signal::Suspect { failure: &refusal, row, again };
    let mut circuit = Circuit::default();
    assert_eq!(circuit.learn(&sign("a", false), NOW, false), None);
    assert_eq!(circuit.suspects(NOW), Suspects::Last);
    assert!(matches!(circuit.learn(&sign("b", true), NOW, false), Some(Transition::Paused(_))));
    assert_eq!((circuit.trust(NOW), circuit.suspects(NOW)), (CircuitState::Paused, Suspects::Never));
    assert_eq!(circuit.learn(&sign("c", true), NOW + Duration::from_secs(20), false), None, "no longer pause");
    assert_eq!(circuit.learn(&Signal::Answers, NOW, false), None);
    let later = NOW + Duration::from_secs(31);
    assert_eq!(circuit.learn(&Signal::ProbePassed { idle: true }, later, false), None);
    assert!(circuit.reason.is_some(), "a login proves nothing here");
    assert_eq!((circuit.trust(later), circuit.suspects(later)), (CircuitState::Half, Suspects::Last));
    assert_eq!(circuit.learn(&sign("c", false), later, false), None, "the same recipient");
    circuit.learn(&sign("d", true), later, false);
    assert_eq!(circuit.trust(later + Duration::from_secs(59)), CircuitState::Paused, "each pause is longer");
    assert_eq!(circuit.learn(&Signal::Takes, later, false), Some(Transition::Well));
    assert_eq!((circuit.trust(later), circuit.suspects(later)), (CircuitState::Open, Suspects::AsOthers));
}

#[test]
fn a_retry_after_sets_the_length_of_the_pause() {
    let mut circuit = Circuit::default();
    let failure =
        Failure { retry_after: Some(Duration::from_secs(7200)), ..Failure::new(FailureKind::Rate, "quota used up") };
    circuit.learn(&Signal::Failed(&failure), NOW, false);
    assert_eq!(circuit.paused_until, Some(NOW + Duration::from_secs(7200)));
}

#[test]
fn consecutive_deferrals_open_the_circuit_only_if_there_is_another_transport() {
    let greylisted = Failure { about: FailureScope::Mail, ..Failure::new(FailureKind::Transient, "try later") };
    let (mut alone, mut one_of_two) = (Circuit::default(), Circuit::default());
    for _ in 0..20 {
        assert_eq!(alone.learn(&Signal::PutOff(&greylisted), NOW, false), None);
    }
    assert_eq!(alone.trust(NOW), CircuitState::Open);
    for _ in 0..4 {
        assert_eq!(one_of_two.learn(&Signal::PutOff(&greylisted), NOW, true), None);
    }
    one_of_two.learn(&Signal::Answers, NOW, true);
    for _ in 0..4 {
        assert_eq!(one_of_two.learn(&Signal::PutOff(&greylisted), NOW, true), None);
    }
    assert!(one_of_two.learn(&Signal::PutOff(&greylisted), NOW, true).is_some());
    assert_eq!(one_of_two.trust(NOW), CircuitState::Paused);
    let later = NOW + Duration::from_secs(6);
    one_of_two.learn(&Signal::ProbePassed { idle: false }, later, true);
    one_of_two.learn(&Signal::PutOff(&greylisted), later, true);
    assert_eq!(one_of_two.trust(later + Duration::from_secs(9)), CircuitState::Paused, "each pause is longer");
}
