//! What the fault rules say about a moment of a session: pure, the same for the same question.

use std::cell::OnceCell;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::mail::parsed::Parsed;

use super::body::header_end;
use super::faults::{Action, Attempts, Rule, Stage, When};

/// Most attempt counters at a time; the oldest are forgotten.
const MAX_COUNTERS: usize = 10_000;
/// How a rule names the null reverse-path of bounces.
const NULL_SENDER: &str = "<>";
/// Bytes of a message that conditions are looked for in.
const MAX_SEARCHED: usize = 1024 * 1024;

/// A moment of a session, as far as it is known by then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    pub stage: Stage,
    pub client: &'a str,
    pub sender: &'a str,
    /// At rcpt the one being named, later all of them.
    pub recipients: &'a [String],
    pub message: &'a Content<'a>,
}

/// A message's content, read when the first rule asks for it.
#[derive(Debug, Default)]
pub(super) struct Content<'a> {
    bytes: &'a [u8],
    /// Header and body, in the two ways a text can be meant: decoded, and as it came.
    halves: OnceCell<[Vec<String>; 2]>,
}

impl<'a> Content<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Content { bytes: bytes.get(..MAX_SEARCHED).unwrap_or(bytes), halves: OnceCell::new() }
    }

    fn halves(&self) -> &[Vec<String>; 2] {
        self.halves.get_or_init(|| {
            let end = header_end(self.bytes, 0).unwrap_or(self.bytes.len());
            let (header, body) = self.bytes.split_at(end);
            let raw = |bytes| String::from_utf8_lossy(bytes).to_lowercase();
            let parsed = Parsed::read(self.bytes);
            let fields =
                parsed.headers.iter().map(|field| format!("{}: {}\n", field.name, Parsed::decoded(&field.value)));
            let fields = fields.collect::<String>().to_lowercase();
            [vec![fields, raw(header)], vec![parsed.text.to_lowercase(), parsed.html.to_lowercase(), raw(body)]]
        })
    }

    /// `Subject:x` and `Subject:  x` name a field and its value as `Subject: x` does.
    fn header_has(&self, wanted: &str) -> bool {
        let spaced = wanted.split_once(':').map(|(name, value)| format!("{name}: {}", value.trim_start()));
        let [header, _] = self.halves();
        [Some(wanted.to_owned()), spaced].into_iter().flatten().any(|wanted| has(header, &wanted))
    }

    fn body_has(&self, wanted: &str) -> bool {
        let [_, body] = self.halves();
        has(body, wanted)
    }
}

fn has(texts: &[String], wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    texts.iter().any(|text| text.contains(&wanted))
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
    let fits = sender
        && when.header.as_ref().is_none_or(|wanted| moment.message.header_has(wanted))
        && when.body.as_ref().is_none_or(|wanted| moment.message.body_has(wanted));
    fits.then_some(recipient)
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
