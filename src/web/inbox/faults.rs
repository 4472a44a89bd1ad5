//! The page of the SMTP server's fault rules: a form for a rule, presets, hit counters, and the rules as JSON.

use askama::Template;
use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::response::content::RawHtml;
use rocket::response::{Redirect, Responder};
use rocket::{get, post};
use serde_json::{Map, Value, json};

use crate::i18n::{Arg, Locale};
use crate::smtpd::{FaultRule, FaultRules, FaultUpdateError, MAX_DELAY};

use super::super::error::WebError;
use super::layout::InboxLayout;
use super::page_context::{PageContext, rendered};

/// The stages of a session, as the rules name them.
const STAGES: [&str; 7] = ["connect", "ehlo", "auth", "mail", "rcpt", "data", "after-data"];
/// The actions, as the rules name them.
const ACTIONS: [&str; 7] = ["reply", "delay", "throttle", "drop", "greylist", "accept", "discard"];

/// Rules for frequent tests: name and JSON.
const PRESETS: [(&str, &str); 4] = [
    ("greylist", r#"{"name": "greylist", "action": "greylist"}"#),
    (
        "bounce",
        r#"{"name": "bounce", "match": {"recipient": "*@bounce.test"},
            "action": {"reply": {"stage": "rcpt", "code": 550, "text": "5.1.1 No such user"}}}"#,
    ),
    ("slow", r#"{"name": "slow", "action": {"delay": {"stage": "after-data", "milliseconds": 5000}}}"#),
    ("drop", r#"{"name": "drop", "action": {"drop": {"stage": "after-data"}}}"#),
];

#[derive(Template)]
#[template(path = "inbox/faults.html")]
struct FaultsPage {
    layout: InboxLayout,
    rows: Vec<FaultRow>,
    presets: Vec<(&'static str, String)>,
    form: NewFault,
    /// The text of the JSON form.
    json: String,
    /// Why the rules were refused.
    error: Option<String>,
}

struct FaultRow {
    name: String,
    /// The rule as JSON, which also names it in the form that removes it.
    json: String,
    hits: u64,
}

/// The fields of a rule; empty ones are left out.
#[derive(Clone, Debug, Default, FromForm)]
pub struct NewFault {
    #[field(default = String::new())]
    name: String,
    #[field(default = String::new())]
    recipient: String,
    #[field(default = String::new())]
    sender: String,
    /// The rule applies to the first attempts only: their number.
    #[field(default = String::new())]
    attempts: String,
    #[field(default = String::new())]
    action: String,
    #[field(default = String::new())]
    stage: String,
    #[field(default = String::new())]
    code: String,
    #[field(default = String::new())]
    text: String,
    /// Milliseconds of a delay, or bytes per second.
    #[field(default = String::new())]
    amount: String,
}

#[derive(FromForm)]
pub struct RuleText {
    rule: String,
}

#[derive(FromForm)]
pub struct RulesText {
    json: String,
}

/// The answer to a change: a redirect, or the page with the reason for the refusal.
#[derive(Responder)]
pub enum FaultAnswer {
    Done(Box<Redirect>),
    Refused((Status, RawHtml<String>)),
}

#[get("/faults")]
pub async fn faults(context: PageContext<'_>) -> Result<RawHtml<String>, WebError> {
    let form = NewFault { action: "reply".into(), stage: "rcpt".into(), code: "550".into(), ..NewFault::blank() };
    page(&context, form, None, None).await
}

/// Adds a rule behind the others.
#[post("/faults/add", data = "<form>")]
pub async fn add(context: PageContext<'_>, form: Form<NewFault>) -> Result<FaultAnswer, WebError> {
    let form = form.into_inner();
    let mut rules = context.state.faults.rules();
    let error = match (form.flaw(), form.rule()) {
        (Some(flaw), _) => Some(flaw.sentence(context.layout("", 0).locale)),
        (None, Ok(rule)) => {
            rules.rules.push(rule);
            replace(&context, rules).await?
        }
        (None, Err(_)) => Some(context.layout("", 0).t("fault-not-a-rule")),
    };
    answer(&context, error, form, None).await
}

#[post("/faults/preset/<name>")]
pub async fn preset(context: PageContext<'_>, name: &str) -> Result<FaultAnswer, WebError> {
    let text = PRESETS.iter().find(|(known, _)| *known == name).ok_or(WebError::Unknown)?.1;
    let mut rules = context.state.faults.rules();
    let rule = serde_json::from_str(text).map_err(|_| WebError::Unknown)?;
    // A second one would never apply.
    if !rules.rules.contains(&rule) {
        rules.rules.push(rule);
    }
    let error = replace(&context, rules).await?;
    answer(&context, error, NewFault::blank(), None).await
}

/// Removes a rule. The form names it by its JSON, since others may have changed the list.
#[post("/faults/remove", data = "<form>")]
pub async fn remove(context: PageContext<'_>, form: Form<RuleText>) -> Result<FaultAnswer, WebError> {
    let mut rules = context.state.faults.rules();
    if let Some(index) = rules.rules.iter().position(|rule| text_of(rule) == form.rule) {
        rules.rules.remove(index);
    }
    let error = replace(&context, rules).await?;
    answer(&context, error, NewFault::blank(), None).await
}

/// Replaces all rules by those of a JSON text.
#[post("/faults/json", data = "<form>")]
pub async fn set_json(context: PageContext<'_>, form: Form<RulesText>) -> Result<FaultAnswer, WebError> {
    let error = match serde_json::from_str::<FaultRules>(&form.json) {
        Ok(rules) => replace(&context, rules).await?,
        Err(error) => Some(json_flaw(context.layout("", 0).locale, &form.json, &error)),
    };
    answer(&context, error, NewFault::blank(), Some(form.into_inner().json)).await
}

#[post("/faults/clear")]
pub async fn clear(context: PageContext<'_>) -> Result<FaultAnswer, WebError> {
    let error = replace(&context, FaultRules::default()).await?;
    answer(&context, error, NewFault::blank(), None).await
}

/// Why a text is not a list of rules, with the place and the characters before it.
fn json_flaw(locale: Locale, text: &str, error: &serde_json::Error) -> String {
    const SHOWN: usize = 30;
    let key = if error.is_data() { "fault-not-rules" } else { "fault-not-json" };
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    // Columns count bytes.
    let end = (0..=error.column().min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let before: Vec<char> = line.get(..end).unwrap_or_default().trim().chars().rev().take(SHOWN).collect();
    let near: String = before.into_iter().rev().collect();
    let number = |n: usize| Arg::Number(i64::try_from(n).unwrap_or(i64::MAX));
    let place = [("line", number(error.line())), ("column", number(error.column())), ("near", near.as_str().into())];
    locale.text_with(key, &place)
}

/// Replaces the rules. Returns the reason if they are refused.
async fn replace(context: &PageContext<'_>, rules: FaultRules) -> Result<Option<String>, WebError> {
    match context.state.faults.replace_rules(&context.state.inbox, rules).await {
        Ok(()) => Ok(None),
        Err(FaultUpdateError::Rules(error)) => Ok(Some(error.to_string())),
        Err(FaultUpdateError::Store(error)) => Err(error.into()),
    }
}

async fn answer(
    context: &PageContext<'_>,
    error: Option<String>,
    form: NewFault,
    json: Option<String>,
) -> Result<FaultAnswer, WebError> {
    let Some(error) = error else {
        return Ok(FaultAnswer::Done(Box::new(Redirect::to(format!("{}/faults", context.mount.base)))));
    };
    Ok(FaultAnswer::Refused((Status::UnprocessableEntity, page(context, form, json, Some(error)).await?)))
}

async fn page(
    context: &PageContext<'_>,
    form: NewFault,
    json: Option<String>,
    error: Option<String>,
) -> Result<RawHtml<String>, WebError> {
    let layout = context.plain_layout().await?;
    let row = |(rule, hits): (FaultRule, u64)| FaultRow {
        name: rule.name.clone().unwrap_or_default(),
        json: text_of(&rule),
        hits,
    };
    let rules = context.state.faults.rules();
    rendered(&FaultsPage {
        rows: context.state.faults.rules_with_hits().into_iter().map(row).collect(),
        presets: PRESETS.map(|(name, _)| (name, layout.t(format!("fault-preset-{name}")))).to_vec(),
        form,
        json: json.unwrap_or_else(|| serde_json::to_string_pretty(&rules).unwrap_or_default()),
        error,
        layout,
    })
}

fn text_of(rule: &FaultRule) -> String {
    serde_json::to_string(rule).unwrap_or_default()
}

impl FaultsPage {
    fn actions(&self) -> [(&'static str, bool); 7] {
        ACTIONS.map(|name| (name, name == self.form.action))
    }

    fn stages(&self) -> [(&'static str, bool); 7] {
        STAGES.map(|name| (name, name == self.form.stage))
    }
}

/// A field of the form that no rule can be made of.
enum FieldFlaw {
    /// The locale key of the field, and the largest number that fits into it.
    NotANumber(&'static str, i64),
    /// The locale key of a list, with a value that it does not offer.
    NotListed(&'static str),
}

impl FieldFlaw {
    fn sentence(&self, locale: Locale) -> String {
        let (key, field, max) = match self {
            FieldFlaw::NotANumber(field, max) => ("fault-no-number", field, *max),
            FieldFlaw::NotListed(field) => ("fault-not-listed", field, 0),
        };
        let field = locale.text(field);
        locale.text_with(key, &[("field", field.as_str().into()), ("max", Arg::Number(max))])
    }
}

impl NewFault {
    /// The first field that is no number, or no choice of its list.
    fn flaw(&self) -> Option<FieldFlaw> {
        let is_number = |text: &str, max: i64| text.trim().parse().is_ok_and(|n: i64| (0..=max).contains(&n));
        let number = |key, text: &str, max| (!is_number(text, max)).then_some(FieldFlaw::NotANumber(key, max));
        let listed = |key, text: &str, list: &[&str]| (!list.contains(&text)).then_some(FieldFlaw::NotListed(key));
        let stage = || listed("fault-stage", &self.stage, &STAGES);
        let in_action = match self.action.as_str() {
            "reply" => stage().or_else(|| number("fault-code", &self.code, 599)),
            "delay" => stage().or_else(|| number("fault-amount", &self.amount, MAX_DELAY.cast_signed())),
            "throttle" => number("fault-amount", &self.amount, i64::from(u32::MAX)),
            "drop" => stage(),
            other => listed("fault-action", other, &ACTIONS),
        };
        let has_attempts = !self.attempts.trim().is_empty();
        let attempts = || number("fault-attempts", &self.attempts, i64::from(u32::MAX)).filter(|_| has_attempts);
        in_action.or_else(attempts)
    }

    /// The form as it is first shown. `FromForm` has a `default` of its own.
    fn blank() -> Self {
        <NewFault as Default>::default()
    }

    /// The rule of the form. Its limits are checked with the other rules.
    fn rule(&self) -> Result<FaultRule, serde_json::Error> {
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
