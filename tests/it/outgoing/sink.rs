//! Postfix's smtp-sink deferring, rejecting or closing the connection at each step: the failure class, and whether the
//! message is kept or given up.

use super::parsers;
use super::site::{Site, Smtp};
use crate::smtp::programs::{said, succeeds};
use crate::support::scripted::Scripted;

const STEPS: [&str; 6] = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."];

/// State and class after one attempt against a sink with this option.
fn outcome(option: &str, steps: &str) -> Option<(String, String)> {
    let sink = Scripted::sink(&[option, steps])?;
    let site = Site::new(&Smtp::plain(sink.port));
    let output = site.send(&["kim@example.org"], &[]);
    let (state, class) = site.outcome();
    assert_eq!(output.status.success(), state == "sent", "{option} {steps}: {}", said(&output));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(errors.lines().count(), usize::from(state != "sent"), "one line: {errors}");
    Some((state, class))
}

fn ends(option: &str, expected: [(&str, &str); 6]) {
    for (step, (state, class)) in STEPS.into_iter().zip(expected) {
        let Some(outcome) = outcome(option, step) else { return };
        assert_eq!(outcome, (state.to_owned(), class.to_owned()), "smtp-sink {option} {step}");
    }
}

#[test]
fn a_deferral_at_any_step_keeps_the_message() {
    ends("-r", [("queued", "transient"); 6]);
}

#[test]
fn a_rejection_is_a_configuration_failure_before_the_recipient_and_permanent_from_there_on() {
    let (configuration, permanent) = (("queued", "configuration"), ("dead", "permanent"));
    // After a rejected EHLO the client tries HELO.
    ends("-f", [configuration, ("sent", "sent"), configuration, permanent, permanent, permanent]);
    let Some(outcome) = outcome("-f", "EHLO,HELO") else { return };
    assert_eq!(outcome, ("queued".to_owned(), "configuration".to_owned()));
}

#[test]
fn a_closed_connection_keeps_the_message_and_is_ambiguous_only_after_the_dot() {
    let lost = ("queued", "transient");
    ends("-q", [lost, lost, lost, lost, lost, ("queued", "ambiguous")]);
}

#[test]
fn a_message_in_a_sink_has_no_defects() {
    let Some(sink) = Scripted::sink(&[]) else { return };
    let site = Site::new(&Smtp::plain(sink.port));
    succeeds(&site.send(&["김철수 <kim@example.org>"], &["--attach", "text.txt"]));
    let arrived = sink.mail();
    let Some(found) = parsers::read(&arrived[0]) else { return };
    assert_eq!(found["subject"], "인사");
}
