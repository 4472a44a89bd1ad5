//! Decides which fault rule matches at a point of a session: pure and deterministic.

use std::cell::OnceCell;
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::time::Duration;

use crate::mail::parse::ParsedMessage;

use super::body::header_end;
use super::faults::{Action, Attempts, Criterion, FaultCondition, FaultRule, FaultStage};

/// Most attempt counters at a time; the oldest are dropped.
const MAX_COUNTERS: usize = 10_000;
/// The pattern for the null reverse-path of bounces.
const NULL_SENDER: &str = "<>";
/// How many bytes of a message conditions search.
const MAX_SEARCHED: usize = 1024 * 1024;

/// Why a message is discarded, after the word `discarded`.
const BY_A_RULE: &str = " by a fault rule";

/// What is known of a session at a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct FaultContext<'a> {
    pub stage: FaultStage,
    pub client: &'a str,
    pub sender: &'a str,
    /// The recipient of the command at rcpt; all recipients at later stages.
    pub recipients: &'a [String],
    pub message: &'a MessageText<'a>,
}

/// The text of a message, parsed when the first rule needs it.
#[derive(Debug, Default)]
pub(super) struct MessageText<'a> {
    bytes: &'a [u8],
    /// Header and body, each decoded and as received, in lower case.
    halves: OnceCell<[Vec<String>; 2]>,
}

impl<'a> MessageText<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        MessageText { bytes: bytes.get(..MAX_SEARCHED).unwrap_or(bytes), halves: OnceCell::new() }
    }

    fn header_and_body(&self) -> &[Vec<String>; 2] {
        self.halves.get_or_init(|| {
            let end = header_end(self.bytes, 0).unwrap_or(self.bytes.len());
            let (header, body) = self.bytes.split_at(end);
            let raw = |bytes| String::from_utf8_lossy(bytes).to_lowercase();
            let parsed = ParsedMessage::read(self.bytes);
            let fields = parsed
                .headers
                .iter()
                .map(|field| format!("{}: {}\n", field.name, ParsedMessage::decoded(&field.value)));
            let fields = fields.collect::<String>().to_lowercase();
            [vec![fields, raw(header)], vec![parsed.text.to_lowercase(), parsed.html.to_lowercase(), raw(body)]]
        })
    }

    /// True if the header contains `wanted`. `Subject:x` and `Subject:  x` mean the same as `Subject: x`.
    fn header_has(&self, wanted: &str) -> bool {
        let spaced = wanted.split_once(':').map(|(name, value)| format!("{name}: {}", value.trim_start()));
        let [header, _] = self.header_and_body();
        [Some(wanted.to_owned()), spaced].into_iter().flatten().any(|wanted| contains(header, &wanted))
    }

    fn body_has(&self, wanted: &str) -> bool {
        let [_, body] = self.header_and_body();
        contains(body, wanted)
    }
}

fn contains(texts: &[String], wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    texts.iter().any(|text| text.contains(&wanted))
}

/// What the matching rules do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FaultDecision {
    pub delay: Duration,
    /// Bytes per second at which the message is read.
    pub throttle: Option<u32>,
    /// What happens instead of the ordinary reply.
    pub instead: Option<Instead>,
    /// The rule or trigger that decided, for the transcript.
    pub cause: String,
}

/// What happens instead of the ordinary reply to a command or a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Instead {
    Reply(String),
    Drop,
    /// The message gets 250 and is not stored. The reply continues `discarded` with this text.
    Discard(&'static str),
}

/// Counts an attempt of `rule` if its condition matches, and adds its action to `decision`. Breaks if no later rule
/// applies.
pub(super) fn apply_rule(
    rule: &FaultRule,
    index: usize,
    context: &FaultContext<'_>,
    counters: &mut RuleCounters,
    decision: &mut FaultDecision,
) -> ControlFlow<()> {
    let Some(recipient) = matching(&rule.when, context) else { return ControlFlow::Continue(()) };
    let key = match (context.stage, &rule.action) {
        (_, Action::Greylist {}) => format!("{} {recipient}", context.sender),
        (FaultStage::Connect | FaultStage::Ehlo | FaultStage::Auth, _) => context.client.to_owned(),
        (FaultStage::Mail, _) => context.sender.to_owned(),
        (FaultStage::Rcpt | FaultStage::Data | FaultStage::AfterData, _) => recipient.to_owned(),
    };
    let attempt = counters.count((index, context.stage, key.to_lowercase()));
    if rule.when.attempt.as_ref().is_some_and(|wanted| !wanted.holds(|attempts| attempts.include(attempt))) {
        return ControlFlow::Continue(());
    }
    if !matches!(rule.action, Action::Greylist {}) || attempt == 1 {
        counters.hit(index);
    }
    decision.instead = match &rule.action {
        Action::Reply { code, text, .. } => Some(Instead::Reply(reply(*code, text.as_deref(), rule))),
        Action::Greylist {} if attempt == 1 => {
            Some(Instead::Reply("450 4.7.1 Greylisted by a fault rule, try again".to_owned()))
        }
        Action::Drop { .. } => Some(Instead::Drop),
        Action::Discard {} => Some(Instead::Discard(BY_A_RULE)),
        Action::Accept { .. } => None,
        Action::Delay { .. } | Action::Throttle { .. } | Action::Greylist {} => {
            decision.slow_down(&rule.action);
            return ControlFlow::Continue(());
        }
    };
    decision.cause = cause(index, rule);
    ControlFlow::Break(())
}

impl FaultDecision {
    /// Delays add up; the slowest rate counts.
    fn slow_down(&mut self, action: &Action) {
        match action {
            Action::Delay { milliseconds, .. } => self.delay += Duration::from_millis(*milliseconds),
            Action::Throttle { bytes_per_second } => {
                self.throttle = Some(self.throttle.map_or(*bytes_per_second, |old| old.min(*bytes_per_second)));
            }
            _ => {}
        }
    }
}

/// The rule as transcripts name it. Its name is quoted, since it may contain any characters.
fn cause(index: usize, rule: &FaultRule) -> String {
    let name = rule.name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
    format!("fault rule {}{name}", index + 1)
}

fn reply(code: u16, text: Option<&str>, rule: &FaultRule) -> String {
    match (text, &rule.name) {
        (Some(text), _) => format!("{code} {text}"),
        (None, Some(name)) if name.is_ascii() && !name.contains(|c: char| c.is_control()) => {
            format!("{code} {}.0.0 Refused by the fault rule {name:.200}", code / 100)
        }
        (None, _) => format!("{code} {}.0.0 Refused by a fault rule", code / 100),
    }
}

/// The recipient for which the condition matches, or `None` without a match. A condition without a recipient gives the
/// first one.
fn matching<'a>(when: &FaultCondition, context: &FaultContext<'a>) -> Option<&'a str> {
    let find = |pattern: &String| context.recipients.iter().find(|recipient| matches_pattern(pattern, recipient));
    let sender = |pattern: &String| match pattern.as_str() {
        NULL_SENDER => context.sender.is_empty(),
        pattern => matches_pattern(pattern, context.sender),
    };
    let all = holds(when.recipient.as_ref(), |pattern| find(pattern).is_some())
        && holds(when.sender.as_ref(), sender)
        && holds(when.header.as_ref(), |wanted| context.message.header_has(wanted))
        && holds(when.body.as_ref(), |wanted| context.message.body_has(wanted));
    let recipient = match &when.recipient {
        Some(Criterion::Is(pattern)) => find(pattern),
        _ => context.recipients.first(),
    };
    all.then(|| recipient.map_or("", String::as_str))
}

fn holds<T>(criterion: Option<&Criterion<T>>, test: impl FnOnce(&T) -> bool) -> bool {
    criterion.is_none_or(|criterion| criterion.holds(test))
}

/// True if `text` matches `pattern`, in which `*` stands for any characters. Pieces are searched in order, so the time
/// is linear in practice.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let Some((middle, end)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    for piece in middle.split('*') {
        match text.split_once(piece) {
            Some((_, after)) if !piece.is_empty() => text = after,
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

/// A rule's index, the stage, and what the rule counts there.
type CounterKey = (usize, FaultStage, String);

/// Counts attempts per rule, stage and key.
#[derive(Debug, Default)]
pub(super) struct RuleCounters {
    counts: HashMap<CounterKey, u32>,
    order: VecDeque<CounterKey>,
    /// How often each rule was applied, by its index.
    hits: HashMap<usize, u64>,
}

impl RuleCounters {
    fn hit(&mut self, index: usize) {
        let hits = self.hits.entry(index).or_default();
        *hits = hits.saturating_add(1);
    }

    pub(super) fn hits(&self, index: usize) -> u64 {
        self.hits.get(&index).copied().unwrap_or_default()
    }

    fn count(&mut self, key: CounterKey) -> u32 {
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

    #[test]
    fn a_new_counter_replaces_the_oldest_at_the_limit() {
        let mut counters = RuleCounters::default();
        for n in 0..=MAX_COUNTERS {
            counters.count((0, FaultStage::Rcpt, n.to_string()));
        }
        assert_eq!((counters.counts.len(), counters.order.len()), (MAX_COUNTERS, MAX_COUNTERS));
        let mut count = |key: &str| counters.count((0, FaultStage::Rcpt, key.into()));
        assert_eq!((count("0"), count("2")), (1, 2));
    }

    #[test]
    fn only_the_star_is_special_in_a_pattern() {
        for (pattern, text) in
            [("*", ""), ("a*", "abc"), ("*C", "abc"), ("a*b*c", "aXbYbc"), ("*b*", "abc"), ("a", "A")]
        {
            assert!(matches_pattern(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a*a", "a"), ("a*b*c", "acb"), ("", "a"), ("a.c", "abc"), ("**x", "y"), ("*ab*b", "ab")]
        {
            assert!(!matches_pattern(pattern, text), "{pattern} {text}");
        }
    }
}
