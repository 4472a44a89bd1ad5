//! Pauses, probes and suspicions of one circuit.

use super::*;

const NOW: Time = Time::from_millis(1_000_000);

fn refused() -> Failure {
    Failure::new(FailureKind::Transient, "connection refused")
}

#[test]
fn one_transport_is_paused_after_three_failures_in_a_row_and_with_an_alternative_at_once() {
    let mut alone = Circuit::default();
    assert_eq!(alone.record(&Signal::Failed(&refused()), NOW, false), None);
    assert_eq!(alone.record(&Signal::Failed(&refused()), NOW, false), None);
    assert_eq!(alone.state(NOW), CircuitState::Closed);
    assert!(alone.record(&Signal::Failed(&refused()), NOW, false).is_some());
    assert_eq!(alone.state(NOW), CircuitState::Open);
    let mut one_of_two = Circuit::default();
    assert!(one_of_two.record(&Signal::Failed(&refused()), NOW, true).is_some());
    assert_eq!(one_of_two.state(NOW), CircuitState::Open);
}

#[test]
fn a_configuration_error_is_reported_once_and_ends_with_a_probe_and_an_accepted_message() {
    let fault = Failure::new(FailureKind::Configuration, "the password is wrong");
    let mut circuit = Circuit::default();
    assert!(matches!(circuit.record(&Signal::Failed(&fault), NOW, false), Some(Transition::Opened(_))));
    let later = NOW + Duration::from_secs(31);
    assert_eq!(circuit.state(later), CircuitState::ProbeDue);
    assert_eq!(circuit.record(&Signal::ProbeFailed(&fault), later, false), None);
    assert_eq!(circuit.state(later + Duration::from_secs(59)), CircuitState::Open);
    let cured = later + Duration::from_secs(61);
    assert_eq!(circuit.record(&Signal::ProbePassed { idle: false }, cured, false), None);
    assert_eq!(circuit.state(cured), CircuitState::HalfOpen);
    assert_eq!(circuit.record(&Signal::Answered, cured, false), Some(Transition::Closed));
    assert_eq!(circuit.state(cured), CircuitState::Closed);
    assert_eq!(circuit.reason, None);
}

#[test]
fn a_suspicion_pauses_at_the_second_recipient_and_only_an_accepted_message_ends_it() {
    let refusal = Failure { scope: FailureScope::Suspect, ..Failure::new(FailureKind::Configuration, "554 blocked") };
    let sign = |row, again| Signal::Suspect { failure: &refusal, row, again };
    let mut circuit = Circuit::default();
    assert_eq!(circuit.record(&sign("a", false), NOW, false), None);
    assert_eq!(circuit.suspects(NOW), Suspects::Last);
    assert!(matches!(circuit.record(&sign("b", true), NOW, false), Some(Transition::Opened(_))));
    assert_eq!((circuit.state(NOW), circuit.suspects(NOW)), (CircuitState::Open, Suspects::Never));
    assert_eq!(circuit.record(&sign("c", true), NOW + Duration::from_secs(20), false), None, "no longer pause");
    assert_eq!(circuit.record(&Signal::Answered, NOW, false), None);
    let later = NOW + Duration::from_secs(31);
    assert_eq!(circuit.record(&Signal::ProbePassed { idle: true }, later, false), None);
    assert!(circuit.reason.is_some(), "a login proves nothing here");
    assert_eq!((circuit.state(later), circuit.suspects(later)), (CircuitState::HalfOpen, Suspects::Last));
    assert_eq!(circuit.record(&sign("c", false), later, false), None, "the same recipient");
    circuit.record(&sign("d", true), later, false);
    assert_eq!(circuit.state(later + Duration::from_secs(59)), CircuitState::Open, "each pause is longer");
    assert_eq!(circuit.record(&Signal::Accepted, later, false), Some(Transition::Closed));
    assert_eq!((circuit.state(later), circuit.suspects(later)), (CircuitState::Closed, Suspects::AsOthers));
}

#[test]
fn a_retry_after_sets_the_length_of_the_pause() {
    let mut circuit = Circuit::default();
    let failure =
        Failure { retry_after: Some(Duration::from_secs(7200)), ..Failure::new(FailureKind::Rate, "quota used up") };
    circuit.record(&Signal::Failed(&failure), NOW, false);
    assert_eq!(circuit.paused_until, Some(NOW + Duration::from_secs(7200)));
}

#[test]
fn consecutive_deferrals_open_the_circuit_only_if_there_is_another_transport() {
    let greylisted = Failure { scope: FailureScope::Mail, ..Failure::new(FailureKind::Transient, "try later") };
    let (mut alone, mut one_of_two) = (Circuit::default(), Circuit::default());
    for _ in 0..20 {
        assert_eq!(alone.record(&Signal::Deferred(&greylisted), NOW, false), None);
    }
    assert_eq!(alone.state(NOW), CircuitState::Closed);
    for _ in 0..4 {
        assert_eq!(one_of_two.record(&Signal::Deferred(&greylisted), NOW, true), None);
    }
    one_of_two.record(&Signal::Answered, NOW, true);
    for _ in 0..4 {
        assert_eq!(one_of_two.record(&Signal::Deferred(&greylisted), NOW, true), None);
    }
    assert!(one_of_two.record(&Signal::Deferred(&greylisted), NOW, true).is_some());
    assert_eq!(one_of_two.state(NOW), CircuitState::Open);
    let later = NOW + Duration::from_secs(6);
    one_of_two.record(&Signal::ProbePassed { idle: false }, later, true);
    one_of_two.record(&Signal::Deferred(&greylisted), later, true);
    assert_eq!(one_of_two.state(later + Duration::from_secs(9)), CircuitState::Open, "each pause is longer");
}
