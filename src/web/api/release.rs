//! POST release: enqueues a captured message for real delivery. The answer `ok` means queued, not sent.

use rocket::{Route, post, routes};

use crate::inbox::CapturedMessage;
use crate::outbox::ReleasedMessage;

use super::super::error::WebError;
use super::json_body::JsonBody;
use super::lookup::NamedMessage;
use super::operation::{LATEST, TEXT, TZ, operations};
use super::reply::PlainOk;

operations! { "message":
    post "/api/v1/message/{ID}/release" "Release" [LATEST, TZ], Some("Release") => (TEXT, ""), [400, 404];
}

pub fn routes() -> Vec<Route> {
    routes![release]
}

#[post("/api/v1/message/<_>/release", data = "<body>")]
pub async fn release(message: NamedMessage<'_>, body: JsonBody) -> Result<PlainOk, WebError> {
    let captured = message.find().await?;
    let to = body.fields()?.texts("to")?;
    let released = message.state.release.release(released(&captured), &to).await;
    released.map_err(|error| WebError::bad(error.to_string()))?;
    Ok(PlainOk)
}

/// What the outbox needs of a captured message.
pub fn released(captured: &CapturedMessage) -> ReleasedMessage<'_> {
    ReleasedMessage { bytes: &captured.bytes, was_refused: captured.summary.refusal.is_some() }
}
