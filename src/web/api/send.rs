//! POST /send: builds a message from JSON and stores it in the inbox. The bodies of all requests share the memory of
//! the messages that SMTP receives, and one message is built at a time, so that no number of requests exhausts the memory.

use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{Responder, Result as Responded};
use rocket::{Route, post, routes};
use serde::Serialize;
use serde_json::json;

use crate::clock::Time;
use crate::inbox::{IncomingMessage, MessageSource, StoreError};

use super::super::body::{BadBody, read_body};
use super::super::error::WebError;
use super::super::html_response::retry_after;
use super::auth::SendAuth;
use super::compose::{self, SendRequest};
use super::json_body;
use super::operation::{JSON, operations};
use super::reply::Json;
use super::send_body::SendFields;

/// Factor between the limit of a message and that of its JSON: base64 adds a third, and quotes are escaped.
const JSON_GROWTH: u64 = 2;

operations! { "send":
    post "/api/v1/send" "Send" [], Some("Send") => (JSON, "Sent"), [400, 413, 503];
}

pub fn routes() -> Vec<Route> {
    routes![send]
}

#[derive(Serialize)]
pub struct Sent {
    #[serde(rename = "ID")]
    id: String,
}

/// Why the message was not stored. Only this route answers errors as JSON.
pub struct SendError(WebError);

impl<E: Into<WebError>> From<E> for SendError {
    fn from(error: E) -> Self {
        SendError(error.into())
    }
}

impl<'r> Responder<'r, 'static> for SendError {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        self.0.log(String::new);
        let (status, text) = match &self.0 {
            WebError::Store(error @ StoreError::TooLarge { .. }) => (Status::PayloadTooLarge, error.to_string()),
            WebError::Body(BadBody::TooLarge) => (Status::PayloadTooLarge, self.0.detail()),
            error => (error.status(), error.detail()),
        };
        let body = (ContentType::JSON, json!({ "Error": text }).to_string());
        let mut response = (status, body).respond_to(request)?;
        if let Some(wait) = self.0.wait() {
            response.set_header(retry_after(wait));
        }
        Ok(response)
    }
}

#[post("/api/v1/send", data = "<data>")]
pub async fn send(client: SendAuth<'_>, data: Data<'_>) -> Result<Json<Sent>, SendError> {
    let SendAuth { state, username } = client;
    let limit = match state.settings.max_message_size {
        0 => u64::MAX,
        limit => limit.saturating_mul(JSON_GROWTH).saturating_add(json_body::MAX_BODY),
    };
    // Held until the message is stored.
    let mut memory = state.memory.hold();
    let body = read_body(data, limit, |length| memory.grow(length)).await?;
    let now = state.clock.now();
    let id = state.entropy.id(now);
    let permit = state.limits.compose_permit.clone().acquire_owned().await.map_err(|_| WebError::Stopping)?;
    let composed = tokio::task::spawn_blocking(move || {
        let composed = compose(body, now, &id);
        // The client may have gone, but the memory is in use until now.
        drop(permit);
        composed.map(|message| (message, memory))
    });
    let (message, _memory) = composed.await.map_err(|_| WebError::Task("build the message"))??;
    let arrival = IncomingMessage {
        envelope_from: message.from,
        envelope_to: message.recipients,
        bytes: message.bytes,
        source: MessageSource::Api,
        username,
        ..IncomingMessage::default()
    };
    let id = state.inbox.store(arrival).await?;
    Ok(Json(Sent { id: id.to_string() }))
}

/// Builds the message. The memory of the body is free before the message is written.
fn compose(body: Vec<u8>, now: Time, id: &str) -> Result<SendRequest, WebError> {
    let prepared = match SendFields::read(&body) {
        Ok(fields) => Ok(compose::prepare(&fields, now, id)?),
        Err(error) => Err(error),
    };
    let prepared = match prepared {
        Ok(prepared) => prepared,
        // Most bodies are valid. An invalid one is read again with its invalid characters replaced.
        Err(error) => {
            let repaired = json_body::repaired(&body).ok_or(error)?;
            drop(body);
            return Ok(compose::prepare(&SendFields::read(&repaired)?, now, id)?.write()?);
        }
    };
    drop(body);
    Ok(prepared.write()?)
}
