//! What the fault rules say about a moment of a session, and the handle that holds them at run time.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::chaos::{ChaosError, ChaosTriggers};
use super::faults::{Action, Attempts, FaultError, FaultRules, Rule, Stage, When};

/// Most attempt counters at a time; the oldest are forgotten.
const MAX_COUNTERS: usize = 10_000;

/// The rules in force: one handle for the API, which changes them, and the sessions, which obey. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Spares every command of every session a lock while there is nothing to obey.
    active: AtomicBool,
    chaos_enabled: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: FaultRules,
    counters: Counters,
    chaos: ChaosTriggers,
}

/// A moment of a session, as far as it is known by then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    pub stage: Stage,
    pub client: &'a str,
    pub sender: &'a str,
    /// At rcpt the one being named, later all of them.
    pub recipients: &'a [String],
    pub message: &'a [u8],
}

/// What to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub delay: Duration,
    /// Bytes per second for the message.
    pub throttle: Option<u32>,
    pub end: Option<End>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Reply(String),
    Drop,
}

impl Faults {
    /// `chaos` says whether Mailpit's triggers may be set at all.
    pub fn new(chaos: bool) -> Self {
        Faults { shared: Arc::new(Shared { chaos_enabled: chaos, ..Shared::default() }) }
    }

    pub fn rules(&self) -> FaultRules {
        self.state().rules.clone()
    }

    /// Replaces all rules; attempts are counted anew.
    ///
    /// # Errors
    /// When a rule does not pass [`FaultRules::check`]; the old ones stay.
    pub fn set_rules(&self, rules: FaultRules) -> Result<(), FaultError> {
        rules.check()?;
        let mut state = self.state();
        state.rules = rules;
        state.counters = Counters::default();
        self.refresh(&state);
        Ok(())
    }

    pub fn chaos_enabled(&self) -> bool {
        self.shared.chaos_enabled
    }

    pub fn chaos(&self) -> ChaosTriggers {
        self.state().chaos
    }

    /// # Errors
    /// When a trigger is out of range; the old ones stay.
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

    /// The error that chance wants at this stage; `fraction` is a random number in `0.0..1.0`.
    pub(super) fn chance(&self, stage: Stage, fraction: impl FnOnce() -> f64) -> Option<String> {
        if !self.active() || !self.shared.chaos_enabled {
            return None;
        }
        let chaos = self.chaos();
        let (trigger, what) = match stage {
            Stage::Mail => (chaos.sender, "sender"),
            Stage::Rcpt => (chaos.recipient, "recipient"),
            Stage::Auth => (chaos.authentication, "authentication"),
            Stage::Connect | Stage::Ehlo | Stage::Data | Stage::AfterData => return None,
        };
        trigger.fires(fraction()).then(|| format!("{} Chaos {what} error", trigger.error_code))
    }

    pub(super) fn judge(&self, moment: &Moment<'_>) -> Verdict {
        if !self.active() {
            return Verdict::default();
        }
        let State { rules, counters, .. } = &mut *self.state();
        let mut verdict = Verdict::default();
        for (index, rule) in rules.rules.iter().enumerate() {
            if verdict.end.is_none() && rule.action.stage() == moment.stage {
                apply(rule, index, moment, counters, &mut verdict);
            }
        }
        verdict
    }

    fn refresh(&self, state: &State) {
        let active = !state.rules.rules.is_empty() || state.chaos != ChaosTriggers::default();
        self.shared.active.store(active, Ordering::Release);
    }

    /// A poisoned lock is taken over: every state in between is a valid one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apply(rule: &Rule, index: usize, moment: &Moment<'_>, counters: &mut Counters, verdict: &mut Verdict) {
    let Some(recipient) = matching(&rule.when, moment) else { return };
    let key = match (moment.stage, &rule.action) {
        (_, Action::Greylist) => format!("{} {recipient}", moment.sender),
        (Stage::Connect | Stage::Ehlo | Stage::Auth, _) => moment.client.to_owned(),
        (Stage::Mail, _) => moment.sender.to_owned(),
        (Stage::Rcpt | Stage::Data | Stage::AfterData, _) => recipient.to_owned(),
    };
    let attempt = counters.count((index, key.to_lowercase()));
    if !rule.when.attempt.is_none_or(|attempts| attempts.include(attempt)) {
        return;
    }
    match &rule.action {
        Action::Reply { code, text, .. } => verdict.end = Some(End::Reply(reply(*code, text.as_deref(), rule))),
        Action::Delay { milliseconds, .. } => verdict.delay += Duration::from_millis(*milliseconds),
        Action::Throttle { bytes_per_second } => {
            verdict.throttle = Some(verdict.throttle.map_or(*bytes_per_second, |old| old.min(*bytes_per_second)));
        }
        Action::Drop { .. } => verdict.end = Some(End::Drop),
        Action::Greylist if attempt == 1 => {
            verdict.end = Some(End::Reply("450 4.7.1 Greylisted by a fault rule, try again".to_owned()));
        }
        Action::Greylist => {}
    }
}

fn reply(code: u16, text: Option<&str>, rule: &Rule) -> String {
    match (text, &rule.name) {
        (Some(text), _) => format!("{code} {text}"),
        (None, Some(name)) if name.is_ascii() && !name.contains(|c: char| c.is_control()) => {
            format!("{code} {}.0.0 Refused by the fault rule {name:.200}", code / 100)
        }
        (None, _) => format!("{code} {}.0.0 Refused by a fault rule", code / 100),
    }
}

/// The recipient for whose sake the conditions hold (the first when no recipient is asked for), or `None`.
fn matching<'a>(when: &When, moment: &Moment<'a>) -> Option<&'a str> {
    let recipient = match &when.recipient {
        Some(pattern) => moment.recipients.iter().find(|recipient| fits(pattern, recipient))?,
        None => moment.recipients.first().map_or("", String::as_str),
    };
    let sender = when.sender.as_ref().is_none_or(|pattern| fits(pattern, moment.sender));
    let end = memchr::memmem::find(moment.message, b"\r\n\r\n").unwrap_or(moment.message.len());
    let (header, body) = moment.message.split_at(end);
    let content = contains(header, when.header.as_deref()) && contains(body, when.body.as_deref());
    (sender && content).then_some(recipient)
}

fn contains(text: &[u8], wanted: Option<&str>) -> bool {
    wanted
        .is_none_or(|wanted| text.windows(wanted.len().max(1)).any(|part| part.eq_ignore_ascii_case(wanted.as_bytes())))
}

/// `*` stands for any run of characters. Linear in practice: each piece is looked for behind the last.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let Some((middle, end)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    for piece in middle.split('*') {
        match text.split_once(piece) {
            Some((_, behind)) if !piece.is_empty() => text = behind,
            Some(_) => {}
            None => return false,
        }
    }
    text.ends_with(end)
}

impl Attempts {
    fn include(self, attempt: u32) -> bool {
        match self {
            Attempts::One(one) => attempt == one,
            Attempts::Range { from, to } => attempt >= from && to.is_none_or(|to| attempt <= to),
        }
    }
}

/// How often each rule met each key.
#[derive(Debug, Default)]
struct Counters {
    counts: HashMap<(usize, String), u32>,
    order: VecDeque<(usize, String)>,
}

impl Counters {
    fn count(&mut self, key: (usize, String)) -> u32 {
        if let Some(count) = self.counts.get_mut(&key) {
            *count = count.saturating_add(1);
            return *count;
        }
        if self.order.len() >= MAX_COUNTERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.counts.insert(key, 1);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &str) -> Faults {
        let faults = Faults::new(true);
        faults.set_rules(serde_json::from_str(rules).unwrap()).unwrap();
        faults
    }

    fn at(stage: Stage, sender: &str, recipient: &str, message: &str) -> Owned {
        Owned { stage, sender: sender.into(), recipients: vec![recipient.into()], message: message.into() }
    }

    /// An owned [`Moment`].
    struct Owned {
        stage: Stage,
        sender: String,
        recipients: Vec<String>,
        message: String,
    }

    impl Owned {
        fn ask(&self, faults: &Faults) -> Verdict {
            faults.judge(&Moment {
                stage: self.stage,
                client: "127.0.0.1",
                sender: &self.sender,
                recipients: &self.recipients,
                message: self.message.as_bytes(),
            })
        }
    }

    fn code(verdict: &Verdict) -> &str {
        match &verdict.end {
            Some(End::Reply(reply)) => reply.split(' ').next().unwrap(),
            Some(End::Drop) => "drop",
            None => "",
        }
    }

    #[test]
    fn a_rule_strikes_at_its_stage_and_recipient_only() {
        let faults = faults(
            r#"{"rules":[{"match":{"recipient":"bounce+*@*"},
                "action":{"reply":{"stage":"rcpt","code":550,"text":"5.1.1 No such user"}}}]}"#,
        );
        let hit = at(Stage::Rcpt, "a@b.c", "Bounce+1@x.y", "").ask(&faults);
        assert_eq!(hit.end, Some(End::Reply("550 5.1.1 No such user".into())));
        assert_eq!(code(&at(Stage::Rcpt, "a@b.c", "x@y.z", "").ask(&faults)), "");
        assert_eq!(code(&at(Stage::Data, "a@b.c", "bounce+1@x.y", "").ask(&faults)), "");
    }

    #[test]
    fn attempts_are_counted_for_each_recipient_and_anew_with_new_rules() {
        let rules =
            r#"{"rules":[{"match":{"attempt":{"to":2}},"action":{"reply":{"stage":"after-data","code":451}}}]}"#;
        let faults = faults(rules);
        let try_it = |who: &str| code(&at(Stage::AfterData, "", who, "").ask(&faults)).to_owned();
        assert_eq!([try_it("a@b"), try_it("A@b"), try_it("a@b"), try_it("c@d")], ["451", "451", "", "451"]);
        faults.set_rules(serde_json::from_str(rules).unwrap()).unwrap();
        assert_eq!(try_it("a@b"), "451");
    }

    #[test]
    fn content_is_looked_for_in_its_own_half() {
        let faults = faults(
            r#"{"rules":[{"match":{"header":"subject: BOOM"},"action":{"reply":{"stage":"after-data","code":554}}},
                {"match":{"body":"boom"},"action":{"drop":{"stage":"after-data"}}}]}"#,
        );
        let ask = |message: &str| code(&at(Stage::AfterData, "", "a@b", message).ask(&faults)).to_owned();
        assert_eq!(ask("Subject: boom\r\n\r\nhello"), "554");
        assert_eq!(ask("Subject: hello\r\n\r\nBoom"), "drop");
        assert_eq!(ask("Subject: hello\r\n\r\nhello"), "");
    }

    #[test]
    fn delays_add_up_and_the_slowest_throttle_wins() {
        let faults = faults(
            r#"{"rules":[{"action":{"delay":{"stage":"data","milliseconds":10}}},{"action":{"throttle":{"bytes_per_second":9}}},
                {"action":{"delay":{"stage":"data","milliseconds":5}}},{"action":{"throttle":{"bytes_per_second":99}}}]}"#,
        );
        let verdict = at(Stage::Data, "", "a@b", "").ask(&faults);
        assert_eq!((verdict.delay, verdict.throttle), (Duration::from_millis(15), Some(9)));
    }

    #[test]
    fn greylisting_refuses_each_pair_once() {
        let faults = faults(r#"{"rules":[{"match":{"recipient":"*@slow"},"action":"greylist"}]}"#);
        let ask = |from: &str, to: &str| code(&at(Stage::Rcpt, from, to, "").ask(&faults)).to_owned();
        assert_eq!(
            [ask("a", "x@slow"), ask("a", "x@slow"), ask("b", "x@slow"), ask("a", "x@fast")],
            ["450", "", "450", ""]
        );
    }

    #[test]
    fn counters_forget_the_oldest_instead_of_growing() {
        let mut counters = Counters::default();
        for n in 0..=MAX_COUNTERS {
            counters.count((0, n.to_string()));
        }
        assert_eq!((counters.counts.len(), counters.order.len()), (MAX_COUNTERS, MAX_COUNTERS));
        assert_eq!((counters.count((0, "0".into())), counters.count((0, "2".into()))), (1, 2));
    }

    #[test]
    fn patterns_know_the_star_alone() {
        for (pattern, text) in
            [("*", ""), ("a*", "abc"), ("*C", "abc"), ("a*b*c", "aXbYbc"), ("*b*", "abc"), ("a", "A")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a*a", "a"), ("a*b*c", "acb"), ("", "a"), ("a.c", "abc"), ("**x", "y"), ("*ab*b", "ab")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
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
    fn chance_strikes_only_when_it_is_allowed_to() {
        let always = ChaosTriggers {
            sender: super::super::Trigger { error_code: 421, probability: 100 },
            ..ChaosTriggers::default()
        };
        for (enabled, reply) in [(true, Some("421 Chaos sender error".to_owned())), (false, None)] {
            let faults = Faults::new(enabled);
            faults.set_chaos(always).unwrap();
            assert_eq!(faults.chance(Stage::Mail, || 0.9), reply);
            assert_eq!(faults.chance(Stage::Rcpt, || 0.0), None);
        }
    }
}
