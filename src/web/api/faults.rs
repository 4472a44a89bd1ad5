//! Deliberate SMTP errors: Mailpit's random chaos triggers, and deterministic fault rules.

use rocket::{Route, get, put, routes};

use crate::smtpd::{ChaosTriggers, FaultRules, FaultUpdateError, Trigger};

use super::super::body::BadBody;
use super::super::error::WebError;
use super::super::problem_json::ApiProblem;
use super::auth::ApiAuth;
use super::json_body::{JsonBody, JsonFields};
use super::operation::{JSON, operations};
use super::reply::Json;

/// The error if chaos is off. The status is 400, since clients take 404 for a server that is too old.
const OFF: &str = "Chaos is not enabled";

operations! { "faults":
    get "/api/v1/chaos" "GetChaos" [], None => (JSON, "Chaos"), [400];
    put "/api/v1/chaos" "SetChaos" [], Some("Chaos") => (JSON, "Chaos"), [400];
    get "/api/v1/faults" "GetFaults" [], None => (JSON, "Faults"), [];
    put "/api/v1/faults" "SetFaults" [], Some("Faults") => (JSON, "Faults"), [400];
}

pub fn routes() -> Vec<Route> {
    routes![chaos, set_chaos, rules, set_rules]
}

#[get("/api/v1/chaos")]
pub fn chaos(state: ApiAuth<'_>) -> Result<Json<ChaosTriggers>, WebError> {
    if !state.faults.chaos_enabled() {
        return Err(WebError::bad(OFF));
    }
    Ok(Json(state.faults.chaos()))
}

#[put("/api/v1/chaos", data = "<body>")]
pub fn set_chaos(state: ApiAuth<'_>, body: JsonBody) -> Result<Json<ChaosTriggers>, WebError> {
    if !state.faults.chaos_enabled() {
        return Err(WebError::bad(OFF));
    }
    let triggers = triggers(&body.fields()?)?;
    state.faults.set_chaos(triggers).map_err(|error| WebError::bad(error.to_string()))?;
    Ok(Json(state.faults.chaos()))
}

/// Reads the triggers; a missing property gets its default.
fn triggers(fields: &JsonFields) -> Result<ChaosTriggers, BadBody> {
    let default = ChaosTriggers::default();
    let trigger = |name: &str, default: Trigger| {
        let given = fields.object(name)?;
        let code = given.number("errorcode")?.filter(|code| *code != 0);
        Ok(Trigger {
            error_code: code.map_or(default.error_code, |code| u16::try_from(code).unwrap_or(u16::MAX)),
            probability: given.number("probability")?.map_or(0, |share| u8::try_from(share).unwrap_or(u8::MAX)),
        })
    };
    Ok(ChaosTriggers {
        sender: trigger("sender", default.sender)?,
        recipient: trigger("recipient", default.recipient)?,
        authentication: trigger("authentication", default.authentication)?,
    })
}

#[get("/api/v1/faults")]
pub fn rules(state: ApiAuth<'_>) -> Json<FaultRules> {
    Json(state.faults.rules())
}

/// Replaces all rules; they survive a restart. An unknown property is an error, unlike on Mailpit's routes.
#[put("/api/v1/faults", data = "<body>")]
pub async fn set_rules(state: ApiAuth<'_>, body: JsonBody) -> Result<Json<FaultRules>, ApiProblem> {
    let bytes = body.bytes()?;
    let rules = serde_json::from_slice(&bytes).map_err(|error| ApiProblem::bad(error.to_string()))?;
    match state.faults.replace_rules(&state.inbox, rules).await {
        Ok(()) => Ok(Json(state.faults.rules())),
        Err(FaultUpdateError::Rules(error)) => Err(ApiProblem::bad(error.to_string())),
        Err(FaultUpdateError::Store(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_triggers_get_their_defaults() {
        let read = |json: &str| triggers(&JsonFields::read(json.as_bytes()).unwrap());
        assert_eq!(read("{}"), Ok(ChaosTriggers::default()));
        let set = read(r#"{"recipient":{"errorCode":550,"Probability":100},"Sender":{"ErrorCode":0}}"#).unwrap();
        assert_eq!((set.recipient.error_code, set.recipient.probability), (550, 100));
        assert_eq!(set.sender.error_code, 451);
        // A number that does not fit the type is still out of range.
        assert!(read(r#"{"Sender":{"ErrorCode":-1}}"#).unwrap().check().is_err());
        assert!(read(r#"{"Sender":{"Probability":256}}"#).unwrap().check().is_err());
    }
}
