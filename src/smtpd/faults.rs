//! Fault rules, for testing retries, bounces and timeouts: data that gives the same outcome for the same conversation
//! every time.
//!
//! A rule has a condition (`match`) and an `action`. Attempts are counted per rule and recipient (at the stages rcpt,
//! data and after-data), per rule and sender (mail), or per rule and client address (connect, ehlo, auth).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// Most rules at a time.
const MAX_RULES: usize = 100;
/// Longest pattern, name or content condition, in bytes.
const MAX_TEXT: usize = 1024;
/// Longest reply text, in bytes, so that the line stays within RFC 5321 §4.5.3.1.5.
const MAX_REPLY: usize = 400;
/// Longest delay, in milliseconds: longer than the timeouts of clients.
pub const MAX_DELAY: u64 = 15 * 60 * 1000;

/// The JSON document that the API reads and writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRules {
    pub rules: Vec<FaultRule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// A name for people, shown in the default reply text and so in transcripts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, rename = "match")]
    pub when: FaultCondition,
    #[serde(deserialize_with = "read_action", serialize_with = "write_action")]
    pub action: Action,
}

/// Reads an action. `"discard"` is short for `{"discard": {}}`.
fn read_action<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Action, D::Error> {
    let value = match Value::deserialize(deserializer)? {
        Value::String(name) => Value::Object(Map::from_iter([(name, Value::Object(Map::new()))])),
        value => value,
    };
    serde_json::from_value(value).map_err(de::Error::custom)
}

/// Writes an action, in its short form if it has no parameters.
fn write_action<S: Serializer>(action: &Action, serializer: S) -> Result<S::Ok, S::Error> {
    match action {
        Action::Greylist {} => serializer.serialize_str("greylist"),
        Action::Discard {} => serializer.serialize_str("discard"),
        Action::Accept { stage: None } => serializer.serialize_str("accept"),
        _ => action.serialize(serializer),
    }
}

/// The condition of a rule: every field that is set must match. Without fields it matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultCondition {
    /// Pattern in which `*` matches any characters, case-insensitive. One matching recipient is enough; the negation
    /// holds if no recipient matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Criterion<String>>,
    /// The same kind of pattern for the envelope sender; `<>` is the null sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Criterion<String>>,
    /// Text that occurs in the header section, case-insensitive: in a field as `Name: value`, unfolded and decoded, or
    /// in the bytes as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Criterion<String>>,
    /// Text that occurs in the decoded text or HTML of the message, or in the bytes after the header section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Criterion<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Criterion<Attempts>>,
}

/// One key of a condition: a value, or `{"not": value}` for its negation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields, expecting = "expected a value or {\"not\": value}")]
pub enum Criterion<T> {
    Is(T),
    Not { not: T },
}

impl<T> Criterion<T> {
    fn value(&self) -> &T {
        match self {
            Criterion::Is(value) | Criterion::Not { not: value } => value,
        }
    }

    /// True if `test` holds for the value, or does not hold for a negated one.
    pub(super) fn holds(&self, test: impl FnOnce(&T) -> bool) -> bool {
        match self {
            Criterion::Is(value) => test(value),
            Criterion::Not { not } => !test(not),
        }
    }
}

/// One attempt (`2`) or a range (`{"from": 1, "to": 3}`, both optional), counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Attempts {
    One(u32),
    Range {
        #[serde(default = "first")]
        from: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<u32>,
    },
}

fn first() -> u32 {
    1
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Refuse with `code`, 400 to 599; `text` may begin with an enhanced status code.
    Reply {
        stage: FaultStage,
        code: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// Wait before the reply.
    Delay { stage: FaultStage, milliseconds: u64 },
    /// Read the message no faster than this.
    Throttle { bytes_per_second: u32 },
    /// Close the connection without a reply.
    Drop { stage: FaultStage },
    /// Refuse the first attempt of each pair of sender and recipient with 450; accept later ones.
    Greylist {},
    /// Apply no later rule: at this stage, or at every stage at which the condition can be checked.
    Accept {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<FaultStage>,
    },
    /// Reply 250 to the message and store nothing.
    Discard {},
}

/// The stage of a session at which a fault applies: `data` before the reply to DATA or BDAT, `after-data` before the
/// reply to the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultStage {
    Connect,
    Ehlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    AfterData,
}

/// Why rules are invalid. A rule is named by its position in the list, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    #[error("at most {MAX_RULES} rules are allowed")]
    TooMany,
    #[error("rule {0}: a text is empty or longer than {MAX_TEXT} bytes")]
    Text(usize),
    #[error("rule {0}: code must be between 400 and 599")]
    Code(usize),
    #[error("rule {0}: the reply text must be one line of at most {MAX_REPLY} printable ASCII characters")]
    Reply(usize),
    #[error("rule {0}: milliseconds must be between 1 and {MAX_DELAY}")]
    Delay(usize),
    #[error("rule {0}: bytes_per_second must be at least 1")]
    Throttle(usize),
    #[error("rule {0}: attempts are counted from 1, and \"to\" is not below \"from\"")]
    Attempt(usize),
    #[error(
        "rule {0}: a pattern cannot begin with \"!\"; a negated pattern is written as {{\"not\": \"*@example.com\"}}"
    )]
    Negation(usize),
    #[error("rule {0}: {1} is not known yet at that stage")]
    TooEarly(usize, &'static str),
}

impl FaultRules {
    /// # Errors
    /// Fails on the first rule that is out of bounds or could never match.
    pub fn check(&self) -> Result<(), FaultError> {
        if self.rules.len() > MAX_RULES {
            return Err(FaultError::TooMany);
        }
        self.rules.iter().enumerate().try_for_each(|(index, rule)| rule.check(index + 1))
    }
}

impl FaultRule {
    fn check(&self, number: usize) -> Result<(), FaultError> {
        let when = &self.when;
        let patterns = || [&when.recipient, &when.sender].into_iter().flatten().map(Criterion::value);
        let content = [&when.header, &when.body].into_iter().flatten().map(Criterion::value);
        if self.name.iter().chain(patterns()).chain(content).any(|text| text.is_empty() || text.len() > MAX_TEXT) {
            return Err(FaultError::Text(number));
        }
        if patterns().any(|pattern| pattern.starts_with('!')) {
            return Err(FaultError::Negation(number));
        }
        let valid = match when.attempt.as_ref().map(Criterion::value) {
            None => true,
            Some(Attempts::One(attempt)) => *attempt > 0,
            Some(Attempts::Range { from, to }) => *from > 0 && to.is_none_or(|to| to >= *from),
        };
        if !valid {
            return Err(FaultError::Attempt(number));
        }
        self.action.check(number)?;
        self.check_stage(number)
    }

    /// Rejects a condition on data that is not known yet at the rule's stage: such a rule would never match.
    fn check_stage(&self, number: usize) -> Result<(), FaultError> {
        let (known_from, what) = self.when.known_from();
        match self.action.stage() {
            Some(stage) if stage < known_from => Err(FaultError::TooEarly(number, what)),
            _ => Ok(()),
        }
    }

    /// True if the rule can match at `stage`.
    pub(super) fn applies_at(&self, stage: FaultStage) -> bool {
        match self.action.stage() {
            Some(own) => own == stage,
            None => self.when.known_from().0 <= stage,
        }
    }
}

impl FaultCondition {
    /// The first stage at which everything is known that the condition needs, and what becomes known there.
    fn known_from(&self) -> (FaultStage, &'static str) {
        match self {
            _ if self.header.is_some() || self.body.is_some() => (FaultStage::AfterData, "the content"),
            _ if self.recipient.is_some() => (FaultStage::Rcpt, "the recipient"),
            _ if self.sender.is_some() => (FaultStage::Mail, "the sender"),
            _ => (FaultStage::Connect, "the client"),
        }
    }
}

impl Action {
    fn check(&self, number: usize) -> Result<(), FaultError> {
        match self {
            Action::Reply { code, .. } if !(400..=599).contains(code) => Err(FaultError::Code(number)),
            Action::Reply { text: Some(text), .. } => {
                let valid = text.len() <= MAX_REPLY && text.bytes().all(|b| (b' '..=b'~').contains(&b));
                if valid { Ok(()) } else { Err(FaultError::Reply(number)) }
            }
            Action::Delay { milliseconds, .. } if !(1..=MAX_DELAY).contains(milliseconds) => {
                Err(FaultError::Delay(number))
            }
            Action::Throttle { bytes_per_second: 0 } => Err(FaultError::Throttle(number)),
            Action::Reply { .. } | Action::Delay { .. } | Action::Throttle { .. } => Ok(()),
            Action::Drop { .. } | Action::Greylist {} | Action::Accept { .. } | Action::Discard {} => Ok(()),
        }
    }

    /// The stage at which the action happens; `None` for every stage.
    fn stage(&self) -> Option<FaultStage> {
        match self {
            Action::Reply { stage, .. } | Action::Delay { stage, .. } | Action::Drop { stage } => Some(*stage),
            Action::Throttle { .. } => Some(FaultStage::Data),
            Action::Greylist {} => Some(FaultStage::Rcpt),
            Action::Discard {} => Some(FaultStage::AfterData),
            Action::Accept { stage } => *stage,
        }
    }
}
