//! The active fault rules and chaos triggers: one handle for the API, which sets them, and the sessions, which apply
//! them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chaos::{ChaosError, ChaosTriggers};
use super::fault_decision::{FaultContext, FaultDecision, RuleCounters, apply_rule};
use super::faults::{FaultError, FaultRules, FaultStage};

/// The active rules and triggers; clones share them.
#[derive(Clone, Debug, Default)]
pub struct FaultRegistry {
    shared: Arc<SharedRules>,
}

#[derive(Debug, Default)]
struct SharedRules {
    /// False while there are no rules and triggers, so that commands need not take the lock.
    active: AtomicBool,
    chaos_enabled: bool,
    state: Mutex<RuleState>,
}

#[derive(Debug, Default)]
struct RuleState {
    rules: FaultRules,
    counters: RuleCounters,
    chaos: ChaosTriggers,
}

impl FaultRegistry {
    /// `chaos` enables Mailpit's chaos triggers.
    pub fn new(chaos: bool) -> Self {
        FaultRegistry { shared: Arc::new(SharedRules { chaos_enabled: chaos, ..SharedRules::default() }) }
    }

    pub fn rules(&self) -> FaultRules {
        self.state().rules.clone()
    }

    /// Replaces all rules and resets the attempt counters.
    ///
    /// # Errors
    /// Fails if a rule does not pass [`FaultRules::check`]; the old rules stay.
    pub fn set_rules(&self, rules: FaultRules) -> Result<(), FaultError> {
        rules.check()?;
        let mut state = self.state();
        state.rules = rules;
        state.counters = RuleCounters::default();
        self.refresh(&state);
        Ok(())
    }

    pub fn chaos_enabled(&self) -> bool {
        self.shared.chaos_enabled
    }

    pub fn chaos(&self) -> ChaosTriggers {
        self.state().chaos
    }

    /// Replaces the chaos triggers.
    ///
    /// # Errors
    /// Fails if a trigger is out of range; the old triggers stay.
    pub fn set_chaos(&self, chaos: ChaosTriggers) -> Result<(), ChaosError> {
        chaos.check()?;
        let mut state = self.state();
        state.chaos = chaos;
        self.refresh(&state);
        Ok(())
    }

    pub(super) fn active(&self) -> bool {
        self.shared.active.load(Ordering::Acquire)
    }

    /// The error reply of the stage's chaos trigger if it fires; `fraction` is a random number in `0.0..1.0`.
    pub(super) fn chance(&self, stage: FaultStage, fraction: impl FnOnce() -> f64) -> Option<String> {
        if !self.active() || !self.shared.chaos_enabled {
            return None;
        }
        let chaos = self.chaos();
        let (trigger, what) = match stage {
            FaultStage::Mail => (chaos.sender, "sender"),
            FaultStage::Rcpt => (chaos.recipient, "recipient"),
            FaultStage::Auth => (chaos.authentication, "authentication"),
            FaultStage::Connect | FaultStage::Ehlo | FaultStage::Data | FaultStage::AfterData => return None,
        };
        trigger.fires(fraction()).then(|| format!("{} Chaos {what} error", trigger.error_code))
    }

    /// The combined decision of all matching rules; counts their attempts.
    pub(super) fn decide(&self, context: &FaultContext<'_>) -> FaultDecision {
        if !self.active() {
            return FaultDecision::default();
        }
        let RuleState { rules, counters, .. } = &mut *self.state();
        let mut decision = FaultDecision::default();
        for (index, rule) in rules.rules.iter().enumerate() {
            if decision.end.is_none() && rule.action.stage() == context.stage {
                apply_rule(rule, index, context, counters, &mut decision);
            }
        }
        decision
    }

    fn refresh(&self, state: &RuleState) {
        let active = !state.rules.rules.is_empty() || state.chaos != ChaosTriggers::default();
        self.shared.active.store(active, Ordering::Release);
    }

    /// Recovers from a poisoned lock: every intermediate state is valid.
    fn state(&self) -> MutexGuard<'_, RuleState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault_decision::{FaultEnd, MessageText};
    use super::*;
    use std::time::Duration;

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
            faults.decide(&FaultContext {
                stage: self.stage,
                client: "127.0.0.1",
                sender: &self.sender,
                recipients: &self.recipients,
                message: &MessageText::new(self.message.as_bytes()),
            })
        }
    }

    fn code(decision: &FaultDecision) -> &str {
        match &decision.end {
            Some(FaultEnd::Reply(reply)) => reply.split(' ').next().unwrap(),
            Some(FaultEnd::Drop) => "drop",
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
        assert_eq!(hit.end, Some(FaultEnd::Reply("550 5.1.1 No such user".into())));
        assert_eq!(code(&at(FaultStage::Rcpt, "a@b.c", "x@y.z", "").decide(&faults)), "");
        assert_eq!(code(&at(FaultStage::Data, "a@b.c", "bounce+1@x.y", "").decide(&faults)), "");
    }

    #[test]
    fn attempts_are_counted_per_recipient_and_reset_by_new_rules() {
        let rules =
            r#"{"rules":[{"match":{"attempt":{"to":2}},"action":{"reply":{"stage":"after-data","code":451}}}]}"#;
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
        for header in ["subject: 김철수 Café", "Subject:김철수", "x-a:  ONE two", "=?utf-8?b?6rma", "X-A:\\tone"]
        {
            assert!(matches(&format!(r#"{{"header":"{header}"}}"#), coded), "{header}");
        }
        for body in ["안녕 BOOM", "7jwi64wv"] {
            assert!(matches(&format!(r#"{{"body":"{body}"}}"#), coded), "{body}");
        }
        let folded =
            "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>half=\r\n way</p>";
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
            assert_eq!(faults.chance(FaultStage::Mail, || 0.9), reply);
            assert_eq!(faults.chance(FaultStage::Rcpt, || 0.0), None);
        }
    }
}
