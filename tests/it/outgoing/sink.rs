//! smtp-sink refusing softly, refusing for good or hanging up at each step: each ends in its class, and the letter is
//! kept or given up accordingly.

use super::letter;
use super::site::{Site, Smtp};
use crate::smtp::programs::{said, succeeds};
use crate::support::scripted::Scripted;

const STEPS: [&str; 6] = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."];

/// State and class after one attempt against a sink that does this; the command's one line names the server's words.
fn fate(option: &str, steps: &str) -> Option<(String, String)> {
    let sink = Scripted::sink(&[option, steps])?;
    let site = Site::new(&Smtp::plain(sink.port));
    let output = site.send(&["kim@example.org"], &[]);
    let (state, class) = site.fate();
    assert_eq!(output.status.success(), state == "sent", "{option} {steps}: {}", said(&output));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(errors.lines().count(), usize::from(state != "sent"), "one line: {errors}");
    Some((state, class))
}

fn ends(option: &str, expected: [(&str, &str); 6]) {
    for (step, (state, class)) in STEPS.into_iter().zip(expected) {
        let Some(fate) = fate(option, step) else { return };
        assert_eq!(fate, (state.to_owned(), class.to_owned()), "smtp-sink {option} {step}");
    }
}

#[test]
fn a_soft_refusal_at_any_step_keeps_the_letter() {
    ends("-r", [("queued", "transient"); 6]);
}

#[test]
fn a_hard_refusal_is_the_settings_fault_before_the_recipient_and_the_letters_from_there_on() {
    let (settings, letter) = (("queued", "configuration"), ("dead", "permanent"));
    // Who knows no EHLO is asked by HELO.
    ends("-f", [settings, ("sent", "sent"), settings, letter, letter, letter]);
    let Some(fate) = fate("-f", "EHLO,HELO") else { return };
    assert_eq!(fate, ("queued".to_owned(), "configuration".to_owned()));
}

#[test]
fn a_closed_connection_keeps_the_letter_and_is_ambiguous_only_after_the_dot() {
    let lost = ("queued", "transient");
    ends("-q", [lost, lost, lost, lost, lost, ("queued", "ambiguous")]);
}

#[test]
fn the_letter_that_a_sink_got_has_no_defect() {
    let Some(sink) = Scripted::sink(&[]) else { return };
    let site = Site::new(&Smtp::plain(sink.port));
    succeeds(&site.send(&["김철수 <kim@example.org>"], &["--attach", "text.txt"]));
    let arrived = sink.mail();
    let Some(found) = letter::read(&arrived[0]) else { return };
    assert_eq!(found["subject"], "인사");
}
