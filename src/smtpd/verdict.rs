//! What the fault rules say about a moment of a session: pure, the same for the same question.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::body::header_end;
use super::faults::{Action, Attempts, Rule, Stage, When};

/// Most attempt counters at a time; the oldest are forgotten.
const MAX_COUNTERS: usize = 10_000;
/// How a rule names the null reverse-path of bounces.
const NULL_SENDER: &str = "<>";
/// Bytes of a body that conditions are looked for in.
const MAX_SEARCHED: usize = 1024 * 1024;

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

pub(super) fn apply(rule: &Rule, index: usize, moment: &Moment<'_>, counters: &mut Counters, verdict: &mut Verdict) {
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
    let sender = when.sender.as_ref().is_none_or(|pattern| match pattern.as_str() {
        NULL_SENDER => moment.sender.is_empty(),
        pattern => fits(pattern, moment.sender),
    });
    let end = header_end(moment.message, 0).unwrap_or(moment.message.len());
    let (header, body) = moment.message.split_at(end);
    let body = body.get(..MAX_SEARCHED).unwrap_or(body);
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
pub(super) struct Counters {
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
}
