//! Tests of the rules and triggers: their conditions, actions, counters and limits.

use std::time::Duration;

use super::super::fault_decision::{Instead, MessageText};
use super::super::faults::FaultStage;
use super::*;

fn faults(rules: &str) -> FaultRegistry {
    let faults = FaultRegistry::new(true);
    faults.set_rules(serde_json::from_str(rules).unwrap()).unwrap();
    faults
}

fn at(stage: FaultStage, sender: &str, recipient: &str, message: &str) -> Owned {
    Owned { stage, sender: sender.into(), recipients: vec![recipient.into()], message: message.into() }
}

/// A [`FaultContext`] that owns its data.
struct Owned {
    stage: FaultStage,
    sender: String,
    recipients: Vec<String>,
    message: String,
}

impl Owned {
    fn decide(&self, faults: &FaultRegistry) -> FaultDecision {
        let context = FaultContext {
            stage: self.stage,
            client: "127.0.0.1",
            sender: &self.sender,
            recipients: &self.recipients,
            message: &MessageText::new(self.message.as_bytes()),
        };
        faults.decide(&context, || 0.0)
    }
}

fn code(decision: &FaultDecision) -> &str {
    match &decision.instead {
        Some(Instead::Reply(reply)) => reply.split(' ').next().unwrap(),
        Some(Instead::Drop) => "drop",
        Some(Instead::Discard(_)) => "discard",
        None => "",
    }
}

#[test]
fn a_rule_applies_only_at_its_stage_and_recipient() {
    let faults = faults(
        r#"{"rules":[{"match":{"recipient":"bounce+*@*"},
            "action":{"reply":{"stage":"rcpt","code":550,"text":"5.1.1 No such user"}}}]}"#,
    );
    let hit = at(FaultStage::Rcpt, "a@b.c", "Bounce+1@x.y", "").decide(&faults);
    assert_eq!(hit.instead, Some(Instead::Reply("550 5.1.1 No such user".into())));
    assert_eq!(code(&at(FaultStage::Rcpt, "a@b.c", "x@y.z", "").decide(&faults)), "");
    assert_eq!(code(&at(FaultStage::Data, "a@b.c", "bounce+1@x.y", "").decide(&faults)), "");
}

#[test]
fn attempts_are_counted_per_recipient_and_reset_by_new_rules() {
    let rules = r#"{"rules":[{"match":{"attempt":{"to":2}},"action":{"reply":{"stage":"after-data","code":451}}}]}"#;
    let faults = faults(rules);
    let attempt = |who: &str| code(&at(FaultStage::AfterData, "", who, "").decide(&faults)).to_owned();
    assert_eq!([attempt("a@b"), attempt("A@b"), attempt("a@b"), attempt("c@d")], ["451", "451", "", "451"]);
    faults.set_rules(serde_json::from_str(rules).unwrap()).unwrap();
    assert_eq!(attempt("a@b"), "451");
}

#[test]
fn header_and_body_conditions_search_only_their_part() {
    let faults = faults(
        r#"{"rules":[{"match":{"header":"subject: BOOM"},"action":{"reply":{"stage":"after-data","code":554}}},
            {"match":{"body":"boom"},"action":{"drop":{"stage":"after-data"}}}]}"#,
    );
    let code_for = |message: &str| code(&at(FaultStage::AfterData, "", "a@b", message).decide(&faults)).to_owned();
    assert_eq!(code_for("Subject: boom\r\n\r\nhello"), "554");
    assert_eq!(code_for("Subject: hello\r\n\r\nBoom"), "drop");
    assert_eq!(code_for("Subject: hello\r\n\r\nhello"), "");
    assert_eq!([code_for("Subject: hello\n\nboom"), code_for("\r\nboom"), code_for("\nboom")], ["drop"; 3]);
}

#[test]
fn content_is_searched_decoded_and_as_received() {
    let matches = |condition: &str, message: &str| {
        let action = r#""action":{"reply":{"stage":"after-data","code":554}}"#;
        let faults = faults(&format!(r#"{{"rules":[{{"match":{condition},{action}}}]}}"#));
        code(&at(FaultStage::AfterData, "", "a@b", message).decide(&faults)) == "554"
    };
    let coded = "Subject:=?utf-8?B?6rmA7LKg7IiY?=\r\n =?utf-8?Q?_caf=C3=89?=\r\nX-A:\tone\r\n two\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n7JWI64WVIGJvb20=\r\n";
    for header in ["subject: 김철수 Café", "Subject:김철수", "x-a:  ONE two", "=?utf-8?b?6rma", "X-A:\\tone"] {
        assert!(matches(&format!(r#"{{"header":"{header}"}}"#), coded), "{header}");
    }
    for body in ["안녕 BOOM", "7jwi64wv"] {
        assert!(matches(&format!(r#"{{"body":"{body}"}}"#), coded), "{body}");
    }
    let folded = "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>half=\r\n way</p>";
    assert!(matches(r#"{"body":"<p>half way"}"#, folded));
    for absent in [r#"{"header":"안녕"}"#, r#"{"body":"김철수"}"#, r#"{"header":"subject:one"}"#] {
        assert!(!matches(absent, coded), "{absent}");
    }
}

#[test]
fn angle_brackets_match_the_null_sender() {
    let faults = faults(r#"{"rules":[{"match":{"sender":"<>"},"action":{"reply":{"stage":"mail","code":550}}}]}"#);
    let code_for = |from: &str| code(&at(FaultStage::Mail, from, "", "").decide(&faults)).to_owned();
    assert_eq!([code_for(""), code_for("a@b.c")], ["550", ""]);
}

#[test]
fn delays_add_up_and_the_slowest_throttle_wins() {
    let faults = faults(
        r#"{"rules":[{"action":{"delay":{"stage":"data","milliseconds":10}}},{"action":{"throttle":{"bytes_per_second":9}}},
            {"action":{"delay":{"stage":"data","milliseconds":5}}},{"action":{"throttle":{"bytes_per_second":99}}}]}"#,
    );
    let decision = at(FaultStage::Data, "", "a@b", "").decide(&faults);
    assert_eq!((decision.delay, decision.throttle), (Duration::from_millis(15), Some(9)));
}

#[test]
fn accept_ends_the_rules_at_every_stage_that_knows_its_condition_or_at_one() {
    let faults = |accept: &str| {
        faults(&format!(
            r#"{{"rules":[{{"match":{{"recipient":"*@vip.test"}},"action":{accept}}},
                {{"action":{{"reply":{{"stage":"mail","code":451}}}}}},{{"action":{{"reply":{{"stage":"rcpt","code":550}}}}}},
                {{"action":{{"reply":{{"stage":"after-data","code":554}}}}}}]}}"#
        ))
    };
    for (accept, expected) in [
        (r#""accept""#, ["451", "", "550", "", "554"]),
        (r#"{"accept":{}}"#, ["451", "", "550", "", "554"]),
        (r#"{"accept":{"stage":"rcpt"}}"#, ["451", "", "550", "554", "554"]),
    ] {
        let faults = faults(accept);
        let found = [
            (FaultStage::Mail, "x@vip.test"),
            (FaultStage::Rcpt, "x@vip.test"),
            (FaultStage::Rcpt, "x@other.test"),
            (FaultStage::AfterData, "x@vip.test"),
            (FaultStage::AfterData, "x@other.test"),
        ]
        .map(|(stage, recipient)| code(&at(stage, "a@b.c", recipient, "").decide(&faults)).to_owned());
        assert_eq!(found, expected, "{accept}");
    }
}

#[test]
fn accept_also_stops_chaos_triggers_and_keeps_earlier_delays() {
    let faults = faults(
        r#"{"rules":[{"action":{"delay":{"stage":"mail","milliseconds":5}}},
            {"match":{"attempt":{"from":2}},"action":"accept"}]}"#,
    );
    let always = super::super::Trigger { error_code: 451, probability: 100 };
    faults.set_chaos(ChaosTriggers { sender: always, ..ChaosTriggers::default() }).unwrap();
    let decide = || at(FaultStage::Mail, "a@b.c", "", "").decide(&faults);
    assert_eq!(code(&decide()), "451");
    let second = decide();
    assert_eq!((code(&second), second.delay), ("", Duration::from_millis(5)));
}

#[test]
fn each_key_of_a_condition_can_be_negated() {
    let message = "Subject: boom\r\n\r\nhello";
    for (condition, matches) in [
        (r#"{"recipient":{"not":"*@x.test"}}"#, false),
        (r#"{"recipient":{"not":"*@y.test"}}"#, true),
        (r#"{"sender":{"not":"<>"}}"#, true),
        (r#"{"sender":{"not":"A@b.c"}}"#, false),
        (r#"{"header":{"not":"subject: boom"}}"#, false),
        (r#"{"body":{"not":"boom"}}"#, true),
        (r#"{"attempt":{"not":1}}"#, false),
        (r#"{"attempt":{"not":{"from":2}}}"#, true),
        (r#"{"recipient":"*@x.test","sender":{"not":"*@z.test"}}"#, true),
    ] {
        let rules = format!(r#"{{"rules":[{{"match":{condition},"action":"discard"}}]}}"#);
        let faults = faults(&rules);
        let decision = at(FaultStage::AfterData, "a@b.c", "c@x.test", message).decide(&faults);
        assert_eq!(code(&decision) == "discard", matches, "{condition}");
        let written = serde_json::to_string(&faults.rules()).unwrap();
        assert_eq!(written, rules, "a rule is written as it was given");
    }
}

#[test]
fn a_negated_recipient_matches_if_no_recipient_does() {
    let faults =
        faults(r#"{"rules":[{"match":{"recipient":{"not":"*@ok.test"}},"action":{"drop":{"stage":"after-data"}}}]}"#);
    let end = |recipients: &[&str]| {
        let recipients = recipients.iter().map(ToString::to_string).collect();
        code(&Owned { recipients, ..at(FaultStage::AfterData, "a@b.c", "", "") }.decide(&faults)).to_owned()
    };
    assert_eq!([end(&["a@no.test", "b@no.test"]), end(&["a@no.test", "b@ok.test"])], ["drop", ""]);
}

#[tokio::test]
async fn rules_survive_in_the_inbox_s_file_and_their_counts_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || {
        let path = folder.path().join("inbox.db");
        let settings =
            crate::inbox::Settings { path, max_message_size: 0, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
        Inbox::open(settings, crate::clock::Clock::system(), crate::random::Entropy::seeded(1)).await.unwrap()
    };
    let text = r#"{"rules":[{"name":"first","match":{"attempt":1},"action":{"reply":{"stage":"rcpt","code":550}}}]}"#;
    let inbox = open().await;
    let before = FaultRegistry::new(false);
    before.restore(&inbox).await;
    assert_eq!(before.rules(), FaultRules::default());
    before.replace_rules(&inbox, serde_json::from_str(text).unwrap()).await.unwrap();
    let invalid = serde_json::from_str(r#"{"rules":[{"match":{"sender":"!x"},"action":"accept"}]}"#).unwrap();
    assert!(before.replace_rules(&inbox, invalid).await.is_err());
    let attempt = |faults: &FaultRegistry| code(&at(FaultStage::Rcpt, "a@b", "c@d", "").decide(faults)).to_owned();
    assert_eq!([attempt(&before), attempt(&before)], ["550", ""]);
    drop(inbox);
    let inbox = open().await;
    let after = FaultRegistry::new(false);
    after.restore(&inbox).await;
    assert_eq!((serde_json::to_string(&after.rules()).unwrap(), attempt(&after)), (text.to_owned(), "550".to_owned()));
    inbox.save_document(DOCUMENT, "no JSON").await.unwrap();
    after.restore(&inbox).await;
}

#[test]
fn greylisting_refuses_each_pair_once() {
    let faults = faults(r#"{"rules":[{"match":{"recipient":"*@slow"},"action":"greylist"}]}"#);
    let code_for = |from: &str, to: &str| code(&at(FaultStage::Rcpt, from, to, "").decide(&faults)).to_owned();
    assert_eq!(
        [code_for("a", "x@slow"), code_for("a", "x@slow"), code_for("b", "x@slow"), code_for("a", "x@fast")],
        ["450", "", "450", ""]
    );
}

#[test]
fn rules_out_of_bounds_are_refused_and_the_old_ones_stay() {
    let faults = faults(r#"{"rules":[{"action":"greylist"}]}"#);
    for (rule, sentence) in [
        (r#"{"action":{"reply":{"stage":"mail","code":250}}}"#, "rule 1: code must be between 400 and 599"),
        (r#"{"action":{"delay":{"stage":"mail","milliseconds":0}}}"#, "rule 1: milliseconds must be"),
        (r#"{"action":{"throttle":{"bytes_per_second":0}}}"#, "rule 1: bytes_per_second"),
        (r#"{"match":{"attempt":0},"action":"greylist"}"#, "rule 1: attempts are counted from 1"),
        (r#"{"match":{"attempt":{"from":3,"to":2}},"action":"greylist"}"#, "rule 1: attempts"),
        (r#"{"match":{"sender":""},"action":"greylist"}"#, "rule 1: a text is empty"),
        (r#"{"match":{"sender":{"not":""}},"action":"greylist"}"#, "rule 1: a text is empty"),
        (r#"{"match":{"recipient":"!*@x"},"action":"discard"}"#, "rule 1: a pattern cannot begin with"),
        (r#"{"match":{"sender":{"not":"!*@x"}},"action":"accept"}"#, "rule 1: a pattern cannot begin with"),
        (r#"{"match":{"body":"x"},"action":{"accept":{"stage":"rcpt"}}}"#, "rule 1: the content is not known yet"),
        (r#"{"match":{"body":"x"},"action":"greylist"}"#, "rule 1: the content is not known yet"),
        (r#"{"match":{"recipient":"x"},"action":{"drop":{"stage":"mail"}}}"#, "rule 1: the recipient is not known"),
        (r#"{"action":{"reply":{"stage":"mail","code":451,"text":"a\r\nb"}}}"#, "rule 1: the reply text"),
    ] {
        let rules = serde_json::from_str(&format!(r#"{{"rules":[{rule}]}}"#)).unwrap();
        let error = faults.set_rules(rules).unwrap_err().to_string();
        assert!(error.starts_with(sentence), "{error}");
    }
    let many = FaultRules { rules: vec![faults.rules().rules[0].clone(); 101] };
    assert_eq!(faults.set_rules(many), Err(FaultError::TooMany));
    assert_eq!(faults.rules().rules.len(), 1);
    for unknown in [r#"{"rules":[{"action":"explode"}]}"#, r#"{"rules":[{"action":"greylist","when":{}}]}"#] {
        assert!(serde_json::from_str::<FaultRules>(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn chaos_triggers_fire_only_when_enabled() {
    let always = ChaosTriggers {
        sender: super::super::Trigger { error_code: 421, probability: 100 },
        ..ChaosTriggers::default()
    };
    for (enabled, reply) in [(true, Some("421 Chaos sender error".to_owned())), (false, None)] {
        let faults = FaultRegistry::new(enabled);
        faults.set_chaos(always).unwrap();
        assert_eq!(at(FaultStage::Mail, "a@b", "", "").decide(&faults).instead, reply.map(Instead::Reply));
        assert_eq!(at(FaultStage::Rcpt, "a@b", "c@d", "").decide(&faults).instead, None);
    }
}
