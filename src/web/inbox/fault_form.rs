//! The form of a fault rule: its fields, what is wrong with them, and the rule that they make.

use std::ops::RangeInclusive;

use rocket::form::FromForm;
use serde_json::{Map, Value, json};

use crate::i18n::{Arg, Locale};
use crate::smtpd::{FaultRule, MAX_DELAY};

/// The stages of a session, as the rules name them.
pub const STAGES: [&str; 7] = ["connect", "ehlo", "auth", "mail", "rcpt", "data", "after-data"];
/// The actions, as the rules name them.
pub const ACTIONS: [&str; 7] = ["reply", "delay", "throttle", "drop", "greylist", "accept", "discard"];

/// The fields of a rule; empty ones are left out.
#[derive(Clone, Debug, Default, FromForm)]
pub struct NewFault {
    #[field(default = String::new())]
    pub name: String,
    #[field(default = String::new())]
    pub recipient: String,
    #[field(default = String::new())]
    pub sender: String,
    /// The rule applies to the first attempts only: their number.
    #[field(default = String::new())]
    pub attempts: String,
    #[field(default = String::new())]
    pub action: String,
    #[field(default = String::new())]
    pub stage: String,
    #[field(default = String::new())]
    pub code: String,
    #[field(default = String::new())]
    pub text: String,
    /// Milliseconds of a delay, or bytes per second.
    #[field(default = String::new())]
    pub amount: String,
}

/// A field of the form that no rule can be made of.
pub enum FieldFlaw {
    /// The locale key of the field, and the numbers that fit into it.
    NotANumber(&'static str, RangeInclusive<i64>),
    /// The locale key of a list, with a value that it does not offer.
    NotListed(&'static str),
}

impl FieldFlaw {
    pub fn sentence(&self, locale: Locale) -> String {
        let (key, min, max) = match self {
            FieldFlaw::NotANumber(_, range) => ("fault-no-number", *range.start(), *range.end()),
            FieldFlaw::NotListed(_) => ("fault-not-listed", 0, 0),
        };
        let field = locale.text(self.field());
        let numbers = [("min", Arg::Number(min)), ("max", Arg::Number(max))];
        locale.text_with(key, &[[("field", field.as_str().into())].as_slice(), &numbers].concat())
    }

    /// The locale key of the field.
    pub fn field(&self) -> &'static str {
        match self {
            FieldFlaw::NotANumber(field, _) | FieldFlaw::NotListed(field) => field,
        }
    }
}

impl NewFault {
    /// The first field that is no number, or no choice of its list.
    pub fn flaw(&self) -> Option<FieldFlaw> {
        let number = |key, text: &str, range: RangeInclusive<i64>| {
            let fits = text.trim().parse().is_ok_and(|n: i64| range.contains(&n));
            (!fits).then_some(FieldFlaw::NotANumber(key, range))
        };
        let listed = |key, text: &str, list: &[&str]| (!list.contains(&text)).then_some(FieldFlaw::NotListed(key));
        let stage = || listed("fault-stage", &self.stage, &STAGES);
        let in_action = match self.action.as_str() {
            "reply" => stage().or_else(|| number("fault-code", &self.code, 400..=599)),
            "delay" => stage().or_else(|| number("fault-amount", &self.amount, 1..=MAX_DELAY.cast_signed())),
            "throttle" => number("fault-amount", &self.amount, 1..=i64::from(u32::MAX)),
            "drop" => stage(),
            other => listed("fault-action", other, &ACTIONS),
        };
        let has_attempts = !self.attempts.trim().is_empty();
        let attempts = || number("fault-attempts", &self.attempts, 1..=i64::from(u32::MAX)).filter(|_| has_attempts);
        in_action.or_else(attempts)
    }

    /// The form as it is first shown. `FromForm` has a `default` of its own.
    pub fn blank() -> Self {
        <NewFault as Default>::default()
    }

    /// The rule of the form. Its limits are checked with the other rules.
    pub fn rule(&self) -> Result<FaultRule, serde_json::Error> {
        let text = |value: &str| (!value.trim().is_empty()).then(|| Value::from(value.trim()));
        let number = |value: &str| value.trim().parse::<u64>().map_or_else(|_| Value::from(value.trim()), Value::from);
        let object = |pairs: [(&str, Option<Value>); 3]| {
            pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>()
        };
        let attempts = text(&self.attempts).map(|_| json!({ "to": number(&self.attempts) }));
        let when =
            object([("recipient", text(&self.recipient)), ("sender", text(&self.sender)), ("attempt", attempts)]);
        let stage = Value::from(self.stage.as_str());
        let action = match self.action.as_str() {
            "reply" => json!({ "reply": object([
                ("stage", Some(stage)), ("code", Some(number(&self.code))), ("text", text(&self.text)),
            ]) }),
            "delay" => json!({ "delay": { "stage": stage, "milliseconds": number(&self.amount) } }),
            "throttle" => json!({ "throttle": { "bytes_per_second": number(&self.amount) } }),
            "drop" => json!({ "drop": { "stage": stage } }),
            other => Value::from(other),
        };
        let rule = object([("name", text(&self.name)), ("match", Some(when.into())), ("action", Some(action))]);
        serde_json::from_value(rule.into())
    }
}
