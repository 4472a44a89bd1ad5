//! Which outcome of an attempt leads to which state.

use std::time::Duration;

use super::*;
use crate::transport::FailureScope;

const NOW: Time = Time::from_millis(1_000_000);
const UNTRIED: FailureCounts = FailureCounts { failures: 0, ambiguous: 0, suspicions: 0 };

fn judge_failure(before: FailureCounts, class: FailureKind) -> Disposition {
    decide(before, &AttemptOutcome::Failed(Failure::new(class, "no\r\n")), &Ways::default(), NOW, &Entropy::seeded(1))
}

#[test]
fn each_failure_class_leads_to_its_next_state() {
    assert_eq!(judge_failure(UNTRIED, FailureKind::Permanent).next, Next::Dead);
    assert_eq!(judge_failure(UNTRIED, FailureKind::Configuration).next, Next::Retry { at: NOW, to: None });
    assert_eq!(judge_failure(UNTRIED, FailureKind::Rate).failures, 0);
    let Next::Retry { at, .. } = judge_failure(UNTRIED, FailureKind::Transient).next else { panic!("not retried") };
    assert!(at > NOW && at <= NOW + Duration::from_secs(15));
    assert_eq!(judge_failure(UNTRIED, FailureKind::Transient).reply, "no");
}

#[test]
fn every_outcome_has_a_text_in_every_language() {
    use FailureKind::{Ambiguous, Configuration, Permanent, Rate, Transient};
    let failures =
        [Transient, Permanent, Configuration, Ambiguous, Rate].map(|c| AttemptOutcome::Failed(Failure::new(c, "")));
    let others = [
        AttemptOutcome::Taken(Receipt::new("", None)),
        AttemptOutcome::Skipped(""),
        AttemptOutcome::NotComposed(String::new()),
    ];
    let outcomes = failures
        .iter()
        .chain(&others)
        .map(|one| decide(UNTRIED, one, &Ways::default(), NOW, &Entropy::seeded(1)).outcome);
    for outcome in outcomes.chain(["interrupted", UNSUPPORTED]) {
        for locale in crate::i18n::Locale::ALL {
            assert!(locale.has(&format!("outbox-outcome-{outcome}")), "{outcome} in {}", locale.tag());
        }
    }
}

#[test]
fn a_message_that_may_have_arrived_is_tried_five_times_at_most_with_growing_waits() {
    let waits = [0, 1, 2, 3].map(|before| {
        let disposition =
            judge_failure(FailureCounts { failures: before, ambiguous: before, suspicions: 0 }, FailureKind::Ambiguous);
        let Next::Retry { at, to: None } = disposition.next else { panic!("not retried") };
        assert!(disposition.pinned);
        at.since(NOW).as_secs()
    });
    assert!(waits[0] <= 15 && waits[1] >= 60 && waits[2] > 5 * 60 && waits[3] >= 30 * 60, "{waits:?}");
    let fifth = judge_failure(FailureCounts { failures: 4, ambiguous: 4, suspicions: 0 }, FailureKind::Ambiguous);
    assert_eq!(fifth.next, Next::Dead);
    assert!(fifth.reply.contains("it may have arrived"));
}

#[test]
fn a_suspect_rejection_ends_a_message_only_if_the_server_keeps_accepting_others() {
    let failure = Failure { scope: FailureScope::Suspect, ..Failure::new(FailureKind::Configuration, "554 no relay") };
    let judge_after =
        |before, ways: &Ways| decide(before, &AttemptOutcome::Failed(failure.clone()), ways, NOW, &Entropy::seeded(1));
    let (alone, proven) = (Ways::default(), Ways { proven: true, ..Ways::default() });
    let mut refused_with_all = UNTRIED;
    for _ in 0..100 {
        let disposition = judge_after(refused_with_all, &alone);
        let Next::Retry { at, .. } = disposition.next else { panic!("given up in an outage") };
        assert!(at <= NOW + Duration::from_secs(900));
        let Disposition { failures, suspicions, .. } = disposition;
        refused_with_all = FailureCounts { failures, suspicions, ambiguous: 0 };
    }
    assert_eq!(refused_with_all.suspicions, 1);
    let next = [0, 1, 2, 3].map(|suspicions| judge_after(FailureCounts { suspicions, ..UNTRIED }, &proven).next);
    assert!(matches!(next, [Next::Retry { .. }, Next::Retry { .. }, Next::Retry { .. }, Next::Dead]), "{next:?}");
    let first = judge_after(UNTRIED, &Ways { several: true, proven: true, ..Ways::default() });
    assert_eq!((first.next, first.elsewhere), (Next::Retry { at: NOW, to: None }, true));
}

#[test]
fn only_deferred_recipients_are_retried() {
    let to = |text: &str| Address::parse(text).unwrap();
    let refusal =
        |text: &str, class| RecipientRefusal { to: to(text), class, code: Some(450), reply: "450 later".into() };
    let receipt = Receipt {
        refused: vec![
            refusal("a@example.com", FailureKind::Transient),
            refusal("b@example.com", FailureKind::Permanent),
        ],
        ..Receipt::new("250 ok", None)
    };
    let disposition = decide(UNTRIED, &AttemptOutcome::Taken(receipt), &Ways::default(), NOW, &Entropy::seeded(1));
    let Next::Retry { to: Some(left), .. } = disposition.next else { panic!("not retried") };
    assert_eq!(left, [to("a@example.com")]);
    assert!(disposition.reply.contains("not for a@example.com") && disposition.reply.contains("not for b@example.com"));
    assert_eq!(disposition.refused.as_deref(), Some("not for b@example.com: 450 later"));
}

#[test]
fn a_suspected_recipient_is_kept_while_others_are_accepted_and_given_up_after_four_rejections() {
    let to = |text: &str| Address::parse(text).unwrap();
    let refusal = |text: &str, class| RecipientRefusal {
        to: to(text),
        class,
        code: Some(550),
        reply: "smtp said: 550 Client host blocked. Ask its administrator".into(),
    };
    let receipt = |refused| AttemptOutcome::Taken(Receipt { refused, ..Receipt::new("250 ok", None) });
    let suspect = || receipt(vec![refusal("b@example.com", FailureKind::Configuration)]);
    let after = |suspicions, ways: &Ways, outcome: &AttemptOutcome| {
        decide(FailureCounts { suspicions, ..UNTRIED }, outcome, ways, NOW, &Entropy::seeded(1))
    };
    let alone = after(0, &Ways::default(), &suspect());
    assert_eq!((alone.suspicions, alone.refused, alone.outcome), (1, None, "configuration"));
    let Next::Retry { at, to: Some(left) } = alone.next else { panic!("not kept") };
    assert!(at > NOW && left == [to("b@example.com")] && alone.reply.contains("Ask its administrator"));
    let several = Ways { several: true, ..Ways::default() };
    let elsewhere = after(0, &several, &suspect());
    assert!(elsewhere.elsewhere, "the next transport tries it");
    assert_eq!(elsewhere.next, Next::Retry { at: NOW, to: Some(vec![to("b@example.com")]) }, "at once");
    let last = after(3, &several, &suspect());
    assert_eq!((last.next, last.suspicions), (Next::Sent, 4));
    assert!(last.refused.is_some_and(|text| text.starts_with("not for b@example.com") && text.contains("given up")));
    let deferred = refusal("a@example.com", FailureKind::Transient);
    let mixed = receipt(vec![deferred, refusal("b@example.com", FailureKind::Configuration)]);
    let Next::Retry { to: Some(left), .. } = after(3, &several, &mixed).next else { panic!("not kept") };
    assert_eq!(left, [to("a@example.com")], "the deferred one is still tried");
}

#[test]
fn a_message_that_a_transport_cannot_take_is_given_up_only_when_none_can() {
    let failure = AttemptOutcome::Failed(Failure::unsupported("smtp accepts 100 bytes"));
    let after = |ways: &Ways| decide(UNTRIED, &failure, ways, NOW, &Entropy::seeded(1));
    let alone = after(&Ways::default());
    assert_eq!((alone.next, alone.outcome, alone.reply.as_str()), (Next::Dead, "permanent", "smtp accepts 100 bytes"));
    let first = Ways { several: true, untried: Some("gmail"), ..Ways::default() };
    let next = after(&first);
    assert_eq!(
        (next.next, next.outcome, next.only_by),
        (Next::Retry { at: NOW, to: None }, UNSUPPORTED, Some("gmail"))
    );
    let waits = after(&Ways { repeated: true, ..first });
    assert!(matches!(waits.next, Next::Retry { at, .. } if at > NOW), "while the other one is paused");
    let last = after(&Ways { several: true, unsupported: vec!["gmail accepts 25 MiB".into()], ..Ways::default() });
    assert_eq!((last.next, last.reply.as_str()), (Next::Dead, "gmail accepts 25 MiB · smtp accepts 100 bytes"));
}
