//! The page of the SMTP server's fault rules: a form for a rule, presets, hit counters, and the rules as JSON.

use askama::Template;
use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::response::content::RawHtml;
use rocket::response::{Redirect, Responder};
use rocket::{get, post};

use crate::i18n::{Arg, Locale};
use crate::smtpd::{FaultRule, FaultRules, FaultUpdateError};

use super::super::error::WebError;
use super::fault_form::{ACTIONS, NewFault, STAGES};
use super::layout::InboxLayout;
use super::page_context::{PageContext, rendered};

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
    /// The locale key of the field that is wrong; empty if none is.
    flawed: &'static str,
}

struct FaultRow {
    name: String,
    /// The rule as JSON, which also names it in the form that removes it.
    json: String,
    hits: u64,
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
        json: json.unwrap_or_else(|| serde_json::to_string_pretty(&rules).unwrap_or_default()),
        flawed: form.flaw().filter(|_| error.is_some()).map(|flaw| flaw.field()).unwrap_or_default(),
        form,
        error,
        layout,
    })
}

fn text_of(rule: &FaultRule) -> String {
    serde_json::to_string(rule).unwrap_or_default()
}

impl FaultsPage {
    /// Marks the wrong field, and names the element that says why.
    fn flaw(&self, field: &str) -> &'static str {
        if field == self.flawed { " aria-invalid=\"true\" aria-describedby=\"refused\"" } else { "" }
    }

    fn actions(&self) -> [(&'static str, bool); 7] {
        ACTIONS.map(|name| (name, name == self.form.action))
    }

    fn stages(&self) -> [(&'static str, bool); 7] {
        STAGES.map(|name| (name, name == self.form.stage))
    }
}
